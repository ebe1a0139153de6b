/*
 * The block service over devices that lie, or that it cannot use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "block_client.h"
#include "virtio_model.h"

#define SECTORS 100000u
#define CALLS   6u

static struct fake_call call[CALLS];

/* Some reads in flight, some waiting for pages. */
static void start_reads(bool mmio)
{
    static const struct fake_option small[] = {{"pool", "128"}, {NULL, NULL}};

    model_init(mmio, SECTORS);
    fake.options = small;
    assert_int_equal(client_start(), 0);
    for (uint32_t i = 0; i < CALLS; i++)
        assert_int_equal(client_read(&call[i], 1000 * i, 64), 1);
    assert_int_equal(model.chain_count, 4);
}

/* The disk is given up: reset, every call answered IO once, and later ones. */
static void expect_given_up(void)
{
    struct fake_call later;
    unsigned resets = model.resets;

    assert_true(fake_run_events());
    assert_int_equal(model.resets, resets + 1);
    assert_int_equal(model.status, 0);
    for (uint32_t i = 0; i < CALLS; i++) {
        assert_true(call[i].done);
        assert_int_equal(call[i].status, NU_IO);
        assert_int_equal(call[i].bytes, 0);
        fake_call_free(&call[i]);
    }
    assert_int_equal(fake.deferred, 0);
    assert_non_null(strstr(fake.log, "given up"));
    assert_int_equal(client_read(&later, 0, 1), NU_IO);
    fake_call_free(&later);
    fake_edge(); /* a device that goes on is not listened to */
    assert_true(fake_run_events());
    assert_int_equal(model.resets, resets + 1);
}

static void unknown_id_is_the_end(void **state)
{
    for (int mmio = 0; mmio < 2; mmio++) {
        start_reads(mmio);
        model_push_used(4096, 1, 1);
        expect_given_up();
    }
}

static void id_of_no_head_is_the_end(void **state)
{
    start_reads(false);
    model_push_used((uint32_t)model.chain[0].head + 1, 1, 1);
    expect_given_up();
}

static void id_given_twice_is_the_end(void **state)
{
    uint16_t head;

    start_reads(true);
    head = model.chain[1].head;
    /* The first may be honest: only the second time is the lie. */
    model_answer(1, 0, 0);
    model_push_used(head, 1, 1);
    assert_true(fake_run_events());
    assert_true(client_has(&call[1], 1000, 64));
    fake_call_free(&call[1]);
    for (uint32_t i = 0; i < CALLS; i++) {
        assert_true(call[i].done);
        assert_true(i == 1 || call[i].status == NU_IO);
        fake_call_free(&call[i]);
    }
    assert_int_equal(model.status, 0);
}

static void length_beyond_the_request_is_the_end(void **state)
{
    start_reads(false);
    model_push_used(model.chain[0].head, 64 * 512 + 2, 1);
    expect_given_up();
}

static void runaway_index_is_the_end(void **state)
{
    static const uint16_t steps[] = {5, 256, 0x7fff, 0x8000, 0xffff};

    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        start_reads(true);
        model_push_used(model.chain[0].head, 1, steps[i]);
        expect_given_up();
    }
}

static void device_that_asks_for_a_reset_gets_it(void **state)
{
    start_reads(true);
    model.status |= VIRTIO_STATUS_NEEDS_RESET;
    model_interrupt(VIRTIO_INTERRUPT_CONFIG);
    expect_given_up();
}

static void change_of_configuration_alone_is_harmless(void **state)
{
    start_reads(true);
    model_interrupt(VIRTIO_INTERRUPT_CONFIG);
    assert_true(fake_run_events());
    while (model.chain_count > 0) {
        model_answer_all();
        assert_true(fake_run_events());
    }
    for (uint32_t i = 0; i < CALLS; i++) {
        assert_true(client_has(&call[i], 1000 * i, 64));
        fake_call_free(&call[i]);
    }
}

/* It may not even stop: then the driver must. */
static void device_that_ignores_the_reset_is_left_alone(void **state)
{
    start_reads(false);
    model.no_reset = true;
    model_push_used(4096, 1, 1);
    assert_true(fake_run_events());
    assert_non_null(strstr(fake.log, "does not obey"));
    for (uint32_t i = 0; i < CALLS; i++) {
        assert_int_equal(call[i].status, NU_IO);
        fake_call_free(&call[i]);
    }
}

