/*
 * The service `store` with a server that breaks the protocol: everybody gets
 * NU_IO, once and from then on, and nothing else happens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <contract/store.h>
#include <contract/watch.h>

#include "store_host.h"

static struct xsd_sockmsg head;
static char payload[4096];
static struct host_call first;
static struct host_call second;
static struct svc_object *watch;

/* A call and a watch that are under way when the server goes wrong. */
static int begin(void **state)
{
    (void)state;
    host_begin(0);
    if (host_call(host.root, &first, STORE_WATCH_METHOD, "/a", NULL, 0,
                  HOST_SIGNAL) != 1 ||
        !server_take(&head, payload))
        return -1;
    server_send(XS_WATCH, head.req_id, "OK", 3);
    host_event();
    watch = first.object;
    if (watch == NULL ||
        host_call(host.root, &first, STORE_READ_METHOD, "/a", NULL, 0, 0) != 1)
        return -1;
    return server_take(&head, payload) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return host_end() ? 0 : -1;
}

static void expect_broken(void)
{
    uint32_t lines = host.log_lines;
    uint32_t raised = host.raised[0];
    uint32_t taken = host.page.rsp_cons;

    assert_true(first.is_done);
    assert_int_equal(first.status, NU_IO);
    assert_int_equal(lines, 1);
    assert_true(raised > 0);
    assert_int_equal(
        host_call(watch, &second, WATCH_NEXT_METHOD, NULL, NULL, 0, 0), NU_IO);
    assert_int_equal(
        host_call(host.root, &second, STORE_READ_METHOD, "/a", NULL, 0, 0),
        NU_IO);
    assert_int_equal(host_call(host.root, &second, STORE_WATCH_METHOD, "/a",
                               NULL, 0, HOST_SIGNAL + 1),
                     NU_IO);
    assert_true(host.is_closed[1]);
    /* It is not listened to any more. */
    host.page.rsp_prod = taken + 100;
    host_event();
    assert_int_equal(host.page.rsp_cons, taken);
    assert_int_equal(host.log_lines, lines);
    assert_int_equal(host.raised[0], raised);
}

static void more_in_the_ring_than_it_holds(void **state)
{
    (void)state;
    host.page.rsp_prod += XENSTORE_RING_SIZE + 1;
    host_event();
    expect_broken();
}

static void requests_taken_that_were_not_sent(void **state)
{
    (void)state;
    host.page.req_cons += 1;
    assert_int_equal(
        host_call(host.root, &second, STORE_READ_METHOD, "/a", NULL, 0, 0), 1);
    assert_true(second.is_done);
    assert_int_equal(second.status, NU_IO);
    expect_broken();
}

static void a_message_without_end(void **state)
{
    struct xsd_sockmsg big = {.type = XS_READ,
                              .req_id = head.req_id,
                              .len = XENSTORE_PAYLOAD_MAX + 1};

    (void)state;
    server_put(&big, sizeof(big));
    host_event();
    expect_broken();
}

static void an_answer_to_nobody(void **state)
{
    static const uint32_t wrong[] = {0, 1, 15, 16, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (wrong[i] == head.req_id)
            continue;
        server_send(XS_READ, wrong[i], "x", 1);
        host_event();
        expect_broken();
        assert_true(host_end());
        assert_int_equal(begin(NULL), 0);
    }
}

static void a_second_answer(void **state)
{
    (void)state;
    server_send(XS_READ, head.req_id, "x", 1);
    server_send(XS_READ, head.req_id, "x", 1);
    host_event();
    assert_true(first.is_done);
    assert_int_equal(first.status, 0);
    assert_int_equal(
        host_call(host.root, &second, STORE_READ_METHOD, "/a", NULL, 0, 0),
        NU_IO);
}

static void an_answer_to_half_a_request(void **state)
{
    static char value[2048];
    uint32_t id = head.req_id;

    (void)state;
    assert_int_equal(host_call(host.root, &second, STORE_WRITE_METHOD, "/a",
                               value, sizeof(value), 0),
                     1);
    memcpy(&head, host.page.req + MASK_XENSTORE_IDX(host.page.req_cons),
           sizeof(head));
    assert_int_not_equal(head.req_id, id);
    server_send(XS_WRITE, head.req_id, "OK", 3);
    host_event();
    assert_int_equal(second.status, NU_IO);
    expect_broken();
}

static void an_answer_of_another_type(void **state)
{
    static const uint32_t wrong[] = {XS_DIRECTORY, XS_WRITE, XS_CONTROL,
                                     XS_INVALID, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        server_send(wrong[i], head.req_id, "x", 2);
        host_event();
        expect_broken();
        assert_true(host_end());
        assert_int_equal(begin(NULL), 0);
    }
}

static void malformed_events(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
    } wrong[] = {
        {"", 0},
        {"/a", 3},
        {"/a", 2},
        {"/a\0"
         "00000001",
         11},
        {"/a\0"
         "000000012",
         12},
        {"/a\0"
         "0000001",
         11},
        {"\0"
         "00000001",
         10},
        {"/a\0"
         "00000001\0x",
         14},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        server_send(XS_WATCH_EVENT, 0, wrong[i].text, wrong[i].bytes);
        host_event();
        expect_broken();
        assert_true(host_end());
        assert_int_equal(begin(NULL), 0);
    }
}

static void a_path_longer_than_any(void **state)
{
    static char event[XENSTORE_ABS_PATH_MAX + 1 + 1 + 9];

    (void)state;
    memset(event, 'p', XENSTORE_ABS_PATH_MAX + 1);
    memcpy(event + XENSTORE_ABS_PATH_MAX + 2, "00000001", 9);
    server_send(XS_WATCH_EVENT, 0, event, sizeof(event));
    host_event();
    expect_broken();
}

/* One more event, whenever one was told: a handler that went on as long as there
 * is something would not come back. */
static void send_one_more(void)
{
    static const char event[] = "/a\0"
                                "00000001";

    server_send(XS_WATCH_EVENT, 0, event, sizeof(event));
}

static void an_endless_stream_has_an_end_for_each_event(void **state)
{
    uint32_t raised = host.raised[0];

    (void)state;
    send_one_more();
    host.on_raise = send_one_more;
    host_event();
    assert_true(host.raised[0] - raised >= 64);
    assert_true(host.raised[0] - raised <= 1000);
    assert_false(first.is_done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(more_in_the_ring_than_it_holds),
        TEST(requests_taken_that_were_not_sent),
        TEST(a_message_without_end),
        TEST(an_answer_to_nobody),
        TEST(a_second_answer),
        TEST(an_answer_to_half_a_request),
        TEST(an_answer_of_another_type),
        TEST(malformed_events),
        TEST(a_path_longer_than_any),
        TEST(an_endless_stream_has_an_end_for_each_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
