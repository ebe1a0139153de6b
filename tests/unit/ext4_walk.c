/* The walk over a file system beside the tree it was made from. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <tests/unit/ext4_host.h>

#define DEPTH_MAX   40
#define ENTRIES_MAX 20000u
#define CHUNK       65536u
/* Of longer files only the ends and what is around data is compared. */
#define WHOLE_MAX ((off_t)8 << 20)

struct walker {
    struct fs *fs;
    const char *tree;
    uint32_t flags;
    struct walk_result *out;
};

static void wrong(struct walker *w, const char *path, const char *what)
{
    if (w->out->wrong++ == 0)
        snprintf(w->out->first_wrong, sizeof(w->out->first_wrong), "%s: %s",
                 path, what);
}

int look(struct fs *fs, const char *path, bool follow, struct fs_inode *out)
{
    struct nu_blob blob = {path, strlen(path)};
    struct fs_inode root;
    int status = fs_inode_load(fs, EXT4_ROOT_INODE, &root);

    if (status == 0)
        status = fs_path_lookup(fs, &root, &blob, follow, out);
    return status;
}

/* Bytes from (offset) on, as many as there are up to (bytes). */
static int read_some(struct fs *fs, struct fs_file *f, uint64_t offset,
                     uint8_t *to, uint32_t bytes, uint32_t *got)
{
    *got = 0;
    while (*got < bytes) {
        struct nu_blob blobs[NU_STRINGS_MAX];
        struct fs_pieces p = {.pieces = blobs, .max = NU_STRINGS_MAX};
        int status;

        fs_cache_unpin_all(&fs->cache);
        status = fs_file_read(fs, f, offset + *got, bytes - *got, &p);
        if (status != 0)
            return status;
        if (p.bytes == 0)
            break;
        for (uint32_t i = 0; i < p.count; i++) {
            memcpy(to + *got, blobs[i].data, blobs[i].bytes);
            *got += (uint32_t)blobs[i].bytes;
        }
    }
    return 0;
}

int read_all(struct fs *fs, const struct fs_inode *inode, size_t max,
             uint8_t **data, size_t *bytes)
{
    size_t size = inode->bytes < max ? (size_t)inode->bytes : max;
    struct fs_file f;
    uint32_t got;
    int status;

    fs_file_init(&f, inode);
    *data = malloc(size + 1);
    status = read_some(fs, &f, 0, *data, (uint32_t)size, &got);
    *bytes = got;
    if (status != 0) {
        free(*data);
        *data = NULL;
    }
    return status;
}

/* Compares [from, to) of the open host file with (f). */
static int compare_range(struct walker *w, struct fs_file *f, int host,
                         off_t from, off_t to)
{
    static uint8_t ours[CHUNK];
    static uint8_t theirs[CHUNK];

    while (from < to) {
        uint32_t want =
            to - from < (off_t)CHUNK ? (uint32_t)(to - from) : CHUNK;
        ssize_t expected = pread(host, theirs, want, from);
        uint32_t got;
        int status = read_some(w->fs, f, (uint64_t)from, ours, want, &got);

        if (status != 0)
            return status;
        if (expected < 0 || got != (uint32_t)expected ||
            memcmp(ours, theirs, got) != 0)
            return 1;
        from += want;
    }
    return 0;
}

static int compare_content(struct walker *w, const struct fs_inode *inode,
                           const char *host_path)
{
    int host = open(host_path, O_RDONLY);
    struct fs_file f;
    off_t size;
    off_t data = 0;
    int status = 0;

    if (host < 0)
        return 1;
    fs_file_init(&f, inode);
    size = lseek(host, 0, SEEK_END);
    if (size <= WHOLE_MAX) {
        /* Past the end too: nothing is there. */
        status = compare_range(w, &f, host, 0, size + 10);
    } else {
        status = compare_range(w, &f, host, size - (1 << 20), size + 10);
        while (status == 0 && (data = lseek(host, data, SEEK_DATA)) >= 0) {
            off_t end = lseek(host, data, SEEK_HOLE);

            status =
                compare_range(w, &f, host, data > 100000 ? data - 100000 : 0,
                              end + 100000 < size ? end + 100000 : size);
            data = end;
        }
    }
    close(host);
    return status;
}

static int read_blind(struct walker *w, const struct fs_inode *inode)
{
    uint8_t *data;
    size_t bytes;
    int status = read_all(w->fs, inode, 1 << 20, &data, &bytes);

    free(data);
    return status;
}

static void count(struct walker *w, const char *path, int status,
                  uint32_t *good)
{
    if (status < 0)
        w->out->errors++;
    else if (status > 0)
        wrong(w, path, "content differs");
    else
        ++*good;
}