/* Status and answer must both be there: an element without a status byte. */
static void answer_without_a_status_is_an_error(void **state)
{
    struct fake_call read;

    model_init(false, SECTORS);
    assert_int_equal(client_start(), 0);
    assert_int_equal(client_read(&read, 0, 1), 1);
    model_push_used(model.chain[0].head, 513, 1);
    assert_true(fake_run_events());
    assert_int_equal(read.status, NU_IO);
    fake_call_free(&read);
}

/* --- devices that cannot be used --- */

static void refused(int status, const char *why)
{
    assert_int_equal(client_start(), status);
    assert_non_null(strstr(fake.log, why));
}

static void legacy_devices_are_refused_by_name(void **state)
{
    model_init(false, SECTORS);
    model.product = VIRTIO_PCI_TRANSITION_BLK;
    assert_int_equal(client_start(), 0); /* transitional: speaks both */
    model_init(false, SECTORS);
    model.product = VIRTIO_PCI_TRANSITION_BLK;
    model.pci[PCI_CAP_POINTER] = 0;
    refused(NU_UNSUP, "legacy");
    model_init(false, SECTORS);
    model.pci[PCI_STATUS] = 0;
    refused(NU_UNSUP, "legacy");
    model_init(true, SECTORS);
    model.version = VIRTIO_MMIO_VERSION_LEGACY;
    refused(NU_UNSUP, "force-legacy=false");
    model_init(false, SECTORS);
    model.features &= ~VIRTIO_F_VERSION_1;
    refused(NU_UNSUP, "virtio 1");
    assert_int_equal(model.status & VIRTIO_STATUS_FAILED, VIRTIO_STATUS_FAILED);
}

static void other_devices_are_refused(void **state)
{
    model_init(false, SECTORS);
    model.vendor = 0x8086;
    refused(NU_UNSUP, "not a virtio disk");
    model_init(false, SECTORS);
    model.product = VIRTIO_PCI_MODERN_BASE + 1;
    refused(NU_UNSUP, "not a virtio disk");
    model_init(true, SECTORS);
    model.magic = 0;
    refused(NU_UNSUP, "no virtio");
    model_init(true, SECTORS);
    model.version = 3;
    refused(NU_UNSUP, "version 3");
    model_init(true, SECTORS);
    model.device_id = 0;
    refused(NU_UNSUP, "not a disk");
    model_init(true, SECTORS);
    model.bar_bytes = 0x100;
    refused(NU_IO, "too small");
}

static void capabilities_that_lie_are_refused(void **state)
{
    model_init(false, SECTORS); /* a circle without what is needed */
    model_capability(0x40, 0x98, 9, 0, 0, 0);
    refused(NU_UNSUP, "legacy");
    model_init(false, SECTORS); /* a capability over the end */
    model.pci[PCI_CAP_POINTER] = 0xfc;
    model.pci[0xfc] = PCI_CAP_ID_VENDOR;
    model.pci[0xfe] = 16;
    model.pci[0xff] = VIRTIO_PCI_CAP_COMMON;
    refused(NU_UNSUP, "legacy");
    model_init(false, SECTORS); /* a window that PCI does not have */
    model_capability(0x40, 0, VIRTIO_PCI_CAP_COMMON, 6, 0, 0x1000);
    refused(NU_UNSUP, "legacy");
    model_init(false, SECTORS);
    model_capability(0x40, 0, VIRTIO_PCI_CAP_COMMON, MODEL_BAR, 0x3ff0, 0x38);
    refused(NU_IO, "outside");
    model_init(false, SECTORS);
    model_capability(0x40, 0, VIRTIO_PCI_CAP_COMMON, MODEL_BAR, 0xfffffff0u,
                     0x1000);
    refused(NU_IO, "outside");
    model_init(false, SECTORS);
    model_capability(0x40, 0, VIRTIO_PCI_CAP_COMMON, MODEL_BAR, 0, 0x20);
    refused(NU_IO, "outside");
    model_init(false, SECTORS);
    model.notify_off = 0x400;
    refused(NU_IO, "notification");
    model_init(false, SECTORS);
    model.notify_off = 0x3ff; /* the last that fits */
    assert_int_equal(client_start(), 0);
    model_init(false, SECTORS);
    model.bar_bytes = 0;
    refused(NU_RANGE, "window 4");
}

