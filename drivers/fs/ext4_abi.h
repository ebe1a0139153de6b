/*
 * ext4 on disk: the layouts and constants that reading needs.
 *
 * Units:  as named; block numbers are file-system blocks, times seconds.
 * Trust:  every byte is hostile. Copies in the cache do not change once read.
 * Spec:   Linux Documentation/filesystems/ext4. Numbers are little-endian, as
 *         this processor's are.
 */
#ifndef DRIVERS_FS_EXT4_ABI_H
#define DRIVERS_FS_EXT4_ABI_H

#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as on disk");

#define EXT4_SUPER_OFFSET    1024u
#define EXT4_MAGIC           0xef53u
#define EXT4_ROOT_INODE      2u
#define EXT4_CHECKSUM_CRC32C 1u

struct ext4_super {
    uint32_t inodes_count;
    uint32_t blocks_count_lo;
    uint32_t skip_008[3];
    uint32_t first_data_block;
    uint32_t log_block_size; /* 2^(10 + this) bytes */
    uint32_t log_cluster_size;
    uint32_t blocks_per_group;
    uint32_t clusters_per_group;
    uint32_t inodes_per_group;
    uint32_t skip_02c[3];
    uint16_t magic;
    uint16_t state;
    uint32_t skip_03c[4];
    uint32_t rev_level;
    uint32_t skip_050[2];
    uint16_t inode_size;
    uint16_t block_group_nr;
    uint32_t feature_compat;
    uint32_t feature_incompat;
    uint32_t feature_ro_compat;
    uint8_t uuid[16];
    uint32_t skip_078[29];
    uint32_t hash_seed[4];
    uint8_t def_hash_version;
    uint8_t skip_0fd;
    uint16_t desc_size;
    uint32_t skip_100;
    uint32_t first_meta_bg;
    uint32_t skip_108[18];
    uint32_t blocks_count_hi;
    uint32_t skip_154[3];
    uint32_t flags;
    uint8_t skip_164[17];
    uint8_t checksum_type;
    uint8_t skip_176[214];
    uint32_t backup_bgs[2];
    uint32_t skip_254[7];
    uint32_t checksum_seed;
    uint32_t skip_274[98];
    uint32_t checksum; /* of all before it */
};
_Static_assert(sizeof(struct ext4_super) == 1024, "layout");
_Static_assert(offsetof(struct ext4_super, magic) == 0x38, "layout");
_Static_assert(offsetof(struct ext4_super, inode_size) == 0x58, "layout");
_Static_assert(offsetof(struct ext4_super, hash_seed) == 0xec, "layout");
_Static_assert(offsetof(struct ext4_super, first_meta_bg) == 0x104, "layout");
_Static_assert(offsetof(struct ext4_super, blocks_count_hi) == 0x150, "layout");
_Static_assert(offsetof(struct ext4_super, flags) == 0x160, "layout");
_Static_assert(offsetof(struct ext4_super, checksum_type) == 0x175, "layout");
_Static_assert(offsetof(struct ext4_super, backup_bgs) == 0x24c, "layout");
_Static_assert(offsetof(struct ext4_super, checksum_seed) == 0x270, "layout");
_Static_assert(offsetof(struct ext4_super, checksum) == 0x3fc, "layout");

#define EXT4_STATE_CLEAN  0x1u
#define EXT4_STATE_ERRORS 0x2u

#define EXT4_FLAG_UNSIGNED_HASH 0x2u

#define EXT4_COMPAT_SPARSE_SUPER2 0x200u

