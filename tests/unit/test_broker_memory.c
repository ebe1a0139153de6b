/*
 * The memory that a front-end shares: what is refused, and where addresses are.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_fixture.h"

#define PAGE GUEST_PAGE_BYTES

static struct guest_memory memory;

static struct vhost_memory_table two_regions(void)
{
    struct vhost_memory_table table = {
        .count = 2,
        .regions = {{0, 8 * PAGE, FIXTURE_USER, 0},
                    {0x100000, 4 * PAGE, FIXTURE_USER + 0x100000, 8 * PAGE}}};

    return table;
}

static void expect_refused(const struct vhost_memory_table *table, int file,
                           const char *why)
{
    int files[] = {file, file, file, file, file, file, file, file, file};
    uint32_t before = memory.count;
    const char *problem = guest_memory_set(&memory, table, files, table->count);

    assert_non_null(problem);
    if (strstr(problem, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
    assert_int_equal(memory.count, before);
}

static void addresses_are_found_in_their_region(void **state)
{
    struct vhost_memory_table table = two_regions();
    int file = fixture_memfd(12, true);
    int files[] = {file, file};
    uint64_t phys;
    uint8_t *at;

    (void)state;
    assert_null(guest_memory_set(&memory, &table, files, 2));
    assert_int_equal(pwrite(file, "x", 1, 9 * PAGE + 7), 1);
    at = guest_memory_at(&memory, 0x100000 + PAGE + 7, 1);
    assert_non_null(at);
    assert_int_equal(*at, 'x');
    assert_non_null(guest_memory_at(&memory, 0, 8 * PAGE));
    assert_null(guest_memory_at(&memory, 0, 8 * PAGE + 1));
    assert_null(guest_memory_at(&memory, 8 * PAGE, 1));
    assert_null(guest_memory_at(&memory, 7 * PAGE, UINT64_MAX));
    assert_null(guest_memory_at(&memory, UINT64_MAX, 1));
    assert_true(guest_memory_phys(&memory, FIXTURE_USER + 0x100000 + 5, &phys));
    assert_int_equal(phys, 0x100005);
    assert_false(guest_memory_phys(&memory, FIXTURE_USER + 8 * PAGE, &phys));
    assert_false(guest_memory_phys(&memory, 5, &phys));
    guest_memory_remove(&memory);
    assert_null(guest_memory_at(&memory, 0, 1));
    close(file);
}

static void wrong_tables_are_refused(void **state)
{
    static const struct {
        struct vhost_region region;
        const char *why;
    } cases[] = {
        {{0, 0, FIXTURE_USER, 0}, "empty"},
        {{1, PAGE, FIXTURE_USER, 0}, "whole pages"},
        {{0, 100, FIXTURE_USER, 0}, "whole pages"},
        {{0, PAGE, FIXTURE_USER + 1, 0}, "whole pages"},
        {{0, PAGE, FIXTURE_USER, 512}, "whole pages"},
        {{0, GUEST_MEMORY_MAX + PAGE, FIXTURE_USER, 0}, "too large"},
        {{~0xfffull, PAGE * 2, FIXTURE_USER, 0}, "goes round"},
        {{0, PAGE * 2, ~0xfffull, 0}, "goes round"},
        {{0, PAGE, FIXTURE_USER, 0x7ffffffffffff000ull}, "goes round"},
        {{0, PAGE, FIXTURE_USER, 12 * PAGE}, "beyond the end"},
        {{0, 13 * PAGE, FIXTURE_USER, 0}, "beyond the end"},
        {{0x100000 + 3 * PAGE, PAGE, FIXTURE_USER + 99 * PAGE, 0}, "overlap"},
        {{0x200000, PAGE, FIXTURE_USER + 0x100000, 0}, "overlap"},
    };
    struct vhost_memory_table table = two_regions();
    int file = fixture_memfd(12, true);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        table.regions[0] = cases[i].region;
        expect_refused(&table, file, cases[i].why);
    }
    table = two_regions();
    table.count = 0;
    expect_refused(&table, file, "no regions");
    table.count = 9;
    expect_refused(&table, file, "too many");
    table.count = 2;
    assert_non_null(guest_memory_set(&memory, &table, &file, 1));
    close(file);
}

static void files_must_be_sealed_memfds(void **state)
{
    struct vhost_memory_table table = two_regions();
    int unsealed = fixture_memfd(12, false);
    int zero = open("/dev/zero", O_RDWR);

    (void)state;
    expect_refused(&table, unsealed, "sealed against shrinking");
    expect_refused(&table, zero, "no memfd");
    expect_refused(&table, -1, "no memfd");
    close(unsealed);
    close(zero);
}

/* The second region cannot be had; the memory of before is still there. */
static void a_refused_table_leaves_the_old_one(void **state)
{
    struct vhost_memory_table table = two_regions();
    int file = fixture_memfd(12, true);
    int unsealed = fixture_memfd(12, false);
    int good[] = {file, file};
    int bad[] = {file, unsealed};

    (void)state;
    assert_null(guest_memory_set(&memory, &table, good, 2));
    /* More often than there can be regions: nothing of it is left. */
    for (uint32_t i = 0; i < BROKER_DOMAINS_MAX * VHOST_REGIONS_MAX * 2; i++)
        assert_non_null(guest_memory_set(&memory, &table, bad, 2));
    assert_int_equal(memory.count, 2);
    assert_null(guest_memory_set(&memory, &table, good, 2));
    *(uint8_t *)guest_memory_at(&memory, 0x100000, 1) = 1;
    guest_memory_remove(&memory);
    close(file);
    close(unsealed);
}

/* A page that the host cannot supply: here, beyond the end of a file. */
static void memory_that_vanishes_is_survived(void **state)
{
    struct vhost_memory_table table = two_regions();
    int file = fixture_memfd(12, true);
    int empty = fixture_memfd(0, false);
    int files[] = {file, file};
    volatile uint8_t *at;

    (void)state;
    guest_memory_guard();
    assert_null(guest_memory_set(&memory, &table, files, 2));
    at = guest_memory_at(&memory, 0x100000, 4 * PAGE);
    assert_ptr_not_equal(mmap(memory.regions[1].mapped, 4 * PAGE,
                              PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                              empty, 0),
                         MAP_FAILED);
    assert_int_equal(memory.hurt, 0);
    assert_int_equal(at[2 * PAGE], 0);
    assert_int_equal(memory.hurt, 1);
    at[3 * PAGE] = 5;
    assert_int_equal(at[3 * PAGE], 5);
    guest_memory_remove(&memory);
    assert_int_equal(memory.hurt, 0);
    close(file);
    close(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_found_in_their_region),
        cmocka_unit_test(wrong_tables_are_refused),
        cmocka_unit_test(files_must_be_sealed_memfds),
        cmocka_unit_test(a_refused_table_leaves_the_old_one),
        cmocka_unit_test(memory_that_vanishes_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
