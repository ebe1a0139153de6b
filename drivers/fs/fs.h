/*
 * Reading ext4: what the file-system service and its tests call.
 *
 * Units:     bytes; "block" is a file-system block, "file block" one counted
 *            from the start of a file.
 * Ownership: struct fs is made by fs_mount(). Inodes and files are values of
 *            the caller's and hold nothing.
 * Trust:     the disk is hostile. Every function checks what it reads; what is
 *            damaged gives NU_CORRUPT for the object concerned and a line in
 *            the log, and nothing else is affected.
 * Errors:    NU_IO the disk cannot read; NU_CORRUPT; NU_UNSUP the object uses a
 *            feature that is not supported. Outputs are untouched on failure.
 * Blocking:  all wait for the disk. One thread.
 */
#ifndef DRIVERS_FS_FS_H
#define DRIVERS_FS_FS_H

#include <stdbool.h>
#include <rt/service.h>
#include <fs/cache.h>
#include <fs/ext4_abi.h>

#define FS_PATH_MAX    4095u
#define FS_LINKS_MAX   40u
#define FS_PATH_DEPTH  2048u
#define FS_PATH_BUFFER 8192u
#define FS_LIST_BYTES  16384u
#define FS_ZERO_BYTES  4096u

/* As in contracts/file.contract; 0 is not known. */
enum fs_kind {
    FS_KIND_UNKNOWN = 0,
    FS_KIND_REGULAR = 1,
    FS_KIND_DIRECTORY = 2,
    FS_KIND_SYMLINK = 3,
    FS_KIND_CHARACTER = 4,
    FS_KIND_BLOCK = 5,
    FS_KIND_FIFO = 6,
    FS_KIND_SOCKET = 7,
};

struct fs_inode {
    uint32_t number;
    uint32_t generation; /* of the use of this number */
    uint32_t flags; /* EXT4_INODE_* */
    enum fs_kind kind;
    uint32_t mode;
    uint32_t links;
    uint32_t uid;
    uint32_t gid;
    uint32_t csum_seed; /* of checksums in its blocks */
    uint64_t bytes;
    uint64_t blocks_512;
    int64_t modified_s;
    int64_t changed_s;
    uint32_t modified_ns;
    bool has_acl_block;
    uint32_t map[EXT4_INODE_BLOCK_BYTES / 4]; /* as on disk */
};

/* Where some consecutive file blocks are. */
struct fs_run {
    uint64_t first; /* file block */
    uint64_t count; /* 0: nothing known */
    uint64_t disk; /* block, if is_data */
    bool is_data; /* otherwise it reads as zeros */
};

struct fs_file {
    struct fs_inode inode;
    struct fs_run run; /* found last */
    uint64_t next; /* where the last read ended */
    uint32_t window; /* blocks to read at once */
};

/* What a read gives: pieces of cache memory. */
struct fs_pieces {
    struct nu_blob *pieces; /* the caller's, (max) of them */
    uint32_t max;
    uint32_t count;
    size_t bytes; /* in all of them */
};

#define FS_GROUPS_CACHED 32u

struct fs {
    struct fs_cache cache;
    /* The superblock, checked. */
    uint32_t block_bytes;
    uint32_t block_shift;
    uint64_t blocks;
    uint64_t groups;
    uint32_t inodes;
    uint32_t first_data_block;
    uint32_t blocks_per_group;
    uint32_t inodes_per_group;
    uint32_t inode_bytes;
    uint32_t desc_bytes;
    uint32_t desc_per_block;
    uint32_t first_meta_bg;
    uint32_t backup_bgs[2];
    uint32_t compat;
    uint32_t incompat;
    uint32_t ro_compat;
    uint32_t csum_seed;
    uint32_t hash_seed[4];
    uint8_t uuid[16];
    bool has_csum;
    bool has_unsigned_hash;
    /* Inode tables of groups seen lately; number + 1, 0 is free. */
    struct {
        uint64_t number_1;
        uint64_t inode_table;
    } group_cache[FS_GROUPS_CACHED];
    /* Complaints in the present interval. */
    uint64_t log_since_ns;
    uint32_t log_count;
    uint32_t crc_table[8][256];
    /* One path lookup at a time. */
    uint32_t stack[FS_PATH_DEPTH];
    char path[FS_PATH_BUFFER];
    uint8_t list[FS_LIST_BYTES];
};

/*
 * Reads the superblock and the root directory. (disk) must outlive it.
 * Returns: 0; NU_UNSUP a feature or size that is not supported, named in the
 *          log; NU_CORRUPT; NU_IO; NU_NOMEM.
 */
int fs_mount(struct fs **out, const struct fs_disk *disk, uint64_t cache_bytes);
void fs_unmount(struct fs *fs);

/* Inode (number), which any number may be. */
int fs_inode_load(struct fs *fs, uint32_t number, struct fs_inode *out);

/* The file blocks around (block) that lie together. */
int fs_map(struct fs *fs, const struct fs_inode *inode, uint64_t block,
           struct fs_run *out);

/* The inode number of (name) in (dir). NU_NOENT; NU_NOTDIR. */
int fs_dir_lookup(struct fs *fs, const struct fs_inode *dir, const char *name,
                  size_t bytes, uint32_t *number);

/*
 * Entries of (dir) from (cursor) on, in (fs->list) as the contract directory
 * describes, (*bytes) of them; (*next) is the cursor behind them, 0 at the
 * end. "." and ".." are left out. NU_INVAL: no such cursor.
 */
int fs_dir_list(struct fs *fs, const struct fs_inode *dir, uint64_t cursor,
                size_t *bytes, uint64_t *next);

/*
 * What (path) names, seen from (root): ".." stops there, and absolute symbolic
 * links start there. (follow): a symbolic link at the end is followed.
 * NU_NOENT; NU_NOTDIR; NU_LOOP more than FS_LINKS_MAX links; NU_TOOLONG.
 */
int fs_path_lookup(struct fs *fs, const struct fs_inode *root,
                   const struct nu_blob *path, bool follow,
                   struct fs_inode *out);

/* The target of a symbolic link into (to), which holds FS_PATH_MAX bytes; no
 * NUL is added. Ends all pins, as a path lookup does too. NU_NOTLINK. */
int fs_link_read(struct fs *fs, const struct fs_inode *link, char *to,
                 size_t *bytes);

void fs_file_init(struct fs_file *f, const struct fs_inode *inode);

/*
 * Up to (bytes) from (offset) on as pieces of cache memory, pinned until
 * fs_cache_unpin_all(). No bytes mean the end. Gives less than asked for at the
 * end, when the pieces do not suffice, or when no more of the cache may be
 * pinned; always something before the end.
 */
int fs_file_read(struct fs *fs, struct fs_file *f, uint64_t offset,
                 uint32_t bytes, struct fs_pieces *out);

#endif /* DRIVERS_FS_FS_H */
