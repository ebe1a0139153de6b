/*
 * Small objects of a purse: mm/purse.h. A slab is one page: a header, then
 * objects of one class; the page of an object's address leads to its purse. One
 * empty slab a class is kept while somebody holds the purse, so that making and
 * closing channels in turn does not zero a page each time.
 */
#include <mm/slab.h>

#include <arch_mmu.h>
#include <kassert.h>
#include <nlib/string.h>

struct slab {
    struct list_node link; /* in purse->slabs[class] while it has room */
    struct purse *purse;
    void *free; /* objects given back, chained by their first word */
    uint32_t class;
    uint16_t used;
    uint16_t carved; /* objects handed out at least once */
};

#define SLAB_HEADER 64u
_Static_assert(sizeof(struct slab) <= SLAB_HEADER, "objects start at 64");

static const uint16_t class_bytes[PURSE_CLASS_COUNT] = {64,  128,  256,
                                                        512, 1024, 2016};

static uint16_t class_count(uint32_t class)
{
    return (uint16_t)((PAGE_BYTES - SLAB_HEADER) / class_bytes[class]);
}

static struct slab *slab_of(const void *object)
{
    return (struct slab *)((uintptr_t)object & ~(uintptr_t)PAGE_MASK);
}

static struct slab *slab_create(struct purse *purse, uint32_t class)
{
    paddr_t frame = purse_page_alloc(purse);
    struct slab *slab;

    if (frame == FRAME_NONE)
        return NULL;
    slab = phys_to_virt(frame);
    slab->purse = purse;
    slab->class = class;
    list_add_tail(&purse->slabs[class], &slab->link);
    return slab;
}

void *purse_object_alloc(struct purse *purse, size_t bytes)
{
    uint32_t class = 0;
    struct slab *slab;
    void *object;

    while (bytes > class_bytes[class]) {
        class ++;
        KASSERT(class < PURSE_CLASS_COUNT);
    }
    slab = list_is_empty(&purse->slabs[class])
               ? slab_create(purse, class)
               : list_entry(purse->slabs[class].next, struct slab, link);
    if (slab == NULL)
        return NULL;
    if (slab->free != NULL) {
        object = slab->free;
        slab->free = *(void **)object;
        memset(object, 0, class_bytes[class]);
    } else {
        object = (uint8_t *)slab + SLAB_HEADER +
                 (size_t)slab->carved * class_bytes[class];
        slab->carved++;
    }
    slab->used++;
    if (slab->used == class_count(class))
        list_del(&slab->link);
    purse->objects++;
    return object;
}

void purse_object_free(void *object)
{
    struct slab *slab = slab_of(object);
    struct purse *purse = slab->purse;
    struct list_node *with_room = &purse->slabs[slab->class];

    KASSERT(slab->used > 0);
    if (slab->used == class_count(slab->class))
        list_add_tail(with_room, &slab->link);
    *(void **)object = slab->free;
    slab->free = object;
    slab->used--;
    purse->objects--;
    /* Keep one slab of the class unless nobody holds the purse. */
    if (slab->used == 0 &&
        (purse->orphan || with_room->next != with_room->prev)) {
        list_del(&slab->link);
        purse_page_free(purse, virt_to_phys(slab));
    }
}

struct purse *purse_of_object(const void *object)
{
    return slab_of(object)->purse;
}

void slab_flush(struct purse *purse)
{
    for (uint32_t class = 0; class < PURSE_CLASS_COUNT; class ++) {
        struct list_node *head = &purse->slabs[class];
        struct list_node *n = head->next;

        while (n != head) {
            struct slab *slab = list_entry(n, struct slab, link);

            n = n->next;
            if (slab->used != 0)
                continue;
            list_del(&slab->link);
            purse_page_free(purse, virt_to_phys(slab));
        }
    }
}
