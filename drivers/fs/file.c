/*
 * Reading files: pieces of cache memory, without a copy. A file that is read in
 * sequence has more and more read ahead, up to what the cache takes at once.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

static const uint8_t zeros[FS_ZERO_BYTES];

void fs_file_init(struct fs_file *f, const struct fs_inode *inode)
{
    memset(f, 0, sizeof(*f));
    f->inode = *inode;
}

/* Adds to the last piece if it goes on there. False: no room for a new one. */
static bool add_piece(struct fs_pieces *out, const void *data, size_t bytes)
{
    struct nu_blob *next = out->pieces + out->count;

    if (out->count > 0 && fs_at(next[-1].data, next[-1].bytes) == data) {
        next[-1].bytes += bytes;
    } else if (out->count < out->max) {
        next->data = data;
        next->bytes = bytes;
        out->count++;
    } else {
        return false;
    }
    out->bytes += bytes;
    return true;
}

/* Makes (f->run) hold file block (block). */
static int find_run(struct fs *fs, struct fs_file *f, uint64_t block)
{
    if (block - f->run.first < f->run.count)
        return 0;
    return fs_map(fs, &f->inode, block, &f->run);
}

/* Gives file block (block) of the present run, pinned; (wanted) blocks of it
 * will be needed now. */
static int get_block(struct fs *fs, struct fs_file *f, uint64_t block,
                     uint64_t wanted, const void **data)
{
    uint64_t end = (f->inode.bytes + fs->block_bytes - 1) >> fs->block_shift;
    uint64_t in_run = block - f->run.first;
    uint64_t ahead = wanted > f->window ? wanted : f->window;
    struct fs_block b;
    int status;

    if (ahead > f->run.count - in_run)
        ahead = f->run.count - in_run;
    if (ahead > end - block)
        ahead = end - block;
    if (ahead > fs_cache_run_max(&fs->cache, FS_POOL_DATA))
        ahead = fs_cache_run_max(&fs->cache, FS_POOL_DATA);
    status = fs_cache_get(&fs->cache, FS_POOL_DATA, f->run.disk + in_run,
                          (uint32_t)ahead, &b);
    if (status == NU_IO)
        fs_log(fs, "fs: inode %u: cannot read block %lu", f->inode.number,
               f->run.disk + in_run);
    if (status != 0)
        return status;
    fs_cache_pin(&fs->cache, &b);
    *data = b.data;
    return 0;
}

/* How much to read ahead, from whether this read goes on where the last one
 * ended. */
static void set_window(const struct fs *fs, struct fs_file *f, uint64_t offset,
                       uint32_t bytes)
{
    uint32_t most = fs_cache_run_max(&fs->cache, FS_POOL_DATA);
    uint32_t blocks = (bytes >> fs->block_shift) + 1;

    if (offset != f->next || offset == 0)
        f->window = 0;
    else if (f->window < most)
        f->window = 2 * (f->window > blocks ? f->window : blocks);
    if (f->window > most)
        f->window = most;
}

int fs_file_read(struct fs *fs, struct fs_file *f, uint64_t offset,
                 uint32_t bytes, struct fs_pieces *out)
{
    uint64_t size = f->inode.bytes;

    if (offset >= size)
        bytes = 0;
    else if (bytes > size - offset)
        bytes = (uint32_t)(size - offset);
    out->count = 0;
    out->bytes = 0;
    set_window(fs, f, offset, bytes);
    while (bytes > 0) {
        uint64_t block = offset >> fs->block_shift;
        uint32_t skip = (uint32_t)offset & (fs->block_bytes - 1);
        uint32_t part = fs->block_bytes - skip;
        const void *data = zeros;
        int status = find_run(fs, f, block);

        if (status != 0)
            return status;
        if (f->run.is_data) {
            uint64_t wanted =
                ((uint64_t)skip + bytes - 1) / fs->block_bytes + 1;

            status = get_block(fs, f, block, wanted, &data);
            if (status == NU_NOSPC && out->count > 0)
                break;
            if (status != 0)
                return status;
            data = fs_at(data, skip);
        } else {
            uint64_t run_end = (f->run.first + f->run.count) << fs->block_shift;

            part = run_end - offset < sizeof(zeros)
                       ? (uint32_t)(run_end - offset)
                       : (uint32_t)sizeof(zeros);
        }
        if (part > bytes)
            part = bytes;
        if (!add_piece(out, data, part))
            break;
        offset += part;
        bytes -= part;
    }
    f->next = offset;
    return 0;
}
