/*
 * The runtime inside its client: the client's stubs, the service on the same
 * thread and message buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <contract/clock.h>
#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <contract/service.h>
#include <rt/flavour.h>
#include <rt/local_table.h>
#include <rt/process.h>
#include <rt/rt.h>

#include "rt_fake.h"

#define ROOT  NU_HANDLE_LOCAL
#define SLOTS 64u

static struct nu_local table[SLOTS];

rt_local_start_fn rt_find_local(const struct nu_start_local *local)
{
    return strcmp(local->name, "test") == 0 ? rt_local_start : NULL;
}

static void start(void)
{
    fake_begin();
    memset(table, 0, sizeof(table));
    fake.start.local_count = 1;
    fake.start.local_table = (uint64_t)(uintptr_t)table;
    fake.start.local_slots = SLOTS;
    memcpy(fake.start.locals[0].name, "test", 5);
    fake.start.locals[0].start = (uint64_t)(uintptr_t)&fake.start;
    assert_int_equal(rt_process_begin(&fake.start), 0);
    assert_ptr_equal(fake.buf.enter, rt_enter(true));
}

static nu_handle_t open_file(void)
{
    nu_handle_t file = NU_HANDLE_NONE;
    uint64_t bytes = 0;

    assert_int_equal(directory_open(ROOT, "file", 4, 0, &file, &bytes, NULL),
                     0);
    assert_int_equal(bytes, TEST_BYTES);
    assert_true(file & NU_HANDLE_LOCAL);
    return file;
}

static void expect_read(nu_handle_t file, uint64_t offset, uint32_t bytes)
{
    static uint8_t data[65536];
    size_t got = 12345;

    memset(data, 0, sizeof(data));
    assert_int_equal(file_read(file, offset, bytes, data, sizeof(data), &got),
                     0);
    assert_int_equal(got, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        assert_int_equal(data[i], TEST_BYTE(TEST_BYTES_READ(offset) + i));
    }
    assert_int_equal(fake.buf.rx_count, 0);
    assert_int_equal(fake.buf.depth, 0);
    assert_ptr_equal(fake.buf.enter, rt_enter(true));
}

static void reads_of_every_length(void **state)
{
    static const uint32_t lengths[] = {0, 1, 127, 128, 129, 5000, 65536};
    nu_handle_t file;

    (void)state;
    start();
    file = open_file();
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        expect_read(file, i, lengths[i]);
    }
}

static void words_and_structs_come_back(void **state)
{
    struct file_attributes a = {0};
    nu_handle_t file;
    uint64_t bytes = 0;

    (void)state;
    start();
    file = open_file();
    assert_int_equal(file_size(file, &bytes), 0);
    assert_int_equal(bytes, TEST_BYTES);
    assert_int_equal(file_stat(file, &a), 0);
    assert_int_equal(a.inode, 12);
    assert_int_equal(a.modified_ns, 34);
}

static void errors_carry_nothing(void **state)
{
    nu_handle_t file = 77;
    uint64_t bytes = 88;

    (void)state;
    start();
    assert_int_equal(directory_open(ROOT, "none", 4, 0, &file, &bytes, NULL),
                     NU_NOENT);
    assert_int_equal(file, 77);
    assert_int_equal(bytes, 88);
    assert_int_equal(directory_list(ROOT, 0, NULL, 0, NULL, NULL), NU_UNSUP);
}

/* The service's calls use the same buffer as the client's stub. */
static void calls_that_the_service_makes_do_no_harm(void **state)
{
    nu_handle_t file;

    (void)state;
    start();
    file = open_file();
    expect_read(file, TEST_ASK + 9, 100);
    assert_true(fake.other_was_component);
    expect_read(file, TEST_ASK + 9, 3000);
    expect_read(file, TEST_ASK + 9, 0);
    assert_int_equal(fake.other_calls, 3);
}

static void a_deferred_call_waits_for_the_event(void **state)
{
    nu_handle_t file;

    (void)state;
    start();
    file = open_file();
    fake_event(NU_EVENT_SIGNAL, fake.event_badge, 1);
    expect_read(file, TEST_DEFER + 5, 50);
    fake_event(NU_EVENT_SIGNAL, fake.event_badge, 1);
    expect_read(file, TEST_DEFER + 6, 3000);
    /* An event that finishes nothing is waited on; then the port is gone. */
    assert_int_equal(file_read(file, TEST_DEFER, 5, NULL, 0, NULL),
                     NU_INTERNAL);
    /* Not all pending places are used up by that. */
    for (int i = 0; i < 2 * RT_PENDING_MAX; i++) {
        fake.queued = fake.taken = 0;
        fake_event(NU_EVENT_SIGNAL, fake.event_badge, 1);
        expect_read(file, TEST_DEFER + 7, 9);
    }
}

static void a_buffer_that_is_too_small_is_told(void **state)
{
    uint8_t data[64];
    nu_handle_t file;
    size_t got = 5;

    (void)state;
    start();
    file = open_file();
    memset(data, 0xcc, sizeof(data));
    assert_int_equal(file_read(file, 0, 4096, data, sizeof(data), &got),
                     NU_TOOLONG);
    assert_int_equal(file_read(file, 0, 100, data, sizeof(data), &got),
                     NU_TOOLONG);
    assert_int_equal(got, 5);
    assert_int_equal(data[0], 0xcc);
}

