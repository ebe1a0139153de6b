/* Copying to and from processes: mm/ucopy.h. */
#include <mm/ucopy.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <kassert.h>
#include <nlib/string.h>

/* Addresses a process may name: its own half; a kernel service's are the
 * kernel's half, where all its code, data and stack lie. */
static bool in_reach(const struct space *space, uint64_t addr, uint64_t bytes)
{
    if (space->leaf_flags & PTE_USER)
        return addr < USER_END && bytes <= USER_END - addr;
    return (int64_t)addr < 0 && bytes <= 0 - addr;
}

int ucopy_prepare(struct ucopy_at at, uint64_t bytes, uint32_t access)
{
    uint64_t page = at.addr & ~PAGE_MASK;
    uint64_t pages;

    if (bytes == 0 || at.space == NULL)
        return 0;
    if (!in_reach(at.space, at.addr, bytes))
        return NU_FAULT;
    pages = ((at.addr & PAGE_MASK) + bytes + PAGE_MASK) / PAGE_BYTES;
    for (; pages > 0; pages--, page += PAGE_BYTES) {
        int status;

        if (space_frame(at.space, page, access) != FRAME_NONE)
            continue;
        status = space_touch(at.space, page, access);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Where (at) lies in the direct map; (*bytes) is cut to the end of its page. */
static uint8_t *reach(struct ucopy_at at, uint32_t access, uint64_t *bytes)
{
    uint64_t left = PAGE_BYTES - (at.addr & PAGE_MASK);
    paddr_t frame;

    if (at.space == NULL)
        return (uint8_t *)(uintptr_t)at.addr;
    if (*bytes > left)
        *bytes = left;
    frame = space_frame(at.space, at.addr, access);
    KASSERT(frame != FRAME_NONE);
    return (uint8_t *)phys_to_virt(frame) + (at.addr & PAGE_MASK);
}

paddr_t ucopy_frame(struct ucopy_at at, uint32_t access)
{
    paddr_t frame = space_frame(at.space, at.addr, access);

    KASSERT(frame != FRAME_NONE);
    return frame;
}

void ucopy(struct ucopy_at to, struct ucopy_at from, uint64_t bytes)
{
    while (bytes > 0) {
        uint64_t piece = bytes;
        uint8_t *source = reach(from, PROT_READ, &piece);
        uint8_t *target = reach(to, PROT_WRITE, &piece);

        memmove(target, source, piece);
        to.addr += piece;
        from.addr += piece;
        bytes -= piece;
    }
}