#define EXT4_INCOMPAT_COMPRESSION 0x00001u
#define EXT4_INCOMPAT_FILETYPE    0x00002u
#define EXT4_INCOMPAT_RECOVER     0x00004u
#define EXT4_INCOMPAT_JOURNAL_DEV 0x00008u
#define EXT4_INCOMPAT_META_BG     0x00010u
#define EXT4_INCOMPAT_EXTENTS     0x00040u
#define EXT4_INCOMPAT_64BIT       0x00080u
#define EXT4_INCOMPAT_MMP         0x00100u
#define EXT4_INCOMPAT_FLEX_BG     0x00200u
#define EXT4_INCOMPAT_EA_INODE    0x00400u
#define EXT4_INCOMPAT_DIRDATA     0x01000u
#define EXT4_INCOMPAT_CSUM_SEED   0x02000u
#define EXT4_INCOMPAT_LARGEDIR    0x04000u
#define EXT4_INCOMPAT_INLINE_DATA 0x08000u
#define EXT4_INCOMPAT_ENCRYPT     0x10000u
#define EXT4_INCOMPAT_CASEFOLD    0x20000u

#define EXT4_ROCOMPAT_SPARSE_SUPER  0x0001u
#define EXT4_ROCOMPAT_HUGE_FILE     0x0008u
#define EXT4_ROCOMPAT_GDT_CSUM      0x0010u
#define EXT4_ROCOMPAT_BIGALLOC      0x0200u
#define EXT4_ROCOMPAT_METADATA_CSUM 0x0400u

#define EXT4_DESC_MIN       32u
#define EXT4_DESC_MIN_64BIT 64u

struct ext4_group {
    uint32_t block_bitmap_lo;
    uint32_t inode_bitmap_lo;
    uint32_t inode_table_lo;
    uint32_t skip_0c[3];
    uint16_t skip_18[3];
    uint16_t checksum;
    /* from here on only with 64BIT */
    uint32_t block_bitmap_hi;
    uint32_t inode_bitmap_hi;
    uint32_t inode_table_hi;
    uint32_t skip_2c[5];
};
_Static_assert(sizeof(struct ext4_group) == 64, "layout");
_Static_assert(offsetof(struct ext4_group, checksum) == 0x1e, "layout");
_Static_assert(offsetof(struct ext4_group, inode_table_hi) == 0x28, "layout");

#define EXT4_INODE_BASE_BYTES  128u
#define EXT4_INODE_BLOCK_BYTES 60u

struct ext4_inode {
    uint16_t mode;
    uint16_t uid_lo;
    uint32_t size_lo;
    uint32_t atime;
    uint32_t ctime;
    uint32_t mtime;
    uint32_t dtime;
    uint16_t gid_lo;
    uint16_t links_count;
    uint32_t blocks_lo;
    uint32_t flags;
    uint32_t skip_24;
    uint8_t block[EXT4_INODE_BLOCK_BYTES];
    uint32_t generation;
    uint32_t file_acl_lo;
    uint32_t size_high;
    uint32_t skip_70;
    uint16_t blocks_high;
    uint16_t file_acl_high;
    uint16_t uid_high;
    uint16_t gid_high;
    uint16_t checksum_lo;
    uint16_t skip_7e;
    /* from here on only as far as extra_isize says */
    uint16_t extra_isize;
    uint16_t checksum_hi;
    uint32_t ctime_extra;
    uint32_t mtime_extra;
    uint32_t skip_8c[5];
};
_Static_assert(sizeof(struct ext4_inode) == 160, "layout");
_Static_assert(offsetof(struct ext4_inode, block) == 0x28, "layout");
_Static_assert(offsetof(struct ext4_inode, checksum_lo) == 0x7c, "layout");
_Static_assert(offsetof(struct ext4_inode, extra_isize) == 0x80, "layout");
_Static_assert(offsetof(struct ext4_inode, mtime_extra) == 0x88, "layout");

#define EXT4_MODE_TYPE 0xf000u

