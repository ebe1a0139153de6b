/*
 * Superblocks, group descriptors and inodes that cannot be, with right checksums
 * or on images without: each must be refused for what is wrong with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <fs/fs_internal.h>
#include <tests/unit/ext4_host.h>

#define CACHE_BYTES (256u << 10)

struct bad_field {
    uint32_t offset;
    uint32_t width;
    uint32_t value;
    int status;
    const char *why;
};

#define FIELD(name) \
    offsetof(struct ext4_super, name), sizeof(((struct ext4_super *)0)->name)
#define BLOCKS_WRONG "impossible number of blocks"
#define GROUPS_WRONG "impossible size of groups"
#define INODE_WRONG  "impossible inode size"
#define DESC_WRONG   "impossible descriptor size"

static const struct bad_field fields[] = {
    {FIELD(magic), 0xef52, NU_CORRUPT, "no ext2, ext3 or ext4"},
    {FIELD(rev_level), 2, NU_UNSUP, "unknown revision"},
    {FIELD(checksum_type), 2, NU_UNSUP, "unknown type of checksum"},
    {FIELD(log_block_size), 3, NU_UNSUP, "more than 4096 bytes"},
    {FIELD(log_block_size), 0xffffffff, NU_UNSUP, "more than 4096 bytes"},
    {FIELD(inode_size), 0, NU_CORRUPT, INODE_WRONG},
    {FIELD(inode_size), 64, NU_CORRUPT, INODE_WRONG},
    {FIELD(inode_size), 200, NU_CORRUPT, INODE_WRONG},
    {FIELD(inode_size), 2048, NU_CORRUPT, INODE_WRONG},
    {FIELD(desc_size), 0, NU_CORRUPT, DESC_WRONG},
    {FIELD(desc_size), 32, NU_CORRUPT, DESC_WRONG},
    {FIELD(desc_size), 96, NU_CORRUPT, DESC_WRONG},
    {FIELD(desc_size), 2048, NU_CORRUPT, DESC_WRONG},
    {FIELD(blocks_count_lo), 0, NU_CORRUPT, BLOCKS_WRONG},
    {FIELD(blocks_count_lo), 1, NU_CORRUPT, BLOCKS_WRONG},
    {FIELD(blocks_count_hi), 0xffffffff, NU_CORRUPT, BLOCKS_WRONG},
    {FIELD(first_data_block), 2, NU_CORRUPT, BLOCKS_WRONG},
    {FIELD(first_data_block), 0xffffffff, NU_CORRUPT, BLOCKS_WRONG},
    {FIELD(blocks_per_group), 0, NU_CORRUPT, GROUPS_WRONG},
    {FIELD(blocks_per_group), 8193, NU_CORRUPT, GROUPS_WRONG},
    {FIELD(inodes_per_group), 0, NU_CORRUPT, GROUPS_WRONG},
    {FIELD(inodes_per_group), 8193, NU_CORRUPT, GROUPS_WRONG},
    {FIELD(blocks_per_group), 1, NU_CORRUPT, "impossible number of inodes"},
    {FIELD(inodes_count), 0, NU_CORRUPT, "impossible number of inodes"},
    {FIELD(inodes_count), 1025, NU_CORRUPT, "impossible number of inodes"},
};

/* Mounts; the file system is left in (*out) if that works. */
static int try_mount(struct image *image, struct fs **out)
{
    log_clear();
    *out = NULL;
    return fs_mount(out, &image->disk, CACHE_BYTES);
}

static void impossible_superblocks_are_refused(void **state)
{
    struct ext4_super *super;
    struct ext4_super good;
    struct image image;
    struct fs *fs;
    struct fs *sums;

    image_load(&image, "small-1k");
    super = (void *)(image.bytes + EXT4_SUPER_OFFSET);
    good = *super;
    assert_int_equal(try_mount(&image, &sums), 0);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct bad_field *f = &fields[i];
        int status;

        memcpy((uint8_t *)super + f->offset, &f->value, f->width);
        super->checksum = fs_super_csum(sums, super);
        status = try_mount(&image, &fs);
        if (status != f->status || !log_has(f->why) || fs != NULL) {
            log_print();
            fail_msg("field at 0x%x = 0x%x: %d", f->offset, f->value, status);
        }
        *super = good;
    }
    assert_int_equal(try_mount(&image, &fs), 0);
    fs_unmount(fs);
    fs_unmount(sums);
    image_free(&image);
}

static void impossible_meta_groups_are_refused(void **state)
{
    struct ext4_super *super;
    struct image image;
    struct fs *fs;

    image_load(&image, "meta-bg");
    super = (void *)(image.bytes + EXT4_SUPER_OFFSET);
    assert_int_equal(try_mount(&image, &fs), 0);
    super->first_meta_bg = 100;
    super->checksum = fs_super_csum(fs, super);
    fs_unmount(fs);
    assert_int_equal(try_mount(&image, &fs), NU_CORRUPT);
    assert_true(log_has("impossible first_meta_bg"));
    image_free(&image);
}

