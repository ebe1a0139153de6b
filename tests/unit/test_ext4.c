/* Whole trees through the ext4 reader, in every format that mke2fs makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <tests/unit/ext4_host.h>

#define CACHE_BYTES (1u << 20)

static struct fs *mount_image(struct image *image, const char *name)
{
    struct fs *fs = NULL;

    image_load(image, name);
    assert_int_equal(fs_mount(&fs, &image->disk, CACHE_BYTES), 0);
    return fs;
}

static void unmount(struct fs *fs, struct image *image)
{
    fs_unmount(fs);
    image_free(image);
}

/* Every image of the list has all of its tree, and nothing else. */
static void every_image_reads_like_its_tree(void **state)
{
    char path[512];
    char name[64];
    char tree[64];
    uint32_t images = 0;
    FILE *list;

    snprintf(path, sizeof(path), "%s/images", images_path());
    list = fopen(path, "r");
    assert_non_null(list);
    while (fscanf(list, "%63s %63s", name, tree) == 2) {
        bool no_times =
            strcmp(name, "inode-128") == 0 || strcmp(name, "ext2") == 0;
        struct walk_result r;
        struct image image;
        struct fs *fs;

        log_clear();
        fs = mount_image(&image, name);
        snprintf(path, sizeof(path), "%s/%s", images_path(), tree);
        walk(fs, path, no_times ? WALK_SKIP_TIMES : 0, &r);
        printf("%-22s %u files, %u directories, %u links; %lu reads\n", name,
               r.files, r.directories, r.links, image.reads);
        if (r.wrong != 0 || r.errors != 0) {
            log_print();
            fail_msg("%s: %u wrong (%s), %u errors", name, r.wrong,
                     r.first_wrong, r.errors);
        }
        assert_true(r.files > 40 && r.links > 1);
        assert_false(log_has("fs: "));
        unmount(fs, &image);
        images++;
    }
    fclose(list);
    assert_true(images >= 31);
}

static void modified_time_has_34_bits_and_nanoseconds(void **state)
{
    struct fs_inode i;
    struct image image;
    struct fs *fs = mount_image(&image, "times");

    assert_int_equal(look(fs, "/file1", true, &i), 0);
    assert_int_equal(i.modified_s, 4102444800);
    assert_int_equal(i.modified_ns, 123456789);
    unmount(fs, &image);
}

/* How many blocks the directory's lookups had to read, with a cold cache. */
static uint64_t reads_to_find(const char *image_name, const char *path)
{
    struct fs_inode i;
    struct image image;
    struct fs *fs = mount_image(&image, image_name);
    uint64_t before;

    assert_int_equal(look(fs, "/many", true, &i), 0);
    before = fs->cache.read_blocks;
    assert_int_equal(look(fs, path, true, &i), 0);
    before = fs->cache.read_blocks - before;
    unmount(fs, &image);
    return before;
}

static void hash_tree_is_used(void **state)
{
    char name[128] = "/many/2500-";
    struct fs_inode i;
    struct image image;
    struct fs *fs = mount_image(&image, "default-1k");

    memset(name + 11, 'n', 2500 % 90);
    assert_int_equal(look(fs, "/many", true, &i), 0);
    assert_true((i.flags & EXT4_INODE_INDEX) != 0);
    /* Two levels: more leaves than a root has room for. */
    assert_true(i.bytes / 1024 > 124);
    unmount(fs, &image);
    /* Root, node, leaf, inode, extents, each with some read-ahead. */
    assert_true(reads_to_find("default-1k", name) <= 24);
    assert_true(reads_to_find("hash-tea-unsigned", name) <= 24);
    assert_true(reads_to_find("hash-legacy", name) <= 24);
}

