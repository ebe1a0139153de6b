/*
 * The service `store` with a server that keeps to the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <contract/store.h>
#include <contract/watch.h>

#include "store_host.h"

static struct xsd_sockmsg head;
static char payload[4096];
static struct host_call call;

static int begin(void **state)
{
    (void)state;
    host_begin(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return host_end() ? 0 : -1;
}

static int ask(uint64_t method, const char *path)
{
    return host_call(host.root, &call, method, path, NULL, 0, 0);
}

static void expect_request(uint32_t type, const char *text, size_t bytes)
{
    assert_true(server_take(&head, payload));
    assert_int_equal(head.type, type);
    assert_int_equal(head.tx_id, 0);
    assert_int_equal(head.len, bytes);
    assert_memory_equal(payload, text, bytes);
}

static void answer(const void *text, size_t bytes)
{
    server_send(head.type, head.req_id, text, bytes);
    host_event();
}

static void refuse(const char *name)
{
    server_send(XS_ERROR, head.req_id, name, strlen(name) + 1);
    host_event();
}

static void expect_text(const char *text, size_t bytes)
{
    assert_true(call.is_done);
    assert_int_equal(call.status, 0);
    assert_int_equal(call.bytes, bytes);
    assert_memory_equal(call.data, text, bytes);
}

static void requests_look_as_the_protocol_says(void **state)
{
    (void)state;
    assert_int_equal(ask(STORE_READ_METHOD, "/a/b"), 1);
    expect_request(XS_READ, "/a/b", 5);
    assert_int_equal(host.notified, 1);
    answer("value", 5);
    expect_text("value", 5);
    assert_int_equal(ask(STORE_REMOVE_METHOD, "/a"), 1);
    expect_request(XS_RM, "/a", 3);
    answer("OK", 3);
    expect_text("", 0);
    assert_int_equal(
        host_call(host.root, &call, STORE_WRITE_METHOD, "data/x", "y\0z", 3, 0),
        1);
    expect_request(XS_WRITE, "data/x\0y\0z", 10);
    answer("OK", 3);
    expect_text("", 0);
    assert_int_equal(host_call(host.root, &call, STORE_SET_PERMISSIONS_METHOD,
                               "data/x", "n5\0r7", 6, 0),
                     1);
    expect_request(XS_SET_PERMS, "data/x\0n5\0r7", 13);
    answer("OK", 3);
    expect_text("", 0);
}

static void lists_and_home_are_as_the_server_gives_them(void **state)
{
    (void)state;
    assert_int_equal(ask(STORE_LIST_METHOD, "/a"), 1);
    expect_request(XS_DIRECTORY, "/a", 3);
    answer("x\0yy", 5);
    expect_text("x\0yy", 5);
    assert_int_equal(ask(STORE_LIST_METHOD, "/a"), 1);
    expect_request(XS_DIRECTORY, "/a", 3);
    answer("", 0);
    expect_text("", 0);
    assert_int_equal(ask(STORE_HOME_METHOD, NULL), 1);
    expect_request(XS_GET_DOMAIN_PATH, "5", 2);
    answer("/local/domain/5", 16);
    expect_text("/local/domain/5", 15);
    /* What is no list and no path is not handed on. */
    assert_int_equal(ask(STORE_LIST_METHOD, "/a"), 1);
    expect_request(XS_DIRECTORY, "/a", 3);
    answer("x\0yy", 4);
    assert_int_equal(call.status, NU_IO);
    assert_int_equal(ask(STORE_HOME_METHOD, NULL), 1);
    expect_request(XS_GET_DOMAIN_PATH, "5", 2);
    answer("/a\0/b", 6);
    assert_int_equal(call.status, NU_IO);
}

