/*
 * The block service over a device that keeps the rules.
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

static void start(bool mmio)
{
    model_init(mmio, SECTORS);
    assert_int_equal(client_start(), 0);
}

static void tells_what_the_disk_is(void **state)
{
    for (int mmio = 0; mmio < 2; mmio++) {
        struct block_info_rep info;

        model_init(mmio, SECTORS);
        model.features |= VIRTIO_BLK_F_RO;
        assert_int_equal(client_start(), 0);
        assert_int_equal(model.status & 0xcf, 0x0f);
        assert_int_equal(client_info(&info), 0);
        assert_int_equal(info.sectors, SECTORS);
        assert_int_equal(info.sector_bytes, 512);
        assert_int_equal(info.read_only, 1);
        assert_int_equal(info.bytes_max, 131072);
    }
}

static void reads_what_is_on_the_disk(void **state)
{
    for (int mmio = 0; mmio < 2; mmio++) {
        start(mmio);
        assert_true(client_reads_well(0, 1));
        assert_true(client_reads_well(1, 1));
        assert_true(client_reads_well(12345, 7));
        assert_true(client_reads_well(12345, 8));
        assert_true(client_reads_well(777, 255));
        assert_true(client_reads_well(0, 256));
        assert_true(client_reads_well(SECTORS - 256, 256));
        assert_true(client_reads_well(SECTORS - 1, 1));
    }
}

static void range_is_checked_before_the_device_is_asked(void **state)
{
    struct fake_call call;

    start(false);
    assert_int_equal(client_read(&call, 0, 0), NU_RANGE);
    fake_call_free(&call);
    assert_int_equal(client_read(&call, 0, 257), NU_RANGE);
    fake_call_free(&call);
    assert_int_equal(client_read(&call, 0, UINT32_MAX), NU_RANGE);
    fake_call_free(&call);
    assert_int_equal(client_read(&call, SECTORS, 1), NU_RANGE);
    fake_call_free(&call);
    assert_int_equal(client_read(&call, SECTORS - 1, 2), NU_RANGE);
    fake_call_free(&call);
    assert_int_equal(client_read(&call, UINT64_MAX, 2), NU_RANGE);
    fake_call_free(&call);
    assert_int_equal(model.notifies, 0);
}

static void answers_out_of_order_reach_their_callers(void **state)
{
    struct fake_call call[8];

    start(false);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(client_read(&call[i], 100 * i, 1 + i), 1);
    assert_int_equal(model.chain_count, 8); /* all in flight at once */
    for (uint32_t i = 8; i > 0; i--) {
        model_answer(i - 1, 0, 0);
        assert_true(fake_run_events());
        assert_true(client_has(&call[i - 1], 100 * (i - 1), i));
        for (uint32_t k = 0; k < i - 1; k++)
            assert_false(call[k].done);
        fake_call_free(&call[i - 1]);
    }
}

static void one_interrupt_may_finish_many(void **state)
{
    struct fake_call call[8];

    start(true);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(client_read(&call[i], i, 1), 1);
    model_answer_all();
    assert_true(fake_run_events());
    for (uint32_t i = 0; i < 8; i++) {
        assert_true(client_has(&call[i], i, 1));
        fake_call_free(&call[i]);
    }
}

static void error_of_the_device_is_the_callers_alone(void **state)
{
    struct fake_call good, bad, unsupported;

    start(false);
    assert_int_equal(client_read(&bad, 0, 8), 1);
    assert_int_equal(client_read(&good, 8, 8), 1);
    assert_int_equal(client_read(&unsupported, 16, 8), 1);
    model_answer(0, VIRTIO_BLK_S_IOERR, 0);
    model_answer(0, 0, 0);
    model_answer(0, VIRTIO_BLK_S_UNSUPP, 0);
    assert_true(fake_run_events());
    assert_int_equal(bad.status, NU_IO);
    assert_int_equal(bad.bytes, 0);
    assert_int_equal(unsupported.status, NU_IO);
    assert_true(client_has(&good, 8, 8));
    assert_non_null(strstr(fake.log, "sector 16"));
    assert_true(client_reads_well(0, 8));
    fake_call_free(&good);
    fake_call_free(&bad);
    fake_call_free(&unsupported);
}

