/*
 * Group descriptors: where the inode tables are.
 */
#include <fs/fs_internal.h>

static bool is_power_of(uint64_t n, uint64_t base)
{
    while (n % base == 0)
        n /= base;
    return n == 1;
}

/* Whether (group) begins with a copy of the superblock. */
static bool has_super(const struct fs *fs, uint64_t group)
{
    if (group == 0)
        return true;
    if ((fs->compat & EXT4_COMPAT_SPARSE_SUPER2) != 0)
        return group == fs->backup_bgs[0] || group == fs->backup_bgs[1];
    if ((fs->ro_compat & EXT4_ROCOMPAT_SPARSE_SUPER) == 0 || group == 1)
        return true;
    return is_power_of(group, 3) || is_power_of(group, 5) ||
           is_power_of(group, 7);
}

/* The block that holds the descriptor of (group). */
static uint64_t desc_block(const struct fs *fs, uint64_t group)
{
    uint64_t index = group / fs->desc_per_block;
    uint64_t first;

    /* A file system of 1 KiB clusters has its superblock in block 1 of 0. */
    if (index < fs->first_meta_bg)
        return (fs->block_bytes == 1024 ? 1u : 0u) + 1 + index;
    first = index * fs->desc_per_block;
    return fs->first_data_block + first * fs->blocks_per_group +
           (has_super(fs, first) ? 1u : 0u) +
           (first == 0 && fs->block_bytes == 1024 && fs->first_data_block == 0);
}

static int check(struct fs *fs, uint64_t group, const struct ext4_group *g,
                 uint64_t table)
{
    uint64_t table_blocks =
        ((uint64_t)fs->inodes_per_group * fs->inode_bytes - 1) /
            fs->block_bytes +
        1;

    if ((fs->has_csum || (fs->ro_compat & EXT4_ROCOMPAT_GDT_CSUM) != 0) &&
        fs_group_csum(fs, group, g) != g->checksum) {
        fs_log(fs, "fs: group %lu: wrong checksum", group);
        return NU_CORRUPT;
    }
    if (!fs_has_blocks(fs, table, table_blocks)) {
        fs_log(fs, "fs: group %lu: inode table at %lu is outside", group,
               table);
        return NU_CORRUPT;
    }
    return 0;
}

int fs_group_inode_table(struct fs *fs, uint64_t group, uint64_t *block)
{
    uint32_t slot = (uint32_t)(group % FS_GROUPS_CACHED);
    const struct ext4_group *g;
    struct fs_block b;
    uint64_t table;
    int status;

    if (fs->group_cache[slot].number_1 == group + 1) {
        *block = fs->group_cache[slot].inode_table;
        return 0;
    }
    status =
        fs_cache_get(&fs->cache, FS_POOL_META, desc_block(fs, group), 1, &b);
    if (status != 0) {
        fs_log(fs, "fs: group %lu: cannot read its descriptor", group);
        return status;
    }
    g = fs_at(b.data, (size_t)(group % fs->desc_per_block) * fs->desc_bytes);
    table = g->inode_table_lo;
    if (fs->desc_bytes >= EXT4_DESC_MIN_64BIT)
        table |= (uint64_t)g->inode_table_hi << 32;
    status = check(fs, group, g, table);
    if (status != 0)
        return status;
    fs->group_cache[slot].number_1 = group + 1;
    fs->group_cache[slot].inode_table = table;
    *block = table;
    return 0;
}
