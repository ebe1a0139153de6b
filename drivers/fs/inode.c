/*
 * Inodes: found, verified and taken apart.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

/* Blocks of an inode table that are read at once. */
#define TABLE_AHEAD 8u

static enum fs_kind kind_of(uint32_t mode)
{
    switch (mode & EXT4_MODE_TYPE) {
    case 0x1000:
        return FS_KIND_FIFO;
    case 0x2000:
        return FS_KIND_CHARACTER;
    case 0x4000:
        return FS_KIND_DIRECTORY;
    case 0x6000:
        return FS_KIND_BLOCK;
    case 0x8000:
        return FS_KIND_REGULAR;
    case 0xa000:
        return FS_KIND_SYMLINK;
    case 0xc000:
        return FS_KIND_SOCKET;
    default:
        return FS_KIND_UNKNOWN;
    }
}

/* Seconds: 32 signed bits, and two more above them in (extra). */
static int64_t seconds(uint32_t low, uint32_t extra)
{
    return (int64_t)(int32_t)low + ((int64_t)(extra & 3u) << 32);
}

static int damaged(struct fs *fs, uint32_t number, const char *why)
{
    fs_log(fs, "fs: inode %u: %s", number, why);
    return NU_CORRUPT;
}

static void take_times(const struct fs *fs, const struct ext4_inode *raw,
                       struct fs_inode *out)
{
    uint32_t room = fs->inode_bytes > EXT4_INODE_BASE_BYTES
                        ? EXT4_INODE_BASE_BYTES + raw->extra_isize
                        : 0;
    uint32_t m_extra = 0;
    uint32_t c_extra = 0;

    if (room >= offsetof(struct ext4_inode, ctime_extra) + 4)
        c_extra = raw->ctime_extra;
    if (room >= offsetof(struct ext4_inode, mtime_extra) + 4)
        m_extra = raw->mtime_extra;
    out->modified_s = seconds(raw->mtime, m_extra);
    out->changed_s = seconds(raw->ctime, c_extra);
    out->modified_ns = m_extra >> 2 < 1000000000u ? m_extra >> 2 : 0;
}

static void take_blocks(const struct fs *fs, const struct ext4_inode *raw,
                        struct fs_inode *out)
{
    out->blocks_512 = raw->blocks_lo;
    if ((fs->ro_compat & EXT4_ROCOMPAT_HUGE_FILE) == 0)
        return;
    out->blocks_512 |= (uint64_t)raw->blocks_high << 32;
    if ((raw->flags & EXT4_INODE_HUGE_FILE) != 0)
        out->blocks_512 *= fs->block_bytes / FS_SECTOR_BYTES;
}

/* A directory cannot be larger than the disk, which also bounds every search
 * of one. */
static bool is_size_possible(const struct fs *fs, const struct fs_inode *i)
{
    uint64_t limit =
        fs->blocks < fs->cache.blocks ? fs->blocks : fs->cache.blocks;

    switch (i->kind) {
    case FS_KIND_DIRECTORY:
        return i->bytes % fs->block_bytes == 0 && i->bytes != 0 &&
               i->bytes >> fs->block_shift <= limit;
    case FS_KIND_REGULAR:
        return i->bytes <= INT64_MAX;
    case FS_KIND_SYMLINK:
        return i->bytes != 0 && i->bytes <= FS_PATH_MAX;
    case FS_KIND_UNKNOWN:
    case FS_KIND_CHARACTER:
    case FS_KIND_BLOCK:
    case FS_KIND_FIFO:
    case FS_KIND_SOCKET:
    default:
        return true;
    }
}