static void errors_do_not_flood_the_log(void **state)
{
    unsigned before;

    start(false);
    before = fake.log_lines;
    for (unsigned i = 0; i < 1000; i++) {
        struct fake_call call;

        assert_int_equal(client_read(&call, i, 1), 1);
        model_answer(0, VIRTIO_BLK_S_IOERR, 0);
        assert_true(fake_run_events());
        assert_int_equal(call.status, NU_IO);
        fake_call_free(&call);
    }
    assert_in_range(fake.log_lines - before, 2, 10);
}

/* What the device did not write is what another client read before. */
static void short_answer_is_an_error(void **state)
{
    struct fake_call call;

    start(false);
    assert_int_equal(client_read(&call, 0, 8), 1);
    model_answer(0, 0, 1);
    assert_true(fake_run_events());
    assert_int_equal(call.status, NU_IO);
    fake_call_free(&call);
}

static void indices_wrap(void **state)
{
    model_init(false, SECTORS);
    model.queue_max = 16;
    assert_int_equal(client_start(), 0);
    for (uint32_t i = 0; i < 140000; i++)
        assert_true(client_reads_well(i, 1));
    assert_int_equal(fake.lost_edges, 0);
}

static void device_that_looks_by_itself_is_not_notified(void **state)
{
    struct fake_call call;

    start(false);
    model_used_ring()->flags = VIRTQ_USED_F_NO_NOTIFY;
    assert_int_equal(client_read(&call, 3, 1), 1);
    assert_int_equal(model.notifies, 0);
    model_poll();
    model_answer_all();
    assert_true(fake_run_events());
    assert_true(client_has(&call, 3, 1));
    fake_call_free(&call);
}

/* The device answers once more when the driver has looked already and the line
 * is masked still: that edge is lost, the answer must not be. */
static void answer_between_look_and_unmask_is_seen(void **state)
{
    struct fake_call first, second;

    start(true);
    assert_int_equal(client_read(&first, 0, 1), 1);
    assert_int_equal(client_read(&second, 1, 1), 1);
    model_answer(0, 0, 0);
    fake.before_ack = model_answer_all;
    assert_true(fake_run_events());
    assert_int_equal(fake.lost_edges, 1);
    assert_true(client_has(&first, 0, 1));
    assert_true(client_has(&second, 1, 1));
    fake_call_free(&first);
    fake_call_free(&second);
}

static void spurious_interrupts_do_no_harm(void **state)
{
    for (int mmio = 0; mmio < 2; mmio++) {
        start(mmio);
        for (unsigned i = 0; i < 10; i++) {
            fake_edge();
            assert_true(fake_run_events());
        }
        assert_true(client_reads_well(0, 256));
    }
}

static void pool_option_is_checked(void **state)
{
    static const struct {
        const char *value;
        int status;
    } cases[] = {
        {"128", 0},          {"4096", 0},        {"1024", 0},
        {"127", NU_INVAL},   {"4097", NU_INVAL}, {"", NU_INVAL},
        {"1024k", NU_INVAL}, {"-1", NU_INVAL},   {"99999999999", NU_INVAL},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_option option[] = {{"pool", cases[i].value}, {NULL, NULL}};

        model_init(false, SECTORS);
        fake.options = option;
        assert_int_equal(client_start(), cases[i].status);
    }
}

/* Every call of the kernel and the runtime fails once, until none is left. */
static void start_survives_every_failure(void **state)
{
    for (int mmio = 0; mmio < 2; mmio++) {
        unsigned n = 0;
        int status;

        do {
            model_init(mmio, SECTORS);
            fake.fail_nth = ++n;
            status = client_start();
            assert_true(status <= 0);
            assert_true(n < 500);
        } while (status != 0);
        assert_in_range(n, mmio ? 8 : 40, 499);
        assert_true(client_reads_well(0, 256));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_the_disk_is),
        cmocka_unit_test(reads_what_is_on_the_disk),
        cmocka_unit_test(range_is_checked_before_the_device_is_asked),
        cmocka_unit_test(answers_out_of_order_reach_their_callers),
        cmocka_unit_test(one_interrupt_may_finish_many),
        cmocka_unit_test(error_of_the_device_is_the_callers_alone),
        cmocka_unit_test(errors_do_not_flood_the_log),
        cmocka_unit_test(short_answer_is_an_error),
        cmocka_unit_test(indices_wrap),
        cmocka_unit_test(device_that_looks_by_itself_is_not_notified),
        cmocka_unit_test(answer_between_look_and_unmask_is_seen),
        cmocka_unit_test(spurious_interrupts_do_no_harm),
        cmocka_unit_test(pool_option_is_checked),
        cmocka_unit_test(start_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
