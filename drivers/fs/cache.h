/*
 * The block cache: a bounded amount of memory that holds copies of disk blocks.
 *
 * It is cut into slots of several blocks. A run of blocks that is read at once
 * lies in one slot, one behind the other, so that a large read of a contiguous
 * file is one disk request and one piece of memory. Within a slot the next run
 * goes behind the last; a slot is reused as a whole, the least recently used
 * first. Metadata and file data have slots of their own, so that reading a large
 * file does not drive out the metadata.
 *
 * Units:     blocks of the file system; the disk has sectors of 512 bytes.
 * Ownership: memory of blocks is the cache's. It stays valid until the next
 *            fs_cache_get(), or, after fs_cache_pin(), until
 *            fs_cache_unpin_all().
 * Trust:     block contents are hostile; they do not change while cached.
 * Blocking:  fs_cache_get() waits for the disk.
 */
#ifndef DRIVERS_FS_CACHE_H
#define DRIVERS_FS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FS_SECTOR_BYTES 512u

/* Where blocks come from. */
struct fs_disk {
    /* Reads (count) sectors from (sector) on; 0 or a negative nu_error. */
    int (*read)(void *ctx, uint64_t sector, uint32_t count, void *to);
    void *ctx;
    uint64_t sectors;
};

enum fs_pool { FS_POOL_META = 0, FS_POOL_DATA = 1, FS_POOL_COUNT };

struct fs_slot {
    uint64_t used; /* tick of the last hit */
    uint64_t pinned; /* while equal to the cache's epoch */
    uint32_t filled; /* frames from the first on that hold blocks */
};

/* One block's place. */
struct fs_frame {
    uint64_t block;
    uint64_t checked; /* see struct fs_block */
    uint32_t next; /* in its hash chain: frame + 1, or 0 */
};

struct fs_slots {
    struct fs_slot *slots;
    uint8_t *memory;
    size_t pages;
    uint32_t slot_count;
    uint32_t slot_frames; /* a slot's capacity */
    uint32_t first_frame; /* number of this pool's first */
    uint32_t current; /* slot that the next run goes to */
};

struct fs_cache {
    const struct fs_disk *disk;
    uint32_t block_bytes;
    uint64_t blocks; /* that the disk has */
    struct fs_slots pools[FS_POOL_COUNT];
    struct fs_frame *frames;
    uint32_t *buckets;
    uint32_t bucket_mask;
    uint64_t tick;
    uint64_t epoch;
    /* Counts, for tests and the curious. */
    uint64_t hits;
    uint64_t misses;
    uint64_t reads;
    uint64_t read_blocks;
};

/* A block in the cache. */
struct fs_block {
    const void *data;
    /* The user's note on it, 0 when it was just read: what it was verified as. */
    uint64_t *checked;
    uint32_t frame;
};

#define FS_CACHE_BYTES_MIN (192u << 10)
#define FS_CACHE_BYTES_MAX (1u << 30)

/*
 * Makes a cache of about (bytes), within the limits above, less if there is not
 * so much memory. 0; NU_NOMEM not even for the least.
 */
int fs_cache_create(struct fs_cache *c, const struct fs_disk *disk,
                    uint32_t block_bytes, uint64_t bytes);
void fs_cache_destroy(struct fs_cache *c);

/*
 * Gives (block). If it must be read, up to (run) blocks from it on are read
 * with it, as far as there is room. 0; NU_IO the disk cannot read it; NU_NOSPC
 * everything is pinned.
 */
int fs_cache_get(struct fs_cache *c, enum fs_pool pool, uint64_t block,
                 uint32_t run, struct fs_block *out);

/* Keeps (b) until fs_cache_unpin_all(). */
void fs_cache_pin(struct fs_cache *c, const struct fs_block *b);
void fs_cache_unpin_all(struct fs_cache *c);

/* The most blocks that one fs_cache_get() of (pool) can read. */
static inline uint32_t fs_cache_run_max(const struct fs_cache *c,
                                        enum fs_pool pool)
{
    return c->pools[pool].slot_frames;
}

#endif /* DRIVERS_FS_CACHE_H */
