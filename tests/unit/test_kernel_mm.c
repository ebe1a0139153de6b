/* Frames, purses, page tables, memory objects, address spaces, ucopy. */
#include "kernel_fixture.h"

#include <string.h>

#include <arch_mmu.h>
#include <mm/memory.h>
#include <mm/slab.h>
#include <mm/ucopy.h>

static void frame_is_zero_when_handed_out(void **state)
{
    paddr_t frame = frame_alloc();

    (void)state;
    memset(phys_to_virt(frame), 0xff, PAGE_BYTES);
    frame_free(frame);
    assert_int_equal(frame_alloc(), frame);
    for (size_t i = 0; i < PAGE_BYTES; i++)
        assert_int_equal(((uint8_t *)phys_to_virt(frame))[i], 0);
    frame_free(frame);
}

static void frame_run_is_contiguous_and_leaves_the_rest(void **state)
{
    uint64_t before = frame_free_count();
    paddr_t one = frame_alloc();
    paddr_t run = frame_alloc_run(5);

    (void)state;
    assert_int_not_equal(run, FRAME_NONE);
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(frame_is_used(run + i * PAGE_BYTES));
        assert_int_not_equal(run + i * PAGE_BYTES, one);
        frame_free(run + i * PAGE_BYTES);
    }
    frame_free(one);
    assert_int_equal(frame_free_count(), before);
    assert_int_equal(frame_alloc_run(frame_total() + 1), FRAME_NONE);
}

static void purse_refuses_above_its_limit(void **state)
{
    struct purse *purse = purse_create(&purse_root, 3);
    paddr_t frames[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        frames[i] = purse_page_alloc(purse);
        assert_int_not_equal(frames[i], FRAME_NONE);
    }
    assert_int_equal(purse_page_alloc(purse), FRAME_NONE);
    assert_null(purse_object_alloc(purse, 64));
    fixture_check_charges();
    for (int i = 0; i < 3; i++)
        purse_page_free(purse, frames[i]);
    object_put(&purse->object);
    object_reap();
}

static void purse_lends_its_limit_and_gets_it_back(void **state)
{
    struct purse *parent = purse_create(&purse_root, 100);
    struct purse *child = purse_create(parent, 90);

    (void)state;
    assert_non_null(child);
    assert_null(purse_create(parent, 20));
    assert_false(purse_has_room(parent, 10)); /* one page holds the child */
    object_put(&child->object);
    object_reap();
    assert_int_equal(parent->lent, 0);
    object_put(&parent->object);
    object_reap();
    assert_int_equal(purse_root.lent, 0);
}

static void purse_outlives_its_holder_until_the_last_object(void **state)
{
    struct purse *parent = purse_create(&purse_root, 100);
    struct purse *child = purse_create(parent, 50);
    void *object = purse_object_alloc(child, 100);

    (void)state;
    object_put(&child->object);
    object_put(&parent->object);
    object_reap();
    assert_int_equal(purse_root.lent, 100);
    purse_object_free(object);
    object_reap();
    assert_int_equal(purse_root.lent, 0);
    fixture_check_charges();
}

static void slab_objects_are_apart_and_zero(void **state)
{
    struct purse *purse = purse_create(&purse_root, 50);
    uint8_t *object[200];

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++) {
            object[i] = purse_object_alloc(purse, 100);
            for (int n = 0; n < 100; n++)
                assert_int_equal(object[i][n], 0);
            memset(object[i], i + 1, 100);
            assert_ptr_equal(purse_of_object(object[i]), purse);
        }
        for (int i = 0; i < 200; i++) {
            for (int n = 0; n < 100; n++)
                assert_int_equal(object[i][n], (uint8_t)(i + 1));
            purse_object_free(object[i]);
        }
    }
    assert_int_equal(purse->objects, 0);
    object_put(&purse->object);
    object_reap();
    fixture_check_charges();
}

static struct process *made;

static int setup_process(void **state)
{
    int status = fixture_setup(state);

    made = fixture_process("p", 200);
    return status;
}

static int teardown_process(void **state)
{
    process_end(made, 0);
    object_put(&made->object);
    object_reap();
    assert_int_equal(purse_root.lent, 0);
    return fixture_teardown(state);
}

