/*
 * The runtime on a port: what comes in, what goes out, who is closed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/service.h>
#include <rt/flavour.h>
#include <rt/process.h>
#include <rt/rt.h>

#include "rt_fake.h"

/* The runtime's start, as far as it returns. */
rt_local_start_fn rt_find_local(const struct nu_start_local *local)
{
    (void)local;
    return NULL;
}

static void start(void)
{
    fake_begin();
    assert_int_equal(rt_process_begin(&fake.start), 0);
    assert_int_equal(rt_service_begin(false), 0);
}

/* A file's badge, from a reply to open. */
static uint64_t open_file(void)
{
    struct fake_message *m;
    uint64_t badge;

    fake_request((uint64_t)(uintptr_t)rt.root, DIRECTORY_OPEN_METHOD, 5);
    m = &fake.queue[fake.queued - 1];
    m->tag |= NU_TAG_INLINE;
    m->words[0] = 4; /* bytes of the path, flags 0 */
    memcpy(&m->words[4], "file", 4);
    assert_int_equal(rt_serve_begin(), 0);
    rt_serve();
    m = &fake.sent[fake.sent_count - 1];
    assert_int_equal(nu_tag_status(m->tag), 0);
    assert_int_equal(nu_tag_handles(m->tag), 1);
    assert_int_equal(m->handles[0].handle, rt.port);
    assert_true(m->handles[0].rights & NU_ITEM_NEW);
    badge = m->handles[0].badge;
    assert_int_equal(((struct svc_object *)badge)->refs, 1);
    fake.sent_count = 0;
    return badge;
}

static void request_read(uint64_t badge, uint64_t offset, uint32_t bytes)
{
    struct fake_message *m = fake_request(badge, FILE_READ_METHOD, 2);

    m->words[0] = offset;
    m->words[1] = bytes;
}

static void expect_read(const struct fake_message *m, uint64_t offset,
                        uint32_t bytes)
{
    const uint8_t *data = m->string;

    assert_int_equal(nu_tag_status(m->tag), 0);
    assert_int_equal(m->words[0], bytes);
    if (m->tag & NU_TAG_INLINE) {
        assert_int_equal(nu_tag_words(m->tag), 4 + (bytes + 7) / 8);
        assert_int_equal(m->pieces, 0);
        data = (const uint8_t *)&m->words[4];
    } else {
        assert_int_equal(m->string_bytes, bytes);
    }
    for (uint32_t i = 0; i < bytes; i++) {
        assert_int_equal(data[i], TEST_BYTE(TEST_BYTES_READ(offset) + i));
    }
}

static void strings_travel_inline_up_to_the_cut_off(void **state)
{
    static const uint32_t lengths[] = {0, 1, 127, 128, 129, 5000, 65536};
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        request_read(badge, 5, lengths[i]);
    }
    rt_serve();
    assert_int_equal(fake.sent_count, 7);
    for (size_t i = 0; i < 7; i++) {
        expect_read(&fake.sent[i], 5, lengths[i]);
        assert_int_equal((fake.sent[i].tag & NU_TAG_INLINE) != 0,
                         lengths[i] > 0 && lengths[i] <= 128);
    }
    assert_int_equal(fake.sent[6].pieces, 2);
}

static void a_published_word_is_answered(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    fake_request(badge, FILE_SIZE_METHOD, 0);
    fake_request(badge, FILE_STAT_METHOD, 0);
    rt_serve();
    assert_int_equal(fake.sent[0].tag, NU_SHAPE(1, 0, 0, 0));
    assert_int_equal(fake.sent[0].words[0], TEST_BYTES);
    assert_int_equal(fake.sent[1].tag, NU_SHAPE(8, 0, 0, 0));
    assert_int_equal(fake.sent[1].words[0], 12);
    assert_int_equal(fake.sent[1].words[7] >> 32, 34);
}

static void
malformed_requests_are_refused_and_their_handles_closed(void **state)
{
    struct fake_message *m;
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    fake.closed_count = 0;
    m = fake_request(badge, FILE_STAT_METHOD, 0);
    m->tag |= NU_SHAPE(0, 2, 0, 0);
    m->handles[0].handle = 0x51;
    m->handles[1].handle = 0x52;
    fake_request(badge, FILE_STAT_METHOD, 3);
    fake_request(badge, NU_METHOD(FILE_CONTRACT, 99), 0);
    rt_serve();
    assert_int_equal(nu_tag_status(fake.sent[0].tag), NU_INVAL);
    assert_int_equal(fake.closed_count, 2);
    assert_int_equal(fake.closed[0], 0x51);
    assert_int_equal(fake.closed[1], 0x52);
    assert_int_equal(nu_tag_status(fake.sent[1].tag), NU_INVAL);
    assert_int_equal(nu_tag_status(fake.sent[2].tag), NU_UNSUP);
    assert_int_equal(nu_shape(fake.sent[2].tag), 0);
}

static void calls_that_a_handler_makes_do_no_harm(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    request_read(badge, TEST_ASK + 9, 100);
    request_read(badge, TEST_ASK + 9, 3000);
    rt_serve();
    assert_int_equal(fake.other_calls, 2);
    expect_read(&fake.sent[0], 9, 100);
    expect_read(&fake.sent[1], 9, 3000);
    assert_false(fake.other_was_component);
}