#define EXT4_INODE_COMPRESSED  0x00000004u
#define EXT4_INODE_ENCRYPTED   0x00000800u
#define EXT4_INODE_INDEX       0x00001000u
#define EXT4_INODE_HUGE_FILE   0x00040000u
#define EXT4_INODE_EXTENTS     0x00080000u
#define EXT4_INODE_VERITY      0x00100000u
#define EXT4_INODE_EA_INODE    0x00200000u
#define EXT4_INODE_INLINE_DATA 0x10000000u
#define EXT4_INODE_CASEFOLD    0x40000000u

/* Extent tree: a header, then entries of the same size. */
#define EXT4_EXTENT_MAGIC     0xf30au
#define EXT4_EXTENT_DEPTH_MAX 5u
/* A longer one is this much shorter and not initialised: it reads as zeros. */
#define EXT4_EXTENT_LEN_MAX 32768u

struct ext4_extent_header {
    uint16_t magic;
    uint16_t entries;
    uint16_t max;
    uint16_t depth;
    uint32_t generation;
};
struct ext4_extent {
    uint32_t block;
    uint16_t len;
    uint16_t start_hi;
    uint32_t start_lo;
};
struct ext4_extent_index {
    uint32_t block;
    uint32_t leaf_lo;
    uint16_t leaf_hi;
    uint16_t unused;
};
_Static_assert(sizeof(struct ext4_extent_header) == 12, "layout");
_Static_assert(sizeof(struct ext4_extent) == 12, "layout");
_Static_assert(sizeof(struct ext4_extent_index) == 12, "layout");

/* Directory entry; its name follows. */
#define EXT4_NAME_MAX 255u
struct ext4_dirent {
    uint32_t inode; /* 0: unused */
    uint16_t rec_len;
    uint8_t name_len;
    uint8_t file_type;
};
#define EXT4_DIRENT_BYTES 8u
/* The least rec_len. */
#define EXT4_DIRENT_MIN 12u

/* Looks like an unused entry at the end of a leaf block. */
#define EXT4_DIR_TAIL_TYPE 0xdeu
struct ext4_dir_tail {
    uint32_t zero_inode;
    uint16_t rec_len; /* 12 */
    uint8_t zero_name_len;
    uint8_t type;
    uint32_t checksum;
};
_Static_assert(sizeof(struct ext4_dirent) == EXT4_DIRENT_BYTES, "layout");
_Static_assert(sizeof(struct ext4_dir_tail) == 12, "layout");

/* Hash tree: the root block has ".", "..", this, then entries. */
#define EXT4_DX_INFO_OFFSET 24u
#define EXT4_DX_ROOT_OFFSET 32u /* of the entries in the root */
#define EXT4_DX_NODE_OFFSET 8u /* and in other nodes */
#define EXT4_DX_LEVELS      2u /* 3 with LARGEDIR; the root is one */
#define EXT4_DX_BLOCK_MASK  0x0fffffffu

struct ext4_dx_info {
    uint32_t zero;
    uint8_t hash_version;
    uint8_t info_length; /* 8 */
    uint8_t indirect_levels;
    uint8_t unused_flags;
};
/* In place of the first entry's hash, which is always 0. */
struct ext4_dx_limit {
    uint16_t limit; /* entries that fit, this included */
    uint16_t count;
};
struct ext4_dx_entry {
    uint32_t hash;
    uint32_t block;
};
/* Behind the last entry that fits. */
struct ext4_dx_tail {
    uint32_t reserved;
    uint32_t checksum;
};
_Static_assert(sizeof(struct ext4_dx_info) == 8, "layout");
_Static_assert(sizeof(struct ext4_dx_entry) == 8, "layout");
_Static_assert(sizeof(struct ext4_dx_tail) == 8, "layout");

enum ext4_hash {
    EXT4_HASH_LEGACY = 0,
    EXT4_HASH_HALF_MD4 = 1,
    EXT4_HASH_TEA = 2,
    EXT4_HASH_UNSIGNED = 3, /* added to the three above */
    EXT4_HASH_COUNT = 6,
};

#endif /* DRIVERS_FS_EXT4_ABI_H */
