#include "kernel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/callpage.h>
#include <arch_mmu.h>
#include <boot/domain.h>
#include <boot/klog.h>
#include <boot/time.h>
#include <cpu.h>
#include <event/event.h>
#include <hv/fake/peer.h>
#include <ipc/channel.h>
#include <ipc/reply.h>
#include <kassert.h>
#include <mm/memory.h>
#include <mm/ucopy.h>
#include <obj/obj_device.h>
#include <obj/objects.h>
#include <switch.h>

#define RAM_BYTES_MAX (16ull << 20)
#define RAM_FIRST     (1ull << 20) /* what lies below is the kernel's */
#define STORE_PAGE    (3 * PAGE_BYTES)

uint64_t fixture_ram_bytes = RAM_BYTES_MAX;
uint8_t *fake_ram;
uint64_t fake_root;
uint64_t fake_forgotten;
uint64_t fake_tsc;
jmp_buf fake_user;

uint64_t fixture_deadline;
uint64_t fixture_clock_reads;

static uint64_t now_ns;
/* Dirty from the last test, as real memory is. */
static _Alignas(PAGE_BYTES) uint8_t ram[RAM_BYTES_MAX];
static uint8_t frame_states[RAM_BYTES_MAX / PAGE_BYTES];
static jmp_buf fake_idle;

/* What the platform would supply. */
uint64_t time_now_ns(void)
{
    fixture_clock_reads++;
    return now_ns += 100;
}

void time_set_timer(uint64_t deadline_ns)
{
    fixture_deadline = deadline_ns;
}

uint64_t time_boot_epoch_s(void)
{
    return 0;
}

void fixture_advance(uint64_t ns)
{
    now_ns += ns;
}

void fixture_tick(void)
{
    fake_virq_raise(VIRQ_TIMER);
    event_upcall();
}

void klog(enum klog_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

void kprintf(const char *format, ...)
{
    (void)format;
}

const char *trap_name(uint64_t vector)
{
    (void)vector;
    return "trap";
}

_Noreturn void kassert_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: KASSERT(%s)\n", file, line, what);
    abort();
}

size_t strlcpy(char *to, const char *from, size_t bytes); /* nlib */

size_t strlcpy(char *to, const char *from, size_t bytes)
{
    return (size_t)snprintf(to, bytes, "%s", from);
}

void cpu_wait_interrupt(void)
{
    longjmp(fake_idle, 1);
}

/* Only what the tests here send to: the rest of obj/ needs the platform. */
void obj_device_init(void)
{
}

int interrupt_attach(struct purse *purse, uint32_t port, struct object **object)
{
    (void)purse;
    (void)port;
    (void)object;
    return NU_UNSUP;
}

void obj_system_init(void)
{
}

int fixture_setup(void **state)
{
    paddr_t root;

    (void)state;
    if (fake_ram == NULL)
        memset(ram, 0xa5, sizeof(ram));
    fake_ram = ram;
    fake_reset();
    fake_memory(ram, sizeof(ram), STORE_PAGE);
    event_init(&fake_hv.shared);
    domain_start();
    frame_init(frame_states, RAM_FIRST / PAGE_BYTES,
               (fixture_ram_bytes - RAM_FIRST) / PAGE_BYTES);
    frame_add(RAM_FIRST, fixture_ram_bytes - RAM_FIRST);
    fixture_deadline = 0;
    fixture_clock_reads = 0;
    purse_init();
    /* The kernel's root, with the table of its service region. */
    root = PAGE_BYTES;
    memset(phys_to_virt(root), 0, 2 * PAGE_BYTES);
    ((uint64_t *)phys_to_virt(root))[(SPACE_KERNEL_BEGIN >> 39) & 511] =
        (2 * PAGE_BYTES) | PTE_PRESENT | PTE_WRITE;
    memory_init();
    space_init(root);
    mmu_load_root(root);
    port_init();
    channel_init();
    reply_init();
    thread_init();
    process_init();
    sched_init(VIRQ_TIMER);
    objects_init();
    process_set_call_page(purse_page_alloc(&purse_root));
    current = NULL;
    return 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    fixture_check_charges();
    return 0;
}

void fixture_check_charges(void)
{
    assert_int_equal(purse_audit(), frame_total() - frame_free_count());
}

static void map_heap(struct process *process)
{
    struct memory *heap =
        memory_create(process->purse, FIXTURE_HEAP_BYTES / PAGE_BYTES);
    struct memory *ro = memory_create(process->purse, 1);

    assert_non_null(heap);
    assert_non_null(ro);
    assert_int_equal(space_map(process->space, heap, 0, FIXTURE_HEAP,
                               FIXTURE_HEAP_BYTES, PROT_READ | PROT_WRITE),
                     0);
    assert_int_equal(
        space_map(process->space, ro, 0, FIXTURE_RO, PAGE_BYTES, PROT_READ), 0);
    object_put(&heap->object);
    object_put(&ro->object);
}

struct process *fixture_process(const char *name, uint64_t purse_pages)
{
    struct purse *purse = purse_create(&purse_root, purse_pages);
    struct process_args args = {
        .name = name, .name_bytes = strlen(name), .slots = 256, .purse = purse};
    struct process *process;
    struct thread *thread;
    int status;

    assert_non_null(purse);
    process = process_create(&args);
    assert_non_null(process);
    object_put(&purse->object);
    map_heap(process);
    thread =
        thread_create(process, 0x400000, 0x500000, 0, FIXTURE_BUFFER, &status);
    assert_non_null(thread);
    object_put(&thread->object);
    process->state = PROCESS_SEALED;
    process->space->sealed = true;
    assert_int_equal(process_start(process), 0);
    return process;
}

struct thread *fixture_thread(struct process *process)
{
    return list_entry(process->threads.next, struct thread, in_process);
}

nu_handle_t fixture_handle(struct process *process, struct object *object,
                           uint32_t rights)
{
    return handle_put(&process->handles, object, rights);
}

void fixture_message(struct thread *thread, struct fixture_call call)
{
    /* It runs: take it from wherever it is ready. */
    assert_int_equal(thread->state, THREAD_READY);
    if (current != thread) {
        if (current != NULL && current->state == THREAD_READY) {
            struct thread *other = current;

            current = NULL;
            sched_ready(other);
        }
        list_del(&thread->link);
        current = thread;
    }
    if (setjmp(fake_idle) != 0) {
        current = NULL;
        return;
    }
    if (setjmp(fake_user) == 0)
        message_entry(call.handle, call.tag, call.w[0], call.w[1], call.w[2],
                      call.w[3]);
}

void fixture_poke(struct process *process, uint64_t addr, const void *data,
                  size_t bytes)
{
    struct ucopy_at to = {process->space, addr};
    struct ucopy_at from = {NULL, (uint64_t)(uintptr_t)data};

    assert_int_equal(ucopy_prepare(to, bytes, PROT_WRITE), 0);
    ucopy(to, from, bytes);
}

void fixture_peek(struct process *process, uint64_t addr, void *data,
                  size_t bytes)
{
    struct ucopy_at to = {NULL, (uint64_t)(uintptr_t)data};
    struct ucopy_at from = {process->space, addr};

    assert_int_equal(ucopy_prepare(from, bytes, PROT_READ), 0);
    ucopy(to, from, bytes);
}
