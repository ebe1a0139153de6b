/*
 * The service `fs`: the contracts directory and file on an ext4 file system.
 *
 * Handles: block (a disk). Options: cache=KIB of memory for blocks, otherwise
 * 1024. The root object is the root directory.
 */
#include <contract/block.h>
#include <contract/directory.h>
#include <contract/file.h>
#include <fs/fs.h>
#include <nlib/string.h>

#define CACHE_KIB_DEFAULT 1024u
#define READ_BYTES_MAX    65536u
/* The disk is busy with others' calls only for a moment. */
#define BUSY_TRIES 16u

/* The disk behind: a handle that speaks the contract block. */
struct disk {
    struct fs_disk disk;
    nu_handle_t handle;
    uint32_t sectors_max; /* in one call */
};

struct directory {
    struct svc_object object;
    struct fs *fs;
    struct fs_inode inode;
};

struct file {
    struct svc_object object; /* its word is the size */
    struct fs *fs;
    struct fs_file file;
};

static int read_once(const struct disk *d, uint64_t sector, uint32_t count,
                     void *to)
{
    size_t bytes = (size_t)count * FS_SECTOR_BYTES;
    size_t got = 0;
    int status = NU_BUSY;

    for (uint32_t i = 0; i < BUSY_TRIES && status == NU_BUSY; i++)
        status = block_read(d->handle, sector, count, to, bytes, &got);
    if (status == 0 && got != bytes)
        status = NU_PROTO;
    return status;
}

static int disk_read(void *ctx, uint64_t sector, uint32_t count, void *to)
{
    const struct disk *d = ctx;
    uint8_t *at = to;

    while (count > 0) {
        uint32_t part = count < d->sectors_max ? count : d->sectors_max;
        int status = read_once(d, sector, part, at);

        if (status != 0) {
            svc_log("fs: disk, sector %lu: %s", sector, nu_error_text(status));
            return NU_IO;
        }
        at += (size_t)part * FS_SECTOR_BYTES;
        sector += part;
        count -= part;
    }
    return 0;
}

static void fill_attributes(const struct fs_inode *i, struct file_attributes *a)
{
    a->inode = i->number;
    a->bytes = i->bytes;
    a->blocks_512 = i->blocks_512;
    a->modified_s = i->modified_s;
    a->changed_s = i->changed_s;
    a->kind = (uint32_t)i->kind;
    a->mode = i->mode;
    a->links = i->links;
    a->uid = i->uid;
    a->gid = i->gid;
    a->modified_ns = i->modified_ns;
}

static int file_op_read(void *self, struct nu_serve *call,
                        const struct file_read_req *req,
                        struct file_read_rep *rep)
{
    struct file *f = self;
    struct fs_pieces out = {.pieces = call->out, .max = NU_STRINGS_MAX};
    int status;

    (void)rep;
    if (req->bytes > READ_BYTES_MAX)
        return NU_RANGE;
    /* The pieces go straight from the cache into the reply, which is sent
     * before the next request unpins them. */
    status = fs_file_read(f->fs, &f->file, req->offset, req->bytes, &out);
    call->out_count = out.count;
    call->out_bytes = out.bytes;
    return status;
}

static int file_op_stat(void *self, struct nu_serve *call,
                        struct file_stat_rep *rep)
{
    const struct file *f = self;

    (void)call;
    fill_attributes(&f->file.inode, &rep->attributes);
    return 0;
}

static int file_op_size(void *self, struct nu_serve *call,
                        struct file_size_rep *rep)
{
    const struct file *f = self;

    (void)call;
    rep->bytes = f->file.inode.bytes;
    return 0;
}

static const struct file_ops file_ops = {
    .read = file_op_read,
    .stat = file_op_stat,
    .size = file_op_size,
};

static uint64_t file_object_dispatch(struct svc_object *self,
                                     struct nu_serve *call)
{
    fs_cache_unpin_all(&((struct file *)self)->fs->cache);
    return file_dispatch(&file_ops, self, call);
}

static void object_closed(struct svc_object *self)
{
    svc_free(self);
}

static const struct svc_class file_class = {
    .name = "file",
    .dispatch = file_object_dispatch,
    .closed = object_closed,
    .word_method = FILE_SIZE_METHOD,
};

/* What (path) names, as the (flags) of the contract have it. */
static int look_up(struct directory *d, const struct nu_blob *path,
                   uint32_t flags, struct fs_inode *out)
{
    bool follow = (flags & DIRECTORY_OPEN_FLAGS_NO_FOLLOW) == 0;

    if ((flags & ~(uint32_t)DIRECTORY_OPEN_FLAGS_NO_FOLLOW) != 0)
        return NU_INVAL;
    return fs_path_lookup(d->fs, &d->inode, path, follow, out);
}

static int give_or_free(struct nu_serve *call, struct svc_object *object)
{
    int status = svc_give(call, object);

    if (status != 0)
        svc_free(object);
    return status;
}

/* The number of an inode is used again, with another generation. */
static uint64_t identity_of(const struct fs_inode *inode)
{
    return inode->number | (uint64_t)inode->generation << 32;
}

static int directory_op_open(void *self, struct nu_serve *call,
                             const struct directory_open_req *req,
                             const struct nu_blob *path,
                             struct directory_open_rep *rep)
{
    struct directory *d = self;
    struct fs_inode inode;
    struct file *f;
    int status = look_up(d, path, req->flags, &inode);