static void names_that_are_not_there_are_not_found(void **state)
{
    char longest[300] = "/some/";
    struct fs_inode i;
    struct image image;
    struct fs *fs = mount_image(&image, "default-1k");

    assert_int_equal(look(fs, "/many/nothing", true, &i), NU_NOENT);
    assert_int_equal(look(fs, "/some/entry", true, &i), NU_NOENT);
    assert_int_equal(look(fs, "/some/entry1/x", true, &i), NU_NOTDIR);
    assert_int_equal(look(fs, "/some/entry1/", true, &i), NU_NOTDIR);
    assert_int_equal(look(fs, "/some/entry1/..", true, &i), NU_NOTDIR);
    assert_int_equal(look(fs, "", true, &i), NU_NOENT);
    memset(longest + 6, 'l', 255);
    assert_int_equal(look(fs, longest, true, &i), 0);
    assert_int_equal(i.bytes, 13);
    memset(longest + 6, 'l', 256);
    assert_int_equal(look(fs, longest, true, &i), NU_TOOLONG);
    unmount(fs, &image);
}

static void paths_stop_at_the_root(void **state)
{
    struct fs_inode dir;
    struct fs_inode i;
    struct fs_inode root;
    struct image image;
    struct fs *fs = mount_image(&image, "default-4k");
    struct nu_blob up = {"../../links/target", 18};
    struct nu_blob inner_up = {"inner/../../../target", 21};
    struct nu_blob absolute = {"/target", 7};
    struct nu_blob link = {"absolute", 8};

    assert_int_equal(look(fs, "/", true, &root), 0);
    assert_int_equal(root.number, 2);
    assert_int_equal(look(fs, "../..//.///../", true, &i), 0);
    assert_int_equal(i.number, 2);
    assert_int_equal(look(fs, "/links/inner/../target", true, &i), 0);
    assert_int_equal(look(fs, "/links", true, &dir), 0);
    /* From a directory's handle nothing above it can be named. */
    assert_int_equal(fs_path_lookup(fs, &dir, &up, true, &i), NU_NOENT);
    assert_int_equal(fs_path_lookup(fs, &dir, &inner_up, true, &i), 0);
    assert_int_equal(fs_path_lookup(fs, &dir, &absolute, true, &i), 0);
    assert_int_equal(fs_path_lookup(fs, &dir, &link, true, &i), NU_NOENT);
    unmount(fs, &image);
}

static void expect_target(struct fs *fs, const char *path)
{
    struct fs_inode i;
    uint8_t *data;
    size_t bytes;

    assert_int_equal(look(fs, path, true, &i), 0);
    assert_int_equal(i.kind, FS_KIND_REGULAR);
    assert_int_equal(read_all(fs, &i, 100, &data, &bytes), 0);
    assert_int_equal(bytes, 8);
    assert_memory_equal(data, "reached\n", 8);
    free(data);
}

static void links_are_followed(void **state)
{
    static const char *const images[] = {"default-1k", "blockmap-4k", "ext2"};

    for (uint32_t n = 0; n < 3; n++) {
        struct fs_inode i;
        struct image image;
        struct fs *fs = mount_image(&image, images[n]);

        expect_target(fs, "/links/fast");
        expect_target(fs, "/links/slow");
        expect_target(fs, "/links/absolute");
        expect_target(fs, "/links/above");
        expect_target(fs, "/links/inner/up");
        expect_target(fs, "/links/directory/../fast");
        /* chain-39 leads over 40 links. */
        expect_target(fs, "/links/chain-39");
        assert_int_equal(look(fs, "/links/chain-40", true, &i), NU_LOOP);
        assert_int_equal(look(fs, "/links/loop-a", true, &i), NU_LOOP);
        assert_int_equal(look(fs, "/links/loop-a", false, &i), 0);
        assert_int_equal(i.kind, FS_KIND_SYMLINK);
        assert_int_equal(look(fs, "/links/dangling", true, &i), NU_NOENT);
        assert_int_equal(look(fs, "/links/slow-dangling", true, &i), NU_NOENT);
        assert_int_equal(look(fs, "/links/directory", false, &i), 0);
        assert_int_equal(i.kind, FS_KIND_SYMLINK);
        assert_int_equal(look(fs, "/links/directory/", false, &i), 0);
        assert_int_equal(i.kind, FS_KIND_DIRECTORY);
        assert_int_equal(look(fs, "/links/fast/", true, &i), NU_NOTDIR);
        unmount(fs, &image);
    }
}