static void the_first_capability_of_a_kind_counts(void **state)
{
    model_init(false, SECTORS);
    model_capability(0x40, 0x30, VIRTIO_PCI_CAP_COMMON, MODEL_BAR, 0, 0x1000);
    model_capability(0x40, 0xb0, VIRTIO_PCI_CAP_COMMON, MODEL_BAR, 0, 0x1000);
    model_capability(0xb0, 0, VIRTIO_PCI_CAP_COMMON, 0, 0, 0x1000);
    assert_int_equal(client_start(), 0);
    assert_true(client_reads_well(0, 1));
}

static void features_that_we_do_not_know_are_not_taken(void **state)
{
    model_init(false, SECTORS);
    model.features = ~0ull;
    model.config.size_max = 65536;
    assert_int_equal(client_start(), 0);
    assert_int_equal(model.driver_features,
                     VIRTIO_F_VERSION_1 | VIRTIO_BLK_F_SIZE_MAX |
                         VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_RO);
    assert_true(client_reads_well(9, 256));
    model_init(true, SECTORS);
    model.refuse_features = true;
    refused(NU_UNSUP, "insists");
}

static void resources_that_are_missing_are_errors(void **state)
{
    model_init(false, SECTORS);
    model.no_vector = true;
    refused(NU_IO, "MSI-X");
    for (int mmio = 0; mmio < 2; mmio++) {
        model_init(mmio, SECTORS);
        model.queues = 0;
        refused(NU_IO, "too short");
        model_init(mmio, SECTORS);
        model.queue_max = 3;
        refused(NU_IO, "too short");
        model_init(mmio, SECTORS);
        model.restless = true;
        refused(NU_IO, "stand still");
        model_init(mmio, SECTORS);
        model.no_reset = true;
        refused(NU_IO, "does not obey");
    }
}

static void empty_disk_is_a_disk(void **state)
{
    struct block_info_rep info;
    struct fake_call read;

    model_init(false, 0);
    assert_int_equal(client_start(), 0);
    assert_int_equal(client_info(&info), 0);
    assert_int_equal(info.sectors, 0);
    assert_int_equal(client_read(&read, 0, 1), NU_RANGE);
    fake_call_free(&read);
}

static void sizes_that_cannot_be_true_are_refused(void **state)
{
    model_init(false, UINT64_MAX);
    refused(NU_IO, "cannot be true");
    model_init(false, INT64_MAX / 512 + 1ull);
    refused(NU_IO, "cannot be true");
    model_init(false, INT64_MAX / 512);
    assert_int_equal(client_start(), 0);
    assert_true(client_reads_well(INT64_MAX / 512 - 256, 256));
    model_init(false, SECTORS);
    model.features |= VIRTIO_BLK_F_SIZE_MAX;
    model.config.size_max = 511;
    refused(NU_IO, "no sector");
    model_init(true, SECTORS);
    model.features |= VIRTIO_BLK_F_SIZE_MAX; /* and size_max is 0 */
    refused(NU_IO, "no sector");
    model_init(false, SECTORS);
    model.features |= VIRTIO_BLK_F_SIZE_MAX;
    model.config.size_max = UINT32_MAX;
    model.config.seg_max = UINT32_MAX;
    assert_int_equal(client_start(), 0);
    assert_true(client_reads_well(1, 256));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_id_is_the_end),
        cmocka_unit_test(id_of_no_head_is_the_end),
        cmocka_unit_test(id_given_twice_is_the_end),
        cmocka_unit_test(length_beyond_the_request_is_the_end),
        cmocka_unit_test(runaway_index_is_the_end),
        cmocka_unit_test(device_that_asks_for_a_reset_gets_it),
        cmocka_unit_test(change_of_configuration_alone_is_harmless),
        cmocka_unit_test(device_that_ignores_the_reset_is_left_alone),
        cmocka_unit_test(answer_without_a_status_is_an_error),
        cmocka_unit_test(legacy_devices_are_refused_by_name),
        cmocka_unit_test(other_devices_are_refused),
        cmocka_unit_test(capabilities_that_lie_are_refused),
        cmocka_unit_test(the_first_capability_of_a_kind_counts),
        cmocka_unit_test(features_that_we_do_not_know_are_not_taken),
        cmocka_unit_test(resources_that_are_missing_are_errors),
        cmocka_unit_test(empty_disk_is_a_disk),
        cmocka_unit_test(sizes_that_cannot_be_true_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
