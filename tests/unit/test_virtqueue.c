/*
 * The split virtqueue and the pool of pages, alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <abi/error.h>
#include <block/pool.h>
#include <block/virtqueue.h>

#define SIZE 8u

static struct virtqueue vq;
static uint64_t memory[2048];

static const struct vq_segment three[] = {
    {.bus = 0x1000, .bytes = 16},
    {.bus = 0x2000, .bytes = 512},
    {.bus = 0x3000, .bytes = 1},
};

static int fresh(void **state)
{
    memset(memory, 0, sizeof(memory));
    vq_init(&vq, memory, SIZE);
    return 0;
}

/* The device finishes the chain at (id) and says that it wrote (len). */
static void use(uint32_t id, uint32_t len)
{
    vq.used_ring[vq.used->idx % SIZE].id = id;
    vq.used_ring[vq.used->idx % SIZE].len = len;
    vq.used->idx++;
}

static uint16_t last_head(void)
{
    return vq.avail_ring[(uint16_t)(vq.avail->idx - 1) % SIZE];
}

static void size_is_the_largest_power_of_two_that_both_can(void **state)
{
    assert_int_equal(vq_choose_size(0), 0);
    assert_int_equal(vq_choose_size(3), 0);
    assert_int_equal(vq_choose_size(4), 4);
    assert_int_equal(vq_choose_size(7), 4);
    assert_int_equal(vq_choose_size(255), 128);
    assert_int_equal(vq_choose_size(256), 256);
    assert_int_equal(vq_choose_size(UINT32_MAX), 256);
}

/* virtio 1.2, 2.7: 16, 6 + 2n and 6 + 8n bytes less the unused event words. */
static void parts_lie_as_the_specification_says(void **state)
{
    assert_int_equal(vq_avail_offset(256), 4096);
    assert_int_equal(vq_used_offset(256), 4096 + 4 + 512);
    assert_int_equal(vq_bytes(256), 4096 + 516 + 4 + 2048);
    assert_int_equal(vq_used_offset(4) % 4, 0);
}

