#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rt/flavour.h>
#include <rt/heap.h>

#include "rt_fake.h"

#define PIECES 300

rt_local_start_fn rt_find_local(const struct nu_start_local *local)
{
    (void)local;
    return NULL;
}

static void start(uint64_t pages)
{
    fake_begin();
    fake.purse_pages = pages;
    rt_heap_begin(FAKE_PURSE, FAKE_SPACE, fake.start.heap_base);
}

static bool is_zero(const uint8_t *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Pieces of every size, taken and given back in no order, keep their contents
 * and are zero when new. */
static void pieces_are_zero_and_apart(void **state)
{
    uint8_t *piece[PIECES] = {0};
    size_t bytes[PIECES] = {0};

    (void)state;
    start(100000);
    srand(7);
    for (int round = 0; round < 20000; round++) {
        int i = rand() % PIECES;

        if (piece[i] != NULL) {
            for (size_t k = 0; k < bytes[i]; k++) {
                assert_int_equal(piece[i][k], (uint8_t)(i + 1));
            }
            rt_free(piece[i]);
            piece[i] = NULL;
            continue;
        }
        bytes[i] = (size_t)rand() % (rand() % 8 == 0 ? 20000 : 500);
        piece[i] = rt_alloc(bytes[i]);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 16, 0);
        assert_true(is_zero(piece[i], bytes[i]));
        memset(piece[i], i + 1, bytes[i]);
    }
}

static void pages_join_again(void **state)
{
    uint8_t *p[64];
    uint64_t left;

    (void)state;
    start(300);
    for (int i = 0; i < 64; i++) {
        p[i] = rt_alloc_pages(4);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % NU_PAGE_BYTES, 0);
        memset(p[i], 0xff, 4 * NU_PAGE_BYTES);
    }
    left = fake.purse_pages;
    for (int i = 0; i < 64; i += 2) {
        rt_free_pages(p[i], 4);
    }
    for (int i = 1; i < 64; i += 2) {
        rt_free_pages(p[i], 4);
    }
    p[0] = rt_alloc_pages(256);
    assert_non_null(p[0]);
    assert_true(is_zero(p[0], 256 * NU_PAGE_BYTES));
    assert_int_equal(fake.purse_pages, left);
}

static void an_empty_purse_gives_null_and_nothing_breaks(void **state)
{
    void *p[400] = {0};
    int count = 0;

    (void)state;
    start(100);
    while (count < 400 && (p[count] = rt_alloc_pages(1)) != NULL) {
        memset(p[count], 0xaa, NU_PAGE_BYTES);
        count++;
    }
    assert_int_equal(count, 100); /* to the last page */
    assert_int_equal(fake.purse_pages, 0);
    assert_null(rt_alloc(10));
    assert_null(rt_alloc_pages(1));
    rt_free_pages(p[50], 1);
    assert_non_null(rt_alloc(10));
    assert_null(rt_alloc_pages(1));
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    start(1000);
    assert_null(rt_alloc(SIZE_MAX));
    assert_null(rt_alloc(SIZE_MAX - 8));
    assert_null(rt_alloc_pages(0));
    assert_null(rt_alloc_pages(SIZE_MAX));
    rt_free(NULL);
    rt_free_pages(NULL, 3);
    assert_non_null(rt_alloc(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zero_and_apart),
        cmocka_unit_test(pages_join_again),
        cmocka_unit_test(an_empty_purse_gives_null_and_nothing_breaks),
        cmocka_unit_test(impossible_sizes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
