/* Calls that come: objects here, callers in the peer's domain. */
#include "link_fixture.h"

#include <string.h>

#include <ipc/reply.h>

static void request_reaches_the_gate(void **state)
{
    uint32_t id;

    (void)state;
    world_receive();
    id = peer_call(0, LINK_OBJECT_GATE, SERVICE(1) | WORDS(4));
    assert_int_equal(world.ts->state, THREAD_READY);
    assert_int_equal(world.ts->regs.rdi, GATE_BADGE);
    assert_int_equal(world.ts->regs.rsi, SERVICE(1) | WORDS(4));
    assert_int_equal(world.ts->regs.rdx, 200);
    assert_int_equal(world_info().served, 1);
    world_reply(WORDS(2), 5);
    peer_take_response(id, WORDS(2));
    assert_int_equal(peer.view.words[0], 5);
    assert_int_equal(peer.view.words[1], 6);
    assert_int_equal(world_info().served, 0);
    assert_int_equal(world_info().calls_served, 1);
}

static void request_waits_until_the_server_receives(void **state)
{
    uint32_t id[LINK_CALLS];

    (void)state;
    for (uint32_t i = 0; i < LINK_CALLS; i++)
        id[i] = peer_call(i, LINK_OBJECT_GATE, SERVICE(1) | WORDS(64));
    assert_int_equal(world_info().served, LINK_CALLS);
    world_receive();
    for (uint32_t i = 0; i < LINK_CALLS; i++) {
        assert_int_equal(world.ts->regs.rsi, SERVICE(1) | WORDS(64));
        assert_int_equal(world.ts->buf->words[63], 263);
        world_reply(WORDS(64), i);
        peer_take_response(id[i], WORDS(64));
        assert_int_equal(peer.view.words[0], i);
        assert_int_equal(peer.view.words[63], 263);
    }
    assert_int_equal(world_info().served, 0);
}

static void one_way_request_is_answered_when_it_is_taken(void **state)
{
    uint32_t id;

    (void)state;
    id = peer_call_begin(3, LINK_OBJECT_GATE, SERVICE(1) | WORDS(1));
    peer.draft.head.flags = LINK_FLAG_ONEWAY;
    peer_send(3);
    assert_false(peer_take());
    world_receive();
    assert_int_equal(world.ts->regs.rdx, 200);
    peer_take_response(id, 0);
    /* There is nobody to reply to. */
    world_reply(0, 0);
    assert_false(peer_take());
}

static void errors_come_back_as_the_status(void **state)
{
    (void)state;
    peer_take_response(peer_call(0, 99999, SERVICE(1)), (uint32_t)NU_GONE);
    world_receive();
    peer_call(1, LINK_OBJECT_GATE, SERVICE(1));
    world_reply((uint32_t)NU_NOENT, 0);
    assert_true(peer_take());
    assert_int_equal(nu_tag_status(peer.view.head.tag), NU_NOENT);
}

/* ---- objects ---- */

/* The server answers a request with a new channel; the peer's number for it. */
static uint32_t give_object(uint64_t badge)
{
    world_receive();
    peer_call(2, LINK_OBJECT_GATE, SERVICE(1));
    world.ts->buf->handles[0] = (struct nu_handle_item){
        world.ports, NU_RIGHTS_ALL | NU_ITEM_NEW, badge};
    world_reply(HANDLES(1), 0);
    assert_true(peer_take());
    assert_int_equal(peer.view.handle_count, 1);
    assert_false(peer.view.handles[0].rights & LINK_HANDLE_YOURS);
    return peer.view.handles[0].object;
}

static void object_in_a_reply_is_called_and_released(void **state)
{
    uint32_t object;
    uint32_t exports;

    (void)state;
    exports = world_info().exports;
    object = give_object(70);
    assert_int_equal(world_info().exports, exports + 1);
    peer_call(4, object, SERVICE(2));
    assert_int_equal(world.ts->regs.rdi, 70);
    world_reply(0, 0);
    assert_true(peer_take());
    link_draft_begin(&peer.draft, LINK_PING, 1, 0);
    peer_release(object);
    peer_send(LINK_SLOT_PING);
    peer_take_kind(LINK_PONG);
    assert_int_equal(world_info().exports, exports);
    /* The server is told that the far end closed. */
    assert_int_equal(world.ts->regs.rdi, 70);
    assert_int_equal(world.ts->regs.rsi, nu_tag(NU_EVENT_CLOSED, 4, 0, 0));
    peer_take_response(peer_call(4, object, SERVICE(2)), (uint32_t)NU_GONE);
}

