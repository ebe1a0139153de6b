/*
 * Strings that lie with the peer: an agent sees them through windows, ranges of
 * addresses where nothing is mapped, each for the pages that one string's
 * grants name. What is copied goes straight between them and the pages here.
 */
#include <link/internal.h>

#include <abi/error.h>
#include <ipc/carrier.h>
#include <kassert.h>

#define WINDOW_SHIFT 22 /* a window holds a string at any offset in a page */
_Static_assert(NU_STRING_BYTES_MAX + NU_PAGE_BYTES <= 1u << WINDOW_SHIFT,
               "a window");

static uint64_t window_address(uint32_t index, uint32_t offset)
{
    return CARRIER_WINDOW + ((uint64_t)index << WINDOW_SHIFT) + offset;
}

uint64_t agent_window(struct agent *agent, const struct link_extent *extent,
                      bool writable, uint32_t *next_ref)
{
    struct window *window = &agent->windows[agent->window_count];

    window->first_ref = *next_ref;
    window->pages = extent->pages;
    window->offset = extent->offset;
    window->bytes = extent->bytes & ~LINK_MORE;
    window->writable = writable;
    *next_ref += extent->pages;
    return window_address(agent->window_count++, extent->offset);
}

static const struct window *window_of(const struct agent *agent, uint64_t addr,
                                      uint64_t *offset)
{
    uint64_t index = (addr - CARRIER_WINDOW) >> WINDOW_SHIFT;

    if (index >= agent->window_count)
        return NULL;
    *offset = (addr - CARRIER_WINDOW) & ((1ull << WINDOW_SHIFT) - 1);
    return &agent->windows[index];
}

bool agent_reaches(const struct thread *thread, uint64_t addr, uint64_t bytes,
                   bool write)
{
    uint64_t offset;
    const struct window *window = window_of(thread->agent, addr, &offset);

    return window != NULL && offset >= window->offset &&
           (!write || window->writable) &&
           bytes <= window->offset + window->bytes - offset &&
           offset <= window->offset + window->bytes;
}

/* Piece by piece, each within one page of the peer's and one of ours. */
static void add_copies(const struct agent *agent, uint64_t addr,
                       struct ucopy_at own, uint64_t bytes, bool out)
{
    uint64_t offset;
    const struct window *window = window_of(agent, addr, &offset);
    uint16_t domid = agent->link->domid;

    KASSERT(window != NULL);
    while (bytes > 0) {
        uint64_t far_left = PAGE_BYTES - (offset & PAGE_MASK);
        uint64_t own_left = PAGE_BYTES - (own.addr & PAGE_MASK);
        uint64_t piece = bytes;
        grant_t ref =
            agent->refs[window->first_ref + (uint32_t)(offset / PAGE_BYTES)];
        paddr_t at = ucopy_frame(own, out ? PROT_READ : PROT_WRITE) +
                     (own.addr & PAGE_MASK);

        if (piece > far_left)
            piece = far_left;
        if (piece > own_left)
            piece = own_left;
        if (out)
            batch_copy_out(domid, ref, (uint32_t)(offset & PAGE_MASK), at,
                           (uint32_t)piece);
        else
            batch_copy_in(at, domid, ref, (uint32_t)(offset & PAGE_MASK),
                          (uint32_t)piece);
        offset += piece;
        own.addr += piece;
        bytes -= piece;
    }
}

void agent_pull(struct thread *thread, uint64_t addr, struct ucopy_at to,
                uint64_t bytes)
{
    thread->agent->link->stats.bytes_in += bytes;
    add_copies(thread->agent, addr, to, bytes, false);
}

int agent_pulled(struct thread *thread)
{
    (void)thread;
    return batch_run(0, 0) == 0 ? 0 : NU_FAULT;
}

void agent_push(struct thread *thread, uint64_t addr, struct ucopy_at from,
                uint64_t bytes)
{
    thread->agent->link->stats.bytes_out += bytes;
    add_copies(thread->agent, addr, from, bytes, true);
}
