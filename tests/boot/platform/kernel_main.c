/*
 * A kernel core that only tests what it stands on: boot, page tables, traps,
 * events, time, devices. `test=NAME` on the command line chooses what is done;
 * run.py knows what must come of it.
 */
#include <boot/start.h>

#include <arch_mmu.h>
#include <boot/cmdline.h>
#include <boot/devices.h>
#include <boot/klog.h>
#include <boot/panic.h>
#include <boot/time.h>
#include <boot_paging.h>
#include <cpu.h>
#include <event/event.h>
#include <hypercall/hv.h>
#include <hypercall/hypercall.h>
#include <image.h>
#include <io.h>
#include <nlib/string.h>
#include <page_entry.h>
#include <trap.h>

#define MS 1000000ull
#define TICKS 5
#define STATUS_GOOD 7
#define STATUS_BAD 1
#define COM1 0x3f8u

struct test {
    const char *name;
    void (*run)(const struct boot_info *info, const struct boot_memory *memory);
};

static volatile uint32_t ticks;
static volatile uint32_t line_events;

void trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector >= TRAP_FIRST_INTERRUPT) {
        event_interrupt((uint32_t)frame->vector);
        return;
    }
    panic_frame(frame, "unexpected %s", trap_name(frame->vector));
}

static _Noreturn void fail(const char *what)
{
    kprintf("FAILED: %s\n", what);
    hv_shutdown(STATUS_BAD);
}

static void expect(bool good, const char *what)
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