static void deferred_calls_are_answered_by_their_event(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    request_read(badge, TEST_DEFER + 3, 50);
    request_read(badge, 4, 10);
    fake_event(NU_EVENT_SIGNAL, fake.event_badge, 1);
    request_read(badge, TEST_DEFER_LIE, 10);
    rt_serve();
    assert_int_equal(test_deferred, 1);
    assert_int_equal(fake.sent_count, 3);
    assert_int_equal(fake.sent[0].to, 0);
    expect_read(&fake.sent[0], 4, 10);
    assert_int_not_equal(fake.sent[1].to, 0); /* a reply object */
    expect_read(&fake.sent[1], 3, 50);
    assert_int_equal(nu_tag_status(fake.sent[2].tag), NU_INTERNAL);
}

static void deferring_has_an_end(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    for (int i = 0; i < RT_PENDING_MAX + 1; i++) {
        request_read(badge, TEST_DEFER, 50);
    }
    rt_serve();
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(nu_tag_status(fake.sent[0].tag), NU_BUSY);
}

/* What an in-process service of this process does before it waits. */
static void a_call_put_aside_is_answered_all_the_same(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    request_read(badge, TEST_HOLD + 1, 20);
    request_read(badge, 2, 20);
    request_read(badge, TEST_HOLD + 3, 2000);
    rt_serve();
    assert_int_equal(fake.sent_count, 3);
    assert_int_equal(fake.sent[0].to, rt.held);
    expect_read(&fake.sent[0], 1, 20);
    assert_int_equal(fake.sent[1].to, 0);
    expect_read(&fake.sent[1], 2, 20);
    assert_int_equal(fake.sent[2].to, rt.held);
    expect_read(&fake.sent[2], 3, 2000);
}

static void closed_objects_are_freed_once(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    ((struct svc_object *)badge)->refs = 2; /* as if given to two clients */
    fake_event(NU_EVENT_CLOSED, badge, 0);
    rt_serve();
    assert_int_equal(test_files_closed, 0);
    fake_event(NU_EVENT_CLOSED, badge, 0);
    fake_event(NU_EVENT_CLOSED, (uint64_t)(uintptr_t)rt.root, 0);
    rt_serve();
    assert_int_equal(test_files_open, 1);
    assert_int_equal(test_files_closed, 1);
}

static void the_root_can_be_connected_to_once_more(void **state)
{
    uint64_t badge;
    uint32_t refs;

    (void)state;
    start();
    badge = open_file();
    refs = rt.root->refs;
    rt.root->state = 7; /* of the channels there are */
    fake_request((uint64_t)(uintptr_t)rt.root, SERVICE_CONNECT_METHOD, 0);
    fake_request((uint64_t)(uintptr_t)rt.root, SERVICE_CONNECT_METHOD, 1);
    fake_request(badge, SERVICE_CONNECT_METHOD, 0);
    rt_serve();
    assert_int_equal(fake.sent[0].tag, NU_SHAPE(0, 1, 0, 0));
    assert_int_equal(fake.sent[0].handles[0].handle, rt.port);
    assert_int_equal(fake.sent[0].handles[0].badge, (uintptr_t)rt.root);
    assert_int_equal(fake.sent[0].handles[0].rights,
                     RT_CLIENT_RIGHTS | NU_ITEM_NEW);
    assert_int_equal(rt.root->state, 7);
    assert_int_equal(rt.root->refs, refs + 1);
    assert_int_equal(nu_tag_status(fake.sent[1].tag), NU_INVAL);
    assert_int_equal(nu_tag_status(fake.sent[2].tag), NU_UNSUP);
    assert_int_equal(nu_shape(fake.sent[2].tag), 0);
    fake_event(NU_EVENT_CLOSED, (uint64_t)(uintptr_t)rt.root, 0);
    rt_serve();
    assert_int_equal(rt.root->refs, refs);
}

static void a_reply_that_cannot_be_sent_is_an_error_to_the_client(void **state)
{
    uint64_t badge;

    (void)state;
    start();
    badge = open_file();
    request_read(badge, 0, 10);
    fake.refuse_reply = NU_FAULT;
    request_read(badge, 1, 10);
    rt_serve();
    assert_int_equal(nu_tag_status(fake.sent[0].tag), NU_INTERNAL);
    expect_read(&fake.sent[1], 1, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_travel_inline_up_to_the_cut_off),
        cmocka_unit_test(a_published_word_is_answered),
        cmocka_unit_test(
            malformed_requests_are_refused_and_their_handles_closed),
        cmocka_unit_test(calls_that_a_handler_makes_do_no_harm),
        cmocka_unit_test(deferred_calls_are_answered_by_their_event),
        cmocka_unit_test(deferring_has_an_end),
        cmocka_unit_test(a_call_put_aside_is_answered_all_the_same),
        cmocka_unit_test(closed_objects_are_freed_once),
        cmocka_unit_test(the_root_can_be_connected_to_once_more),
        cmocka_unit_test(a_reply_that_cannot_be_sent_is_an_error_to_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
