/*
 * Structures that cannot be, one at a time, on an image without checksums or
 * with the checksums made right: each is noticed for what it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fs/fs_internal.h>
#include <tests/ext4/mutate.h>
#include <tests/unit/ext4_host.h>

#define CACHE_BYTES (256u << 10)
#define BLOCK       1024u
#define NO_CSUM     "small-nocsum"
static struct image image;
static struct fs *fs;

static void mount_new(void)
{
    if (fs != NULL)
        fs_unmount(fs);
    fs = NULL;
    log_clear();
    assert_int_equal(fs_mount(&fs, &image.disk, CACHE_BYTES), 0);
}

static void open_image(const char *name)
{
    image_load(&image, name);
    mount_new();
}

static void close_image(void)
{
    fs_unmount(fs);
    fs = NULL;
    image_free(&image);
}

/* The inode of (path) as it is in the image. */
static uint8_t *raw_inode(const char *path)
{
    struct fs_inode i;
    uint64_t table;
    uint32_t index;

    assert_int_equal(look(fs, path, false, &i), 0);
    index = i.number - 1;
    assert_int_equal(
        fs_group_inode_table(fs, index / fs->inodes_per_group, &table), 0);
    return image.bytes + table * BLOCK +
           (size_t)(index % fs->inodes_per_group) * fs->inode_bytes;
}

/* File block (block) of (path) as it is in the image. */
static uint8_t *raw_block(const char *path, uint64_t block)
{
    struct fs_inode i;
    struct fs_run run;

    assert_int_equal(look(fs, path, false, &i), 0);
    assert_int_equal(fs_map(fs, &i, block, &run), 0);
    assert_true(run.is_data);
    return image.bytes + (run.disk + block - run.first) * BLOCK;
}

/* The entry (name) of the directory (path) as it is in the image. */
static struct ext4_dirent *raw_entry(const char *path, const char *name)
{
    struct fs_inode i;

    assert_int_equal(look(fs, path, true, &i), 0);
    for (uint64_t n = 0; n < i.bytes / BLOCK; n++) {
        uint8_t *leaf = raw_block(path, n);
        uint32_t rec_len;

        for (uint32_t at = 0; at < BLOCK; at += rec_len) {
            struct ext4_dirent *e = (void *)(leaf + at);

            rec_len = e->rec_len;
            if (e->name_len == strlen(name) &&
                memcmp(leaf + at + EXT4_DIRENT_BYTES, name, e->name_len) == 0)
                return e;
        }
    }
    fail_msg("%s is not in %s", name, path);
    return NULL;
}

struct patch {
    uint32_t offset;
    uint32_t width;
    uint32_t value;
    const char *why;
};

/* Applies (p) to (base); *old is for undo(). */
static void apply(uint8_t *base, const struct patch *p, uint32_t *old)
{
    memcpy(old, base + p->offset, p->width);
    memcpy(base + p->offset, &p->value, p->width);
    mount_new();
}

static void undo(uint8_t *base, const struct patch *p, uint32_t old)
{
    memcpy(base + p->offset, &old, p->width);
}

static void expect(int status, int expected, const struct patch *p)
{
    if (status != expected || (p->why != NULL && !log_has(p->why))) {
        log_print();
        fail_msg("at 0x%x = 0x%x: %d, not: %s", p->offset, p->value, status,
                 p->why);
    }
}

static int read_extents(void)
{
    struct fs_inode i;
    uint8_t *data;
    size_t bytes;
    int status = look(fs, "/sparse/extents", true, &i);

    if (status == 0)
        status = read_all(fs, &i, i.bytes, &data, &bytes);
    if (status == 0)
        free(data);
    return status;
}

#define IN_ROOT offsetof(struct ext4_inode, block)
static const struct patch bad_roots[] = {
    {IN_ROOT, 2, 0xf30b, "no magic number"},
    {IN_ROOT + 2, 2, 5, "too many entries"},
    {IN_ROOT + 4, 2, 5, "too many entries"},
    {IN_ROOT + 6, 2, 6, "too deep"},
    {IN_ROOT + 6, 2, 2, "a node is out of place"},
    {IN_ROOT + 2, 2, 0, "an index is empty"},
    {IN_ROOT + 16, 4, 0, "an index points outside the disk"},
    {IN_ROOT + 16, 4, 0xffffffff, "an index points outside the disk"},
    {IN_ROOT + 20, 2, 1, "an index points outside the disk"},
    {IN_ROOT + 24, 4, 0, "an index is out of order"},
    {IN_ROOT + 24, 4, 7, "a node is out of place"},
    {IN_ROOT + 12, 4, 5, "a node is out of place"},
};
static const struct patch bad_leaves[] = {
    {0, 2, 0, "no magic number"},
    {2, 2, 85, "too many entries"},
    {4, 2, 85, "too many entries"},
    {4, 2, 0xffff, "too many entries"},
    {6, 2, 1, "an index points outside the disk"},
    {6, 2, 6, "too deep"},
    {12 + 4, 2, 0, "extents are out of order"},
    {12 + 4, 2, 20, "extents are out of order"},
    {24, 4, 0, "extents are out of order"},
    {24 + 8, 4, 0, "an extent lies outside the disk"},
    {24 + 8, 4, 16384, "an extent lies outside the disk"},
    {24 + 6, 2, 1, "an extent lies outside the disk"},
};

