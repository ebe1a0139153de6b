/*
 * A bounded pool of pages that the device may write.
 */
#include <block/pool.h>

void blk_pool_init(struct blk_pool *pool, void *memory, uint64_t bus,
                   uint32_t pages)
{
    pool->memory = memory;
    pool->bus = bus;
    pool->pages = pages;
    pool->free_pages = pages;
    for (uint32_t i = 0; i < pages; i++)
        pool->taken[i] = false;
}

static void mark(struct blk_pool *pool, const struct blk_run *run, bool taken)
{
    for (uint32_t i = 0; i < run->pages; i++)
        pool->taken[run->page + i] = taken;
}

/* The next free run from page (from) on, cut at (most) pages; of 0 pages at
 * the end. */
static struct blk_run next_run(const struct blk_pool *pool, uint32_t from,
                               uint32_t most)
{
    struct blk_run run = {.page = from, .pages = 0};

    while (run.page < pool->pages && pool->taken[run.page])
        run.page++;
    while (run.pages < most && run.page + run.pages < pool->pages &&
           !pool->taken[run.page + run.pages])
        run.pages++;
    return run;
}

/* As many runs as (pages) need, lowest first; 0 when they are too many. */
static uint32_t gather(const struct blk_pool *pool, uint32_t pages,
                       struct blk_run *run, uint32_t runs_max)
{
    uint32_t from = 0;

    for (uint32_t runs = 0; runs < runs_max; runs++) {
        run[runs] = next_run(pool, from, pages);
        from = run[runs].page + run[runs].pages;
        pages -= run[runs].pages;
        if (pages == 0)
            return runs + 1;
        if (run[runs].pages == 0)
            return 0;
    }
    return 0;
}

uint32_t blk_pool_take(struct blk_pool *pool, uint32_t pages,
                       struct blk_run *run, uint32_t runs_max)
{
    struct blk_run whole = {.page = 0, .pages = 0};
    uint32_t runs;

    if (pages > pool->free_pages)
        return 0;
    do {
        whole = next_run(pool, whole.page + whole.pages, pages);
    } while (whole.pages != 0 && whole.pages < pages);
    if (whole.pages == pages) {
        run[0] = whole;
        runs = 1;
    } else {
        runs = gather(pool, pages, run, runs_max);
    }
    for (uint32_t i = 0; i < runs; i++)
        mark(pool, &run[i], true);
    if (runs > 0)
        pool->free_pages -= pages;
    return runs;
}

void blk_pool_give(struct blk_pool *pool, const struct blk_run *run,
                   uint32_t runs)
{
    for (uint32_t i = 0; i < runs; i++) {
        mark(pool, &run[i], false);
        pool->free_pages += run[i].pages;
    }
}
