/*
 * Directories: blocks of entries, verified when first read, searched or listed.
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
    if (!fs_htree_node_ok(fs, node, at))
        return "wrong number of entries";
    t = fs_at(node, at + l->limit * sizeof(struct ext4_dx_entry));
    if (fs_htree_csum(fs, dir->csum_seed, node, at) != t->checksum)
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

static int find_linear(struct fs *fs, const struct fs_inode *dir,
                       const char *name, size_t bytes, uint32_t *number)
{
    uint64_t blocks = dir->bytes >> fs->block_shift;

    for (uint64_t block = 0; block < blocks; block++) {
        struct fs_block b;
        bool is_index;
        uint32_t found;
        int status = fs_dir_block(fs, dir, block, &b, &is_index);

        if (status != 0)
            return status;
        if (is_index)
            continue;
        found = fs_dir_find(fs, b.data, name, bytes);
        if (found != 0) {
            *number = found;
            return 0;
        }
    }
    return NU_NOENT;
}

int fs_dir_lookup(struct fs *fs, const struct fs_inode *dir, const char *name,
                  size_t bytes, uint32_t *number)
{
    int status;

    if (dir->kind != FS_KIND_DIRECTORY)
        return NU_NOTDIR;
    if (bytes == 0 || bytes > EXT4_NAME_MAX)
        return NU_NOENT;
    if ((dir->flags & EXT4_INODE_INDEX) == 0)
        return find_linear(fs, dir, name, bytes, number);
    status = fs_htree_lookup(fs, dir, name, bytes, number);
    if (status == FS_HTREE_DAMAGED)
        return find_linear(fs, dir, name, bytes, number);
    return status;
}

static enum fs_kind kind_of_type(uint8_t type)
{
    static const uint8_t kinds[] = {
        FS_KIND_UNKNOWN, FS_KIND_REGULAR, FS_KIND_DIRECTORY, FS_KIND_CHARACTER,
        FS_KIND_BLOCK,   FS_KIND_FIFO,    FS_KIND_SOCKET,    FS_KIND_SYMLINK,
    };

    return type < sizeof(kinds) ? (enum fs_kind)kinds[type] : FS_KIND_UNKNOWN;
}

static bool is_dot(const char *name, uint32_t bytes)
{
    return name[0] == '.' && (bytes == 1 || (bytes == 2 && name[1] == '.'));
}

/* Where a listing is. */
struct listing {
    size_t bytes; /* in fs->list */
    uint32_t from; /* first entry wanted in the present block */
    uint32_t at; /* entry in the present block */
    bool is_full;
};

/* Adds (e), unless there is no room. Its kind is not known on a file system
 * without file types: then it is read from the inode, which may invalidate the
 * block that (e) is in. */
static void add_entry(struct fs *fs, const struct ext4_dirent *e,
                      struct listing *l)
{
    const char *name = fs_at(e, EXT4_DIRENT_BYTES);
    uint64_t number = e->inode;
    uint8_t *to = fs->list + l->bytes;
    enum fs_kind kind = FS_KIND_UNKNOWN;
    struct fs_inode inode;

    if (is_dot(name, e->name_len))
        return;
    if (10u + e->name_len > sizeof(fs->list) - l->bytes) {
        l->is_full = true;
        return;
    }
    memcpy(to, &number, 8);
    to[9] = e->name_len;
    memcpy(to + 10, name, e->name_len);
    l->bytes += 10u + e->name_len;
    if ((fs->incompat & EXT4_INCOMPAT_FILETYPE) != 0)
        kind = kind_of_type(e->file_type);
    if (kind == FS_KIND_UNKNOWN &&
        fs_inode_load(fs, (uint32_t)number, &inode) == 0)
        kind = inode.kind;
    to[8] = (uint8_t)kind;
}

/* Adds entries of block (block) from (l->from) on. */
static int list_block(struct fs *fs, const struct fs_inode *dir, uint64_t block,
                      struct listing *l)
{
    uint32_t end = fs_leaf_bytes(fs);

    l->at = 0;
    while (l->at < end) {
        const struct ext4_dirent *e;
        uint32_t rec_len;
        struct fs_block b;
        bool is_index;
        int status = fs_dir_block(fs, dir, block, &b, &is_index);

        if (status != 0)
            return status;
        if (is_index)
            return l->from == 0 ? 0 : NU_INVAL;
        e = fs_at(b.data, l->at);
        rec_len = e->rec_len;
        if (l->at < l->from && l->at + rec_len > l->from)
            return NU_INVAL;
        if (l->at >= l->from && e->inode != 0)
            add_entry(fs, e, l);
        if (l->is_full)
            return 0;
        l->at += rec_len;
    }
    return 0;
}

int fs_dir_list(struct fs *fs, const struct fs_inode *dir, uint64_t cursor,
                size_t *bytes, uint64_t *next)
{
    uint64_t block = cursor >> fs->block_shift;
    uint64_t blocks = dir->bytes >> fs->block_shift;
    struct listing l = {.from = (uint32_t)cursor & (fs->block_bytes - 1)};

    if (dir->kind != FS_KIND_DIRECTORY)
        return NU_NOTDIR;
    if (block >= blocks || l.from >= fs_leaf_bytes(fs))
        return NU_INVAL;
    for (; block < blocks; block++) {
        int status = list_block(fs, dir, block, &l);

        if (status != 0)
            return status;
        if (l.is_full) {
            *next = (block << fs->block_shift) + l.at;
            *bytes = l.bytes;
            return 0;
        }
        l.from = 0;
    }
    *next = 0;
    *bytes = l.bytes;
    return 0;
}