static void damaged_extent_trees_are_noticed(void **state)
{
    uint32_t leaf;
    uint32_t old;
    uint8_t *root;

    open_image(NO_CSUM);
    root = raw_inode("/sparse/extents");
    memcpy(&leaf, root + IN_ROOT + 16, 4);
    assert_int_equal(read_extents(), 0);
    for (size_t i = 0; i < sizeof(bad_roots) / sizeof(bad_roots[0]); i++) {
        apply(root, &bad_roots[i], &old);
        expect(read_extents(), NU_CORRUPT, &bad_roots[i]);
        undo(root, &bad_roots[i], old);
    }
    for (size_t i = 0; i < sizeof(bad_leaves) / sizeof(bad_leaves[0]); i++) {
        uint8_t *at = image.bytes + (size_t)leaf * BLOCK;

        apply(at, &bad_leaves[i], &old);
        expect(read_extents(), NU_CORRUPT, &bad_leaves[i]);
        undo(at, &bad_leaves[i], old);
    }
    close_image();
}

static const struct patch bad_maps[] = {
    {IN_ROOT, 4, 16384, "a block lies outside the disk"},
    {IN_ROOT, 4, 1, "a block lies outside the disk"},
    {IN_ROOT + 48, 4, 0x7fffffff, "a table lies outside the disk"},
    {IN_ROOT + 52, 4, 0x7fffffff, "a table lies outside the disk"},
};

static void damaged_block_maps_are_noticed(void **state)
{
    uint8_t *root;
    uint32_t old;

    open_image("small-blockmap");
    root = raw_inode("/sparse/extents");
    assert_int_equal(read_extents(), 0);
    for (size_t i = 0; i < sizeof(bad_maps) / sizeof(bad_maps[0]); i++) {
        apply(root, &bad_maps[i], &old);
        expect(read_extents(), NU_CORRUPT, &bad_maps[i]);
        undo(root, &bad_maps[i], old);
    }
    close_image();
}

/* /a/b has ".", "..", "c": the third entry begins at 24. */
static const struct patch bad_entries[] = {
    {24 + 4, 2, 0, "wrong length of an entry"},
    {24 + 4, 2, 8, "wrong length of an entry"},
    {24 + 4, 2, 999, "wrong length of an entry"},
    {24 + 4, 2, 1004, "wrong length of an entry"},
    {24 + 4, 2, 992, "wrong length of an entry"},
    {24 + 6, 1, 0, "wrong length of a name"},
    {12 + 6, 1, 5, "wrong length of a name"},
    {24 + 8, 1, '/', "impossible name"},
    {24 + 8, 1, 0, "impossible name"},
    {24, 4, 0xfffffff, "there is no such inode"},
};

static void damaged_entries_are_noticed(void **state)
{
    struct fs_inode i;
    uint8_t *leaf;
    uint32_t old;

    open_image(NO_CSUM);
    leaf = raw_block("/a/b", 0);
    for (size_t n = 0; n < sizeof(bad_entries) / sizeof(bad_entries[0]); n++) {
        apply(leaf, &bad_entries[n], &old);
        expect(look(fs, "/a/b/c", true, &i), NU_CORRUPT, &bad_entries[n]);
        undo(leaf, &bad_entries[n], old);
    }
    mount_new();
    assert_int_equal(look(fs, "/a/b/c", true, &i), 0);
    close_image();
}

/* The root of the hash tree of /index. */
static const struct patch bad_trees[] = {
    {EXT4_DX_INFO_OFFSET, 4, 1, "impossible root"},
    {EXT4_DX_INFO_OFFSET + 5, 1, 9, "impossible root"},
    {EXT4_DX_INFO_OFFSET + 6, 1, 2, "impossible root"},
    {EXT4_DX_INFO_OFFSET + 7, 1, 1, "impossible root"},
    {EXT4_DX_INFO_OFFSET + 6, 1, 1, "hash tree, block"},
    {EXT4_DX_ROOT_OFFSET + 4, 4, 0, "points outside the directory"},
    {EXT4_DX_ROOT_OFFSET + 4, 4, 77, "points outside the directory"},
    {EXT4_DX_ROOT_OFFSET + 2, 2, 0, "wrong number of entries"},
    {EXT4_DX_ROOT_OFFSET + 2, 2, 500, "wrong number of entries"},
    {EXT4_DX_ROOT_OFFSET, 2, 500, "wrong number of entries"},
};

/* A name of /index whose hash is in the first leaf, so that every one of the
 * patches is in its way. */
static void first_name(char *path, size_t bytes)
{
    const struct ext4_dirent *e = (void *)raw_block("/index", 1);

    snprintf(path, bytes, "/index/%.*s", e->name_len,
             (const char *)fs_at(e, EXT4_DIRENT_BYTES));
}

