/*
 * A kernel core that only tests what it stands on: boot, page tables, traps,
 * events, time, devices. `test=NAME` on the command line chooses what is done;
 * run.py knows what must come of it.
 */
#include "platform.h"

#include <arch_mmu.h>
#include <boot/cmdline.h>
#include <boot/klog.h>
#include <boot/panic.h>
#include <boot/time.h>
#include <boot_paging.h>
#include <cpu.h>
#include <event/event.h>
#include <hypercall/hv.h>
#include <hypercall/hypercall.h>
#include <image.h>
#include <nlib/string.h>
#include <page_entry.h>
#include <trap.h>

#define TICKS       5
#define STATUS_GOOD 7
#define STATUS_BAD  1

struct test {
    const char *name;
    void (*run)(void);
};

static volatile uint32_t ticks;

void trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector >= TRAP_FIRST_INTERRUPT) {
        event_interrupt((uint32_t)frame->vector);
        return;
    }
    panic_frame(frame, "unexpected %s", trap_name(frame->vector));
}

_Noreturn void fail(const char *what)
{
    kprintf("FAILED: %s\n", what);
    hv_shutdown(STATUS_BAD);
}

void expect(bool good, const char *what)
{
    if (!good) {
        fail(what);
    }
}

/* --- page tables --- */

struct census {
    uint64_t leaves;
    uint64_t executable;
    uint64_t bad;
};

static void census_leaf(struct census *c, uint64_t entry, bool write, bool nx)
{
    c->leaves++;
    if (!nx) {
        c->executable++;
    }
    if ((write && !nx) || (entry & PAGE_ENTRY_USER)) {
        c->bad++;
    }
}

static void census_table(struct census *c, uint64_t table, unsigned level,
                         bool write, bool nx)
{
    const uint64_t *entries = phys_to_virt(table);
    unsigned first = level == 3 ? 256 : 0;

    for (unsigned i = first; i < PAGE_TABLE_ENTRIES; i++) {
        uint64_t entry = entries[i];
        bool w = write && (entry & PAGE_ENTRY_WRITE);
        bool x = nx || (entry & PAGE_ENTRY_NX);

        if (!(entry & PAGE_ENTRY_PRESENT)) {
            continue;
        }
        if (level == 0 || (entry & PAGE_ENTRY_LARGE)) {
            census_leaf(c, entry, w, x);
        } else {
            census_table(c, entry & PAGE_ENTRY_ADDR, level - 1, w, x);
        }
    }
}

static void test_tables(const struct boot_memory *memory)
{
    struct census c = {0, 0, 0};
    const uint64_t *root = phys_to_virt(memory->kernel_root);
    uint64_t text = (uintptr_t)image_text_end - (uintptr_t)image_text_begin;

    census_table(&c, memory->kernel_root, 3, true, false);
    expect(c.bad == 0, "a page is writable and executable, or user");
    expect(c.executable == text / PAGE_SMALL_BYTES, "only text executes");
    for (unsigned i = 0; i < 256; i++) {
        expect(root[i] == 0, "the lower half is empty");
    }
    expect(!boot_paging_is_mapped(0), "page 0 is unmapped");
    expect(!boot_paging_is_mapped(LAYOUT_DIRECT_BASE),
           "physical page 0 is unmapped");
    expect(!boot_paging_is_mapped((uint64_t)(uintptr_t)trap_stack_guard),
           "the guard page is unmapped");
    expect(boot_paging_is_mapped((uint64_t)(uintptr_t)trap_stack_top - 8),
           "the trap stack is mapped");
    expect(mmio_map(memory->free[0].begin, 4096) == NULL,
           "RAM is no device window");
}

