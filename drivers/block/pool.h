/*
 * A bounded pool of pages that the device may write: one contiguous piece of
 * DMA memory, given out as a few runs of pages.
 *
 * Units:     pages of 4096 bytes.
 * Ownership: runs belong to who took them until blk_pool_give().
 * Trust:     the device can write all of it at any time.
 * Context:   the service's thread; never blocks.
 */
#ifndef DRIVERS_BLOCK_POOL_H
#define DRIVERS_BLOCK_POOL_H

#include <stdbool.h>
#include <stdint.h>

#define POOL_PAGE_BYTES 4096u
#define POOL_PAGES_MAX  1024u

struct blk_run {
    uint32_t page;
    uint32_t pages;
};

struct blk_pool {
    uint8_t *memory; /* mapped for us */
    uint64_t bus; /* the same as the device sees it */
    uint32_t pages;
    uint32_t free_pages;
    bool taken[POOL_PAGES_MAX];
};

void blk_pool_init(struct blk_pool *pool, void *memory, uint64_t bus,
                   uint32_t pages);

/*
 * Takes (pages) pages, at least 1, as at most (runs_max) runs, one if it can.
 * Returns how many runs (run) now names; 0 when that is not possible now, and
 * then nothing was taken. Possible in any case once all is given back, if
 * (pages) is no more than the pool has.
 */
uint32_t blk_pool_take(struct blk_pool *pool, uint32_t pages,
                       struct blk_run *run, uint32_t runs_max);
void blk_pool_give(struct blk_pool *pool, const struct blk_run *run,
                   uint32_t runs);

#endif /* DRIVERS_BLOCK_POOL_H */