static void gate_cannot_be_released(void **state)
{
    (void)state;
    link_draft_begin(&peer.draft, LINK_PING, 1, 0);
    peer_release(LINK_OBJECT_GATE);
    for (uint32_t i = 0; i < 20; i++)
        peer_release(4096 + i);
    peer_send(LINK_SLOT_PING);
    peer_take_kind(LINK_PONG);
    world_receive();
    peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    assert_int_equal(world.ts->regs.rdi, GATE_BADGE);
}

static void object_of_the_peers_comes_with_a_request(void **state)
{
    nu_handle_t given;

    (void)state;
    world_receive();
    peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1) | HANDLES(1));
    peer.draft.handles[0] = (struct link_handle){31337, NU_RIGHTS_ALL};
    peer_send(0);
    given = world.ts->buf->handles[0].handle;
    /* It can be called at once, while the peer's own call still waits. */
    fixture_message(world.ts,
                    (struct fixture_call){given, NU_OP_SEND | SERVICE(6), {0}});
    peer_take_request(31337, SERVICE(6));
    peer_answer(peer.view.head.id, 0);
    world_answered(world.ts, 0);
    /* And given back: it goes home as the peer's own. */
    world.ts->buf->handles[0] =
        (struct nu_handle_item){given, NU_RIGHTS_ALL | NU_ITEM_MOVE, 0};
    world_reply(HANDLES(1), 0);
    assert_true(peer_take());
    assert_int_equal(peer.view.handles[0].object, 31337);
    assert_true(peer.view.handles[0].rights & LINK_HANDLE_YOURS);
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_int_equal(peer.view.head.release_count, 1);
    assert_int_equal(peer.view.releases[0], 31337);
}

/* A call of the peer's with an object of ours, which its client drops as soon as
 * the call is away, must still carry it. */
static void object_sent_home_outlives_its_release(void **state)
{
    uint32_t object;

    (void)state;
    object = give_object(71);
    peer_call_begin(5, LINK_OBJECT_GATE, SERVICE(1));
    peer_send(5);
    assert_int_equal(world.ts->regs.rdi, GATE_BADGE);
    /* The server is busy: this request waits. */
    peer_call_begin(6, LINK_OBJECT_GATE, SERVICE(2) | HANDLES(1));
    peer.draft.handles[0] =
        (struct link_handle){object, LINK_HANDLE_YOURS | NU_RIGHTS_ALL};
    peer_send(6);
    link_draft_begin(&peer.draft, LINK_PING, 1, 0);
    peer_release(object);
    peer_send(LINK_SLOT_PING);
    world_reply(0, 0);
    assert_int_equal(world.ts->regs.rsi, SERVICE(2) | HANDLES(1));
    world_reply(0, 0);
    peer_take_kind(LINK_PONG);
}

static void objects_that_nobody_may_give_fail_the_request(void **state)
{
    static const uint32_t bad[] = {0, 1, 99999, ~0u};

    (void)state;
    world_receive();
    for (uint32_t i = 0; i < 4; i++) {
        peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1) | HANDLES(1));
        peer.draft.handles[0] =
            (struct link_handle){bad[i], LINK_HANDLE_YOURS | NU_RIGHTS_ALL};
        peer_send(0);
        assert_true(peer_take());
        assert_int_equal(nu_tag_status(peer.view.head.tag), NU_BADH);
    }
    /* Nor the gate: its number is known to be the first of the agents'. */
    peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1) | HANDLES(1));
    peer.draft.handles[0] =
        (struct link_handle){4096, LINK_HANDLE_YOURS | NU_RIGHTS_ALL};
    peer_send(0);
    assert_true(peer_take());
    assert_int_equal(nu_tag_status(peer.view.head.tag), NU_DENIED);
    assert_int_equal(world.ts->state, THREAD_RECEIVING);
}

static void what_is_no_channel_does_not_leave(void **state)
{
    (void)state;
    world_receive();
    peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    object_get(&world.server->object);
    world.ts->buf->handles[0] = (struct nu_handle_item){
        fixture_handle(world.server, &world.server->object, NU_RIGHTS_ALL),
        NU_RIGHTS_ALL, 0};
    world.ts->buf->handles[1] =
        (struct nu_handle_item){world.ports, NU_RIGHTS_ALL | NU_ITEM_NEW, 8};
    world_reply(HANDLES(2), 0);
    assert_true(peer_take());
    assert_int_equal(nu_tag_status(peer.view.head.tag), NU_UNSUP);
    assert_int_equal(peer.view.handle_count, 0);
    assert_int_equal(world_info().exports, 1);
}