/* Every byte we were given is RAM that can be written, and nobody else's. */
static void test_memory(const struct boot_info *info,
                        const struct boot_memory *memory)
{
    uint64_t sum =
        memory->image_bytes + memory->table_bytes + memory->archive_bytes;

    for (uint32_t i = 0; i < memory->free_count; i++) {
        const struct boot_range *r = &memory->free[i];
        volatile uint64_t *first = phys_to_virt(r->begin);
        volatile uint64_t *last = phys_to_virt(r->end - 8);

        sum += r->end - r->begin;
        *first = 0x1122334455667788ull;
        *last = 0x8877665544332211ull;
        expect(*last == 0x8877665544332211ull, "memory keeps its value");
    }
    expect(sum == memory->usable_bytes, "all memory is accounted for");
    if (info->archive_bytes != 0) {
        const char *archive = phys_to_virt(info->archive_begin);

        kprintf("archive %lu bytes: %.24s\n", info->archive_bytes, archive);
    }
}

/* --- events and time --- */

static void on_tick(void *arg, uint32_t port)
{
    expect(arg == &ticks, "the argument arrives");
    expect(event_count(port) == ticks + 1, "the port counts");
    ticks++;
    if (ticks < TICKS) {
        time_set_timer(time_now_ns() + 2 * MS);
    }
}

void wait_until(const volatile uint32_t *counter, uint32_t value,
                const char *what)
{
    uint64_t end = time_now_ns() + 3000 * MS;

    while (*counter < value) {
        expect(time_now_ns() < end, what);
        (void)hypercall_sched_block();
    }
}

void spin_ms(uint64_t ms)
{
    uint64_t begin = time_now_ns();

    cpu_interrupts_on();
    while (time_now_ns() - begin < ms * MS) {
        cpu_pause();
    }
    cpu_interrupts_off();
}

static void test_time(void)
{
    uint32_t port = 0;
    uint64_t begin;
    uint64_t took;

    expect(event_bind_virq(VIRQ_TIMER, on_tick, (void *)(uintptr_t)&ticks,
                           &port) == 0,
           "VIRQ_TIMER binds");
    expect(event_bind_virq(VIRQ_TIMER, on_tick, NULL, &port) != 0,
           "VIRQ_TIMER binds once");
    begin = time_now_ns();
    time_set_timer(begin + 2 * MS);
    wait_until(&ticks, TICKS, "the timer ticks");
    took = time_now_ns() - begin;
    expect(took >= TICKS * 2 * MS, "no tick comes early");
    kprintf("%u ticks in %lu us, epoch %lu\n", ticks, took / 1000,
            time_boot_epoch_s());
    ticks = 0;
    time_set_timer(time_now_ns() + 5 * MS);
    time_set_timer(0);
    spin_ms(10);
    expect(ticks == 0, "a disarmed timer is silent");
    event_dump();
}

static void test_all(const struct boot_info *info,
                     const struct boot_memory *memory)
{
    test_tables(memory);
    test_memory(info, memory);
    test_time();
    test_devices();
    expect(hypercall_2(__HYPERVISOR_grant_table_op, 0, 0) == -XEN_ENOSYS,
           "what is not provided says so");
    kprintf("command line: %s\n", info->cmdline);
}

static const struct test panics[] = {
    {"write-text", panic_write_text},
    {"write-rodata", panic_write_rodata},
    {"write-alias", panic_write_alias},
    {"execute-data", panic_execute_data},
    {"page-zero", panic_page_zero},
    {"stack-overflow", panic_stack_overflow},
    {"assert", panic_assert},
    {"fpu", panic_fpu},
};

void kernel_main(struct boot_info *info, struct boot_memory *memory)
{
    char name[32];

    if (cmdline_get("test", name, sizeof(name)) <= 0) {
        fail("no test=NAME");
    }
    if (strcmp(name, "all") == 0) {
        test_all(info, memory);
        (void)hv_trace_write("TRACE", 5);
        kprintf("SUCCESS\n");
        hv_shutdown(STATUS_GOOD);
    }
    if (strcmp(name, "domains") == 0 || strcmp(name, "silence") == 0) {
        if (name[0] == 'd') {
            test_domains();
        } else {
            test_silence();
        }
        kprintf("SUCCESS\n");
        hv_shutdown(STATUS_GOOD);
    }
    for (unsigned i = 0; i < sizeof(panics) / sizeof(panics[0]); i++) {
        if (strcmp(name, panics[i].name) == 0) {
            panics[i].run();
            fail("this test should not come back");
        }
    }
    fail("no such test");
}
