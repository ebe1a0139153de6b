/* The block cache; cache.h tells how it is laid out. */
#include <rt/service.h>
#include <nlib/string.h>
#include <fs/cache.h>

#define META_SLOT_BYTES (16u << 10)
#define DATA_SLOT_BYTES (128u << 10)
/* A small cache has more, smaller slots, so that pins leave some free. */
#define SMALL_CACHE_BYTES (512u << 10)
#define SMALL_SLOT_BYTES  (64u << 10)

static uint32_t bucket_of(const struct fs_cache *c, uint64_t block)
{
    return (uint32_t)((block * 0x9e3779b97f4a7c15ull) >> 32) & c->bucket_mask;
}

/* The frame that holds (block) + 1, or 0. */
static uint32_t find(const struct fs_cache *c, uint64_t block)
{
    uint32_t at = c->buckets[bucket_of(c, block)];

    while (at != 0 && c->frames[at - 1].block != block)
        at = c->frames[at - 1].next;
    return at;
}

static void insert(struct fs_cache *c, uint32_t frame, uint64_t block)
{
    uint32_t *head = &c->buckets[bucket_of(c, block)];

    c->frames[frame].block = block;
    c->frames[frame].checked = 0;
    c->frames[frame].next = *head;
    *head = frame + 1;
}

static void forget(struct fs_cache *c, uint32_t frame)
{
    uint32_t *link = &c->buckets[bucket_of(c, c->frames[frame].block)];

    while (*link != frame + 1)
        link = &c->frames[*link - 1].next;
    *link = c->frames[frame].next;
}

static struct fs_slots *pool_of(struct fs_cache *c, uint32_t frame)
{
    return frame < c->pools[FS_POOL_DATA].first_frame ? &c->pools[FS_POOL_META]
                                                      : &c->pools[FS_POOL_DATA];
}

static struct fs_slot *slot_of(struct fs_cache *c, uint32_t frame)
{
    struct fs_slots *p = pool_of(c, frame);

    return &p->slots[(frame - p->first_frame) / p->slot_frames];
}

static uint8_t *memory_of(struct fs_cache *c, uint32_t frame)
{
    struct fs_slots *p = pool_of(c, frame);

    return p->memory + (size_t)(frame - p->first_frame) * c->block_bytes;
}

/* Makes the least recently used slot that is not pinned the current one, empty.
 * False: all are pinned. */
static bool take_slot(struct fs_cache *c, struct fs_slots *p)
{
    uint32_t best = p->slot_count;
    uint32_t first;

    for (uint32_t i = 0; i < p->slot_count; i++) {
        const struct fs_slot *s = &p->slots[i];

        if (s->pinned == c->epoch)
            continue;
        if (best == p->slot_count || s->used < p->slots[best].used)
            best = i;
    }
    if (best == p->slot_count)
        return false;
    first = p->first_frame + best * p->slot_frames;
    for (uint32_t i = 0; i < p->slots[best].filled; i++)
        forget(c, first + i);
    p->slots[best].filled = 0;
    p->current = best;
    return true;
}

static int disk_read(struct fs_cache *c, uint64_t block, uint32_t run,
                     uint8_t *to)
{
    uint32_t per_block = c->block_bytes / FS_SECTOR_BYTES;

    c->reads++;
    c->read_blocks += run;
    return c->disk->read(c->disk->ctx, block * per_block, run * per_block, to);
}

/* Reads (block), which is not cached, and what of (run) is not either. */
static int load(struct fs_cache *c, struct fs_slots *p, uint64_t block,
                uint32_t run, uint32_t *frame)
{
    struct fs_slot *slot = &p->slots[p->current];
    uint32_t first;
    int status;

    if (block >= c->blocks)
        return NU_IO;
    if (run > p->slot_frames)
        run = p->slot_frames;
    if (run > c->blocks - block)
        run = (uint32_t)(c->blocks - block);
    if (run == 0)
        run = 1;
    for (uint32_t i = 1; i < run; i++) {
        if (find(c, block + i) != 0)
            run = i;
    }
    if (run > p->slot_frames - slot->filled) {
        if (take_slot(c, p))
            slot = &p->slots[p->current];
        else if (slot->filled < p->slot_frames)
            run = p->slot_frames - slot->filled;
        else
            return NU_NOSPC;
    }
    first = p->first_frame + p->current * p->slot_frames + slot->filled;
    status = disk_read(c, block, run, memory_of(c, first));
    if (status != 0 && run > 1) {
        /* A block that nobody asked for may be the unreadable one. */
        run = 1;
        status = disk_read(c, block, run, memory_of(c, first));
    }
    if (status != 0)
        return NU_IO;
    for (uint32_t i = 0; i < run; i++)
        insert(c, first + i, block + i);
    slot->filled += run;
    *frame = first;
    return 0;
}