static void errors_have_our_numbers(void **state)
{
    static const struct {
        const char *name;
        int status;
    } errors[] = {
        {"ENOENT", NU_NOENT}, {"EACCES", NU_DENIED}, {"EPERM", NU_DENIED},
        {"EINVAL", NU_INVAL}, {"ENOSPC", NU_NOSPC},  {"EEXIST", NU_EXIST},
        {"EAGAIN", NU_BUSY},  {"E2BIG", NU_TOOLONG}, {"EIO", NU_IO},
        {"EWHATEVER", NU_IO}, {"", NU_IO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        assert_int_equal(ask(STORE_READ_METHOD, "/x"), 1);
        expect_request(XS_READ, "/x", 3);
        refuse(errors[i].name);
        assert_int_equal(call.status, errors[i].status);
    }
    assert_int_equal(ask(STORE_READ_METHOD, ""), NU_INVAL);
    assert_int_equal(host_call(host.root, &call, STORE_SET_PERMISSIONS_METHOD,
                               "/x", "n5", 2, 0),
                     NU_INVAL);
}

static void long_values_go_through_short_rings(void **state)
{
    static char path[1025];
    static char value[4096];

    (void)state;
    memset(path, 'p', 1024);
    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (char)(i * 7 + i / 256);
    assert_int_equal(
        host_call(host.root, &call, STORE_WRITE_METHOD, path, value, 2048, 0),
        1);
    assert_true(server_take(&head, payload));
    assert_int_equal(head.len, 1024 + 1 + 2048);
    assert_memory_equal(payload, path, 1025);
    assert_memory_equal(payload + 1025, value, 2048);
    answer("OK", 3);
    expect_text("", 0);
    assert_int_equal(ask(STORE_READ_METHOD, "/x"), 1);
    expect_request(XS_READ, "/x", 3);
    answer(value, 4096);
    expect_text(value, 4096);
}

static void indices_wrap(void **state)
{
    (void)state;
    assert_true(host_end());
    host_begin(UINT32_MAX - 700);
    long_values_go_through_short_rings(NULL);
    assert_true(host.page.req_prod < 10000 && host.page.rsp_cons < 10000);
}

static void answers_find_their_callers_in_any_order(void **state)
{
    static struct host_call calls[HOST_CALLS_MAX];
    uint32_t ids[HOST_CALLS_MAX];

    (void)state;
    for (uint32_t i = 0; i < HOST_CALLS_MAX; i++) {
        char path[8];

        snprintf(path, sizeof(path), "/%u", i);
        assert_int_equal(host_call(host.root, &calls[i], STORE_READ_METHOD,
                                   path, NULL, 0, 0),
                         1);
        expect_request(XS_READ, path, strlen(path) + 1);
        ids[i] = head.req_id;
    }
    assert_int_equal(ask(STORE_READ_METHOD, "/more"), NU_BUSY);
    for (uint32_t i = HOST_CALLS_MAX; i-- > 0;) {
        char text = (char)('a' + i);

        server_send(XS_READ, ids[i], &text, 1);
    }
    host_event();
    for (uint32_t i = 0; i < HOST_CALLS_MAX; i++) {
        assert_true(calls[i].is_done);
        assert_int_equal(calls[i].bytes, 1);
        assert_int_equal(calls[i].data[0], 'a' + i);
    }
    assert_int_equal(ask(STORE_READ_METHOD, "/more"), 1);
}

/* ---- watches ---- */

static struct svc_object *set_watch(const char *path, uint32_t signal,
                                    char token[9])
{
    assert_int_equal(host_call(host.root, &call, STORE_WATCH_METHOD, path, NULL,
                               0, HOST_SIGNAL + signal),
                     1);
    assert_true(server_take(&head, payload));
    assert_int_equal(head.type, XS_WATCH);
    assert_string_equal(payload, path);
    assert_int_equal(head.len, strlen(path) + 1 + 9);
    memcpy(token, payload + strlen(path) + 1, 9);
    answer("OK", 3);
    assert_true(call.is_done);
    assert_int_equal(call.status, 0);
    assert_non_null(call.object);
    return call.object;
}

static void change(const char *path, const char *token)
{
    char event[4096];
    size_t bytes = strlen(path) + 1;

    memcpy(event, path, bytes);
    memcpy(event + bytes, token, 9);
    server_send(XS_WATCH_EVENT, 0, event, bytes + 9);
    host_event();
}

static int next(struct svc_object *watch)
{
    return host_call(watch, &call, WATCH_NEXT_METHOD, NULL, NULL, 0, 0);
}

static void watches_tell_what_changed_once(void **state)
{
    char token[9];
    char other[9];
    struct svc_object *watch = set_watch("/a", 0, token);
    struct svc_object *second = set_watch("/a", 1, other);

    (void)state;
    assert_string_not_equal(token, other);
    assert_int_equal(next(watch), NU_AGAIN);
    change("/a", token);
    change("/a/b", token);
    change("/a", token);
    change("/a/c", other);
    assert_int_equal(host.raised[0], 3);
    assert_int_equal(host.raised[1], 1);
    assert_int_equal(next(watch), 0);
    expect_text("/a", 2);
    change("/a", token);
    assert_int_equal(next(watch), 0);
    expect_text("/a/b", 4);
    assert_int_equal(next(watch), 0);
    expect_text("/a", 2);
    assert_int_equal(next(watch), NU_AGAIN);
    assert_int_equal(next(second), 0);
    expect_text("/a/c", 4);
    assert_int_equal(next(second), NU_AGAIN);
}

static void too_many_changes_are_told_as_one(void **state)
{
    char token[9];
    char path[32];
    struct svc_object *watch = set_watch("/watched", 0, token);
    uint32_t blocks = host.blocks;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(path, sizeof(path), "/watched/%u", i);
        change(path, token);
    }
    assert_int_equal(host.raised[0], 1000);
    assert_int_equal(host.blocks, blocks);
    assert_int_equal(next(watch), 0);
    expect_text("/watched", 8);
    assert_int_equal(next(watch), NU_AGAIN);
    change("/watched/1", token);
    assert_int_equal(next(watch), 0);
    expect_text("/watched/1", 10);
}

