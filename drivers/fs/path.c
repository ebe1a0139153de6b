/*
 * Paths. The walk remembers the directories it came through, so that ".." never
 * leads above the directory it began in, whatever the disk says.
 *
 * What is left of the path lies at the end of a buffer; a symbolic link's target
 * is put in front of it, in place of what has been walked already.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

struct walk {
    struct fs *fs;
    struct fs_inode here;
    uint32_t depth; /* directories above (here) in fs->stack */
    uint32_t at; /* rest of the path: fs->path[at ..] */
    uint32_t links;
    bool is_fresh; /* at the start of the path or of a target */
};

int fs_link_read(struct fs *fs, const struct fs_inode *link, char *to,
                 size_t *bytes)
{
    uint32_t acl_sectors =
        link->has_acl_block ? fs->block_bytes / FS_SECTOR_BYTES : 0;
    size_t length = (size_t)link->bytes;
    struct nu_blob piece;
    struct fs_pieces out = {.pieces = &piece, .max = 1};
    struct fs_file f;
    size_t done = 0;

    if (link->kind != FS_KIND_SYMLINK)
        return NU_NOTLINK;
    if (link->blocks_512 == acl_sectors) {
        if (length >= sizeof(link->map)) {
            fs_log(fs, "fs: inode %u: impossible link", link->number);
            return NU_CORRUPT;
        }
        memcpy(to, link->map, length);
        done = length;
    }
    fs_file_init(&f, link);
    while (done < length) {
        int status =
            fs_file_read(fs, &f, done, (uint32_t)(length - done), &out);

        if (status != 0)
            return status;
        memcpy(to + done, piece.data, piece.bytes);
        done += piece.bytes;
        fs_cache_unpin_all(&fs->cache);
    }
    for (size_t i = 0; i < length; i++) {
        if (to[i] == '\0') {
            fs_log(fs, "fs: inode %u: impossible link", link->number);
            return NU_CORRUPT;
        }
    }
    *bytes = length;
    return 0;
}

static bool at_end(const struct walk *w)
{
    return w->at == FS_PATH_BUFFER;
}

/* Puts the target of (link) in front of the rest of the path. */
static int expand(struct walk *w, const struct fs_inode *link)
{
    uint32_t length = (uint32_t)link->bytes;
    size_t got;
    int status;

    if (++w->links > FS_LINKS_MAX)
        return NU_LOOP;
    if (length > w->at)
        return NU_TOOLONG;
    status = fs_link_read(w->fs, link, w->fs->path + w->at - length, &got);
    if (status != 0)
        return status;
    w->at -= length;
    w->is_fresh = true;
    return 0;
}

static int go_up(struct walk *w)
{
    int status = 0;

    if (w->depth > 0)
        status = fs_inode_load(w->fs, w->fs->stack[w->depth - 1], &w->here);
    if (status == 0 && w->depth > 0)
        w->depth--;
    return status;
}

/* Goes to the entry (name) of the present directory. */
static int go_down(struct walk *w, const char *name, uint32_t bytes,
                   bool follow)
{
    struct fs_inode child;
    uint32_t number;
    int status = fs_dir_lookup(w->fs, &w->here, name, bytes, &number);

    if (status == 0)
        status = fs_inode_load(w->fs, number, &child);
    if (status != 0)
        return status;
    if (child.kind == FS_KIND_SYMLINK && (follow || !at_end(w)))
        return expand(w, &child);
    if (w->depth == FS_PATH_DEPTH)
        return NU_TOOLONG;
    w->fs->stack[w->depth++] = w->here.number;
    w->here = child;
    return 0;
}

/* One component; (w->at) is at its first byte. */
static int step(struct walk *w, bool follow)
{
    const char *name = w->fs->path + w->at;
    uint32_t bytes = 0;

    while (bytes < FS_PATH_BUFFER - w->at && name[bytes] != '/')
        bytes++;
    if (w->here.kind != FS_KIND_DIRECTORY)
        return NU_NOTDIR;
    w->at += bytes;
    if (bytes == 1 && name[0] == '.')
        return 0;
    if (bytes == 2 && name[0] == '.' && name[1] == '.')
        return go_up(w);
    if (bytes > EXT4_NAME_MAX)
        return NU_TOOLONG;
    return go_down(w, name, bytes, follow);
}

int fs_path_lookup(struct fs *fs, const struct fs_inode *root,
                   const struct nu_blob *path, bool follow,
                   struct fs_inode *out)
{
    struct walk w = {.fs = fs, .here = *root, .is_fresh = true};

    if (path->bytes == 0)
        return NU_NOENT;
    if (path->bytes > FS_PATH_MAX)
        return NU_TOOLONG;
    w.at = FS_PATH_BUFFER - (uint32_t)path->bytes;
    memcpy(fs->path + w.at, path->data, path->bytes);
    for (;;) {
        bool has_slash = !at_end(&w) && fs->path[w.at] == '/';
        int status;

        if (has_slash && w.is_fresh) {
            w.here = *root;
            w.depth = 0;
        }
        w.is_fresh = false;
        while (!at_end(&w) && fs->path[w.at] == '/')
            w.at++;
        if (has_slash && w.here.kind != FS_KIND_DIRECTORY)
            return NU_NOTDIR;
        if (at_end(&w))
            break;
        status = step(&w, follow);
        if (status != 0)
            return status;
    }
    *out = w.here;
    return 0;
}
