/*
 * Page frames: all memory that is not the boot image's.
 *
 * Units:     addresses in bytes, counts in pages of 4096 bytes.
 * Ownership: a frame taken belongs to the purse that asked (mm/purse.h is the
 *            only caller outside tests), until it gives it back.
 * Errors:    FRAME_NONE when no frame is left.
 * Context:   kernel, interrupts off; never blocks.
 */
#ifndef NUNCIO_MM_FRAME_H
#define NUNCIO_MM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t;

#define PAGE_BYTES 4096ull
#define PAGE_MASK  (PAGE_BYTES - 1)
#define FRAME_NONE ((paddr_t)0)

/* Adds the frames of [base, base + bytes); (state) has a byte for each frame
 * from (first) on and outlives the allocator. Called once, before any other. */
void frame_init(uint8_t *state, uint64_t first, uint64_t count);
void frame_add(paddr_t base, uint64_t bytes);

/* A frame full of zero bytes. */
paddr_t frame_alloc(void);
/* (count) frames in a row, zero, or FRAME_NONE. Searches: not for hot paths. */
paddr_t frame_alloc_run(uint64_t count);
void frame_free(paddr_t frame);

/* Whether (frame) is one that frame_alloc() gave and nobody returned. */
bool frame_is_used(paddr_t frame);

uint64_t frame_total(void);
uint64_t frame_free_count(void);

#endif /* NUNCIO_MM_FRAME_H */
