/* The block cache over a disk whose sectors tell their own number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <tests/unit/ext4_host.h>

#define BLOCK  4096u
#define BLOCKS 4096u

struct numbers {
    struct fs_disk disk;
    uint32_t reads;
    uint64_t bad_block; /* UINT64_MAX: none */
};

static int read_numbers(void *ctx, uint64_t sector, uint32_t count, void *to)
{
    struct numbers *n = ctx;
    uint64_t *words = to;

    n->reads++;
    assert_true(sector + count <= n->disk.sectors);
    if (n->bad_block >= sector / 8 && n->bad_block < (sector + count) / 8)
        return NU_IO;
    for (uint32_t i = 0; i < count * 64; i++)
        words[i] = sector + i / 64;
    return 0;
}

static struct numbers disk;
static struct fs_cache cache;

static void open_cache(uint64_t bytes)
{
    memset(&disk, 0, sizeof(disk));
    disk.disk.read = read_numbers;
    disk.disk.ctx = &disk;
    disk.disk.sectors = BLOCKS * 8;
    disk.bad_block = UINT64_MAX;
    assert_int_equal(fs_cache_create(&cache, &disk.disk, BLOCK, bytes), 0);
}

static const uint8_t *get(enum fs_pool pool, uint64_t block, uint32_t run)
{
    struct fs_block b;
    const uint64_t *words;

    assert_int_equal(fs_cache_get(&cache, pool, block, run, &b), 0);
    words = b.data;
    assert_int_equal(words[0], block * 8);
    assert_int_equal(words[511], block * 8 + 7);
    return b.data;
}

static bool is_cached(uint64_t block)
{
    uint32_t before = disk.reads;

    get(FS_POOL_META, block, 1);
    return disk.reads == before;
}

static void a_run_is_one_read_and_one_piece(void **state)
{
    const uint8_t *first;

    open_cache(1 << 20);
    first = get(FS_POOL_DATA, 100, 32);
    assert_int_equal(disk.reads, 1);
    for (uint32_t i = 0; i < 32; i++)
        assert_ptr_equal(get(FS_POOL_DATA, 100 + i, 1), first + i * BLOCK);
    assert_int_equal(disk.reads, 1);
    fs_cache_destroy(&cache);
}

static void a_run_stops_at_what_is_cached(void **state)
{
    open_cache(1 << 20);
    get(FS_POOL_DATA, 105, 1);
    get(FS_POOL_DATA, 100, 32);
    assert_int_equal(cache.read_blocks, 6);
    /* And at the end of the disk. */
    get(FS_POOL_DATA, BLOCKS - 3, 32);
    assert_int_equal(cache.read_blocks, 9);
    fs_cache_destroy(&cache);
}

static void memory_is_bounded(void **state)
{
    const uint8_t *low = (const uint8_t *)UINTPTR_MAX;
    const uint8_t *high = NULL;

    open_cache(1 << 20);
    for (uint64_t b = 0; b < BLOCKS; b += 7) {
        const uint8_t *at = get(FS_POOL_DATA, b, 3);

        low = at < low ? at : low;
        high = at > high ? at : high;
    }
    assert_true(high - low < 1 << 20);
    /* 768 KiB of data, used to the full. */
    assert_true(high - low > 740 << 10);
    fs_cache_destroy(&cache);
}

static void the_least_recently_used_goes_first(void **state)
{
    open_cache(1 << 20);
    /* Six slots of 32 blocks; the first is used again and again. */
    for (uint64_t b = 0; b < 20; b++) {
        get(FS_POOL_DATA, b * 32, 32);
        get(FS_POOL_DATA, 5, 1);
    }
    assert_int_equal(disk.reads, 20);
    assert_true(is_cached(5) && is_cached(31));
    assert_true(is_cached(19 * 32) && is_cached(15 * 32));
    assert_false(is_cached(14 * 32));
    fs_cache_destroy(&cache);
}

static void data_does_not_drive_out_metadata(void **state)
{
    open_cache(1 << 20);
    for (uint64_t b = 0; b < 60; b++)
        get(FS_POOL_META, 4000 + b, 1);
    for (uint64_t b = 0; b < 3900; b += 32)
        get(FS_POOL_DATA, b, 32);
    for (uint64_t b = 0; b < 60; b++)
        assert_true(is_cached(4000 + b));
    fs_cache_destroy(&cache);
}

