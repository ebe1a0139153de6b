/*
 * The beginning and end of purses. A purse that nobody holds stays, an orphan,
 * until all it paid for is gone: then purse.c queues it once more.
 */
#include <mm/purse.h>

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

static void purse_destroy(struct object *object)
{
    struct purse *purse = (struct purse *)object;
    struct purse *parent = purse->parent;

    if (!purse->orphan) {
        /* Before it is an orphan, so that the last page does not queue it. */
        slab_flush(purse);
        purse->orphan = true;
    }
    if (purse->used != 0 || purse->lent != 0)
        return;
    list_del(&purse->all);
    parent->lent -= purse->limit;
    purse_object_free(purse);
    if (parent->orphan && parent->used == 0 && parent->lent == 0)
        object_retry(&parent->object);
}

void purse_init(void)
{
    list_init(&all_purses);
    memset(&purse_root, 0, sizeof(purse_root));
    purse_setup(&purse_root, NULL, frame_total());
    object_set_destroy(OBJECT_PURSE, purse_destroy);
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

uint64_t purse_audit(void)
{
    uint64_t sum = 0;

    for (struct list_node *n = all_purses.next; n != &all_purses; n = n->next)
        sum += list_entry(n, struct purse, all)->used;
    return sum;
}