static void inode_tables_outside_are_refused(void **state)
{
    static const uint32_t tables[] = {0, 1, 16384, 16383, 0xffffffff};
    struct ext4_group *group;
    struct image image;
    struct fs *fs;
    struct fs *sums;

    image_load(&image, "small-1k");
    group = (void *)(image.bytes + 2048);
    assert_int_equal(try_mount(&image, &sums), 0);
    for (uint32_t i = 0; i < 5; i++) {
        group->inode_table_lo = tables[i];
        group->checksum = fs_group_csum(sums, 0, group);
        assert_int_equal(try_mount(&image, &fs), NU_CORRUPT);
        assert_true(log_has("group 0: inode table at"));
    }
    fs_unmount(sums);
    image_free(&image);
}

/* Any change of a descriptor, with crc32c and with the older crc16. */
static void group_checksums_are_verified(void **state)
{
    static const char *const images[] = {"small-1k", "nocsum-1k"};

    for (uint32_t i = 0; i < 2; i++) {
        struct image image;
        struct fs *fs;

        image_load(&image, images[i]);
        image.bytes[2048 + 0x0c] ^= 1; /* free blocks: nobody asks for them */
        assert_int_equal(try_mount(&image, &fs), NU_CORRUPT);
        assert_true(log_has("group 0: wrong checksum"));
        image_free(&image);
    }
}

static void inodes_that_are_not_there_are_not_loaded(void **state)
{
    struct fs_inode inode;
    struct image image;
    struct fs *fs;

    image_load(&image, "small-nocsum");
    assert_int_equal(try_mount(&image, &fs), 0);
    assert_int_equal(fs_inode_load(fs, 0, &inode), NU_CORRUPT);
    assert_int_equal(fs_inode_load(fs, fs->inodes + 1, &inode), NU_CORRUPT);
    assert_int_equal(fs_inode_load(fs, UINT32_MAX, &inode), NU_CORRUPT);
    assert_false(log_has("group"));
    /* Free ones. */
    log_clear();
    assert_int_equal(fs_inode_load(fs, fs->inodes, &inode), NU_CORRUPT);
    assert_true(log_has("is free"));
    fs_unmount(fs);
    image_free(&image);
}

struct bad_inode {
    const char *path;
    uint32_t offset;
    uint32_t width;
    uint32_t value;
    const char *why;
};

#define INODE(name) \
    offsetof(struct ext4_inode, name), sizeof(((struct ext4_inode *)0)->name)

static const struct bad_inode inodes[] = {
    {"/file1", INODE(extra_isize), 129, "impossible extra size"},
    {"/file1", INODE(extra_isize), 0xffff, "impossible extra size"},
    {"/file1", INODE(mode), 0x1ff, "has no kind"},
    {"/file1", INODE(mode), 0xffff, "has no kind"},
    {"/file1", INODE(links_count), 0, "is free"},
    {"/file1", INODE(size_high), 0x80000000, "impossible size"},
    {"/a", INODE(size_lo), 0, "impossible size"},
    {"/a", INODE(size_lo), 1000, "impossible size"},
    {"/a", INODE(size_lo), 0xfffffc00, "impossible size"},
    {"/links/fast", INODE(size_lo), 0, "impossible size"},
    {"/links/fast", INODE(size_lo), 4096, "impossible size"},
};

static void impossible_inodes_are_refused(void **state)
{
    struct image image;
    struct fs *fs;

    image_load(&image, "small-nocsum");
    for (size_t i = 0; i < sizeof(inodes) / sizeof(inodes[0]); i++) {
        const struct bad_inode *bad = &inodes[i];
        uint32_t old = 0;
        struct fs_inode inode;
        uint64_t table;
        uint32_t index;
        uint8_t *raw;
        int status;

        assert_int_equal(try_mount(&image, &fs), 0);
        assert_int_equal(look(fs, bad->path, false, &inode), 0);
        index = inode.number - 1;
        assert_int_equal(
            fs_group_inode_table(fs, index / fs->inodes_per_group, &table), 0);
        raw = image.bytes + (table << fs->block_shift) +
              (size_t)(index % fs->inodes_per_group) * fs->inode_bytes;
        fs_unmount(fs);
        memcpy(&old, raw + bad->offset, bad->width);
        memcpy(raw + bad->offset, &bad->value, bad->width);
        assert_int_equal(try_mount(&image, &fs), 0);
        status = look(fs, bad->path, false, &inode);
        if (status != NU_CORRUPT || !log_has(bad->why)) {
            log_print();
            fail_msg("%s at 0x%x = 0x%x: %d", bad->path, bad->offset,
                     bad->value, status);
        }
        fs_unmount(fs);
        memcpy(raw + bad->offset, &old, bad->width);
    }
    image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_superblocks_are_refused),
        cmocka_unit_test(impossible_meta_groups_are_refused),
        cmocka_unit_test(inode_tables_outside_are_refused),
        cmocka_unit_test(group_checksums_are_verified),
        cmocka_unit_test(impossible_inodes_are_refused),
        cmocka_unit_test(inodes_that_are_not_there_are_not_loaded),
    };

    images_wanted = "small-1k small-nocsum nocsum-1k meta-bg";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
