/*
 * The block service at its limits and the device's: reads that are split, that
 * wait, that are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "block_client.h"
#include "virtio_model.h"

#define SECTORS 1000000u

static const struct fake_option small_pool[] = {{"pool", "128"}, {NULL, NULL}};

static void start_small(void)
{
    model_init(false, SECTORS);
    fake.options = small_pool;
    assert_int_equal(client_start(), 0);
}

static void small_limits_of_the_device_split_a_read(void **state)
{
    static const struct {
        uint32_t seg_max, size_max, queue_max;
    } limits[] = {
        {1, 4096, 4},   {1, 4096, 256}, {3, 512, 8},
        {2, 1000, 16},  {0, 65536, 8},  {254, 4608, 64},
        {1, 131072, 4}, {254, 4096, 8}, {5, 8192, 32768},
    };

    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        for (int mmio = 0; mmio < 2; mmio++) {
            model_init(mmio, SECTORS);
            model.features |= VIRTIO_BLK_F_SIZE_MAX;
            model.config.seg_max = limits[i].seg_max;
            model.config.size_max = limits[i].size_max;
            model.queue_max = limits[i].queue_max;
            assert_int_equal(client_start(), 0);
            assert_true(client_reads_well(5, 256));
            assert_true(client_reads_well(6, 255));
            assert_true(client_reads_well(7, 9));
        }
    }
}

static void device_without_seg_max_gets_one_segment(void **state)
{
    struct fake_call call;

    model_init(false, SECTORS);
    model.features &= ~VIRTIO_BLK_F_SEG_MAX;
    assert_int_equal(client_start(), 0);
    assert_int_equal(client_read(&call, 0, 256), 1);
    assert_int_equal(model.chain_count, 1);
    assert_int_equal(model.chain[0].count, 3);
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&call, 0, 256));
    fake_call_free(&call);
}

/* One part of a split read fails: one answer, IO, and nothing is lost. */
static void failed_part_fails_the_read_once(void **state)
{
    struct fake_call call;

    model_init(false, SECTORS);
    model.queue_max = 8; /* two parts at once */
    model.features |= VIRTIO_BLK_F_SIZE_MAX;
    model.config.size_max = 4096;
    model.config.seg_max = 1;
    assert_int_equal(client_start(), 0);
    assert_int_equal(client_read(&call, 0, 256), 1);
    assert_int_equal(model.chain_count, 2);
    model_answer(1, VIRTIO_BLK_S_IOERR, 0);
    assert_true(fake_run_events());
    assert_false(call.done); /* the device still has the other part */
    assert_int_equal(model.chain_count, 1); /* and gets no more */
    model_answer(0, 0, 0);
    assert_true(fake_run_events());
    assert_int_equal(call.status, NU_IO);
    fake_call_free(&call);
    for (unsigned i = 0; i < 100; i++)
        assert_true(client_reads_well(i, 256));
}

static void reads_wait_in_order_for_pages(void **state)
{
    struct fake_call call[4];

    start_small(); /* 32 pages */
    assert_int_equal(client_read(&call[0], 0, 256), 1);
    assert_int_equal(client_read(&call[1], 300, 255), 1);
    assert_int_equal(client_read(&call[2], 600, 1), 1);
    assert_int_equal(client_read(&call[3], 700, 256), 1);
    assert_int_equal(model.chain_count, 1); /* the small one does not pass */
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&call[0], 0, 256));
    assert_int_equal(model.chain_count, 1);
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&call[1], 300, 255));
    assert_int_equal(model.chain_count, 1);
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&call[2], 600, 1));
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&call[3], 700, 256));
    for (unsigned i = 0; i < 4; i++)
        fake_call_free(&call[i]);
}

