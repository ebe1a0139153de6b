/*
 * What the files of this directory share; nobody else includes it.
 */
#ifndef DRIVERS_FS_FS_INTERNAL_H
#define DRIVERS_FS_FS_INTERNAL_H

#include <fs/fs.h>

/* What a block was verified as: in the highest byte of fs_block.checked. Below
 * it: the inode it belongs to; for INODES a bit for each verified inode. */
#define FS_CHECKED_SHIFT 56
enum fs_checked {
    FS_CHECKED_EXTENTS = 1,
    FS_CHECKED_LEAF = 2,
    FS_CHECKED_INDEX = 3,
    FS_CHECKED_INODES = 4,
};

static inline uint64_t fs_checked(enum fs_checked as, uint32_t inode)
{
    return ((uint64_t)as << FS_CHECKED_SHIFT) | inode;
}

static inline const void *fs_at(const void *base, size_t offset)
{
    return (const uint8_t *)base + offset;
}

/* Whether (count) blocks from (block) on are inside the file system. */
static inline bool fs_has_blocks(const struct fs *fs, uint64_t block,
                                 uint64_t count)
{
    return block > fs->first_data_block && block < fs->blocks &&
           count <= fs->blocks - block;
}

/* log.c. Complaints about the disk are printed only so often: a hostile disk must not
 * flood the log. */
bool fs_may_log(struct fs *fs);
#define fs_log(fs, ...)           \
    do {                          \
        if (fs_may_log(fs)) {     \
            svc_log(__VA_ARGS__); \
        }                         \
    } while (0)

/* csum.c */
void fs_crc32c_init(struct fs *fs);
uint32_t fs_crc32c(const struct fs *fs, uint32_t crc, const void *data,
                   size_t bytes);
uint16_t fs_crc16(uint16_t crc, const void *data, size_t bytes);
uint32_t fs_super_csum(const struct fs *fs, const struct ext4_super *s);
uint16_t fs_group_csum(const struct fs *fs, uint64_t group, const void *desc);
/* Both halves; an inode without room for the upper one has the lower only. */
uint32_t fs_inode_csum(const struct fs *fs, uint32_t seed, const void *raw,
                       bool *has_upper);

/* super.c: fills the fields of (fs) from the superblock. */
int fs_super_load(struct fs *fs, const struct fs_disk *disk);

/* group.c: first block of the inode table of (group), which exists. */
int fs_group_inode_table(struct fs *fs, uint64_t group, uint64_t *block);

/* extent.c, blockmap.c: fs_map() of map.c for the two kinds of inode. */
int fs_extent_map(struct fs *fs, const struct fs_inode *inode, uint64_t block,
                  struct fs_run *out);
int fs_blockmap_map(struct fs *fs, const struct fs_inode *inode, uint64_t block,
                    struct fs_run *out);

/* dirblock.c: block (block) of a directory, verified; (*is_index) tells whether it
 * is a node of the hash tree. */
int fs_dir_block(struct fs *fs, const struct fs_inode *dir, uint64_t block,
                 struct fs_block *out, bool *is_index);
/* The inode number of (name) in a verified leaf, or 0. */
uint32_t fs_dir_find(const struct fs *fs, const void *leaf, const char *name,
                     size_t bytes);
/* Bytes of entries in a leaf: the block without its checksum. */
static inline uint32_t fs_leaf_bytes(const struct fs *fs)
{
    return fs->block_bytes -
           (fs->has_csum ? (uint32_t)sizeof(struct ext4_dir_tail) : 0u);
}

/* Whether an index node has as many entries as it must; (at) is their offset. */
bool fs_index_is_sized(const struct fs *fs, const void *node, uint32_t at);
/* Of everything up to the last entry in use, and the tail. */
uint32_t fs_index_csum(const struct fs *fs, uint32_t seed, const void *node,
                       uint32_t at);

/* htree.c */
#define FS_HTREE_DAMAGED 1 /* no checksum forbids to search it linearly */
int fs_htree_lookup(struct fs *fs, const struct fs_inode *dir, const char *name,
                    size_t bytes, uint32_t *number);

/* hash.c: false if (version) is not known. */
bool fs_hash(const uint32_t seed[4], uint32_t version, const char *name,
             size_t bytes, uint32_t *hash);

#endif /* DRIVERS_FS_FS_INTERNAL_H */