/* ---- servers that go, or take their time ---- */

static void saved_request_is_answered_later(void **state)
{
    struct reply *reply = reply_create(world.server->purse);
    nu_handle_t handle =
        fixture_handle(world.server, &reply->object, NU_RIGHTS_ALL);
    uint32_t first;
    uint32_t second;

    (void)state;
    world_receive();
    first = peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    assert_int_equal(reply_save(reply, world.ts), 0);
    world_receive();
    second = peer_call(1, LINK_OBJECT_GATE, SERVICE(1));
    fixture_message(world.ts,
                    (struct fixture_call){0, NU_OP_REPLY | WORDS(1), {22}});
    peer_take_response(second, WORDS(1));
    fixture_message(world.ts,
                    (struct fixture_call){handle, NU_OP_SEND | WORDS(1), {11}});
    peer_take_response(first, WORDS(1));
    assert_int_equal(peer.view.words[0], 11);
}

static void server_that_dies_fails_what_it_held_and_what_waited(void **state)
{
    uint32_t held;
    uint32_t waits;

    (void)state;
    world_receive();
    held = peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    waits = peer_call(1, LINK_OBJECT_GATE, SERVICE(1));
    process_end(world.server, 1);
    object_reap();
    peer_take_response(held, (uint32_t)NU_GONE);
    peer_take_response(waits, (uint32_t)NU_GONE);
    peer_take_response(peer_call(0, LINK_OBJECT_GATE, SERVICE(1)),
                       (uint32_t)NU_GONE);
}

static void server_that_dies_and_leaves_a_reply_object(void **state)
{
    struct reply *reply = reply_create(world.server->purse);
    uint32_t id;

    (void)state;
    fixture_handle(world.server, &reply->object, NU_RIGHTS_ALL);
    world_receive();
    id = peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    assert_int_equal(reply_save(reply, world.ts), 0);
    process_end(world.server, 1);
    object_reap();
    peer_take_response(id, (uint32_t)NU_GONE);
}

static void connection_that_ends_takes_its_callers_along(void **state)
{
    uint32_t object;

    (void)state;
    object = give_object(70);
    peer_call(0, object, SERVICE(1));
    peer_call(1, object, SERVICE(1));
    link_close(world.link);
    object_reap();
    /* The reply finds nobody; then the channels' ends are told. */
    world_reply(0, 0);
    assert_int_equal(world.ts->regs.rsi, nu_tag(NU_EVENT_CLOSED, 4, 0, 0));
    world_receive();
    assert_int_equal(world.ts->regs.rsi, nu_tag(NU_EVENT_CLOSED, 4, 0, 0));
    world_receive();
    assert_int_equal(world.ts->state, THREAD_RECEIVING);
}

static void without_a_gate_there_is_nothing(void **state)
{
    (void)state;
    peer_connect(world.link);
    peer_serve_gate("fs", FS_OBJECT);
    peer_take_response(peer_call(0, LINK_OBJECT_GATE, SERVICE(1)),
                       (uint32_t)NU_GONE);
    world_show_gate();
    world_receive();
    peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    assert_int_equal(world.ts->regs.rdi, GATE_BADGE);
}

#define TEST(name, setup) \
    cmocka_unit_test_setup_teardown(name, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(request_reaches_the_gate, link_setup_up),
        TEST(request_waits_until_the_server_receives, link_setup_up),
        TEST(one_way_request_is_answered_when_it_is_taken, link_setup_up),
        TEST(errors_come_back_as_the_status, link_setup_up),
        TEST(object_in_a_reply_is_called_and_released, link_setup_up),
        TEST(gate_cannot_be_released, link_setup_up),
        TEST(object_of_the_peers_comes_with_a_request, link_setup_up),
        TEST(object_sent_home_outlives_its_release, link_setup_up),
        TEST(objects_that_nobody_may_give_fail_the_request, link_setup_up),
        TEST(what_is_no_channel_does_not_leave, link_setup_up),
        TEST(saved_request_is_answered_later, link_setup_up),
        TEST(server_that_dies_fails_what_it_held_and_what_waited,
             link_setup_up),
        TEST(server_that_dies_and_leaves_a_reply_object, link_setup_up),
        TEST(connection_that_ends_takes_its_callers_along, link_setup_up),
        TEST(without_a_gate_there_is_nothing, link_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