static void scattered_pages_make_one_answer(void **state)
{
    struct fake_call one[32], big;

    start_small();
    for (uint32_t i = 0; i < 32; i++)
        assert_int_equal(client_read(&one[i], i, 1), 1);
    for (uint32_t i = 0; i < 16; i++) /* every other page */
        model_answer(i, 0, 0);
    assert_true(fake_run_events());
    assert_int_equal(client_read(&big, 1000, 128), 1); /* needs all 16 */
    assert_int_equal(model.chain_count, 17);
    assert_int_equal(model.chain[16].count, 18);
    model_answer_all();
    assert_true(fake_run_events());
    assert_int_equal(big.serve.out_count, 16);
    assert_true(client_has(&big, 1000, 128));
    fake_call_free(&big);
    for (uint32_t i = 0; i < 32; i++) {
        assert_true(client_has(&one[i], i, 1));
        fake_call_free(&one[i]);
    }
}

static void scattered_pages_in_several_parts_make_one_answer(void **state)
{
    struct fake_call one[32], big;

    model_init(false, SECTORS);
    fake.options = small_pool;
    model.config.seg_max = 3;
    assert_int_equal(client_start(), 0);
    for (uint32_t i = 0; i < 32; i++)
        assert_int_equal(client_read(&one[i], i, 1), 1);
    for (uint32_t i = 0; i < 16; i++)
        model_answer(i, 0, 0);
    assert_true(fake_run_events());
    assert_int_equal(client_read(&big, 1000, 128), 1);
    assert_int_equal(model.chain_count, 16 + 6);
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&big, 1000, 128));
    fake_call_free(&big);
    for (uint32_t i = 0; i < 32; i++)
        fake_call_free(&one[i]);
}

static void full_queue_holds_reads_back(void **state)
{
    struct fake_call call[16];

    model_init(true, SECTORS);
    model.queue_max = 8;
    assert_int_equal(client_start(), 0);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(client_read(&call[i], i, 1), 1);
    assert_int_equal(model.chain_count, 2);
    for (uint32_t i = 0; i < 8; i++) {
        model_answer_all();
        assert_true(fake_run_events());
    }
    for (uint32_t i = 0; i < 16; i++) {
        assert_true(client_has(&call[i], i, 1));
        fake_call_free(&call[i]);
    }
}

static void too_many_calls_are_busy(void **state)
{
    struct fake_call call[65];

    model_init(false, SECTORS);
    assert_int_equal(client_start(), 0);
    for (uint32_t i = 0; i < 64; i++)
        assert_int_equal(client_read(&call[i], i, 1), 1);
    assert_int_equal(client_read(&call[64], 64, 1), NU_BUSY);
    fake_call_free(&call[64]);
    model_answer_all();
    assert_true(fake_run_events());
    for (uint32_t i = 0; i < 64; i++) {
        assert_true(client_has(&call[i], i, 1));
        fake_call_free(&call[i]);
    }
    fake.defer_max = 1;
    assert_int_equal(client_read(&call[0], 0, 1), 1);
    assert_int_equal(client_read(&call[1], 0, 1), NU_BUSY);
    fake_call_free(&call[1]);
    fake.defer_max = 128;
    model_answer_all();
    assert_true(fake_run_events());
    fake_call_free(&call[0]);
    for (uint32_t i = 0; i < 64; i++) /* none was lost by the refusal */
        assert_int_equal(client_read(&call[i], i, 1), 1);
    model_answer_all();
    assert_true(fake_run_events());
    for (uint32_t i = 0; i < 64; i++)
        fake_call_free(&call[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_limits_of_the_device_split_a_read),
        cmocka_unit_test(device_without_seg_max_gets_one_segment),
        cmocka_unit_test(failed_part_fails_the_read_once),
        cmocka_unit_test(reads_wait_in_order_for_pages),
        cmocka_unit_test(scattered_pages_make_one_answer),
        cmocka_unit_test(scattered_pages_in_several_parts_make_one_answer),
        cmocka_unit_test(full_queue_holds_reads_back),
        cmocka_unit_test(too_many_calls_are_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