static void chain_is_written_as_given(void **state)
{
    const struct virtq_desc *d;

    assert_int_equal(vq_add(&vq, three, 3, 1, 77), 0);
    assert_int_equal(vq.avail->idx, 0); /* not shown yet */
    assert_true(vq_publish(&vq));
    assert_int_equal(vq.avail->idx, 1);
    d = &vq.desc[last_head()];
    assert_int_equal(d->addr, 0x1000);
    assert_int_equal(d->len, 16);
    assert_int_equal(d->flags, VIRTQ_DESC_F_NEXT);
    d = &vq.desc[d->next];
    assert_int_equal(d->addr, 0x2000);
    assert_int_equal(d->len, 512);
    assert_int_equal(d->flags, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
    d = &vq.desc[d->next];
    assert_int_equal(d->addr, 0x3000);
    assert_int_equal(d->flags, VIRTQ_DESC_F_WRITE);
}

static void device_can_ask_not_to_be_notified(void **state)
{
    assert_int_equal(vq_add(&vq, three, 3, 1, 0), 0);
    vq.used->flags = VIRTQ_USED_F_NO_NOTIFY;
    assert_false(vq_publish(&vq));
}

static void full_queue_says_again_and_changes_nothing(void **state)
{
    assert_int_equal(vq_add(&vq, three, 3, 1, 0), 0);
    assert_int_equal(vq_add(&vq, three, 3, 1, 1), 0);
    assert_int_equal(vq_add(&vq, three, 3, 1, 2), NU_AGAIN);
    assert_int_equal(vq.free_count, 2);
    assert_int_equal(vq_add(&vq, three, 2, 1, 2), 0);
    assert_int_equal(vq.free_count, 0);
    assert_int_equal(vq_add(&vq, three, 1, 1, 3), NU_AGAIN);
}

static void take_gives_token_and_length_once(void **state)
{
    uint16_t token = 0;
    uint32_t bytes = 0;

    assert_int_equal(vq_add(&vq, three, 3, 1, 4711), 0);
    vq_publish(&vq);
    assert_int_equal(vq_take(&vq, &token, &bytes), 0);
    use(last_head(), 513);
    assert_int_equal(vq_take(&vq, &token, &bytes), 1);
    assert_int_equal(token, 4711);
    assert_int_equal(bytes, 513);
    assert_int_equal(vq_take(&vq, &token, &bytes), 0);
    assert_int_equal(vq.free_count, SIZE);
}

/* Three times round the 16-bit indices, in changing order and lengths; at the
 * end no descriptor is lost. */
static void indices_wrap_and_no_descriptor_is_lost(void **state)
{
    uint16_t head[2], token;
    uint32_t bytes;

    for (uint32_t i = 0; i < 100000; i++) {
        unsigned first = i % 2;

        for (unsigned k = 0; k < 2; k++) {
            uint32_t count = 3 + (i + k) % 2;
            struct vq_segment s[4] = {three[0], three[1], three[1], three[2]};

            assert_int_equal(vq_add(&vq, s, count, 1, (uint16_t)(i + k)), 0);
            vq_publish(&vq);
            head[k] = last_head();
        }
        use(head[first], 1);
        use(head[!first], 1);
        assert_int_equal(vq_take(&vq, &token, &bytes), 1);
        assert_int_equal(token, (uint16_t)(i + first));
        assert_int_equal(vq_take(&vq, &token, &bytes), 1);
        assert_int_equal(token, (uint16_t)(i + !first));
    }
    assert_int_equal(vq.free_count, SIZE);
    assert_int_equal(vq.in_flight, 0);
    assert_int_equal(vq_add(&vq, three, 2, 1, 0), 0);
    assert_int_equal(vq_add(&vq, three, 3, 1, 0), 0);
    assert_int_equal(vq_add(&vq, three, 3, 1, 0), 0);
}

/* After a lie nothing works any more, even if the device then tells truth. */
static void expect_broken(void)
{
    uint16_t token = 1234;
    uint32_t bytes = 5678;

    assert_int_equal(vq_take(&vq, &token, &bytes), NU_IO);
    assert_int_equal(token, 1234);
    assert_int_equal(bytes, 5678);
    vq.used->idx = vq.used_idx;
    assert_int_equal(vq_take(&vq, &token, &bytes), NU_IO);
    assert_int_equal(vq_add(&vq, three, 3, 1, 0), NU_IO);
}

static void id_outside_the_table_breaks_the_queue(void **state)
{
    vq_add(&vq, three, 3, 1, 0);
    vq_publish(&vq);
    use(SIZE, 1);
    expect_broken();
}

static void id_with_high_bits_breaks_the_queue(void **state)
{
    vq_add(&vq, three, 3, 1, 0);
    vq_publish(&vq);
    use(0x10000u + last_head(), 1);
    expect_broken();
}

static void id_in_the_middle_of_a_chain_breaks_the_queue(void **state)
{
    vq_add(&vq, three, 3, 1, 0);
    vq_publish(&vq);
    use(vq.desc[last_head()].next, 1);
    expect_broken();
}

static void same_id_twice_breaks_the_queue(void **state)
{
    uint16_t token;
    uint32_t bytes;

    vq_add(&vq, three, 3, 1, 5);
    vq_add(&vq, three, 3, 1, 6);
    vq_publish(&vq);
    use(last_head(), 1);
    use(last_head(), 1);
    assert_int_equal(vq_take(&vq, &token, &bytes), 1);
    assert_int_equal(token, 6);
    expect_broken();
}

static void length_beyond_the_writable_part_breaks_the_queue(void **state)
{
    vq_add(&vq, three, 3, 1, 0);
    vq_publish(&vq);
    use(last_head(), 514); /* 512 + 1 are writable */
    expect_broken();
}

static void runaway_index_breaks_the_queue(void **state)
{
    vq_add(&vq, three, 3, 1, 0);
    vq_publish(&vq);
    vq.used->idx = 2;
    expect_broken();
}

static void backward_index_breaks_the_queue(void **state)
{
    vq_add(&vq, three, 3, 1, 0);
    vq_publish(&vq);
    vq.used->idx = 0xffff;
    expect_broken();
}

static void pool_gives_one_run_if_it_can(void **state)
{
    static struct blk_pool pool;
    struct blk_run run[4];

    blk_pool_init(&pool, NULL, 0, 16);
    assert_int_equal(blk_pool_take(&pool, 4, run, 4), 1);
    assert_int_equal(run[0].page, 0);
    assert_int_equal(blk_pool_take(&pool, 12, run + 1, 3), 1);
    assert_int_equal(run[1].page, 4);
    assert_int_equal(run[1].pages, 12);
    assert_int_equal(blk_pool_take(&pool, 1, run + 2, 2), 0);
    blk_pool_give(&pool, run, 1);
    assert_int_equal(blk_pool_take(&pool, 4, run, 4), 1);
    assert_int_equal(run[0].page, 0);
}

static void pool_scatters_but_not_over_too_many_runs(void **state)
{
    static struct blk_pool pool;
    struct blk_run one[16], run[16];

    blk_pool_init(&pool, NULL, 0, 16);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(blk_pool_take(&pool, 1, &one[i], 1), 1);
    for (unsigned i = 1; i < 16; i += 2)
        blk_pool_give(&pool, &one[i], 1);
    assert_int_equal(blk_pool_take(&pool, 8, run, 7), 0);
    assert_int_equal(pool.free_pages, 8);
    assert_int_equal(blk_pool_take(&pool, 8, run, 8), 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(run[i].page, 2 * i + 1);
        assert_int_equal(run[i].pages, 1);
    }
    assert_int_equal(pool.free_pages, 0);
    blk_pool_give(&pool, run, 8);
    assert_int_equal(pool.free_pages, 8);
}

/* Random taking and giving against a plain record of who has what. */
static void pool_never_gives_a_page_twice(void **state)
{
    static struct blk_pool pool;
    static struct blk_run run[8][16];
    uint32_t runs[8] = {0};

    srand(1);
    blk_pool_init(&pool, NULL, 0, 40);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned who = (unsigned)rand() % 8;
        bool owned[40] = {false};
        uint32_t total = 0;

        if (runs[who] > 0) {
            blk_pool_give(&pool, run[who], runs[who]);
            runs[who] = 0;
        } else {
            runs[who] =
                blk_pool_take(&pool, 1 + (uint32_t)rand() % 20, run[who], 16);
        }
        for (unsigned w = 0; w < 8; w++) {
            for (uint32_t i = 0; i < runs[w]; i++) {
                for (uint32_t p = 0; p < run[w][i].pages; p++) {
                    assert_true(run[w][i].page + p < 40);
                    assert_false(owned[run[w][i].page + p]);
                    owned[run[w][i].page + p] = true;
                    total++;
                }
            }
        }
        assert_int_equal(pool.free_pages, 40 - total);
    }
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(size_is_the_largest_power_of_two_that_both_can),
        T(parts_lie_as_the_specification_says),
        T(chain_is_written_as_given),
        T(device_can_ask_not_to_be_notified),
        T(full_queue_says_again_and_changes_nothing),
        T(take_gives_token_and_length_once),
        T(indices_wrap_and_no_descriptor_is_lost),
        T(id_outside_the_table_breaks_the_queue),
        T(id_with_high_bits_breaks_the_queue),
        T(id_in_the_middle_of_a_chain_breaks_the_queue),
        T(same_id_twice_breaks_the_queue),
        T(length_beyond_the_writable_part_breaks_the_queue),
        T(runaway_index_breaks_the_queue),
        T(backward_index_breaks_the_queue),
        T(pool_gives_one_run_if_it_can),
        T(pool_scatters_but_not_over_too_many_runs),
        T(pool_never_gives_a_page_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
