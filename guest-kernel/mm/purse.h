/*
 * Purses: who pays. All memory the kernel takes after boot is taken through
 * one, as pages or as small objects cut from pages of that purse alone. So the
 * charges of all purses are exactly the frames in use: purse_audit().
 *
 * Units:     pages of 4096 bytes.
 * Ownership: a page or object belongs to who asked; the purse lives until
 *            nobody holds it and nothing it paid for is left.
 * Errors:    NULL or FRAME_NONE when the limit is reached or memory is out.
 * Context:   kernel, interrupts off; never blocks.
 */
#ifndef NUNCIO_MM_PURSE_H
#define NUNCIO_MM_PURSE_H

#include <mm/frame.h>
#include <nlib/list.h>
#include <object/object.h>

#define PURSE_CLASS_COUNT 6 /* 64, 128, 256, 512, 1024, 2016 bytes */

struct purse {
    struct object object;
    struct list_node all; /* of all purses */
    struct purse *parent; /* NULL for the root */
    uint64_t limit; /* pages */
    uint64_t lent; /* pages of the limit that children have */
    uint64_t used; /* pages charged now */
    uint64_t peak;
    uint64_t objects; /* small objects alive */
    struct list_node slabs[PURSE_CLASS_COUNT]; /* with room, by class */
    bool orphan; /* nobody holds it; it goes when used is 0 */
};

/* The root purse, which owns all frames. */
extern struct purse purse_root;
void purse_init(void);

/* A child with (limit) pages of (parent)'s limit; one reference. */
struct purse *purse_create(struct purse *parent, uint64_t limit);

/* Charged frames, zero. */
paddr_t purse_page_alloc(struct purse *purse);
paddr_t purse_run_alloc(struct purse *purse, uint64_t pages);
void purse_page_free(struct purse *purse, paddr_t frame);
/* Moves the charge for one frame; false, and nothing changed, if (to) is full. */
bool purse_page_move(struct purse *from, struct purse *to);
bool purse_has_room(const struct purse *purse, uint64_t pages);

/* An object of up to 2016 bytes, zero. purse_object_free() finds the purse. */
void *purse_object_alloc(struct purse *purse, size_t bytes);
void purse_object_free(void *object);
struct purse *purse_of_object(const void *object);

/* Sum of all charges. Equals frame_total() - frame_free_count(), always. */
uint64_t purse_audit(void);

#endif /* NUNCIO_MM_PURSE_H */