static void check_link(struct walker *w, const struct fs_inode *inode,
                       const char *path, const char *host_path)
{
    static char ours[FS_PATH_MAX];
    char theirs[FS_PATH_MAX + 1];
    size_t bytes = 0;
    int status = fs_link_read(w->fs, inode, ours, &bytes);

    if (status == 0 && (w->flags & WALK_BLIND) == 0) {
        ssize_t n = readlink(host_path, theirs, sizeof(theirs));

        if (n < 0 || (size_t)n != bytes || memcmp(ours, theirs, bytes) != 0)
            status = 1;
    }
    count(w, path, status, &w->out->links);
}

static void check_attributes(struct walker *w, const struct fs_inode *i,
                             const char *path, const char *host_path)
{
    struct stat s;

    if (lstat(host_path, &s) != 0) {
        wrong(w, path, "is not in the tree");
        return;
    }
    if (i->mode != s.st_mode)
        wrong(w, path, "mode");
    if (!S_ISDIR(s.st_mode) &&
        (i->bytes != (uint64_t)s.st_size || i->links != s.st_nlink))
        wrong(w, path, "size or links");
    if (i->uid != s.st_uid || i->gid != s.st_gid)
        wrong(w, path, "owner");
    if ((w->flags & WALK_SKIP_TIMES) == 0 && i->modified_s != s.st_mtime)
        wrong(w, path, "time");
}

static void check_directory(struct walker *w, const struct fs_inode *dir,
                            const char *path, int depth);

/* One entry: (name) is at the end of (path). */
static void check_entry(struct walker *w, const char *path, uint64_t number,
                        uint32_t kind, int depth)
{
    char host_path[8192];
    struct fs_inode inode;
    int status = look(w->fs, path, false, &inode);

    snprintf(host_path, sizeof(host_path), "%s%s", w->tree, path);
    if (status == NU_NOENT && (w->flags & WALK_BLIND) == 0) {
        wrong(w, path, "listed but not found");
        return;
    }
    if (status != 0) {
        w->out->errors++;
        return;
    }
    if (w->flags & WALK_BLIND)
        ;
    else if (inode.number != number || inode.kind != kind)
        wrong(w, path, "listed as something else");
    else if (strcmp(path, "/lost+found") != 0)
        check_attributes(w, &inode, path, host_path);
    if (inode.kind == FS_KIND_REGULAR) {
        status = (w->flags & WALK_BLIND) != 0
                     ? read_blind(w, &inode)
                     : compare_content(w, &inode, host_path);
        count(w, path, status, &w->out->files);
    } else if (inode.kind == FS_KIND_SYMLINK) {
        check_link(w, &inode, path, host_path);
    } else if (inode.kind == FS_KIND_DIRECTORY) {
        check_directory(w, &inode, path, depth + 1);
    }
}

static uint32_t count_host(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    uint32_t n = 0;

    while (d != NULL && (e = readdir(d)) != NULL)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d != NULL)
        closedir(d);
    return n;
}

static void check_directory(struct walker *w, const struct fs_inode *dir,
                            const char *path, int depth)
{
    char child[4096];
    char host_path[8192];
    uint8_t *entries = malloc(FS_LIST_BYTES);
    uint64_t cursor = 0;
    uint32_t seen = 0;
    int status = 0;

    do {
        size_t bytes = 0;

        status = fs_dir_list(w->fs, dir, cursor, &bytes, &cursor);
        memcpy(entries, w->fs->list, bytes);
        for (size_t at = 0; status == 0 && at < bytes;) {
            const uint8_t *e = entries + at;
            uint64_t number;

            memcpy(&number, e, 8);
            snprintf(child, sizeof(child), "%s/%.*s", depth == 0 ? "" : path,
                     e[9], (const char *)e + 10);
            at += 10u + e[9];
            seen++;
            if (++w->out->entries > ENTRIES_MAX || depth > DEPTH_MAX)
                break;
            check_entry(w, child, number, e[8], depth);
        }
    } while (status == 0 && cursor != 0 && w->out->entries <= ENTRIES_MAX);
    free(entries);
    if (status != 0) {
        w->out->errors++;
        return;
    }
    w->out->directories++;
    snprintf(host_path, sizeof(host_path), "%s%s", w->tree, path);
    /* lost+found is not in the tree. */
    if ((w->flags & WALK_BLIND) == 0 && strcmp(path, "/lost+found") != 0 &&
        seen != count_host(host_path) + (depth == 0 ? 1u : 0u))
        wrong(w, path, "entries missing");
}

void walk(struct fs *fs, const char *tree, uint32_t flags,
          struct walk_result *out)
{
    struct walker w = {fs, tree, flags, out};
    struct fs_inode root;

    memset(out, 0, sizeof(*out));
    if (fs_inode_load(fs, EXT4_ROOT_INODE, &root) != 0)
        out->errors++;
    else
        check_directory(&w, &root, "/", 0);
}
