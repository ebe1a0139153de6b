/*
 * Directories: searched, by way of the hash tree if there is one, and listed.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

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