static void test_tables(const struct boot_info *info,
                        const struct boot_memory *memory)
{
    struct census c = {0, 0, 0};
    const uint64_t *root = phys_to_virt(memory->kernel_root);
    uint64_t text = (uint64_t)(image_text_end - image_text_begin);

    (void)info;
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
    uint64_t sum = memory->image_bytes + memory->table_bytes +
                   memory->archive_bytes;

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

static void wait_until(const volatile uint32_t *counter, uint32_t value,
                       const char *what)
{
    uint64_t end = time_now_ns() + 3000 * MS;

    while (*counter < value) {
        expect(time_now_ns() < end, what);
        (void)hypercall_sched_block();
    }
}

/* With interrupts on, without waiting for one. */
static void spin_ms(uint64_t ms)
{
    uint64_t begin = time_now_ns();

    cpu_interrupts_on();
    while (time_now_ns() - begin < ms * MS) {
        cpu_pause();
    }
    cpu_interrupts_off();
}

static void test_time(const struct boot_info *info,
                      const struct boot_memory *memory)
{
    uint32_t port = 0;
    uint64_t begin;
    uint64_t took;

    (void)info;
    (void)memory;
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

/* --- devices --- */

static void on_line(void *arg, uint32_t port)
{
    (void)arg;
    (void)port;
    line_events++;
}

/* The transmitter is empty, so enabling its interrupt raises the line. */
static void test_line(const struct platform_device *uart)
{
    uint32_t port = 0;
    uint32_t value = 0;

    line_events = 0;
    expect(device_irq_bind(uart, 0, on_line, NULL, &port) == 0,
           "the line binds");
    event_unmask(port);
    expect(device_io_write(uart, 0, 1, 1, 0) == 0, "COM1 is written");
    expect(device_io_write(uart, 0, 1, 1, 2) == 0, "COM1 is written");
    time_set_timer(time_now_ns() + 2000 * MS);
    wait_until(&line_events, 1, "COM1's line interrupts");
    expect(device_io_read(uart, 0, 2, 1, &value) == 0, "COM1 is read");
    expect(device_io_write(uart, 0, 1, 1, 0) == 0, "COM1 is written");
    /* Masked since its delivery: what comes now waits for the unmasking. */
    expect(device_io_write(uart, 0, 1, 1, 2) == 0, "COM1 is written");
    spin_ms(5);
    expect(line_events == 1, "a masked port is silent");
    event_unmask(port);
    event_upcall();
    expect(line_events == 2, "what waited is delivered");
    expect(device_irq_bind(uart, 0, on_line, NULL, &port) != 0,
           "a line binds once");
    event_close(port);
    expect(device_io_write(uart, 0, 1, 1, 0) == 0, "COM1 is written");
    expect(device_io_read(uart, 0, 8, 1, &value) != 0, "the window ends");
    kprintf("COM1's line works\n");
}

/* Intel 82574: any cause can be set by software, and is sent as a message. */
#define NIC_VENDOR 0x8086u
#define NIC_PRODUCT 0x10d3u
#define NIC_ICS (0x00c8u / 4)
#define NIC_IMS (0x00d0u / 4)
#define NIC_EIAC (0x00dcu / 4)
#define NIC_IVAR (0x00e4u / 4)
#define NIC_CTRL_EXT (0x0018u / 4)
#define NIC_OTHER (1u << 24)
#define NIC_LINK (1u << 2)

static void test_message(const struct platform_device *nic)
{
    volatile uint32_t *r = mmio_map(nic->regions[0].phys, 0x10000);
    uint32_t command = 0;
    uint32_t port = 0;

    expect(r != NULL, "the card's registers map");
    expect(device_config_read(nic, 4, 2, &command) == 0, "config is read");
    expect(device_config_write(nic, 4, 2, command | 6) == 0,
           "the command register is written");
    expect(device_config_write(nic, 0x10, 4, 0) != 0,
           "a window cannot be moved");
    line_events = 0;
    expect(device_irq_bind(nic, 2, on_line, NULL, &port) == 0,
           "a message binds");
    event_unmask(port);
    r[NIC_IVAR] = (8u | 2u) << 16 | 1u << 31;
    r[NIC_CTRL_EXT] = r[NIC_CTRL_EXT] | 1u << 31;
    r[NIC_EIAC] = 0;
    r[NIC_IMS] = NIC_OTHER | NIC_LINK;
    r[NIC_ICS] = NIC_OTHER | NIC_LINK;
    time_set_timer(time_now_ns() + 2000 * MS);
    wait_until(&line_events, 1, "the card's message interrupts");
    kprintf("messages work\n");
}

static void print_device(const struct platform_device *d)
{
    kprintf("device bus %u %04x:%04x class %06x slot %lx irqs %u line %u\n",
            d->bus, d->vendor, d->product, d->class, d->slot,
            d->interrupt_count, d->line);
    for (unsigned i = 0; i < DEVICE_REGIONS_MAX; i++) {
        if (d->regions[i].bytes != 0) {
            kprintf("  region %u %s %lx + %lx\n", i,
                    d->regions[i].is_io ? "io" : "memory", d->regions[i].phys,
                    d->regions[i].bytes);
        }
    }
}

static void test_devices(const struct boot_info *info,
                         const struct boot_memory *memory)
{
    const struct platform_device *d;

    (void)info;
    (void)memory;
    for (uint32_t i = 0; (d = device_get(i)) != NULL; i++) {
        print_device(d);
        if (d->bus == DEVICE_IO) {
            test_line(d);
        }
        if (d->vendor == NIC_VENDOR && d->product == NIC_PRODUCT) {
            test_message(d);
        }
    }
}

static void test_all(const struct boot_info *info,
                     const struct boot_memory *memory)
{
    test_tables(info, memory);
    test_memory(info, memory);
    test_time(info, memory);
    test_devices(info, memory);
    expect(hypercall_2(__HYPERVISOR_grant_table_op, 0, 0) == -XEN_ENOSYS,
           "what is not provided says so");
    kprintf("command line: %s\n", info->cmdline);
}

/* --- what must end in a panic --- */

static void test_write_text(const struct boot_info *info,
                            const struct boot_memory *memory)
{
    (void)info;
    (void)memory;
    *(volatile uint8_t *)image_text_begin = 0;
}

static void test_write_rodata(const struct boot_info *info,
                              const struct boot_memory *memory)
{
    (void)info;
    (void)memory;
    *(volatile uint8_t *)image_rodata_begin = 0;
}

static void test_write_alias(const struct boot_info *info,
                             const struct boot_memory *memory)
{
    volatile uint8_t *alias = phys_to_virt(image_phys(image_text_begin));

    (void)info;
    (void)memory;
    *alias = 0;
}

static void test_execute_data(const struct boot_info *info,
                              const struct boot_memory *memory)
{
    static uint8_t ret[1] = {0xc3};
    void (*function)(void) = (void (*)(void))(uintptr_t)ret;

    (void)info;
    (void)memory;
    function();
}

static void test_page_zero(const struct boot_info *info,
                           const struct boot_memory *memory)
{
    volatile uint8_t *zero = (volatile uint8_t *)(uintptr_t)cpu_has_smap();

    (void)info;
    (void)memory;
    kprintf("read %u\n", *(zero - cpu_has_smap()));
}

static uint64_t recurse(volatile uint64_t *depth)
{
    volatile uint64_t local = *depth;

    *depth = local + 1;
    return *depth == 0 ? 0 : local + recurse(depth) + local;
}

static void test_stack_overflow(const struct boot_info *info,
                                const struct boot_memory *memory)
{
    volatile uint64_t depth = 0;

    (void)info;
    (void)memory;
    kprintf("%lu\n", recurse(&depth));
}

static void test_assert(const struct boot_info *info,
                        const struct boot_memory *memory)
{
    (void)info;
    KASSERT(memory == NULL);
}

static void test_fpu(const struct boot_info *info,
                     const struct boot_memory *memory)
{
    (void)info;
    (void)memory;
    __asm__ volatile("fld1");
}

static const struct test tests[] = {
    {"all", test_all},
    {"write-text", test_write_text},
    {"write-rodata", test_write_rodata},
    {"write-alias", test_write_alias},
    {"execute-data", test_execute_data},
    {"page-zero", test_page_zero},
    {"stack-overflow", test_stack_overflow},
    {"assert", test_assert},
    {"fpu", test_fpu},
};

void kernel_main(struct boot_info *info, struct boot_memory *memory)
{
    char name[32];

    if (cmdline_get("test", name, sizeof(name)) <= 0) {
        fail("no test=NAME");
    }
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (strcmp(name, tests[i].name) == 0) {
            tests[i].run(info, memory);
            if (i != 0) {
                fail("this test should not come back");
            }
            (void)hv_trace_write("TRACE", 5);
            kprintf("SUCCESS\n");
            hv_shutdown(STATUS_GOOD);
        }
    }
    fail("no such test");
}