static void space_refuses_what_is_not_fit_to_map(void **state)
{
    struct memory *memory = memory_create(made->purse, 4);
    struct space *space = made->space;
    uint64_t at = 0x5000000;

    (void)state;
    assert_int_equal(space_map(space, memory, 0, at + 1, 4096, PROT_READ),
                     NU_INVAL);
    assert_int_equal(space_map(space, memory, 1, at, 4096, PROT_READ),
                     NU_INVAL);
    assert_int_equal(space_map(space, memory, 0, at, 0, PROT_READ), NU_INVAL);
    assert_int_equal(space_map(space, memory, 0, at, 4096, 0), NU_INVAL);
    assert_int_equal(space_map(space, memory, 0, at, 5 * 4096, PROT_READ),
                     NU_RANGE);
    assert_int_equal(space_map(space, memory, 4096 * 5, at, 4096, PROT_READ),
                     NU_RANGE);
    assert_int_equal(space_map(space, memory, 0, 0, 4096, PROT_READ), NU_RANGE);
    assert_int_equal(
        space_map(space, memory, 0, USER_END - 4096, 2 * 4096, PROT_READ),
        NU_RANGE);
    assert_int_equal(
        space_map(space, memory, 0, 0xffff800000000000ull, 4096, PROT_READ),
        NU_RANGE);
    assert_int_equal(
        space_map(space, memory, 0, at, ~0ull & ~PAGE_MASK, PROT_READ),
        NU_RANGE);
    assert_int_equal(
        space_map(space, memory, 0, at, 4096, PROT_WRITE | PROT_EXEC),
        NU_INVAL);
    /* The process is sealed. */
    assert_int_equal(
        space_map(space, memory, 0, at, 4096, PROT_READ | PROT_EXEC),
        NU_SEALED);
    assert_int_equal(
        space_map(space, memory, 0, FIXTURE_HEAP + 4096, 4096, PROT_READ),
        NU_EXIST);
    assert_int_equal(
        space_map(space, memory, 0, FIXTURE_HEAP - 4096, 2 * 4096, PROT_READ),
        NU_EXIST);
    object_put(&memory->object);
    object_reap();
}

static void memory_is_mapped_in_one_place_only(void **state)
{
    struct process *other = fixture_process("q", 100);
    struct memory *memory = memory_create(made->purse, 2);

    (void)state;
    assert_int_equal(
        space_map(made->space, memory, 0, 0x5000000, 4096, PROT_READ), 0);
    assert_int_equal(
        space_map(made->space, memory, 4096, 0x6000000, 4096, PROT_READ),
        NU_BUSY);
    assert_int_equal(
        space_map(other->space, memory, 0, 0x5000000, 4096, PROT_READ),
        NU_BUSY);
    assert_int_equal(space_unmap(made->space, 0x5000000), 0);
    assert_int_equal(
        space_map(other->space, memory, 0, 0x5000000, 4096, PROT_READ), 0);
    object_put(&memory->object);
    process_end(other, 0);
    object_put(&other->object);
    object_reap();
}

static void unmap_takes_the_page_out_of_the_tables(void **state)
{
    struct memory *memory = memory_create(made->purse, 2);
    uint64_t before;

    (void)state;
    space_map(made->space, memory, 0, 0x5000000, 8192, PROT_READ | PROT_WRITE);
    fixture_poke(made, 0x5000ffc, "12345678", 8);
    mmu_load_root(made->space->root);
    before = fake_forgotten;
    assert_int_equal(space_unmap(made->space, 0x5000000), 0);
    assert_int_equal(fake_forgotten, before + 2);
    assert_int_equal(space_frame(made->space, 0x5000000, PROT_READ),
                     FRAME_NONE);
    assert_int_equal(space_unmap(made->space, 0x5000000), NU_NOENT);
    /* Its contents stay with the object. */
    assert_int_equal(memory->resident, 2);
    object_put(&memory->object);
    object_reap();
}

static void fixed_mappings_are_not_the_processs_to_change(void **state)
{
    (void)state;
    assert_int_equal(space_unmap(made->space, FIXTURE_BUFFER), NU_NOENT);
    assert_int_equal(space_protect(made->space, FIXTURE_BUFFER, PROT_READ),
                     NU_NOENT);
}

static void protect_only_takes_away(void **state)
{
    (void)state;
    assert_int_equal(space_protect(made->space, FIXTURE_HEAP, PROT_READ), 0);
    assert_int_equal(
        space_protect(made->space, FIXTURE_HEAP, PROT_READ | PROT_WRITE),
        NU_INVAL);
    assert_int_equal(space_touch(made->space, FIXTURE_HEAP, PROT_WRITE),
                     NU_FAULT);
    assert_int_equal(space_touch(made->space, FIXTURE_HEAP, PROT_READ), 0);
    assert_int_equal(space_frame(made->space, FIXTURE_HEAP, PROT_WRITE),
                     FRAME_NONE);
}

