#include "init.h"

#include <contract/handle.h>
#include <contract/purse.h>
#include <contract/space.h>
#include <layout.h>
#include <nlib/cpio.h>
#include <nlib/elf.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <user.h>

#define PATH_MAX 64

static uint64_t to_pages(uint64_t bytes)
{
    return (bytes + NU_PAGE_BYTES - 1) / NU_PAGE_BYTES;
}

static nu_handle_t new_memory(const struct target *t, uint64_t pages)
{
    nu_handle_t memory;
    int status = purse_create_memory(t->purse, pages, &memory);

    if (status != 0)
        init_fail("%s: %lu pages: %s", t->name, (unsigned long)pages,
                  nu_error_text(status));
    return memory;
}

/* (memory) for us to write, at LAYOUT_SCRATCH. */
static void *borrow(const struct target *t, nu_handle_t memory, uint64_t pages)
{
    int status = space_map(user_handle("space"), memory, 0, LAYOUT_SCRATCH,
                           pages * NU_PAGE_BYTES,
                           SPACE_PROTECTION_READ | SPACE_PROTECTION_WRITE);

    if (status != 0)
        init_fail("%s: memory to fill: %s", t->name, nu_error_text(status));
    return (void *)LAYOUT_SCRATCH;
}

/* Ours no longer: (memory) goes to its place in the target. */
static void place(const struct target *t, nu_handle_t memory, uint64_t addr,
                  uint64_t pages, uint32_t protection)
{
    int status =
        space_map(t->space, memory, 0, addr, pages * NU_PAGE_BYTES, protection);

    if (status != 0)
        init_fail("%s: memory at %lx: %s", t->name, (unsigned long)addr,
                  nu_error_text(status));
    (void)handle_close(memory);
}

void target_map(const struct target *t, uint64_t addr, uint64_t pages,
                uint32_t protection, const void *data, size_t bytes)
{
    nu_handle_t memory = new_memory(t, pages);

    if (bytes > 0) {
        memcpy(borrow(t, memory, pages), data, bytes);
        (void)space_unmap(user_handle("space"), LAYOUT_SCRATCH);
    }
    place(t, memory, addr, pages, protection);
}

static uint32_t protection_of(uint32_t flags)
{
    return (flags & NL_ELF_R ? SPACE_PROTECTION_READ : 0u) |
           (flags & NL_ELF_W ? SPACE_PROTECTION_WRITE : 0u) |
           (flags & NL_ELF_X ? SPACE_PROTECTION_EXEC : 0u);
}

static void load_segment(const struct target *t, const struct nl_elf *elf,
                         const struct nl_elf_segment *s, uint64_t base)
{
    uint64_t pages = to_pages(s->mem_bytes);
    nu_handle_t memory = new_memory(t, pages);

    nl_elf_fill(elf, base, s->vaddr, borrow(t, memory, pages),
                pages * NU_PAGE_BYTES);
    (void)space_unmap(user_handle("space"), LAYOUT_SCRATCH);
    place(t, memory, base + s->vaddr, pages, protection_of(s->flags));
}

void target_load(const struct target *t, const struct archive *archive,
                 const char *name, uint64_t base, uint64_t *entry,
                 uint64_t *local_start)
{
    char path[PATH_MAX];
    struct nl_cpio_entry file;
    struct nl_elf elf;
    int status;

    nl_snprintf(path, sizeof(path), "image/%s", name);
    status = nl_cpio_find(archive->data, archive->bytes, path, &file);
    if (status != 1)
        init_fail("%s: %s: %s", t->name, path,
                  status == 0 ? "not in the boot archive"
                              : "the boot archive is malformed");
    status = nl_elf_open(&elf, file.data, file.bytes);
    if (status != NL_ELF_OK)
        init_fail("%s: %s: %s", t->name, path, nl_elf_error_text(status));
    for (uint32_t i = 0; i < elf.segment_count; i++)
        load_segment(t, &elf, &elf.segments[i], base);
    *entry = base + elf.entry;
    *local_start = elf.local_start != 0 ? base + elf.local_start : 0;
}
