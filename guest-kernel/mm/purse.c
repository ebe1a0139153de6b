/* Purses: limits, charges and the end of a purse. Small objects: slab.c. */
#include <mm/purse.h>

#include <arch_mmu.h>
#include <kassert.h>
#include <mm/slab.h>
#include <nlib/string.h>

struct purse purse_root;
static struct list_node all_purses;

static void purse_setup(struct purse *purse, struct purse *parent,
                        uint64_t limit)
{
    object_init(&purse->object, OBJECT_PURSE);
    purse->parent = parent;
    purse->limit = limit;
    for (int i = 0; i < PURSE_CLASS_COUNT; i++)
        list_init(&purse->slabs[i]);
    list_add_tail(&all_purses, &purse->all);
}

/* Gone for good once nobody holds it and nothing it paid for is left; then
 * perhaps its parent, and so on up. */
static void purse_retire(struct purse *purse)
{
    while (purse->orphan && purse->used == 0 && purse->lent == 0 &&
           purse->parent != NULL) {
        struct purse *parent = purse->parent;
        uint64_t limit = purse->limit;

        list_del(&purse->all);
        /* While the limit is still lent the parent cannot retire in here. */
        purse_object_free(purse);
        parent->lent -= limit;
        purse = parent;
    }
}

static void purse_destroy(struct object *object)
{
    struct purse *purse = (struct purse *)object;

    slab_flush(purse);
    purse->orphan = true;
    purse_retire(purse);
}

void purse_init(void)
{
    list_init(&all_purses);
    memset(&purse_root, 0, sizeof(purse_root));
    purse_setup(&purse_root, NULL, frame_total());
    object_set_destroy(OBJECT_PURSE, purse_destroy);
}

bool purse_has_room(const struct purse *purse, uint64_t pages)
{
    uint64_t taken = purse->used + purse->lent;

    return taken <= purse->limit && pages <= purse->limit - taken;
}

struct purse *purse_create(struct purse *parent, uint64_t limit)
{
    struct purse *purse;

    if (limit == 0 || !purse_has_room(parent, limit))
        return NULL;
    purse = purse_object_alloc(parent, sizeof(*purse));
    if (purse == NULL)
        return NULL;
    if (!purse_has_room(parent, limit)) { /* the object's own page */
        purse_object_free(purse);
        return NULL;
    }
    parent->lent += limit;
    purse_setup(purse, parent, limit);
    return purse;
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
    purse_retire(purse);
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
    purse_retire(from);
    return true;
}

uint64_t purse_audit(void)
{
    uint64_t sum = 0;

    for (struct list_node *n = all_purses.next; n != &all_purses; n = n->next)
        sum += list_entry(n, struct purse, all)->used;
    return sum;
}