static void a_closed_watch_ends_at_the_server(void **state)
{
    char token[9];
    uint32_t blocks = host.blocks;
    struct svc_object *watch = set_watch("/a", 3, token);

    (void)state;
    change("/a", token);
    assert_int_equal(next(watch), 0);
    change("/a", token);
    host_close(watch);
    assert_true(server_take(&head, payload));
    assert_int_equal(head.type, XS_UNWATCH);
    assert_int_equal(head.len, 12);
    assert_string_equal(payload, "/a");
    assert_memory_equal(payload + 3, token, 9);
    change("/a", token); /* it crossed our request */
    assert_int_equal(host.raised[3], 2);
    refuse("ENOENT");
    assert_true(host.is_closed[3]);
    assert_int_equal(host.blocks, blocks);
    change("/a", token); /* of a watch that is no more */
    assert_int_equal(ask(STORE_READ_METHOD, "/x"), 1);
}

static void watches_close_while_all_requests_are_taken(void **state)
{
    struct svc_object *watches[24];
    char tokens[24][9];
    uint32_t ended = 0;
    uint32_t blocks = host.blocks;

    (void)state;
    for (uint32_t i = 0; i < 24; i++)
        watches[i] = set_watch("/a", i, tokens[i]);
    for (uint32_t i = 0; i < 24; i++)
        host_close(watches[i]);
    while (server_take(&head, payload)) {
        assert_int_equal(head.type, XS_UNWATCH);
        answer("OK", 3);
        ended++;
    }
    assert_int_equal(ended, 24);
    assert_int_equal(host.blocks, blocks);
}

static void a_refused_watch_leaves_nothing(void **state)
{
    uint32_t blocks = host.blocks;

    (void)state;
    assert_int_equal(host_call(host.root, &call, STORE_WATCH_METHOD, "/a", NULL,
                               0, HOST_SIGNAL + 2),
                     1);
    assert_true(server_take(&head, payload));
    refuse("E2BIG");
    assert_int_equal(call.status, NU_TOOLONG);
    assert_null(call.object);
    assert_true(host.is_closed[2]);
    assert_int_equal(host.blocks, blocks);
}

static void without_memory_changes_are_not_lost(void **state)
{
    char token[9];
    struct svc_object *watch;

    (void)state;
    host.fail_nth = 1;
    assert_int_equal(host_call(host.root, &call, STORE_WATCH_METHOD, "/a", NULL,
                               0, HOST_SIGNAL + 9),
                     NU_NOSPC);
    assert_true(host.is_closed[9]);
    watch = set_watch("/a", 0, token);
    change("/a/1", token);
    host.fail_nth = 1;
    change("/a/2", token);
    assert_int_equal(host.raised[0], 2);
    assert_int_equal(next(watch), 0);
    expect_text("/a", 2); /* stands for both */
    assert_int_equal(next(watch), NU_AGAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_look_as_the_protocol_says),
        TEST(lists_and_home_are_as_the_server_gives_them),
        TEST(errors_have_our_numbers),
        TEST(long_values_go_through_short_rings),
        TEST(indices_wrap),
        TEST(answers_find_their_callers_in_any_order),
        TEST(watches_tell_what_changed_once),
        TEST(too_many_changes_are_told_as_one),
        TEST(a_closed_watch_ends_at_the_server),
        TEST(watches_close_while_all_requests_are_taken),
        TEST(a_refused_watch_leaves_nothing),
        TEST(without_memory_changes_are_not_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
