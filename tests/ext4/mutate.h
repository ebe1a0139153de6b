/*
 * Damage to ext4 images, the same every time for a seed.
 *
 * First a good image is walked through, which tells what each block of metadata
 * is; then variants of it are made: bits flipped, bytes overwritten, blocks
 * exchanged. A variant may be forged: then the checksums are made right again,
 * as somebody would who wants to be believed.
 */
#ifndef TESTS_EXT4_MUTATE_H
#define TESTS_EXT4_MUTATE_H

#include <fs/fs.h>

enum part {
    PART_SUPER,
    PART_GROUPS,
    PART_INODES,
    PART_EXTENTS,
    PART_LEAF,
    PART_INDEX,
    PART_OTHER, /* no checksum: tables of block maps */
    PART_COUNT,
};
extern const char *const part_names[PART_COUNT];

struct target {
    enum part part;
    uint64_t offset; /* in the image */
    uint32_t bytes;
    uint32_t csum_seed; /* of its owner */
    uint32_t first_inode; /* PART_INODES: number of the first in it */
};

#define TARGETS_MAX 1024
struct targets {
    struct fs *fs; /* mounted on the good image */
    struct target list[TARGETS_MAX];
    uint32_t count;
    uint32_t of_part[PART_COUNT];
};

struct random {
    uint64_t state;
};
uint32_t random_below(struct random *r, uint32_t limit);

/* Finds the metadata of (fs), whose cache must still hold all of it. */
void targets_find(struct targets *t, struct fs *fs);

/* Makes the checksum of a target right. */
void forge(const struct fs *fs, const struct target *at, uint8_t *data);

/* Damages (image) in the manner number (variant) and returns what was hit. */
enum part mutate(const struct targets *t, uint8_t *image, uint32_t variant,
                 bool is_forged);

#endif /* TESTS_EXT4_MUTATE_H */
