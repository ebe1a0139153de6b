/*
 * The first process: init/first.h. It is built by hand what init builds for all
 * others through messages: image, start block, stack, handles.
 */
#include <init/first.h>

#include <abi/start.h>
#include <arch_mmu.h>
#include <boot/panic.h>
#include <mm/memory.h>
#include <mm/ucopy.h>
#include <nlib/cpio.h>
#include <nlib/elf.h>
#include <nlib/string.h>
#include <proc/process.h>
#include <proc/thread.h>

#define FIRST_START  0x20000ull /* the start block */
#define FIRST_IMAGE  0x400000ull
#define FIRST_STACK  0x7ff00000ull /* top of it */
#define STACK_PAGES  16u
#define FIRST_BUFFER 0x7fffe000ull
#define FIRST_HEAP   0x100000000ull
#define FIRST_SLOTS  1024u
/* What the kernel keeps for itself when it gives the rest to the first
 * process: its first objects, the recorder's ring. */
#define KEPT_PAGES 128u

static struct object clock_object = {.refs = 1, .type = OBJECT_CLOCK};
static struct object log_object = {.refs = 1, .type = OBJECT_LOG};
static struct object trace_object = {.refs = 1, .type = OBJECT_TRACE};
static struct object system_object = {.refs = 1, .type = OBJECT_SYSTEM};
static struct object domain_object = {.refs = 1, .type = OBJECT_DOMAIN};

static void must(int status, const char *what)
{
    if (status != 0)
        panic("cannot build the first process: %s: %s", what,
              nu_error_text(status));
}

/* Anonymous memory at [addr, addr + bytes), in place and present. */
static struct mapping *map_memory(struct process *process, uint64_t addr,
                                  uint64_t bytes, uint32_t prot)
{
    uint64_t rounded = (bytes + PAGE_MASK) & ~PAGE_MASK;
    struct memory *memory = memory_create(process->purse, rounded / PAGE_BYTES);

    must(memory == NULL ? NU_NOMEM : 0, "memory");
    must(space_map(process->space, memory, 0, addr, rounded, prot), "mapping");
    object_put(&memory->object); /* the mapping holds it */
    return memory->mapping;
}

/* The page at (addr) for the kernel to fill, whatever its protection is. */
static void *page_of(const struct mapping *mapping, uint64_t addr)
{
    paddr_t frame =
        memory_page(mapping->memory,
                    mapping->first_page + (addr - mapping->begin) / PAGE_BYTES);

    must(frame == FRAME_NONE ? NU_NOMEM : 0, "page");
    return phys_to_virt(frame);
}

static uint32_t prot_of(uint32_t flags)
{
    return (flags & NL_ELF_R ? PROT_READ : 0) |
           (flags & NL_ELF_W ? PROT_WRITE : 0) |
           (flags & NL_ELF_X ? PROT_EXEC : 0);
}

static void load_image(struct process *process, const struct nl_elf *elf)
{
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct nl_elf_segment *segment = &elf->segments[i];
        const struct mapping *mapping =
            map_memory(process, FIRST_IMAGE + segment->vaddr,
                       segment->mem_bytes, prot_of(segment->flags));
        uint64_t pages = (mapping->end - mapping->begin) / PAGE_BYTES;

        for (uint64_t n = 0; n < pages; n++)
            nl_elf_fill(elf, FIRST_IMAGE, segment->vaddr + n * PAGE_BYTES,
                        page_of(mapping, mapping->begin + n * PAGE_BYTES),
                        PAGE_BYTES);
    }
}

static void give(struct process *process, struct nu_start *start,
                 const char *name, struct object *object)
{
    struct nu_start_handle *named = &start->handles[start->handle_count++];

    object_get(object);
    strlcpy(named->name, name, sizeof(named->name));
    named->handle = handle_put(&process->handles, object, NU_RIGHTS_ALL);
}

static void make_start(struct process *process, const struct nl_elf *elf)
{
    const struct mapping *mapping =
        map_memory(process, FIRST_START, sizeof(struct nu_start), PROT_READ);
    struct nu_start *start = page_of(mapping, FIRST_START);

    (void)elf;
    start->version = NU_START_VERSION;
    start->image_base = FIRST_IMAGE;
    start->heap_base = FIRST_HEAP;
    strlcpy(start->args, "init", sizeof(start->args));
    start->arg_count = 1;
    give(process, start, "self", &process->object);
    give(process, start, "space", &process->space->object);
    give(process, start, "purse", &process->purse->object);
    give(process, start, "system", &system_object);
    give(process, start, "clock", &clock_object);
    give(process, start, "log", &log_object);
    give(process, start, "trace", &trace_object);
    give(process, start, "domain", &domain_object);
}

static struct process *make_process(void)
{
    uint64_t pages = purse_root.limit - purse_root.used - KEPT_PAGES;
    struct purse *purse = purse_create(&purse_root, pages);
    struct process_args args = {
        .name = "init", .name_bytes = 4, .slots = FIRST_SLOTS, .purse = purse};
    struct process *process;

    must(purse == NULL ? NU_NOMEM : 0, "purse");
    process = process_create(&args);
    must(process == NULL ? NU_NOMEM : 0, "process");
    object_put(&purse->object); /* the process holds it */
    return process;
}

void first_process_start(const void *archive, size_t bytes)
{
    struct nl_cpio_entry entry;
    struct nl_elf elf;
    struct process *process;
    struct thread *thread;
    int status;

    if (bytes == 0)
        panic("no boot archive: give the kernel an initrd or module");
    status = nl_cpio_find(archive, bytes, "init", &entry);
    if (status != 1)
        panic("boot archive: %s",
              status == 0 ? "no file \"init\" in it" : "malformed");
    status = nl_elf_open(&elf, entry.data, entry.bytes);
    if (status != 0)
        panic("boot archive: init: %s", nl_elf_error_text(status));
    process = make_process();
    load_image(process, &elf);
    make_start(process, &elf);
    map_memory(process, FIRST_STACK - STACK_PAGES * PAGE_BYTES,
               STACK_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE);
    thread = thread_create(process, FIRST_IMAGE + elf.entry, FIRST_STACK,
                           FIRST_START, FIRST_BUFFER, &status);
    must(status, "thread");
    object_put(&thread->object);
    process->state = PROCESS_SEALED;
    process->space->sealed = true;
    must(process_start(process), "start");
    object_put(&process->object);
}