static int take(struct fs *fs, const struct ext4_inode *raw, uint32_t number,
                uint32_t seed, struct fs_inode *i)
{
    memset(i, 0, sizeof(*i));
    i->number = number;
    i->csum_seed = seed;
    i->generation = raw->generation;
    i->flags = raw->flags;
    i->mode = raw->mode;
    i->kind = kind_of(raw->mode);
    i->links = raw->links_count;
    i->uid = raw->uid_lo | (uint32_t)raw->uid_high << 16;
    i->gid = raw->gid_lo | (uint32_t)raw->gid_high << 16;
    i->bytes = raw->size_lo;
    if (i->kind == FS_KIND_REGULAR ||
        (fs->incompat & EXT4_INCOMPAT_LARGEDIR) != 0)
        i->bytes |= (uint64_t)raw->size_high << 32;
    i->has_acl_block = raw->file_acl_lo != 0 || raw->file_acl_high != 0;
    take_times(fs, raw, i);
    take_blocks(fs, raw, i);
    memcpy(i->map, raw->block, sizeof(i->map));
    if (i->links == 0)
        return damaged(fs, number, "is free but in use");
    if (i->kind == FS_KIND_UNKNOWN)
        return damaged(fs, number, "has no kind");
    if (!is_size_possible(fs, i))
        return damaged(fs, number, "has an impossible size");
    return 0;
}

static int verify(struct fs *fs, const struct ext4_inode *raw, uint32_t number,
                  uint32_t seed)
{
    uint32_t found;
    uint32_t expected;
    bool has_upper;

    if (fs->inode_bytes > EXT4_INODE_BASE_BYTES &&
        raw->extra_isize > fs->inode_bytes - EXT4_INODE_BASE_BYTES)
        return damaged(fs, number, "has an impossible extra size");
    if (!fs->has_csum)
        return 0;
    expected = fs_inode_csum(fs, seed, raw, &has_upper);
    found = raw->checksum_lo;
    if (has_upper)
        found |= (uint32_t)raw->checksum_hi << 16;
    else
        expected &= 0xffff;
    return found == expected ? 0 : damaged(fs, number, "wrong checksum");
}

/* Verifies inode (raw) of block (b), if that was not done already. */
static int verify_once(struct fs *fs, const struct fs_block *b,
                       const struct ext4_inode *raw, uint32_t number,
                       uint32_t seed)
{
    /* At most 32 in a block; groups begin with a new block. */
    uint32_t slot = (number - 1) % fs->inodes_per_group %
                    (fs->block_bytes / fs->inode_bytes);
    uint64_t bit = 1ull << slot;
    int status;

    if (*b->checked >> FS_CHECKED_SHIFT != FS_CHECKED_INODES)
        *b->checked = fs_checked(FS_CHECKED_INODES, 0);
    if ((*b->checked & bit) != 0)
        return 0;
    status = verify(fs, raw, number, seed);
    if (status == 0)
        *b->checked |= bit;
    return status;
}

int fs_inode_load(struct fs *fs, uint32_t number, struct fs_inode *out)
{
    uint32_t per_block = fs->block_bytes / fs->inode_bytes;
    const struct ext4_inode *raw;
    struct fs_inode inode;
    struct fs_block b;
    uint32_t index;
    uint32_t ahead;
    uint32_t seed;
    uint64_t table;
    int status;

    if (number == 0 || number > fs->inodes)
        return damaged(fs, number, "there is no such inode");
    index = (number - 1) % fs->inodes_per_group;
    status =
        fs_group_inode_table(fs, (number - 1) / fs->inodes_per_group, &table);
    if (status != 0)
        return status;
    ahead = (fs->inodes_per_group - index - 1) / per_block + 1;
    status = fs_cache_get(&fs->cache, FS_POOL_META, table + index / per_block,
                          ahead < TABLE_AHEAD ? ahead : TABLE_AHEAD, &b);
    if (status != 0) {
        fs_log(fs, "fs: inode %u: cannot read block %lu", number,
               table + index / per_block);
        return status;
    }
    raw = fs_at(b.data, (size_t)(index % per_block) * fs->inode_bytes);
    seed = fs_crc32c(fs, fs->csum_seed, &number, 4);
    seed = fs_crc32c(fs, seed, &raw->generation, 4);
    status = verify_once(fs, &b, raw, number, seed);
    if (status == 0)
        status = take(fs, raw, number, seed, &inode);
    if (status == 0)
        *out = inode;
    return status;
}
