#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fs/fs_internal.h>
#include <tests/ext4/mutate.h>

const char *const part_names[PART_COUNT] = {
    "superblock",       "group descriptors", "inodes",     "extents",
    "directory leaves", "hash trees",        "block maps",
};

static uint64_t random_next(struct random *r)
{
    /* splitmix64 */
    uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint32_t random_below(struct random *r, uint32_t limit)
{
    return (uint32_t)((random_next(r) >> 32) * limit >> 32);
}

static void add(struct targets *t, enum part part, uint64_t block,
                const struct fs_inode *owner)
{
    struct target *new = &t->list[t->count];

    if (t->count == TARGETS_MAX) {
        fprintf(stderr, "more than %d blocks of metadata\n", TARGETS_MAX);
        exit(1);
    }
    memset(new, 0, sizeof(*new));
    new->part = part;
    new->offset = block << t->fs->block_shift;
    new->bytes = t->fs->block_bytes;
    if (owner != NULL)
        new->csum_seed = owner->csum_seed;
    t->of_part[part]++;
    t->count++;
}

static uint32_t table_blocks(const struct fs *fs)
{
    return fs->inodes_per_group * fs->inode_bytes / fs->block_bytes;
}

/* Number of the first inode in (block), or 0. */
static uint32_t first_inode_of(struct fs *fs, uint64_t block)
{
    for (uint64_t g = 0; g < fs->groups; g++) {
        uint64_t table;

        if (fs_group_inode_table(fs, g, &table) == 0 && block >= table &&
            block - table < table_blocks(fs))
            return (uint32_t)(g * fs->inodes_per_group + (block - table) *
                                                             fs->block_bytes /
                                                             fs->inode_bytes) +
                   1;
    }
    return 0;
}

static void add_frame(struct targets *t, const struct fs_frame *f)
{
    static const enum part parts[] = {
        [FS_CHECKED_EXTENTS] = PART_EXTENTS,
        [FS_CHECKED_LEAF] = PART_LEAF,
        [FS_CHECKED_INDEX] = PART_INDEX,
    };
    uint32_t as = (uint32_t)(f->checked >> FS_CHECKED_SHIFT);
    struct fs_inode owner;

    if (as == FS_CHECKED_INODES) {
        add(t, PART_INODES, f->block, NULL);
        t->list[t->count - 1].first_inode = first_inode_of(t->fs, f->block);
    } else if (as != 0) {
        if (fs_inode_load(t->fs, (uint32_t)f->checked, &owner) == 0)
            add(t, parts[as], f->block, &owner);
    } else if (first_inode_of(t->fs, f->block) == 0 &&
               f->block > t->fs->first_data_block + 1u) {
        add(t, PART_OTHER, f->block, NULL);
    }
}

void targets_find(struct targets *t, struct fs *fs)
{
    const struct fs_slots *meta = &fs->cache.pools[FS_POOL_META];

    memset(t, 0, sizeof(*t));
    t->fs = fs;
    add(t, PART_SUPER, 0, NULL);
    t->list[0].offset = EXT4_SUPER_OFFSET;
    t->list[0].bytes = sizeof(struct ext4_super);
    add(t, PART_GROUPS, fs->first_data_block + 1u, NULL);
    t->list[1].bytes = (uint32_t)fs->groups * fs->desc_bytes;
    for (uint32_t s = 0; s < meta->slot_count; s++) {
        for (uint32_t i = 0; i < meta->slots[s].filled; i++)
            add_frame(t, &fs->cache.frames[s * meta->slot_frames + i]);
    }
}

/* Makes the checksum of an inode right. */
static void forge_inode(const struct fs *fs, uint8_t *raw, uint32_t number)
{
    struct ext4_inode *i = (void *)raw;
    uint32_t seed = fs_crc32c(fs, fs->csum_seed, &number, 4);
    bool has_upper;
    uint32_t sum;

    seed = fs_crc32c(fs, seed, &i->generation, 4);
    if (i->extra_isize > fs->inode_bytes - EXT4_INODE_BASE_BYTES)
        return;
    sum = fs_inode_csum(fs, seed, raw, &has_upper);
    i->checksum_lo = (uint16_t)sum;
    if (has_upper)
        i->checksum_hi = (uint16_t)(sum >> 16);
}

static void forge_index(const struct fs *fs, const struct target *at,
                        uint8_t *node)
{
    const struct ext4_dirent *e = (const void *)node;
    uint32_t offset = e->inode == 0 && e->rec_len == fs->block_bytes
                          ? EXT4_DX_NODE_OFFSET
                          : EXT4_DX_ROOT_OFFSET;
    struct ext4_dx_tail *t = (void *)(node + at->bytes - sizeof(*t));

    if (fs_index_is_sized(fs, node, offset))
        t->checksum = fs_index_csum(fs, at->csum_seed, node, offset);
}

void forge(const struct fs *fs, const struct target *at, uint8_t *data)
{
    switch (at->part) {
    case PART_SUPER: {
        struct ext4_super *s = (void *)data;

        s->checksum = fs_super_csum(fs, s);
        break;
    }
    case PART_GROUPS:
        for (uint32_t g = 0; g < fs->groups; g++) {
            struct ext4_group *desc = (void *)(data + g * fs->desc_bytes);

            desc->checksum = fs_group_csum(fs, g, desc);
        }
        break;
    case PART_INODES:
        for (uint32_t i = 0; i < at->bytes / fs->inode_bytes; i++)
            forge_inode(fs, data + i * fs->inode_bytes, at->first_inode + i);
        break;
    case PART_EXTENTS: {
        const struct ext4_extent_header *h = (const void *)data;
        uint32_t end = 12u + 12u * h->max;

        if (end + 4 <= at->bytes) {
            uint32_t sum = fs_crc32c(fs, at->csum_seed, data, end);

            memcpy(data + end, &sum, 4);
        }
        break;
    }
    case PART_LEAF: {
        struct ext4_dir_tail *t = (void *)(data + at->bytes - sizeof(*t));

        t->checksum =
            fs_crc32c(fs, at->csum_seed, data, at->bytes - sizeof(*t));
        break;
    }
    case PART_INDEX:
        forge_index(fs, at, data);
        break;
    case PART_OTHER:
    case PART_COUNT:
    default:
        break;
    }
}

static void flip_bits(struct random *r, uint8_t *data, uint32_t bytes)
{
    for (uint32_t n = 1 + random_below(r, 4); n > 0; n--) {
        uint32_t bit = random_below(r, bytes * 8);

        data[bit / 8] = (uint8_t)(data[bit / 8] ^ 1u << bit % 8);
    }
}

/* Numbers that are on one edge or the other of what is allowed. */
static void set_field(struct random *r, const struct target *at, uint8_t *data)
{
    static const uint32_t edges[] = {0,          1,          2,         3,
                                     0x7fff,     0x8000,     0x8001,    0xffff,
                                     0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t width = 1u << random_below(r, 3);
    uint32_t offset = random_below(r, at->bytes / width) * width;
    uint32_t old = 0;
    uint32_t value;

    memcpy(&old, data + offset, width);
    switch (random_below(r, 4)) {
    case 0:
        value = edges[random_below(r, 11)];
        break;
    case 1:
        value = old + 1;
        break;
    case 2:
        value = old - 1;
        break;
    default:
        value = random_below(r, 0xffffffff);
        break;
    }
    memcpy(data + offset, &value, width);
}

/* Puts another block of the same kind in its place. (Not a leaf of the same
 * directory: its checksum does not tell where in the directory it belongs.) */
static bool misplace(const struct targets *t, struct random *r,
                     const struct target *at, uint8_t *image)
{
    uint32_t start = random_below(r, t->count);

    for (uint32_t i = 0; i < t->count; i++) {
        const struct target *other = &t->list[(start + i) % t->count];

        if (other != at && other->part == at->part &&
            (at->part != PART_LEAF || other->csum_seed != at->csum_seed)) {
            memcpy(image + at->offset, image + other->offset, at->bytes);
            return true;
        }
    }
    return false;
}

/* Most fields of interest are at the beginning of a block. */
static struct target beginning(const struct target *at, uint32_t bytes)
{
    struct target part = *at;

    if (part.bytes > bytes)
        part.bytes = bytes;
    return part;
}

enum part mutate(const struct targets *t, uint8_t *image, uint32_t variant,
                 bool is_forged)
{
    struct random r = {variant * 2ull + is_forged};
    enum part part = (enum part)(variant % PART_COUNT);
    const struct target *at;
    struct target field;
    uint8_t *data;

    while (t->of_part[part] == 0)
        part = (enum part)(((uint32_t)part + 1) % PART_COUNT);
    do
        at = &t->list[random_below(&r, t->count)];
    while (at->part != part);
    data = image + at->offset;
    switch (random_below(&r, is_forged ? 4 : 8)) {
    case 0:
    case 1:
        field = beginning(at, at->part == PART_INODES ? 4096 : 128);
        set_field(&r, &field, data);
        break;
    case 2:
        for (uint32_t n = 0; n < 4; n++)
            set_field(&r, at, data);
        break;
    case 3:
    case 4:
    case 5:
        flip_bits(&r, data, at->bytes);
        break;
    case 6:
        memset(data, random_below(&r, 2) ? 0 : 0xff, at->bytes);
        break;
    default:
        if (!misplace(t, &r, at, image))
            flip_bits(&r, data, at->bytes);
        break;
    }
    if (is_forged)
        forge(t->fs, at, data);
    return part;
}
