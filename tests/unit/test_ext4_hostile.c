/*
 * Damaged, truncated and forged images: where there are checksums everything is
 * either right or an error; where there are none, or somebody made them right
 * again, nothing worse than wrong content happens, and soon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <fs/fs_internal.h>
#include <tests/ext4/mutate.h>
#include <tests/unit/ext4_host.h>

#define CACHE_BYTES (256u << 10)
#define WHOLE_CACHE (48u << 20)
/* A walk over a good image needs under 1,000. */
#define READS_MAX 100000u
#define VARIANTS  250u
/* A hang ends the test. */
#define SECONDS_MAX 280u

static char tree[512];

/* An image, what is in it, and a copy to damage. */
struct subject {
    struct image good;
    struct image bad;
    struct fs *fs;
    struct targets targets;
};

static void subject_open(struct subject *s, const char *name)
{
    struct walk_result r;

    snprintf(tree, sizeof(tree), "%s/small", images_path());
    image_load(&s->good, name);
    assert_int_equal(fs_mount(&s->fs, &s->good.disk, WHOLE_CACHE), 0);
    walk(s->fs, tree, 0, &r);
    assert_int_equal(r.wrong + r.errors, 0);
    targets_find(&s->targets, s->fs);
    s->bad.size = s->good.size;
    s->bad.bytes = malloc(s->bad.size);
    memcpy(s->bad.bytes, s->good.bytes, s->bad.size);
    image_attach(&s->bad);
}

/* Makes (bad) as good as new. */
static void subject_restore(struct subject *s)
{
    for (uint32_t i = 0; i < s->targets.count; i++) {
        const struct target *t = &s->targets.list[i];

        memcpy(s->bad.bytes + t->offset, s->good.bytes + t->offset, t->bytes);
    }
    s->bad.size = s->good.size;
    image_attach(&s->bad);
}

static void subject_close(struct subject *s)
{
    fs_unmount(s->fs);
    image_free(&s->good);
    image_free(&s->bad);
}

static bool walk_bad(struct subject *s, uint32_t flags, struct walk_result *r)
{
    struct fs *fs = NULL;

    log_clear();
    memset(r, 0, sizeof(*r));
    if (fs_mount(&fs, &s->bad.disk, CACHE_BYTES) != 0) {
        assert_null(fs);
        return false;
    }
    walk(fs, tree, flags, r);
    fs_unmount(fs);
    if (s->bad.reads > READS_MAX)
        fail_msg("%lu reads", s->bad.reads);
    return true;
}

static void damage_is_never_believed(const char *name)
{
    uint32_t unmounted = 0;
    uint32_t with_errors = 0;
    uint32_t harmless = 0;
    uint32_t parts[PART_COUNT] = {0};
    struct subject s;

    subject_open(&s, name);
    for (uint32_t v = 0; v < VARIANTS; v++) {
        struct walk_result r;
        enum part part = mutate(&s.targets, s.bad.bytes, v, false);

        parts[part]++;
        if (!walk_bad(&s, 0, &r))
            unmounted++;
        else if (r.wrong != 0)
            fail_msg("%s, variant %u (%s): %s", name, v, part_names[part],
                     r.first_wrong);
        else if (r.errors != 0)
            with_errors++;
        else
            harmless++;
        if (r.errors != 0)
            assert_true(log_has("fs: "));
        subject_restore(&s);
    }
    printf("%s: %u refused, %u with errors, %u harmless\n", name, unmounted,
           with_errors, harmless);
    /* All kinds were hit, and the damage was seen. */
    for (uint32_t p = PART_SUPER; p <= PART_INDEX; p++)
        assert_true(parts[p] >= 20 || s.targets.of_part[p] == 0);
    assert_true(unmounted + with_errors > VARIANTS * 3 / 5);
    assert_true(with_errors > VARIANTS / 4);
    subject_close(&s);
}

static void damage_is_never_believed_1k(void **state)
{
    damage_is_never_believed("small-1k");
}

static void damage_is_never_believed_4k(void **state)
{
    damage_is_never_believed("small-4k");
}

static void nothing_bad_happens(const char *name, bool is_forged)
{
    uint32_t mounted = 0;
    struct subject s;

    subject_open(&s, name);
    for (uint32_t v = 0; v < VARIANTS; v++) {
        struct walk_result r;

        mutate(&s.targets, s.bad.bytes, v, is_forged);
        mounted += walk_bad(&s, WALK_BLIND, &r);
        subject_restore(&s);
    }
    printf("%s: %u of %u mounted\n", name, mounted, VARIANTS);
    assert_true(mounted > VARIANTS / 2);
    subject_close(&s);
}

