/*
 * The older map of a file: 12 block numbers in the inode, then one block of
 * numbers, one of blocks of them, and one more level. It has no checksums.
 */
#include <fs/fs_internal.h>

#define DIRECT 12u
#define LEVELS 3u

static int damaged(struct fs *fs, const struct fs_inode *inode, const char *why)
{
    fs_log(fs, "fs: inode %u: block map: %s", inode->number, why);
    return NU_CORRUPT;
}

/* The run that begins at the first of (entries) of a table. */
static int run_at(struct fs *fs, const struct fs_inode *inode,
                  const uint32_t *table, uint32_t entries, struct fs_run *out)
{
    uint32_t start = table[0];
    uint32_t count = 1;

    if (start != 0 && !fs_has_blocks(fs, start, 1))
        return damaged(fs, inode, "a block lies outside the disk");
    while (count < entries) {
        uint32_t expected = start == 0 ? 0 : start + count;

        if (table[count] != expected ||
            (start != 0 && !fs_has_blocks(fs, start, (uint64_t)count + 1)))
            break;
        count++;
    }
    out->count = count;
    out->disk = start;
    out->is_data = start != 0;
    return 0;
}

/* Goes down from the table that spans (levels) levels; (at) is the file block
 * counted from the first it maps. */
static int walk(struct fs *fs, const struct fs_inode *inode, uint32_t levels,
                uint64_t at, struct fs_run *out)
{
    uint32_t entry_shift = fs->block_shift - 2;
    uint32_t table = inode->map[DIRECT + levels - 1];

    for (;;) {
        uint32_t shift = (levels - 1) * entry_shift;
        uint32_t index = (uint32_t)(at >> shift) & ((1u << entry_shift) - 1);
        const uint32_t *entries;
        struct fs_block b;
        int status;

        if (table == 0) {
            /* Nothing is there as far as this table would reach. */
            uint64_t span = 1ull << (shift + entry_shift);

            out->count = span - (at & (span - 1));
            out->disk = 0;
            out->is_data = false;
            return 0;
        }
        if (!fs_has_blocks(fs, table, 1))
            return damaged(fs, inode, "a table lies outside the disk");
        status = fs_cache_get(&fs->cache, FS_POOL_META, table, 1, &b);
        if (status != 0)
            return status;
        entries = b.data;
        if (--levels == 0)
            return run_at(fs, inode, entries + index,
                          (1u << entry_shift) - index, out);
        table = entries[index];
    }
}

int fs_blockmap_map(struct fs *fs, const struct fs_inode *inode, uint64_t block,
                    struct fs_run *out)
{
    uint32_t entry_shift = fs->block_shift - 2;
    struct fs_run run = {.first = block};
    uint64_t at = block;
    int status;

    if (at < DIRECT) {
        status =
            run_at(fs, inode, inode->map + at, DIRECT - (uint32_t)at, &run);
        if (status == 0)
            *out = run;
        return status;
    }
    at -= DIRECT;
    for (uint32_t levels = 1; levels <= LEVELS; levels++) {
        uint64_t span = 1ull << (levels * entry_shift);

        if (at < span) {
            status = walk(fs, inode, levels, at, &run);
            if (status == 0)
                *out = run;
            return status;
        }
        at -= span;
    }
    return damaged(fs, inode, "the file is too long");
}
