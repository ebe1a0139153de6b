/*
 * The hand-over of one record through a ring, writer's side and reader's. The
 * reader's is ring.c's; the writer's is what the hypervisor's copies amount to,
 * and what an end that maps the ring does itself. The same code runs between two
 * threads in tests/unit/test_link_ring.c and tests/bench/bench_ring.c.
 *
 * Trust:   a reader believes nothing: an entry is loaded once and checked.
 * Context: any; never blocks. Wait-free on both sides.
 * Spec:    wire.h.
 */
#ifndef NUNCIO_LINK_RING_SLOTS_H
#define NUNCIO_LINK_RING_SLOTS_H

#include <stdbool.h>
#include <link/wire.h>

/* The page of slots that (slot) lies in, and where in it. */
static inline uint32_t ring_slot_page(uint32_t slot)
{
    return slot * LINK_SLOT_BYTES / NU_PAGE_BYTES;
}
static inline uint32_t ring_slot_offset(uint32_t slot)
{
    return slot * LINK_SLOT_BYTES % NU_PAGE_BYTES;
}

/* The entry that comes after (taken). Acquire: what it speaks of is there. */
static inline uint64_t ring_entry(const struct link_head *head, uint32_t taken)
{
    return __atomic_load_n(&head->entry[taken % LINK_ENTRIES],
                           __ATOMIC_ACQUIRE);
}

static inline bool ring_entry_is_next(uint64_t entry, uint32_t taken)
{
    return link_entry_number(entry) == taken + 1;
}

/* Where the record after (taken) is. 1: there is one; 0: none; -1: its entry
 * makes no sense. */
static inline int ring_next(const struct link_head *head, uint32_t taken,
                            uint32_t *slot, uint32_t *bytes)
{
    uint64_t entry = ring_entry(head, taken);

    if (!ring_entry_is_next(entry, taken))
        return 0;
    *slot = link_entry_slot(entry);
    *bytes = link_entry_bytes(entry);
    return *slot < LINK_SLOTS && *bytes <= LINK_SLOT_BYTES ? 1 : -1;
}

/* Copies the record of (slot), which lies in (page), once. */
static inline void ring_read(void *copy, const void *page, uint32_t slot,
                             uint32_t bytes)
{
    __builtin_memcpy(copy, (const uint8_t *)page + ring_slot_offset(slot),
                     bytes);
}

/* (record) into (slot), which lies in (page); then the entry after (given).
 * Release: who sees the entry sees the record. */
static inline void ring_write(struct link_head *head, uint32_t given,
                              void *page, uint32_t slot, const void *record,
                              uint32_t bytes)
{
    __builtin_memcpy((uint8_t *)page + ring_slot_offset(slot), record, bytes);
    __atomic_store_n(&head->entry[given % LINK_ENTRIES],
                     link_entry(given + 1, slot, bytes), __ATOMIC_RELEASE);
}

#endif /* NUNCIO_LINK_RING_SLOTS_H */