static void
demand_page_is_charged_and_refused_when_the_purse_is_empty(void **state)
{
    uint64_t used = made->purse->used;
    struct memory *big;

    (void)state;
    assert_int_equal(space_touch(made->space, FIXTURE_HEAP, PROT_WRITE), 0);
    assert_true(made->purse->used > used);
    big = memory_create(made->purse, 512);
    assert_non_null(big);
    assert_int_equal(space_map(made->space, big, 0, 0x8000000, 512 * 4096,
                               PROT_READ | PROT_WRITE),
                     0);
    for (uint64_t i = 0; i < 512; i++) {
        int status = space_touch(made->space, 0x8000000 + i * 4096, PROT_WRITE);

        if (status != 0) {
            assert_int_equal(status, NU_NOMEM);
            assert_int_equal(made->purse->used, made->purse->limit);
            object_put(&big->object);
            object_reap();
            return;
        }
    }
    fail_msg("512 pages came out of a purse of 200");
}

static void ucopy_refuses_every_bad_address(void **state)
{
    static const struct {
        uint64_t addr;
        uint64_t bytes;
        uint32_t access;
    } bad[] = {
        {0, 1, PROT_READ}, /* page 0 */
        {0x3000000, 1, PROT_READ}, /* unmapped */
        {FIXTURE_RO, 1, PROT_WRITE}, /* read-only */
        {FIXTURE_HEAP + FIXTURE_HEAP_BYTES - 1, 2, PROT_READ}, /* end */
        {FIXTURE_HEAP - 1, 2, PROT_READ}, /* begins before */
        {0xffff800000000000ull, 8, PROT_READ}, /* kernel */
        {0xffffffff80000000ull, 8, PROT_WRITE}, /* kernel image */
        {0x7ffffffff000ull, 1, PROT_READ}, /* the page never mapped */
        {0x800000000000ull, 1, PROT_READ}, /* not canonical */
        {~0ull, 2, PROT_READ}, /* wraps */
        {FIXTURE_HEAP, ~0ull - FIXTURE_HEAP + 2, PROT_READ}, /* wraps */
        {FIXTURE_HEAP, ~0ull, PROT_READ},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ucopy_at at = {made->space, bad[i].addr};

        assert_int_equal(ucopy_prepare(at, bad[i].bytes, bad[i].access),
                         NU_FAULT);
    }
}

static void ucopy_crosses_pages_at_every_offset(void **state)
{
    char out[64];

    (void)state;
    for (uint64_t off = 0; off < 64; off++) {
        char in[64];

        memset(in, (int)off + 1, sizeof(in));
        fixture_poke(made, FIXTURE_HEAP + 4096 - off, in, 64);
        memset(out, 0, sizeof(out));
        fixture_peek(made, FIXTURE_HEAP + 4096 - off, out, 64);
        assert_memory_equal(in, out, 64);
    }
}

static void kernel_space_reaches_only_its_own_gib(void **state)
{
    struct space *one = space_create_kernel(made->purse);
    struct space *two = space_create_kernel(made->purse);
    struct memory *memory = memory_create(made->purse, 1);

    (void)state;
    assert_int_not_equal(one->begin, two->begin);
    assert_int_equal(space_map(one, memory, 0, two->begin, 4096, PROT_READ),
                     NU_RANGE);
    assert_int_equal(space_map(one, memory, 0, 0x5000000, 4096, PROT_READ),
                     NU_RANGE);
    assert_int_equal(
        space_map(one, memory, 0, one->begin, 4096, PROT_READ | PROT_WRITE), 0);
    assert_int_equal(space_touch(one, one->begin, PROT_WRITE), 0);
    assert_int_not_equal(space_frame(one, one->begin, PROT_WRITE), FRAME_NONE);
    assert_int_equal(*pt_entry(one->root, one->begin) & PTE_USER, 0);
    object_put(&memory->object);
    object_put(&one->object);
    object_put(&two->object);
    object_reap();
    fixture_check_charges();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define BARE(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define WITH(name) \
    cmocka_unit_test_setup_teardown(name, setup_process, teardown_process)
        BARE(frame_is_zero_when_handed_out),
        BARE(frame_run_is_contiguous_and_leaves_the_rest),
        BARE(purse_refuses_above_its_limit),
        BARE(purse_lends_its_limit_and_gets_it_back),
        BARE(purse_outlives_its_holder_until_the_last_object),
        BARE(slab_objects_are_apart_and_zero),
        WITH(space_refuses_what_is_not_fit_to_map),
        WITH(memory_is_mapped_in_one_place_only),
        WITH(unmap_takes_the_page_out_of_the_tables),
        WITH(fixed_mappings_are_not_the_processs_to_change),
        WITH(protect_only_takes_away),
        WITH(demand_page_is_charged_and_refused_when_the_purse_is_empty),
        WITH(ucopy_refuses_every_bad_address),
        WITH(ucopy_crosses_pages_at_every_offset),
        WITH(kernel_space_reaches_only_its_own_gib),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
