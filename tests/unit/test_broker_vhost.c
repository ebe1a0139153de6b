/*
 * The messages of a front-end: those that make the queues live, those that end
 * them, and those that are wrong. No file is left open by any.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_fixture.h"
#include "hv/broker/deadman.h"
#include "hv/broker/wire.h"

#define PAGE GUEST_PAGE_BYTES

static void expect_wrong(const char *problem, const char *why)
{
    assert_non_null(problem);
    if (strstr(problem, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
}

static void features_are_offered_and_checked(void **state)
{
    struct vhost *vhost;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    vhost = &a.domain->vhost;
    expect_wrong(fixture_send_value(vhost, VHOST_SET_FEATURES, 1, -1),
                 "not offered");
    expect_wrong(
        fixture_send_value(vhost, VHOST_SET_PROTOCOL_FEATURES, 1ull << 60, -1),
        "not offered");
    assert_null(fixture_send_value(vhost, VHOST_SET_PROTOCOL_FEATURES,
                                   VHOST_PROTOCOL_F_REPLY_ACK, -1));
    fixture_leave(&a);
}

static void an_answer_comes_when_it_is_asked_for(void **state)
{
    static struct vhost_message message;
    static struct vhost_message reply;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    memset(&message, 0, sizeof(message));
    message.header.request = VHOST_SET_OWNER;
    message.header.flags = VHOST_FLAG_VERSION | VHOST_FLAG_NEED_REPLY;
    assert_null(vhost_handle(&a.domain->vhost, &message, &reply));
    assert_int_equal(reply.header.size, 0);
    assert_null(fixture_send_value(&a.domain->vhost,
                                   VHOST_SET_PROTOCOL_FEATURES,
                                   VHOST_PROTOCOL_F_REPLY_ACK, -1));
    assert_null(vhost_handle(&a.domain->vhost, &message, &reply));
    assert_int_equal(reply.header.size, 8);
    assert_int_equal(reply.payload.value, 0);
    message.header.request = VHOST_GET_QUEUE_NUM;
    assert_null(vhost_handle(&a.domain->vhost, &message, &reply));
    assert_int_equal(reply.payload.value, 2);
    fixture_leave(&a);
}

static void wrong_messages_are_told(void **state)
{
    union vhost_payload payload = {.address = {.index = 1, .flags = 1}};
    int files[VHOST_FDS_MAX] = {0};
    struct vhost *vhost;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    vhost = &a.domain->vhost;
    expect_wrong(fixture_send(vhost, 0, NULL, 0, NULL, 0), "not agreed on");
    expect_wrong(fixture_send(vhost, 6, NULL, 0, NULL, 0), "not agreed on");
    expect_wrong(fixture_send(vhost, 4000, NULL, 0, files, 3), "not agreed on");
    expect_wrong(fixture_send(vhost, VHOST_SET_VRING_NUM, &payload, 4, NULL, 0),
                 "size");
    expect_wrong(fixture_send(vhost, VHOST_GET_FEATURES, NULL, 0, files, 1),
                 "files that nobody");
    expect_wrong(
        fixture_send(vhost, VHOST_SET_VRING_ADDR, &payload, 40, NULL, 0),
        "logging");
    expect_wrong(fixture_send_state(vhost, VHOST_SET_VRING_NUM, 2, 8),
                 "no such queue");
    expect_wrong(fixture_send_state(vhost, VHOST_GET_VRING_BASE, ~0u, 0),
                 "no such queue");
    for (uint32_t size = 0; size < 4; size++)
        expect_wrong(fixture_send_state(vhost, VHOST_SET_VRING_NUM, 0,
                                        (uint32_t[]){0, 3, 2048, ~0u}[size]),
                     "of this size");
    expect_wrong(fixture_send_state(vhost, VHOST_SET_VRING_BASE, 0, 65536),
                 "no such place");
    expect_wrong(fixture_send_state(vhost, VHOST_SET_VRING_ENABLE, 0, 2),
                 "enabled or not");
    expect_wrong(fixture_send_value(vhost, VHOST_SET_VRING_KICK, 7, 0),
                 "no such queue");
    expect_wrong(fixture_send_value(vhost, VHOST_SET_VRING_CALL, 1ull << 40, 0),
                 "mean nothing");
    expect_wrong(fixture_send_value(vhost, VHOST_SET_VRING_ERR, 0, -1),
                 "number of files");
    expect_wrong(fixture_send_value(vhost, VHOST_SET_VRING_ERR, 0x100, 0),
                 "number of files");
    expect_wrong(fixture_send_value(vhost, VHOST_SET_VRING_KICK, 0x100, -1),
                 "without a kick");
    assert_null(fixture_send_value(vhost, VHOST_SET_VRING_CALL, 0x100, -1));
    fixture_leave(&a);
}

static void interrupts_go_to_eventfds_only(void **state)
{
    struct guest a;
    int pipes[2];
    int plain = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    assert_int_equal(pipe(pipes), 0);
    expect_wrong(
        fixture_send_value(&a.domain->vhost, VHOST_SET_VRING_CALL, 0, pipes[1]),
        "no eventfd");
    expect_wrong(
        fixture_send_value(&a.domain->vhost, VHOST_SET_VRING_CALL, 0, plain),
        "no eventfd");
    expect_wrong(
        fixture_send_value(&a.domain->vhost, VHOST_SET_VRING_KICK, 0, plain),
        "waited for");
    close(pipes[0]);
    close(pipes[1]);
    close(plain);
    fixture_leave(&a);
}

/* A full counter neither blocks nor is an error. */
static void a_full_interrupt_is_raised_already(void **state)
{
    static const uint64_t full = UINT64_MAX - 1;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    assert_true(vhost_call(&a.domain->vhost, 0));
    assert_int_equal(fixture_calls(&a), 1);
    assert_int_equal(write(a.call, &full, sizeof(full)), sizeof(full));
    assert_true(vhost_call(&a.domain->vhost, 0));
    fixture_leave(&a);
}