static void forged_images_do_no_harm(void **state)
{
    nothing_bad_happens("small-1k", true);
    nothing_bad_happens("small-4k", true);
}

static void images_without_checksums_do_no_harm(void **state)
{
    nothing_bad_happens("small-nocsum", false);
    nothing_bad_happens("small-blockmap", false);
}

static void truncated_images_read_as_far_as_they_go(void **state)
{
    struct subject s;
    struct walk_result all;
    uint32_t last = UINT32_MAX;

    subject_open(&s, "small-1k");
    assert_true(walk_bad(&s, 0, &all));
    for (uint32_t cut = 0; cut < 64; cut++) {
        struct walk_result r;

        s.bad.size = s.good.size - cut * (s.good.size / 64);
        image_attach(&s.bad);
        if (!walk_bad(&s, 0, &r))
            continue;
        assert_int_equal(r.wrong, 0);
        assert_true(cut == 0 || log_has("cannot be read"));
        assert_true(r.files + r.links <= last);
        last = r.files + r.links;
    }
    assert_true(last < all.files + all.links);
    subject_close(&s);
}

/* Where inode (number) is in the image. */
static uint8_t *inode_at(struct subject *s, uint32_t number)
{
    const struct fs *fs = s->fs;
    uint32_t index = (number - 1) % fs->inodes_per_group;
    uint64_t table;

    assert_int_equal(fs_group_inode_table(
                         s->fs, (number - 1) / fs->inodes_per_group, &table),
                     0);
    return s->bad.bytes + table * fs->block_bytes +
           (size_t)index * fs->inode_bytes;
}

static void only_the_damaged_object_is_lost(void **state)
{
    struct subject s;
    struct walk_result r;
    struct fs_inode i;
    struct fs_run run;
    char line[64];

    subject_open(&s, "small-1k");
    /* An inode: its file, which the log names. */
    assert_int_equal(look(s.fs, "/file5000", true, &i), 0);
    inode_at(&s, i.number)[4] ^= 1;
    assert_true(walk_bad(&s, 0, &r));
    assert_int_equal(r.wrong, 0);
    assert_int_equal(r.errors, 1);
    snprintf(line, sizeof(line), "fs: inode %u: wrong checksum", i.number);
    assert_true(log_has(line));
    inode_at(&s, i.number)[4] ^= 1;
    /* A directory's block: the directory. */
    assert_int_equal(look(s.fs, "/a/b", true, &i), 0);
    assert_int_equal(fs_map(s.fs, &i, 0, &run), 0);
    s.bad.bytes[run.disk * 1024 + 30] ^= 1;
    assert_true(walk_bad(&s, 0, &r));
    assert_int_equal(r.errors, 1);
    snprintf(line, sizeof(line), "fs: directory %u: block 0: wrong checksum",
             i.number);
    assert_true(log_has(line));
    s.bad.bytes[run.disk * 1024 + 30] ^= 1;
    /* A block of an extent tree: its file. */
    for (uint32_t t = 0; t < s.targets.count; t++) {
        if (s.targets.list[t].part == PART_EXTENTS) {
            s.bad.bytes[s.targets.list[t].offset + 20] ^= 0x80;
            break;
        }
    }
    assert_true(walk_bad(&s, 0, &r));
    assert_int_equal(r.errors, 1);
    assert_true(log_has("extent tree: wrong checksum"));
    subject_restore(&s);
    assert_true(walk_bad(&s, 0, &r));
    assert_int_equal(r.errors, 0);
    subject_close(&s);
}

static void an_unreadable_sector_costs_one_file(void **state)
{
    struct subject s;
    struct walk_result r;
    struct fs_inode i;
    struct fs_run run;
    struct fs *fs = NULL;
    struct fs_file f;
    struct nu_blob blobs[NU_STRINGS_MAX];
    struct fs_pieces p = {.pieces = blobs, .max = NU_STRINGS_MAX};

    subject_open(&s, "small-1k");
    assert_int_equal(look(s.fs, "/file40000", true, &i), 0);
    assert_int_equal(fs_map(s.fs, &i, 20, &run), 0);
    s.bad.bad_sector = (run.disk + 20 - run.first) * 2;
    assert_int_equal(fs_mount(&fs, &s.bad.disk, CACHE_BYTES), 0);
    walk(fs, tree, 0, &r);
    assert_int_equal(r.wrong, 0);
    assert_int_equal(r.errors, 1);
    /* What is before it can be read, whatever is read ahead. */
    fs_file_init(&f, &i);
    assert_int_equal(fs_file_read(fs, &f, 0, 20 * 1024, &p), 0);
    assert_int_equal(p.bytes, 20 * 1024);
    assert_int_equal(fs_file_read(fs, &f, 0, 21 * 1024, &p), NU_IO);
    assert_int_equal(fs_file_read(fs, &f, 21 * 1024, 1024, &p), 0);
    fs_unmount(fs);
    subject_close(&s);
}