static void damaged_trees_are_gone_around_or_noticed(void **state)
{
    static const char *const images[] = {NO_CSUM, "small-1k"};
    char path[300];

    for (uint32_t n = 0; n < 2; n++) {
        struct target at = {.part = PART_INDEX, .bytes = BLOCK};
        uint8_t good[BLOCK];
        struct fs_inode i;
        uint8_t *root;

        open_image(images[n]);
        assert_int_equal(look(fs, "/index", true, &i), 0);
        at.csum_seed = i.csum_seed;
        root = raw_block("/index", 0);
        memcpy(good, root, BLOCK);
        first_name(path, sizeof(path));
        for (size_t t = 0; t < sizeof(bad_trees) / sizeof(bad_trees[0]); t++) {
            const struct patch *p = &bad_trees[t];

            memcpy(root + p->offset, &p->value, p->width);
            forge(fs, &at, root);
            mount_new();
            expect(look(fs, path, true, &i), n == 0 ? 0 : NU_CORRUPT, p);
            memcpy(root, good, BLOCK);
        }
        /* A hash that is not known does not hinder anybody. */
        root[EXT4_DX_INFO_OFFSET + 4] = 9;
        forge(fs, &at, root);
        mount_new();
        assert_int_equal(look(fs, path, true, &i), 0);
        assert_false(log_has("fs:"));
        close_image();
    }
}

/* Every entry of the tree says that the name goes on in the next leaf. */
static void a_tree_without_end_is_noticed(void **state)
{
    struct target at = {.part = PART_INDEX, .bytes = BLOCK};
    struct ext4_dx_entry *e;
    struct ext4_dx_limit *l;
    struct fs_inode i;
    uint8_t *root;
    uint32_t hash;

    open_image("small-1k");
    assert_int_equal(look(fs, "/index", true, &i), 0);
    at.csum_seed = i.csum_seed;
    root = raw_block("/index", 0);
    l = (void *)(root + EXT4_DX_ROOT_OFFSET);
    e = (void *)l;
    assert_true(
        fs_hash(fs->hash_seed, EXT4_HASH_HALF_MD4, "nothing", 7, &hash));
    l->count = l->limit;
    for (uint32_t n = 1; n < l->count; n++) {
        e[n].hash = hash | 1;
        e[n].block = 1;
    }
    forge(fs, &at, root);
    mount_new();
    assert_int_equal(look(fs, "/index/nothing", true, &i), NU_CORRUPT);
    assert_true(log_has("goes in circles"));
    close_image();
}

static void damaged_links_are_noticed(void **state)
{
    struct fs_inode i;
    char to[FS_PATH_MAX];
    size_t bytes;
    uint8_t *raw;

    open_image(NO_CSUM);
    raw = raw_inode("/links/fast");
    raw[IN_ROOT + 2] = '\0';
    raw = raw_inode("/links/fast-59");
    raw[4] = 0xff;
    raw[5] = 0x0f;
    raw_block("/links/slow", 0)[100] = '\0';
    mount_new();
    assert_int_equal(look(fs, "/links/fast", true, &i), NU_CORRUPT);
    assert_int_equal(look(fs, "/links/fast-59", false, &i), 0);
    assert_int_equal(fs_link_read(fs, &i, to, &bytes), NU_CORRUPT);
    assert_int_equal(look(fs, "/links/slow", true, &i), NU_CORRUPT);
    assert_int_equal(look(fs, "/links/target", false, &i), 0);
    assert_int_equal(fs_link_read(fs, &i, to, &bytes), NU_NOTLINK);
    close_image();
}

/* A link whose target is longer than what is left to walk, and a directory in
 * itself: no buffer of ours overflows. */
static void endless_paths_are_too_long(void **state)
{
    struct ext4_dirent *e;
    struct fs_inode i;
    char *target;

    open_image(NO_CSUM);
    target = (char *)raw_block("/links/slow", 0);
    memset(target, 'x', 806);
    memcpy(target, "slow/", 5);
    mount_new();
    assert_int_equal(look(fs, "/links/slow", true, &i), NU_TOOLONG);
    for (uint32_t n = 0; n < 133; n++)
        memcpy(target + 6 * n, "inner/", 6);
    memcpy(target + 798, "././slow", 8);
    assert_int_equal(look(fs, "/links", true, &i), 0);
    e = raw_entry("/links", "inner");
    e->inode = i.number;
    mount_new();
    assert_int_equal(look(fs, "/links/slow", true, &i), NU_TOOLONG);
    close_image();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_extent_trees_are_noticed),
        cmocka_unit_test(damaged_block_maps_are_noticed),
        cmocka_unit_test(damaged_entries_are_noticed),
        cmocka_unit_test(damaged_trees_are_gone_around_or_noticed),
        cmocka_unit_test(a_tree_without_end_is_noticed),
        cmocka_unit_test(damaged_links_are_noticed),
        cmocka_unit_test(endless_paths_are_too_long),
    };

    images_wanted = "small-1k small-nocsum small-blockmap";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