/* It was made such that it blocks, behind the broker's back. */
static void an_interrupt_that_blocks_is_given_up(void **state)
{
    static const uint64_t full = UINT64_MAX - 1;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    assert_int_equal(write(a.call, &full, sizeof(full)), sizeof(full));
    assert_int_equal(fcntl(a.call, F_SETFL, O_RDWR), 0);
    deadman_start();
    deadman_work();
    assert_false(vhost_call(&a.domain->vhost, 0));
    fixture_leave(&a);
}

static void queues_stop_and_start(void **state)
{
    struct epoll_event event;
    struct vhost *vhost;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    vhost = &a.domain->vhost;
    assert_null(fixture_send_state(vhost, VHOST_SET_VRING_ENABLE, 1, 0));
    assert_false(vhost_is_live(vhost));
    assert_null(fixture_send_state(vhost, VHOST_SET_VRING_ENABLE, 1, 1));
    assert_true(vhost_is_live(vhost));
    assert_null(fixture_send_state(vhost, VHOST_GET_VRING_BASE, 0, 0));
    assert_false(vhost_is_live(vhost));
    /* A kick of a queue that has stopped is not heard, though the front-end
     * holds the file open. */
    while (epoll_wait(fixture_broker.epoll, &event, 1, 0) == 1)
        ;
    assert_int_equal(eventfd_write(a.kick[0], 1), 0);
    assert_int_equal(epoll_wait(fixture_broker.epoll, &event, 1, 0), 0);
    assert_null(fixture_send_value(vhost, VHOST_SET_VRING_KICK, 0, a.kick[0]));
    assert_true(vhost_is_live(vhost));
    assert_int_equal(epoll_wait(fixture_broker.epoll, &event, 1, 0), 1);
    assert_null(fixture_send(vhost, VHOST_RESET_OWNER, NULL, 0, NULL, 0));
    assert_false(vhost_is_live(vhost));
    fixture_leave(&a);
}