static void handles_are_closed_and_never_come_again(void **state)
{
    nu_handle_t file;
    nu_handle_t copy = NU_HANDLE_NONE;
    nu_handle_t again;
    uint32_t contract = 0;
    uint32_t rights = 0;
    uint64_t bytes = 0;

    (void)state;
    start();
    file = open_file();
    assert_int_equal(handle_copy(file, NU_RIGHTS_ALL, &copy), 0);
    assert_int_not_equal(copy, file);
    assert_int_equal(handle_info(copy, &contract, &rights), 0);
    assert_int_equal(contract, 0xffff);
    assert_int_equal(handle_close(file), 0);
    assert_int_equal(test_files_closed, 0);
    assert_int_equal(file_size(file, &bytes), NU_BADH);
    assert_int_equal(handle_close(file), NU_BADH);
    assert_int_equal(file_size(copy, &bytes), 0);
    assert_int_equal(handle_close(copy), 0);
    assert_int_equal(test_files_closed, 1);
    for (int i = 0; i < 1000; i++) {
        again = open_file();
        assert_int_not_equal(again, file);
        assert_int_not_equal(again, copy);
        assert_int_equal(handle_close(again), 0);
    }
    assert_int_equal(test_files_open, test_files_closed);
}

static void a_full_table_is_an_error_that_leaves_nothing_behind(void **state)
{
    nu_handle_t files[SLOTS] = {0};
    uint32_t count = 0;
    int status;

    (void)state;
    start();
    do {
        status = directory_open(ROOT, "file", 4, 0, &files[count], NULL, NULL);
        count += status == 0 ? 1 : 0;
    } while (status == 0 && count < SLOTS);
    assert_int_equal(status, NU_NOSLOT);
    assert_int_equal(count, SLOTS - NU_START_LOCALS_MAX);
    assert_int_equal(test_files_open - test_files_closed, count);
    assert_int_equal(handle_close(files[7]), 0);
    files[7] = open_file();
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(handle_close(files[i]), 0);
    }
    assert_int_equal(test_files_open, test_files_closed);
}

static int raw(nu_handle_t to, uint64_t tag)
{
    struct nu_regs r = {.tag = tag};

    return nu_message(to, &r);
}

static void malformed_messages_are_refused(void **state)
{
    nu_handle_t file;

    (void)state;
    start();
    file = open_file();
    assert_int_equal(raw(file, FILE_STAT_METHOD | NU_OP_SEND), NU_INVAL);
    assert_int_equal(
        raw(file, FILE_STAT_METHOD | NU_OP_CALL | NU_SHAPE(3, 0, 0, 0)),
        NU_INVAL);
    assert_int_equal(
        raw(file, FILE_STAT_METHOD | NU_OP_CALL | NU_SHAPE(127, 0, 0, 0)),
        NU_INVAL);
    assert_int_equal(
        raw(file, FILE_STAT_METHOD | NU_OP_CALL | NU_SHAPE(0, 15, 0, 0)),
        NU_INVAL);
    assert_int_equal(
        raw(file, FILE_STAT_METHOD | NU_OP_CALL | NU_SHAPE(0, 0, 17, 0)),
        NU_TOOLONG);
    assert_int_equal(
        raw(file, FILE_STAT_METHOD | NU_OP_CALL | NU_SHAPE(0, 0, 0, 1)),
        NU_TOOLONG);
    assert_int_equal(raw(file, NU_METHOD(0, 9) | NU_OP_CALL), NU_UNSUP);
    assert_int_equal(raw(0xffffffff, FILE_STAT_METHOD | NU_OP_CALL), NU_BADH);
    assert_int_equal(raw(NU_HANDLE_LOCAL | 5 * NU_LOCAL_BYTES,
                         FILE_STAT_METHOD | NU_OP_CALL),
                     NU_BADH);
}

static void a_service_that_is_not_there_is_told(void **state)
{
    (void)state;
    fake_begin();
    fake.start.local_count = 1;
    fake.start.local_table = (uint64_t)(uintptr_t)table;
    fake.start.local_slots = SLOTS;
    memcpy(fake.start.locals[0].name, "nothing", 8);
    assert_int_equal(rt_process_begin(&fake.start), NU_NOENT);
    fake.start.local_slots = 48;
    assert_int_equal(rt_process_begin(&fake.start), NU_INVAL);
    fake.start.local_table = 0;
    assert_int_equal(rt_process_begin(&fake.start), NU_INVAL);
}

static void the_root_can_be_connected_to_once_more(void **state)
{
    nu_handle_t file;
    nu_handle_t second = NU_HANDLE_NONE;

    (void)state;
    start();
    file = open_file();
    assert_int_equal(service_connect(ROOT, &second), 0);
    assert_int_not_equal(second, ROOT);
    assert_int_equal(rt.root->refs, 2);
    assert_int_equal(handle_close(second), 0);
    assert_int_equal(rt.root->refs, 1);
    expect_read(file, 1, 200);
    assert_int_equal(service_connect(file, &second), NU_UNSUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_of_every_length),
        cmocka_unit_test(words_and_structs_come_back),
        cmocka_unit_test(errors_carry_nothing),
        cmocka_unit_test(calls_that_the_service_makes_do_no_harm),
        cmocka_unit_test(a_deferred_call_waits_for_the_event),
        cmocka_unit_test(a_buffer_that_is_too_small_is_told),
        cmocka_unit_test(handles_are_closed_and_never_come_again),
        cmocka_unit_test(a_full_table_is_an_error_that_leaves_nothing_behind),
        cmocka_unit_test(malformed_messages_are_refused),
        cmocka_unit_test(a_service_that_is_not_there_is_told),
        cmocka_unit_test(the_root_can_be_connected_to_once_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
