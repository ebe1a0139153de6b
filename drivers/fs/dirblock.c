/*
 * Blocks of a directory, leaves and nodes of its hash tree: verified when they
 * are first read.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

/* Blocks of a directory that are read at once. */
#define DIR_AHEAD 4u

static int damaged(struct fs *fs, const struct fs_inode *dir, uint64_t block,
                   const char *why)
{
    fs_log(fs, "fs: directory %u: block %lu: %s", dir->number, block, why);
    return NU_CORRUPT;
}

/* Entries fill the leaf exactly, and each name its entry at most. */
static const char *check_entries(const struct fs *fs, const void *leaf)
{
    uint32_t end = fs_leaf_bytes(fs);
    uint32_t at = 0;

    while (at < end) {
        const struct ext4_dirent *e = fs_at(leaf, at);
        const char *name = fs_at(leaf, at + EXT4_DIRENT_BYTES);

        if (end - at < EXT4_DIRENT_MIN || e->rec_len < EXT4_DIRENT_MIN ||
            e->rec_len % 4 != 0 || e->rec_len > end - at)
            return "wrong length of an entry";
        if (e->inode != 0) {
            if (e->name_len == 0 ||
                e->name_len + EXT4_DIRENT_BYTES > e->rec_len)
                return "wrong length of a name";
            for (uint32_t i = 0; i < e->name_len; i++) {
                if (name[i] == '/' || name[i] == '\0')
                    return "impossible name";
            }
        }
        at += e->rec_len;
    }
    return NULL;
}

static const char *check_leaf(const struct fs *fs, const struct fs_inode *dir,
                              const void *leaf)
{
    const struct ext4_dir_tail *t = fs_at(leaf, fs_leaf_bytes(fs));

    if (fs->has_csum) {
        if (t->zero_inode != 0 || t->rec_len != sizeof(*t) ||
            t->zero_name_len != 0 || t->type != EXT4_DIR_TAIL_TYPE)
            return "no checksum";
        if (fs_crc32c(fs, dir->csum_seed, leaf, fs_leaf_bytes(fs)) !=
            t->checksum)
            return "wrong checksum";
    }
    return check_entries(fs, leaf);
}

static uint32_t room(const struct fs *fs, uint32_t at)
{
    uint32_t tail = fs->has_csum ? sizeof(struct ext4_dx_tail) : 0;

    return (uint32_t)((fs->block_bytes - at - tail) /
                      sizeof(struct ext4_dx_entry));
}

bool fs_index_is_sized(const struct fs *fs, const void *node, uint32_t at)
{
    const struct ext4_dx_limit *l = fs_at(node, at);

    return l->limit == room(fs, at) && l->count >= 1 && l->count <= l->limit;
}

uint32_t fs_index_csum(const struct fs *fs, uint32_t seed, const void *node,
                       uint32_t at)
{
    static const uint8_t zero[4];
    const struct ext4_dx_limit *l = fs_at(node, at);
    const size_t entry = sizeof(struct ext4_dx_entry);
    uint32_t crc = fs_crc32c(fs, seed, node, at + l->count * entry);

    crc = fs_crc32c(fs, crc, fs_at(node, at + l->limit * entry), 4);
    return fs_crc32c(fs, crc, zero, sizeof(zero));
}

/* Without checksums an empty leaf looks like an index node, so that only a
 * search of the tree can tell whether it is a good one. */
static const char *check_index(const struct fs *fs, const struct fs_inode *dir,
                               const void *node, bool is_root)
{
    uint32_t at = is_root ? EXT4_DX_ROOT_OFFSET : EXT4_DX_NODE_OFFSET;
    const struct ext4_dx_limit *l = fs_at(node, at);
    const struct ext4_dx_tail *t;

    if (!fs->has_csum)
        return NULL;
    if (!fs_index_is_sized(fs, node, at))
        return "wrong number of entries";
    t = fs_at(node, at + l->limit * sizeof(struct ext4_dx_entry));
    if (fs_index_csum(fs, dir->csum_seed, node, at) != t->checksum)
        return "wrong checksum";
    return NULL;
}

/* An index node other than the root looks like one unused entry. */
static bool looks_like_index(const struct fs *fs, const struct fs_inode *dir,
                             uint64_t block, const void *data)
{
    const struct ext4_dirent *e = data;

    if ((dir->flags & EXT4_INODE_INDEX) == 0)
        return false;
    return block == 0 || (e->inode == 0 && e->rec_len == fs->block_bytes);
}

int fs_dir_block(struct fs *fs, const struct fs_inode *dir, uint64_t block,
                 struct fs_block *out, bool *is_index)
{
    uint64_t rest = (dir->bytes >> fs->block_shift) - block;
    struct fs_run run;
    uint64_t ahead;
    uint64_t mark;
    const char *why;
    int status = fs_map(fs, dir, block, &run);

    if (status != 0)
        return status;
    if (!run.is_data)
        return damaged(fs, dir, block, "is missing");
    ahead = run.count - (block - run.first);
    if (ahead > rest)
        ahead = rest;
    if (ahead > DIR_AHEAD)
        ahead = DIR_AHEAD;
    status = fs_cache_get(&fs->cache, FS_POOL_META,
                          run.disk + (block - run.first), (uint32_t)ahead, out);
    if (status != 0) {
        fs_log(fs, "fs: directory %u: cannot read block %lu", dir->number,
               block);
        return status;
    }
    *is_index = looks_like_index(fs, dir, block, out->data);
    mark =
        fs_checked(*is_index ? FS_CHECKED_INDEX : FS_CHECKED_LEAF, dir->number);
    if (*out->checked == mark)
        return 0;
    why = *is_index ? check_index(fs, dir, out->data, block == 0)
                    : check_leaf(fs, dir, out->data);
    if (why != NULL)
        return damaged(fs, dir, block, why);
    *out->checked = mark;
    return 0;
}

uint32_t fs_dir_find(const struct fs *fs, const void *leaf, const char *name,
                     size_t bytes)
{
    uint32_t end = fs_leaf_bytes(fs);

    for (uint32_t at = 0; at < end;) {
        const struct ext4_dirent *e = fs_at(leaf, at);

        if (e->inode != 0 && e->name_len == bytes &&
            memcmp(fs_at(e, EXT4_DIRENT_BYTES), name, bytes) == 0)
            return e->inode;
        at += e->rec_len;
    }
    return 0;
}
