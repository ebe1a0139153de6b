/*
 * What the ext4 tests share: a runtime for the file-system sources on the host
 * (memory, log), images as disks, and a walk that compares a file system with
 * the tree it was made from.
 */
#ifndef TESTS_UNIT_EXT4_HOST_H
#define TESTS_UNIT_EXT4_HOST_H

#include <fs/fs.h>

/* The log since the last log_clear(). */
void log_clear(void);
bool log_has(const char *text);
void log_print(void);

/* Directory with the images, made by tests/ext4/images.py at the first call;
 * removed when the program ends. */
const char *images_path(void);
/* Names of those that are made, separated by spaces; "": all. */
extern const char *images_wanted;
/* svc_alloc() number so many from now on fails; 0: none does. */
extern uint32_t alloc_fails;
/* Allocations that are not freed. */
extern int32_t alloc_count;

/* A disk in memory. */
struct image {
    uint8_t *bytes;
    size_t size;
    struct fs_disk disk;
    uint64_t reads; /* requests */
    uint64_t read_sectors;
    uint64_t bad_sector; /* that cannot be read; UINT64_MAX: none */
};

/* Reads images_path()/NAME.img. Ends the test if it cannot. */
void image_load(struct image *image, const char *name);
/* As a disk of its bytes; for those that change .size. */
void image_attach(struct image *image);
void image_free(struct image *image);

struct walk_result {
    uint32_t files; /* read and right */
    uint32_t directories;
    uint32_t links;
    uint32_t errors; /* objects that gave an error */
    uint32_t wrong; /* objects that gave something else than the tree has */
    uint32_t entries; /* seen in all listings */
    char first_wrong[512];
};

#define WALK_SKIP_TIMES 1u
/* There is no tree to compare with: only go through everything. */
#define WALK_BLIND 2u

/*
 * Goes through all of (fs) and compares names, attributes, targets and content
 * with the directory (tree) of the host.
 */
void walk(struct fs *fs, const char *tree, uint32_t flags,
          struct walk_result *out);

/* fs_path_lookup() for a C string from the root directory. */
int look(struct fs *fs, const char *path, bool follow, struct fs_inode *out);
/* All of a file into memory (the caller frees), at most (max) bytes of it. */
int read_all(struct fs *fs, const struct fs_inode *inode, size_t max,
             uint8_t **data, size_t *bytes);

#endif /* TESTS_UNIT_EXT4_HOST_H */
