/*
 * Mounting: superblock, cache, root directory.
 */
#include <fs/fs_internal.h>

static size_t fs_pages(void)
{
    return (sizeof(struct fs) + NU_PAGE_BYTES - 1) / NU_PAGE_BYTES;
}

static int mount(struct fs *fs, const struct fs_disk *disk,
                 uint64_t cache_bytes)
{
    struct fs_inode root;
    int status;

    fs_crc32c_init(fs);
    status = fs_super_load(fs, disk);
    if (status != 0)
        return status;
    status = fs_cache_create(&fs->cache, disk, fs->block_bytes, cache_bytes);
    if (status != 0)
        return status;
    status = fs_inode_load(fs, EXT4_ROOT_INODE, &root);
    if (status == 0 && root.kind != FS_KIND_DIRECTORY)
        status = NU_CORRUPT;
    if (status != 0)
        svc_log("fs: refused: no root directory");
    return status;
}

int fs_mount(struct fs **out, const struct fs_disk *disk, uint64_t cache_bytes)
{
    struct fs *fs = svc_alloc_pages(fs_pages());
    int status;

    if (fs == NULL)
        return NU_NOMEM;
    status = mount(fs, disk, cache_bytes);
    if (status != 0) {
        fs_unmount(fs);
        return status;
    }
    *out = fs;
    return 0;
}

void fs_unmount(struct fs *fs)
{
    fs_cache_destroy(&fs->cache);
    svc_free_pages(fs, fs_pages());
}