/* A read whose blocks do not all fit beside what is pinned gives what does. */
static void a_full_cache_shortens_reads(void **state)
{
    struct nu_blob blobs[NU_STRINGS_MAX];
    struct fs_pieces p = {.pieces = blobs, .max = NU_STRINGS_MAX};
    struct fs_block b;
    struct subject s;
    struct fs_inode i;
    struct fs_file f;
    struct fs *fs = NULL;
    uint8_t *data;
    size_t bytes;

    subject_open(&s, "small-4k");
    assert_int_equal(look(s.fs, "/file40000", true, &i), 0);
    assert_int_equal(read_all(s.fs, &i, 4096, &data, &bytes), 0);
    /* Two slots of 16 blocks for data. */
    assert_int_equal(fs_mount(&fs, &s.bad.disk, FS_CACHE_BYTES_MIN), 0);
    fs_file_init(&f, &i);
    assert_int_equal(fs_file_read(fs, &f, 0, 1, &p), 0);
    assert_int_equal(fs_cache_get(&fs->cache, FS_POOL_DATA, 3000, 15, &b), 0);
    assert_int_equal(fs_cache_get(&fs->cache, FS_POOL_DATA, 3100, 16, &b), 0);
    fs_cache_unpin_all(&fs->cache);
    fs_cache_pin(&fs->cache, &b);
    assert_int_equal(fs_file_read(fs, &f, 0, 40000, &p), 0);
    assert_int_equal(p.bytes, 4096);
    assert_int_equal(blobs[0].bytes, 4096);
    assert_memory_equal(blobs[0].data, data, 4096);
    fs_cache_unpin_all(&fs->cache);
    assert_int_equal(fs_file_read(fs, &f, 0, 40000, &p), 0);
    assert_int_equal(p.bytes, 40000);
    free(data);
    fs_unmount(fs);
    subject_close(&s);
}

/* A superblock whose feature bit for checksums is lost is not one without. */
static void a_lost_checksum_feature_is_noticed(void **state)
{
    struct subject s;
    struct walk_result r;
    struct ext4_super *super;

    subject_open(&s, "small-1k");
    super = (void *)(s.bad.bytes + EXT4_SUPER_OFFSET);
    super->feature_ro_compat &= ~EXT4_ROCOMPAT_METADATA_CSUM;
    assert_false(walk_bad(&s, 0, &r));
    assert_true(log_has("superblock: wrong checksum"));
    subject_close(&s);
}

/* Complaints have a limit. */
static void the_log_is_not_flooded(void **state)
{
    struct subject s;
    struct walk_result r;
    uint64_t table;

    subject_open(&s, "small-1k");
    assert_int_equal(fs_group_inode_table(s.fs, 0, &table), 0);
    /* All but the root directory's block of inodes. */
    memset(s.bad.bytes + (table + 1) * 1024, 0xff,
           (size_t)(s.fs->inodes_per_group / 4 - 1) * 1024);
    assert_true(walk_bad(&s, 0, &r));
    assert_true(r.errors > 8);
    assert_int_equal(r.wrong, 0);
    for (uint32_t i = 0; i < 100; i++)
        fs_log(s.fs, "fs: complaint %u", i);
    assert_true(log_has("complaint 20"));
    assert_false(log_has("complaint 40"));
    assert_true(log_has("left out"));
    subject_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_never_believed_1k),
        cmocka_unit_test(damage_is_never_believed_4k),
        cmocka_unit_test(forged_images_do_no_harm),
        cmocka_unit_test(images_without_checksums_do_no_harm),
        cmocka_unit_test(truncated_images_read_as_far_as_they_go),
        cmocka_unit_test(only_the_damaged_object_is_lost),
        cmocka_unit_test(an_unreadable_sector_costs_one_file),
        cmocka_unit_test(a_full_cache_shortens_reads),
        cmocka_unit_test(a_lost_checksum_feature_is_noticed),
        cmocka_unit_test(the_log_is_not_flooded),
    };

    images_wanted = "small-1k small-4k small-nocsum small-blockmap";
    alarm(SECONDS_MAX);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
