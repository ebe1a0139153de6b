/* Purses: limits and charges. Their beginning and end: purse_life.c. */
#include <mm/purse.h>

#include <kassert.h>

bool purse_has_room(const struct purse *purse, uint64_t pages)
{
    uint64_t taken = purse->used + purse->lent;

    return taken <= purse->limit && pages <= purse->limit - taken;
}

/* An orphan that owes nothing any more goes, at the next object_reap(). */
static void purse_settle(struct purse *purse)
{
    if (purse->orphan && purse->used == 0)
        object_retry(&purse->object);
}

static void purse_charge(struct purse *purse, uint64_t pages)
{
    purse->used += pages;
    if (purse->used > purse->peak)
        purse->peak = purse->used;
}

paddr_t purse_run_alloc(struct purse *purse, uint64_t pages)
{
    paddr_t base;

    if (!purse_has_room(purse, pages))
        return FRAME_NONE;
    base = pages == 1 ? frame_alloc() : frame_alloc_run(pages);
    if (base != FRAME_NONE)
        purse_charge(purse, pages);
    return base;
}

paddr_t purse_page_alloc(struct purse *purse)
{
    return purse_run_alloc(purse, 1);
}

void purse_page_free(struct purse *purse, paddr_t frame)
{
    KASSERT(purse->used > 0);
    frame_free(frame);
    purse->used--;
    purse_settle(purse);
}

bool purse_page_move(struct purse *from, struct purse *to)
{
    if (from == to)
        return true;
    if (!purse_has_room(to, 1))
        return false;
    KASSERT(from->used > 0);
    purse_charge(to, 1);
    from->used--;
    purse_settle(from);
    return true;
}
