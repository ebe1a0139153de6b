/*
 * Two receive rings between two threads of the build machine, as two domains
 * would have them: what one writes by guest-kernel/link/ring_slots.h the other
 * takes by it.
 */
#ifndef NUNCIO_TESTS_RING_PAIR_H
#define NUNCIO_TESTS_RING_PAIR_H

#include <link/ring_slots.h>

/* One direction: the ring, and what only its reader or its writer touches. */
struct pair_ring {
    _Alignas(4096) struct link_head head;
    _Alignas(4096) uint8_t slots[LINK_SLOTS * LINK_SLOT_BYTES];
    _Alignas(128) uint32_t taken;
    _Alignas(128) uint32_t given;
};

static inline void pair_give(struct pair_ring *ring, uint32_t slot,
                             const void *record, uint32_t bytes)
{
    ring_write(&ring->head, ring->given++,
               ring->slots + ring_slot_page(slot) * NU_PAGE_BYTES, slot, record,
               bytes);
}

/* Bytes of the next record in (copy), 0: there is none yet; or -1. */
static inline int pair_take(struct pair_ring *ring, uint32_t *slot, void *copy)
{
    uint32_t bytes = 0;
    int got = ring_next(&ring->head, ring->taken, slot, &bytes);

    if (got != 1)
        return got;
    ring->taken++;
    ring_read(copy, ring->slots + ring_slot_page(*slot) * NU_PAGE_BYTES, *slot,
              bytes);
    return (int)bytes;
}

#endif /* NUNCIO_TESTS_RING_PAIR_H */