    if (status != 0)
        return status;
    if (inode.kind == FS_KIND_DIRECTORY)
        return NU_ISDIR;
    if (inode.kind == FS_KIND_SYMLINK)
        return NU_LOOP;
    if (inode.kind != FS_KIND_REGULAR)
        return NU_INVAL;
    f = svc_alloc(sizeof(*f));
    if (f == NULL)
        return NU_NOMEM;
    f->object.class = &file_class;
    f->object.word = inode.bytes;
    f->fs = d->fs;
    fs_file_init(&f->file, &inode);
    rep->bytes = inode.bytes;
    rep->identity = identity_of(&inode);
    return give_or_free(call, &f->object);
}

static const struct svc_class directory_class;

static int
directory_op_open_directory(void *self, struct nu_serve *call,
                            const struct directory_open_directory_req *req,
                            const struct nu_blob *path,
                            struct directory_open_directory_rep *rep)
{
    struct directory *d = self;
    struct fs_inode inode;
    struct directory *child;
    int status = look_up(d, path, req->flags, &inode);

    if (status != 0)
        return status;
    if (inode.kind != FS_KIND_DIRECTORY)
        return NU_NOTDIR;
    child = svc_alloc(sizeof(*child));
    if (child == NULL)
        return NU_NOMEM;
    child->object.class = &directory_class;
    child->fs = d->fs;
    child->inode = inode;
    rep->identity = identity_of(&inode);
    return give_or_free(call, &child->object);
}

static int directory_op_stat(void *self, struct nu_serve *call,
                             const struct directory_stat_req *req,
                             const struct nu_blob *path,
                             struct directory_stat_rep *rep)
{
    struct fs_inode inode;
    int status = look_up(self, path, req->flags, &inode);

    (void)call;
    if (status == 0)
        fill_attributes(&inode, &rep->attributes);
    return status;
}

static int directory_op_read_link(void *self, struct nu_serve *call,
                                  const struct directory_read_link_req *req,
                                  const struct nu_blob *path,
                                  struct directory_read_link_rep *rep)
{
    struct directory *d = self;
    struct fs_inode inode;
    size_t bytes = 0;
    int status = look_up(d, path, DIRECTORY_OPEN_FLAGS_NO_FOLLOW, &inode);

    (void)req;
    (void)rep;
    if (status == 0)
        status = fs_link_read(d->fs, &inode, (char *)d->fs->list, &bytes);
    if (status != 0)
        return status;
    return nu_serve_bytes(call, d->fs->list, bytes);
}

static int directory_op_list(void *self, struct nu_serve *call,
                             const struct directory_list_req *req,
                             struct directory_list_rep *rep)
{
    struct directory *d = self;
    size_t bytes;
    int status = fs_dir_list(d->fs, &d->inode, req->cursor, &bytes, &rep->next);

    if (status != 0)
        return status;
    return nu_serve_bytes(call, d->fs->list, bytes);
}

static const struct directory_ops directory_ops = {
    .open = directory_op_open,
    .open_directory = directory_op_open_directory,
    .stat = directory_op_stat,
    .read_link = directory_op_read_link,
    .list = directory_op_list,
};

static uint64_t directory_object_dispatch(struct svc_object *self,
                                          struct nu_serve *call)
{
    fs_cache_unpin_all(&((struct directory *)self)->fs->cache);
    return directory_dispatch(&directory_ops, self, call);
}

static const struct svc_class directory_class = {
    .name = "directory",
    .dispatch = directory_object_dispatch,
    .closed = object_closed,
};

/* The root directory is the service's: it outlives its clients. */
static const struct svc_class root_class = {
    .name = "directory",
    .dispatch = directory_object_dispatch,
};

/* The option cache in bytes. */
static int cache_bytes(uint64_t *bytes)
{
    const char *text = svc_option("cache");
    uint64_t kib = 0;

    if (text == NULL) {
        *bytes = CACHE_KIB_DEFAULT * 1024u;
        return 0;
    }
    do {
        if (*text < '0' || *text > '9' || kib > FS_CACHE_BYTES_MAX / 1024u) {
            svc_log("fs: option cache is not a number of KiB");
            return NU_INVAL;
        }
        kib = kib * 10 + (uint64_t)(*text - '0');
    } while (*++text != '\0');
    *bytes = kib * 1024;
    return 0;
}

static int open_disk(struct disk *d)
{
    uint32_t sector_bytes = 0;
    uint32_t bytes_max = 0;
    int status;

    d->handle = svc_handle("block");
    status = block_info(d->handle, &d->disk.sectors, &sector_bytes, NULL,
                        &bytes_max);
    if (status == 0 &&
        (sector_bytes != FS_SECTOR_BYTES || bytes_max < FS_SECTOR_BYTES))
        status = NU_UNSUP;
    if (status != 0) {
        svc_log("fs: no usable disk: %s", nu_error_text(status));
        return status;
    }
    d->sectors_max = bytes_max / FS_SECTOR_BYTES;
    d->disk.read = disk_read;
    d->disk.ctx = d;
    return 0;
}

static int make_root(struct disk *d, struct directory *root)
{
    uint64_t bytes;
    int status = cache_bytes(&bytes);

    if (status == 0)
        status = open_disk(d);
    if (status == 0)
        status = fs_mount(&root->fs, &d->disk, bytes);
    if (status == 0)
        status = fs_inode_load(root->fs, EXT4_ROOT_INODE, &root->inode);
    root->object.class = &root_class;
    return status;
}

static int fs_start(struct svc_object **root)
{
    struct disk *d = svc_alloc(sizeof(*d));
    struct directory *r = svc_alloc(sizeof(*r));
    int status = d != NULL && r != NULL ? make_root(d, r) : NU_NOMEM;

    if (status == 0) {
        *root = &r->object;
        return 0;
    }
    if (d != NULL)
        svc_free(d);
    if (r != NULL)
        svc_free(r);
    return status;
}

const struct service fs_service = {
    .name = "fs",
    .start = fs_start,
};