static void a_file_over_4_gib_is_read_at_its_end(void **state)
{
    struct fs_inode i;
    struct fs_file f;
    struct nu_blob blobs[NU_STRINGS_MAX];
    struct fs_pieces p = {.pieces = blobs, .max = NU_STRINGS_MAX};
    struct image image;
    struct fs *fs = mount_image(&image, "default-1k");

    assert_int_equal(look(fs, "/sparse/huge", true, &i), 0);
    assert_int_equal(i.bytes, (5ull << 30) + 20000);
    fs_file_init(&f, &i);
    assert_int_equal(fs_file_read(fs, &f, 4ull << 30, 8, &p), 0);
    assert_int_equal(p.count, 1);
    assert_memory_equal(blobs[0].data, "at 4 GiB", 8);
    assert_int_equal(fs_file_read(fs, &f, i.bytes - 10, 100, &p), 0);
    assert_int_equal(p.bytes, 10);
    assert_int_equal(fs_file_read(fs, &f, i.bytes, 100, &p), 0);
    assert_int_equal(p.bytes, 0);
    assert_int_equal(fs_file_read(fs, &f, UINT64_MAX, 100, &p), 0);
    assert_int_equal(p.bytes, 0);
    /* Holes cost pieces only where they are long. */
    assert_int_equal(fs_file_read(fs, &f, 1 << 20, 65536, &p), 0);
    assert_int_equal(p.bytes, 65536);
    assert_int_equal(p.count, 16);
    unmount(fs, &image);
}

static void extents_are_deep(void **state)
{
    struct fs_inode i;
    struct image image;
    struct fs *fs = mount_image(&image, "default-1k");

    assert_int_equal(look(fs, "/sparse/extents", true, &i), 0);
    /* 420 extents do not fit in four leaves of 1 KiB: an index of indexes. */
    assert_int_equal(((const uint16_t *)(const void *)i.map)[3], 2);
    unmount(fs, &image);
}

/* A large file comes in large requests and few pieces. */
static void sequential_reads_are_large(void **state)
{
    struct fs_inode i;
    struct fs_file f;
    struct nu_blob blobs[NU_STRINGS_MAX];
    struct fs_pieces p = {.pieces = blobs, .max = NU_STRINGS_MAX};
    struct image image;
    struct fs *fs = mount_image(&image, "default-4k");
    uint64_t offset = 0;
    uint32_t pieces = 0;
    uint32_t calls = 0;

    assert_int_equal(look(fs, "/sizes/700001", true, &i), 0);
    fs_file_init(&f, &i);
    image.reads = 0;
    do {
        fs_cache_unpin_all(&fs->cache);
        assert_int_equal(fs_file_read(fs, &f, offset, 65536, &p), 0);
        offset += p.bytes;
        pieces += p.count;
        calls++;
    } while (p.bytes != 0);
    assert_int_equal(offset, 700001);
    assert_int_equal(calls, 12);
    /* 700,001 bytes: 64 KiB, then 128 KiB at a time. */
    assert_true(image.reads <= 7);
    assert_true(pieces <= 2 * calls);
    unmount(fs, &image);
}

static void expect_refused(const char *name, int status, const char *why)
{
    struct fs *fs = NULL;
    struct image image;

    log_clear();
    image_load(&image, name);
    assert_int_equal(fs_mount(&fs, &image.disk, CACHE_BYTES), status);
    assert_null(fs);
    if (!log_has(why)) {
        log_print();
        fail_msg("%s: the log does not say: %s", name, why);
    }
    image_free(&image);
}

static void what_is_not_supported_is_refused_by_name(void **state)
{
    expect_refused("refuse-recover", NU_UNSUP, "journal needs recovery");
    expect_refused("refuse-unknown", NU_UNSUP,
                   "unknown incompatible features 0x40000000");
    expect_refused("refuse-casefold", NU_UNSUP, "feature casefold");
    expect_refused("refuse-encrypt", NU_UNSUP, "feature encrypt");
    expect_refused("refuse-inline", NU_UNSUP, "feature inline_data");
    expect_refused("refuse-mmp", NU_UNSUP, "feature mmp");
}

