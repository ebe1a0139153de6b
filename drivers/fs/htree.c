/*
 * The hash tree of a large directory: from the hash of a name to the leaf block
 * that has it. A tree has at most three levels, and a search visits no more
 * leaves than the directory has blocks, so that no tree is endless.
 */
#include <fs/fs_internal.h>

#define LEVELS_MAX (EXT4_DX_LEVELS + 1)

/* Where a search is in one level. */
struct level {
    uint64_t block; /* of the directory: the node */
    uint32_t offset; /* of its entries */
    uint32_t at; /* entry */
    uint32_t count;
};

struct search {
    struct fs *fs;
    const struct fs_inode *dir;
    uint32_t hash;
    uint32_t levels;
    struct level level[LEVELS_MAX];
};

/* What it means that the tree cannot be believed. */
static int damaged(const struct search *s, uint64_t block, const char *why)
{
    fs_log(s->fs, "fs: directory %u: hash tree, block %lu: %s", s->dir->number,
           block, why);
    return s->fs->has_csum ? NU_CORRUPT : FS_HTREE_DAMAGED;
}

static int read_node(struct search *s, uint64_t block, struct fs_block *b)
{
    bool is_index;
    int status = fs_dir_block(s->fs, s->dir, block, b, &is_index);

    if (status == NU_CORRUPT && !s->fs->has_csum)
        return FS_HTREE_DAMAGED;
    if (status == 0 && !is_index)
        return damaged(s, block, "is not a node");
    return status;
}

static const struct ext4_dx_entry *entries_of(const struct fs_block *b,
                                              const struct level *l)
{
    return fs_at(b->data, l->offset);
}

/* Enters the node (block) at level (depth), at its first entry. */
static int enter(struct search *s, uint32_t depth, uint64_t block,
                 struct fs_block *b)
{
    struct level *l = &s->level[depth];
    const struct ext4_dx_limit *limit;
    int status = read_node(s, block, b);

    if (status != 0)
        return status;
    l->block = block;
    l->offset = depth == 0 ? EXT4_DX_ROOT_OFFSET : EXT4_DX_NODE_OFFSET;
    if (!fs_index_is_sized(s->fs, b->data, l->offset))
        return damaged(s, block, "wrong number of entries");
    limit = fs_at(b->data, l->offset);
    l->count = limit->count;
    l->at = 0;
    return 0;
}

/* The last entry whose hash is not above ours; the first has none. */
static uint32_t choose(const struct ext4_dx_entry *e, uint32_t count,
                       uint32_t hash)
{
    uint32_t low = 1;
    uint32_t high = count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (e[middle].hash <= hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* What the present entry of level (depth) points to. */
static int follow(struct search *s, uint32_t depth, const struct fs_block *b,
                  uint64_t *block)
{
    const struct level *l = &s->level[depth];

    *block = entries_of(b, l)[l->at].block & EXT4_DX_BLOCK_MASK;
    if (*block == 0 || *block >= s->dir->bytes >> s->fs->block_shift)
        return damaged(s, l->block, "points outside the directory");
    return 0;
}

/* From the root to the leaf where the hash should be. */
static int descend(struct search *s, const char *name, size_t bytes,
                   uint64_t *leaf)
{
    uint32_t most = (s->fs->incompat & EXT4_INCOMPAT_LARGEDIR) != 0
                        ? EXT4_DX_LEVELS + 1
                        : EXT4_DX_LEVELS;
    const struct ext4_dx_info *info;
    uint32_t version;
    struct fs_block b;
    int status = enter(s, 0, 0, &b);

    if (status != 0)
        return status;
    info = fs_at(b.data, EXT4_DX_INFO_OFFSET);
    version = info->hash_version;
    if (version < EXT4_HASH_UNSIGNED && s->fs->has_unsigned_hash)
        version += EXT4_HASH_UNSIGNED;
    if (info->zero != 0 || info->info_length != sizeof(*info) ||
        info->indirect_levels >= most || (info->unused_flags & 1) != 0)
        return damaged(s, 0, "impossible root");
    /* A hash that came after this code does not hinder a linear search. */
    if (!fs_hash(s->fs->hash_seed, version, name, bytes, &s->hash))
        return FS_HTREE_DAMAGED;
    s->levels = info->indirect_levels + 1u;
    for (uint32_t depth = 0;; depth++) {
        struct level *l = &s->level[depth];

        l->at = choose(entries_of(&b, l), l->count, s->hash);
        status = follow(s, depth, &b, leaf);
        if (status != 0 || depth + 1 == s->levels)
            return status;
        status = enter(s, depth + 1, *leaf, &b);
        if (status != 0)
            return status;
    }
}

/* The next leaf, if names with our hash go on there: NU_NOENT if not. */
static int advance(struct search *s, uint64_t *leaf)
{
    uint32_t depth = s->levels - 1;
    struct fs_block b;
    int status;

    while (s->level[depth].at + 1 == s->level[depth].count) {
        if (depth == 0)
            return NU_NOENT;
        depth--;
    }
    s->level[depth].at++;
    status = read_node(s, s->level[depth].block, &b);
    if (status != 0)
        return status;
    if ((entries_of(&b, &s->level[depth])[s->level[depth].at].hash & ~1u) !=
        s->hash)
        return NU_NOENT;
    for (;; depth++) {
        status = follow(s, depth, &b, leaf);
        if (status != 0 || depth + 1 == s->levels)
            return status;
        status = enter(s, depth + 1, *leaf, &b);
        if (status != 0)
            return status;
    }
}

int fs_htree_lookup(struct fs *fs, const struct fs_inode *dir, const char *name,
                    size_t bytes, uint32_t *number)
{
    struct search s = {.fs = fs, .dir = dir};
    uint64_t most = dir->bytes >> fs->block_shift;
    uint64_t leaf = 0;
    int status = descend(&s, name, bytes, &leaf);

    for (uint64_t visited = 0; status == 0; visited++) {
        struct fs_block b;
        bool is_index;
        uint32_t found;

        if (visited > most)
            return damaged(&s, leaf, "goes in circles");
        status = fs_dir_block(fs, dir, leaf, &b, &is_index);
        if (status != 0)
            return status;
        /* Without checksums an empty leaf looks like a node. */
        if (is_index && fs->has_csum)
            return damaged(&s, leaf, "a node where a leaf should be");
        found = is_index ? 0 : fs_dir_find(fs, b.data, name, bytes);
        if (found != 0) {
            *number = found;
            return 0;
        }
        status = advance(&s, &leaf);
    }
    return status;
}