static void pinned_blocks_stay(void **state)
{
    struct fs_block b[7];
    struct fs_block other;

    open_cache(1 << 20);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, i * 100, 32, &b[i]),
                         0);
        fs_cache_pin(&cache, &b[i]);
    }
    assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, 1000, 1, &other),
                     NU_NOSPC);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(*(const uint64_t *)b[i].data, i * 800);
    /* What is there can still be had, and metadata read. */
    get(FS_POOL_DATA, 531, 1);
    get(FS_POOL_META, 2000, 1);
    fs_cache_unpin_all(&cache);
    get(FS_POOL_DATA, 1000, 1);
    fs_cache_destroy(&cache);
}

static void room_beside_pinned_blocks_is_used(void **state)
{
    struct fs_block b;

    open_cache(1 << 20);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, i * 100, 30, &b),
                         0);
        fs_cache_pin(&cache, &b);
    }
    /* Two blocks are free behind the last run. */
    assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, 1000, 8, &b), 0);
    assert_int_equal(cache.read_blocks, 182);
    assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, 1002, 1, &b), NU_NOSPC);
    fs_cache_destroy(&cache);
}

static void an_unreadable_block_does_not_hide_its_neighbours(void **state)
{
    struct fs_block b;

    open_cache(1 << 20);
    disk.bad_block = 103;
    get(FS_POOL_DATA, 100, 8);
    get(FS_POOL_DATA, 101, 2);
    assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, 103, 4, &b), NU_IO);
    get(FS_POOL_DATA, 104, 4);
    /* It is asked for again each time. */
    disk.bad_block = UINT64_MAX;
    get(FS_POOL_DATA, 103, 4);
    assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, BLOCKS, 1, &b), NU_IO);
    assert_int_equal(fs_cache_get(&cache, FS_POOL_DATA, UINT64_MAX / 8, 1, &b),
                     NU_IO);
    fs_cache_destroy(&cache);
}

/* A block that was read anew has not been checked by anybody. */
static void the_check_mark_goes_with_the_block(void **state)
{
    struct fs_block b;

    open_cache(1 << 20);
    assert_int_equal(fs_cache_get(&cache, FS_POOL_META, 9, 1, &b), 0);
    assert_int_equal(*b.checked, 0);
    *b.checked = 77;
    assert_int_equal(fs_cache_get(&cache, FS_POOL_META, 9, 1, &b), 0);
    assert_int_equal(*b.checked, 77);
    for (uint64_t n = 100; n < 400; n++) {
        assert_int_equal(fs_cache_get(&cache, FS_POOL_META, n, 1, &b), 0);
        assert_int_equal(*b.checked, 0);
        *b.checked = n;
    }
    assert_int_equal(fs_cache_get(&cache, FS_POOL_META, 9, 1, &b), 0);
    assert_int_equal(*b.checked, 0);
    fs_cache_destroy(&cache);
}

static void little_memory_makes_a_small_cache(void **state)
{
    open_cache(0);
    assert_int_equal(cache.pools[FS_POOL_DATA].slot_count, 2);
    fs_cache_destroy(&cache);
    for (uint32_t n = 1; n <= 6; n++) {
        alloc_fails = n;
        open_cache(4 << 20);
        assert_int_equal(cache.pools[FS_POOL_DATA].pages,
                         alloc_fails == 0 ? 384 : 768);
        alloc_fails = 0;
        fs_cache_destroy(&cache);
    }
    assert_int_equal(alloc_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_one_read_and_one_piece),
        cmocka_unit_test(a_run_stops_at_what_is_cached),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(data_does_not_drive_out_metadata),
        cmocka_unit_test(pinned_blocks_stay),
        cmocka_unit_test(room_beside_pinned_blocks_is_used),
        cmocka_unit_test(an_unreadable_block_does_not_hide_its_neighbours),
        cmocka_unit_test(the_check_mark_goes_with_the_block),
        cmocka_unit_test(little_memory_makes_a_small_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