/* Kicks are edges: each is heard, and none is read. */
static void each_kick_is_heard(void **state)
{
    struct epoll_event event;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    while (epoll_wait(fixture_broker.epoll, &event, 1, 0) == 1)
        ;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(eventfd_write(a.kick[1], 1), 0);
        assert_int_equal(epoll_wait(fixture_broker.epoll, &event, 1, 0), 1);
        assert_int_equal(event.data.u64, 2);
        assert_int_equal(epoll_wait(fixture_broker.epoll, &event, 1, 0), 0);
    }
    fixture_leave(&a);
}

static void blocks_must_be_in_memory(void **state)
{
    static const uint64_t places[] = {FIXTURE_USER + 8, FIXTURE_USER - PAGE, 0,
                                      FIXTURE_USER +
                                          (FIXTURE_PAGES - 3) * (uint64_t)PAGE};
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        union vhost_payload payload = {
            .address = {.index = 0, .descriptors = places[i]}};

        expect_wrong(fixture_send(&a.domain->vhost, VHOST_SET_VRING_ADDR,
                                  &payload, 40, NULL, 0),
                     "guest's memory");
    }
    fixture_leave(&a);
}

/* A new table moves the blocks, or takes them away. */
static void a_new_table_moves_the_blocks(void **state)
{
    struct vhost_memory_table table = {
        .count = 1,
        .regions = {{0x40000000, FIXTURE_PAGES * PAGE, FIXTURE_USER, 0}}};
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    assert_null(fixture_send_table(&a.domain->vhost, &table, &a.memfd));
    assert_true(vhost_is_live(&a.domain->vhost));
    assert_int_equal(a.domain->vhost.queues[0].phys,
                     0x40000000 + FRAME_SHARED * PAGE);
    table.regions[0].bytes = 2 * PAGE;
    expect_wrong(fixture_send_table(&a.domain->vhost, &table, &a.memfd),
                 "guest's memory");
    fixture_leave(&a);
}

/* A message in pieces of one byte, with a file. */
static void messages_are_put_together(void **state)
{
    static struct wire wire;
    const struct vhost_header header = {VHOST_SET_VRING_CALL,
                                        VHOST_FLAG_VERSION, 8};
    uint8_t bytes[20] = {0};
    const char *problem = NULL;
    int ends[2];

    (void)state;
    memcpy(bytes, &header, sizeof(header));
    bytes[12] = 1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(wire_read(&wire, ends[0], &problem), WIRE_WAIT);
        assert_int_equal(write(ends[1], &bytes[i], 1), 1);
    }
    assert_int_equal(wire_read(&wire, ends[0], &problem), WIRE_MESSAGE);
    assert_int_equal(wire.message.header.request, VHOST_SET_VRING_CALL);
    assert_int_equal(wire.message.payload.value, 1);
    wire_reset(&wire);
    assert_int_equal(write(ends[1], bytes, 5), 5);
    assert_int_equal(wire_read(&wire, ends[0], &problem), WIRE_WAIT);
    close(ends[1]);
    assert_int_equal(wire_read(&wire, ends[0], &problem), WIRE_END);
    wire_reset(&wire);
    close(ends[0]);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(features_are_offered_and_checked),
        TEST(an_answer_comes_when_it_is_asked_for),
        TEST(wrong_messages_are_told),
        TEST(interrupts_go_to_eventfds_only),
        TEST(a_full_interrupt_is_raised_already),
        TEST(an_interrupt_that_blocks_is_given_up),
        TEST(queues_stop_and_start),
        TEST(each_kick_is_heard),
        TEST(blocks_must_be_in_memory),
        TEST(a_new_table_moves_the_blocks),
        TEST(messages_are_put_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
