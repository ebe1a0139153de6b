/*
 * The kernel's own start, after boot/: memory, objects, the first process. This
 * folder alone may see everything else.
 */
#include <abi/callpage.h>
#include <arch_mmu.h>
#include <boot/cmdline.h>
#include <boot/domain.h>
#include <boot/klog.h>
#include <boot/panic.h>
#include <boot/start.h>
#include <boot/time.h>
#include <cpu.h>
#include <hypercall/xen_abi.h>
#include <init/first.h>
#include <ipc/channel.h>
#include <ipc/reply.h>
#include <mm/memory.h>
#include <mm/space.h>
#include <nlib/string.h>
#include <link/link.h>
#include <obj/obj_domain.h>
#include <obj/objects.h>
#include <obj/obj_system.h>
#include <proc/process.h>
#include <proc/sched.h>
#include <rt/kservice.h>

#define LINK_POLL_US     50u
#define LINK_POLL_US_MAX 100000u

extern const uint8_t callpage_start[];
extern const uint8_t callpage_end[];
void syscall_entry(void);

/* A byte for each frame, at the start of the first range with room for it. */
static void init_frames(struct boot_memory *memory)
{
    uint64_t first = memory->free[0].begin / PAGE_BYTES;
    uint64_t last = memory->free[memory->free_count - 1].end / PAGE_BYTES;
    uint64_t bytes = (last - first + PAGE_MASK) & ~PAGE_MASK;
    struct boot_range *range = memory->free;

    while (range->end - range->begin < bytes) {
        range++;
        if (range == memory->free + memory->free_count)
            panic("no memory for %lu bytes of frame states", bytes);
    }
    frame_init(phys_to_virt(range->begin), first, last - first);
    range->begin += bytes;
    for (uint32_t i = 0; i < memory->free_count; i++)
        frame_add(memory->free[i].begin,
                  memory->free[i].end - memory->free[i].begin);
}

static void init_call_page(void)
{
    paddr_t frame = purse_page_alloc(&purse_root);
    uint8_t *page = phys_to_virt(frame);
    void *data = page + NU_CALL_DATA;

    memcpy(page, callpage_start,
           (uintptr_t)callpage_end - (uintptr_t)callpage_start);
    /* Version 0 where the clock can change its pace: then it must be asked. */
    if (!time_call_data(data))
        memset(data, 0, sizeof(struct nu_call_data));
    process_set_call_page(frame);
}

static uint64_t find_service(const char *name, size_t bytes)
{
    for (const struct kservice *s = kservices; s->name != NULL; s++) {
        if (strlen(s->name) == bytes && memcmp(s->name, name, bytes) == 0)
            return (uint64_t)(uintptr_t)s->start;
    }
    return 0;
}

/* link-poll-us on the command line: how long the machine looks for messages of
 * other domains before it waits for an interrupt. */
static uint64_t link_poll_ns(void)
{
    uint64_t us;

    if (cmdline_get_u64("link-poll-us", &us) != 0)
        us = LINK_POLL_US;
    return (us < LINK_POLL_US_MAX ? us : LINK_POLL_US_MAX) * 1000;
}

_Noreturn void kernel_main(struct boot_info *info, struct boot_memory *memory)
{
    static struct system_setup setup;

    init_frames(memory);
    purse_init();
    mmu_load_root(memory->kernel_root);
    memory_init();
    space_init(memory->kernel_root);
    port_init();
    channel_init();
    reply_init();
    thread_init();
    process_init();
    sched_init(VIRQ_TIMER);
    objects_init();
    link_init();
    link_set_poll(link_poll_ns());
    obj_domain_setup(domain_self());
    init_call_page();

    setup.archive_base = info->archive_begin;
    setup.archive_bytes = info->archive_bytes;
    setup.command_line = info->cmdline;
    setup.kernel_pages =
        (memory->image_bytes + memory->table_bytes + memory->archive_bytes) /
        PAGE_BYTES;
    setup.entry_tsc = boot_entry_tsc;
    setup.find_service = find_service;
    obj_system_setup(&setup);

    first_process_start(phys_to_virt(info->archive_begin), info->archive_bytes);
    cpu_set_syscall_entry(syscall_entry);
    sched_resume();
}
