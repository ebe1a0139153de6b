/*
 * Where the blocks of a file are: which of the two maps it has.
 */
#include <fs/fs_internal.h>

int fs_map(struct fs *fs, const struct fs_inode *inode, uint64_t block,
           struct fs_run *out)
{
    const uint32_t unreadable =
        EXT4_INODE_COMPRESSED | EXT4_INODE_ENCRYPTED | EXT4_INODE_VERITY;

    if ((inode->flags & unreadable) != 0) {
        fs_log(fs,
               "fs: inode %u: compressed, encrypted or verity: "
               "not supported",
               inode->number);
        return NU_UNSUP;
    }
    if ((inode->flags & EXT4_INODE_INLINE_DATA) != 0) {
        fs_log(fs, "fs: inode %u: has inline data", inode->number);
        return NU_CORRUPT;
    }
    if ((inode->flags & EXT4_INODE_EXTENTS) != 0)
        return fs_extent_map(fs, inode, block, out);
    return fs_blockmap_map(fs, inode, block, out);
}