int fs_cache_get(struct fs_cache *c, enum fs_pool pool, uint64_t block,
                 uint32_t run, struct fs_block *out)
{
    uint32_t found = find(c, block);
    uint32_t frame = found - 1;

    if (found != 0) {
        c->hits++;
    } else {
        int status = load(c, &c->pools[pool], block, run, &frame);

        if (status != 0)
            return status;
        c->misses++;
    }
    slot_of(c, frame)->used = ++c->tick;
    out->data = memory_of(c, frame);
    out->checked = &c->frames[frame].checked;
    out->frame = frame;
    return 0;
}

void fs_cache_pin(struct fs_cache *c, const struct fs_block *b)
{
    slot_of(c, b->frame)->pinned = c->epoch;
}

void fs_cache_unpin_all(struct fs_cache *c)
{
    c->epoch++;
}

static bool create_pool(struct fs_cache *c, struct fs_slots *p, uint64_t bytes,
                        uint32_t slot_bytes)
{
    p->slot_frames = slot_bytes / c->block_bytes;
    p->slot_count = (uint32_t)(bytes / slot_bytes);
    p->pages = (size_t)p->slot_count * slot_bytes / NU_PAGE_BYTES;
    p->memory = svc_alloc_pages(p->pages);
    p->slots = svc_alloc(p->slot_count * sizeof(*p->slots));
    return p->memory != NULL && p->slots != NULL;
}

/* One try with (bytes). */
static int create(struct fs_cache *c, uint64_t bytes)
{
    struct fs_slots *meta = &c->pools[FS_POOL_META];
    struct fs_slots *data = &c->pools[FS_POOL_DATA];
    uint64_t meta_bytes = bytes / 4 & ~(uint64_t)(META_SLOT_BYTES - 1);
    uint32_t slot =
        bytes < SMALL_CACHE_BYTES ? SMALL_SLOT_BYTES : DATA_SLOT_BYTES;
    uint32_t frames;
    uint32_t buckets = 64;

    if (!create_pool(c, meta, meta_bytes, META_SLOT_BYTES) ||
        !create_pool(c, data, bytes - meta_bytes, slot))
        return NU_NOMEM;
    data->first_frame = meta->slot_count * meta->slot_frames;
    frames = data->first_frame + data->slot_count * data->slot_frames;
    while (buckets < frames)
        buckets *= 2;
    c->bucket_mask = buckets - 1;
    c->frames = svc_alloc(frames * sizeof(*c->frames));
    c->buckets = svc_alloc(buckets * sizeof(*c->buckets));
    return c->frames != NULL && c->buckets != NULL ? 0 : NU_NOMEM;
}

int fs_cache_create(struct fs_cache *c, const struct fs_disk *disk,
                    uint32_t block_bytes, uint64_t bytes)
{
    if (bytes > FS_CACHE_BYTES_MAX)
        bytes = FS_CACHE_BYTES_MAX;
    for (;;) {
        if (bytes < FS_CACHE_BYTES_MIN)
            bytes = FS_CACHE_BYTES_MIN;
        memset(c, 0, sizeof(*c));
        c->disk = disk;
        c->block_bytes = block_bytes;
        c->blocks = disk->sectors / (block_bytes / FS_SECTOR_BYTES);
        c->epoch = 1; /* no slot is pinned: theirs is 0 */
        if (create(c, bytes) == 0)
            return 0;
        fs_cache_destroy(c);
        if (bytes == FS_CACHE_BYTES_MIN)
            return NU_NOMEM;
        bytes /= 2;
    }
}

void fs_cache_destroy(struct fs_cache *c)
{
    for (uint32_t i = 0; i < FS_POOL_COUNT; i++) {
        struct fs_slots *p = &c->pools[i];

        if (p->memory != NULL)
            svc_free_pages(p->memory, p->pages);
        if (p->slots != NULL)
            svc_free(p->slots);
    }
    if (c->frames != NULL)
        svc_free(c->frames);
    if (c->buckets != NULL)
        svc_free(c->buckets);
    memset(c, 0, sizeof(*c));
}