/* A file that must be read in a way of its own is not read in another. */
static void files_in_unknown_formats_are_not_read(void **state)
{
    struct image image;
    struct fs *fs = mount_image(&image, "verity");
    struct fs_inode i;
    uint8_t *data;
    size_t bytes;

    log_clear();
    assert_int_equal(look(fs, "/file5000", true, &i), 0);
    assert_int_equal(read_all(fs, &i, 100, &data, &bytes), NU_UNSUP);
    assert_true(log_has("not supported"));
    assert_int_equal(look(fs, "/file1024", true, &i), 0);
    assert_int_equal(read_all(fs, &i, 100, &data, &bytes), NU_UNSUP);
    assert_int_equal(look(fs, "/file40000", true, &i), 0);
    assert_int_equal(read_all(fs, &i, 100, &data, &bytes), NU_CORRUPT);
    unmount(fs, &image);
}

/* Checksums that were taken away on purpose are not missed. */
static void removed_checksums_are_not_missed(void **state)
{
    struct walk_result r;
    struct image image;
    struct fs *fs = mount_image(&image, "no-csum-bit");
    char tree[512];

    assert_false(fs->has_csum);
    snprintf(tree, sizeof(tree), "%s/small", images_path());
    walk(fs, tree, 0, &r);
    assert_int_equal(r.wrong + r.errors, 0);
    unmount(fs, &image);
}

static void a_tiny_or_empty_disk_is_refused(void **state)
{
    struct fs *fs = NULL;
    struct image image;

    image_load(&image, "small-1k");
    image.size = 2048;
    image_attach(&image);
    assert_int_equal(fs_mount(&fs, &image.disk, CACHE_BYTES), NU_IO);
    image.size = 1024;
    image_attach(&image);
    assert_int_equal(fs_mount(&fs, &image.disk, CACHE_BYTES), NU_CORRUPT);
    image.size = 16 << 20;
    memset(image.bytes, 0, image.size);
    image_attach(&image);
    assert_int_equal(fs_mount(&fs, &image.disk, CACHE_BYTES), NU_CORRUPT);
    assert_true(log_has("no ext2, ext3 or ext4 file system"));
    image_free(&image);
}

static void cursors_not_ours_are_refused(void **state)
{
    struct fs_inode i;
    struct image image;
    struct fs *fs = mount_image(&image, "default-1k");
    uint64_t next = 0;
    size_t bytes = 0;

    assert_int_equal(look(fs, "/many", true, &i), 0);
    assert_int_equal(fs_dir_list(fs, &i, i.bytes, &bytes, &next), NU_INVAL);
    assert_int_equal(fs_dir_list(fs, &i, UINT64_MAX, &bytes, &next), NU_INVAL);
    assert_int_equal(fs_dir_list(fs, &i, 1, &bytes, &next), NU_INVAL);
    assert_int_equal(fs_dir_list(fs, &i, 5 * 1024 + 2, &bytes, &next),
                     NU_INVAL);
    assert_int_equal(fs_dir_list(fs, &i, 0, &bytes, &next), 0);
    assert_true(next != 0 && bytes > FS_LIST_BYTES - 400);
    assert_int_equal(fs_dir_list(fs, &i, next, &bytes, &next), 0);
    unmount(fs, &image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_reads_like_its_tree),
        cmocka_unit_test(modified_time_has_34_bits_and_nanoseconds),
        cmocka_unit_test(hash_tree_is_used),
        cmocka_unit_test(names_that_are_not_there_are_not_found),
        cmocka_unit_test(paths_stop_at_the_root),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(a_file_over_4_gib_is_read_at_its_end),
        cmocka_unit_test(extents_are_deep),
        cmocka_unit_test(sequential_reads_are_large),
        cmocka_unit_test(what_is_not_supported_is_refused_by_name),
        cmocka_unit_test(files_in_unknown_formats_are_not_read),
        cmocka_unit_test(removed_checksums_are_not_missed),
        cmocka_unit_test(a_tiny_or_empty_disk_is_refused),
        cmocka_unit_test(cursors_not_ours_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
