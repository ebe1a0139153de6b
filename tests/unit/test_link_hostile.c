/* A peer that breaks the rules breaks its own link, and nothing else. */
#include "link_fixture.h"

#include <string.h>

#include <event/event.h>

static void respond(uint32_t id)
{
    peer_send(LINK_CALLS + LINK_CALL_INDEX(id));
}

static uint32_t call_away(uint64_t tag)
{
    world_call(world.tc, world.fs, tag, 0);
    peer_take_request(FS_OBJECT, tag);
    return peer.view.head.id;
}

/* The link is broken; its call waits, and goes with the next connection. */
static void expect_broken(void)
{
    assert_int_equal(world_info().state, LINK_BROKEN);
    assert_int_equal(world_info().violations, 1);
    assert_int_equal(world.tc->state, THREAD_SENDING);
    world_reconnect(FS_OBJECT);
    assert_true(peer_take());
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
}

/* ---- entries and records ---- */

static void entries_that_make_no_sense(void **state)
{
    uint64_t bad[] = {
        link_entry(0, LINK_SLOTS, 64),
        link_entry(0, 0xffff, 64),
        link_entry(0, 0, LINK_SLOT_BYTES + 1),
        link_entry(0, 0, 0xffff),
        link_entry(0, 0, 0),
        link_entry(0, 0, 31),
        link_entry(0, LINK_SLOT_PING, 64),
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (i > 0)
            link_setup_up(state);
        (void)call_away(SERVICE(1));
        peer_write_entry(bad[i] | (peer.given + 1));
        peer_event();
        expect_broken();
        if (i + 1 < sizeof(bad) / sizeof(bad[0]))
            link_teardown(state);
    }
}

static void entries_out_of_turn_are_not_looked_at(void **state)
{
    (void)state;
    for (uint32_t i = 2; i < 200; i += 7) {
        peer_write_entry(link_entry(peer.given + i, 0, 64));
        peer.given--;
        peer_event();
    }
    assert_int_equal(world_info().state, LINK_UP);
    (void)call_away(SERVICE(1));
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
}

static void records_in_the_wrong_place(void **state)
{
    static const struct {
        uint32_t kind;
        uint32_t id;
        uint32_t slot;
    } bad[] = {
        {0, 16, 0},
        {5, 16, 0},
        {~0u, 16, 0},
        {LINK_REQUEST, 16, 1},
        {LINK_REQUEST, 16, LINK_CALLS},
        {LINK_REQUEST, 16, LINK_SLOT_PING},
        {LINK_RESPONSE, 16, 0},
        {LINK_RESPONSE, 17, LINK_CALLS},
        {LINK_PING, 0, LINK_SLOT_PONG},
        {LINK_PONG, 0, LINK_SLOT_PING},
        {LINK_PONG, 0, 0},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (i > 0)
            link_setup_up(state);
        (void)call_away(SERVICE(1));
        link_draft_begin(&peer.draft, bad[i].kind, bad[i].id, SERVICE(1));
        peer_send(bad[i].slot);
        expect_broken();
        if (i + 1 < sizeof(bad) / sizeof(bad[0]))
            link_teardown(state);
    }
}

/* ---- responses ---- */

static void responses_that_nobody_asked_for(void **state)
{
    uint32_t id;

    (void)state;
    id = call_away(SERVICE(1));
    peer_answer(id + LINK_CALLS, 0); /* the same place, another call */
    expect_broken();
    id = call_away(SERVICE(1));
    peer_answer(id, 0);
    world_answered(world.tc, 0);
    peer_answer(id, 0); /* twice */
    assert_int_equal(world_info().violations, 2);
    assert_int_equal(world_info().state, LINK_BROKEN);
    world_answered(world.tc, 0);
}

static void larger_than_what_was_offered(void **state)
{
    static const struct {
        uint32_t strings, rx_count, bytes;
        uint64_t tag;
    } bad[] = {
        {1, 1, 101, 0},        {1, 2, 1, 0},  {1, 1, 100 | LINK_MORE, 0},
        {1, 1, ~0u, 0},        {18, 1, 1, 0}, {~0u, 1, 1, 0},
        {1, 1, 1, STRINGS(1)}, {1, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t id;

        if (i > 0)
            link_setup_up(state);
        world.tc->buf->rx[0] = (struct nu_string_item){FIXTURE_HEAP + 10, 100};
        world.tc->buf->rx_count = 1;
        world.tc->buf->rx_bytes[0] = 5000; /* of another message */
        id = call_away(SERVICE(1));
        peer_answer_begin(id, bad[i].tag);
        peer.draft.head.object = bad[i].strings;
        peer.draft.rx_count = bad[i].rx_count;
        for (uint32_t r = 0; r < bad[i].rx_count; r++)
            peer.draft.rx[r] = (struct link_extent){.bytes = bad[i].bytes};
        respond(id);
        expect_broken();
        if (i + 1 < sizeof(bad) / sizeof(bad[0]))
            link_teardown(state);
    }
}

/* Handles that the thread is not told of it does not get. */
static void handles_that_come_with_a_failure_or_for_nobody(void **state)
{
    uint32_t free_count = world.client->handles.free_count;
    uint32_t id;

    (void)state;
    id = call_away(SERVICE(1));
    peer_answer_begin(id, nu_tag((uint32_t)NU_NOENT, 0, 2, 0));
    peer.draft.handles[0] = (struct link_handle){601, NU_RIGHTS_ALL};
    peer.draft.handles[1] = (struct link_handle){602, NU_RIGHTS_ALL};
    respond(id);
    world_answered(world.tc, NU_NOENT);
    assert_int_equal(world.tc->regs.rsi, (uint32_t)NU_NOENT);
    fixture_message(world.tc, (struct fixture_call){
                                  world.fs, NU_OP_SEND | SERVICE(1), {0}});
    peer_take_request(FS_OBJECT, SERVICE(1));
    assert_int_equal(peer.view.head.release_count, 2);
    id = peer.view.head.id;
    peer_answer_begin(id, nu_tag(0, 0, 1, 0));
    peer.draft.handles[0] = (struct link_handle){603, NU_RIGHTS_ALL};
    respond(id);
    world_answered(world.tc, 0);
    assert_int_equal(world.client->handles.free_count, free_count);
    assert_int_equal(world_info().imports, 1);
}

static void handles_of_which_one_cannot_be_had(void **state)
{
    uint32_t free_count = world.client->handles.free_count;
    uint32_t id;

    (void)state;
    id = call_away(SERVICE(1));
    peer_answer_begin(id, nu_tag(0, 0, 3, 0));
    peer.draft.handles[0] = (struct link_handle){601, NU_RIGHTS_ALL};
    peer.draft.handles[1] =
        (struct link_handle){99999, NU_RIGHTS_ALL | LINK_HANDLE_YOURS};
    peer.draft.handles[2] = (struct link_handle){603, NU_RIGHTS_ALL};
    respond(id);
    world_answered(world.tc, NU_PROTO);
    assert_int_equal(world.client->handles.free_count, free_count);
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_int_equal(peer.view.head.release_count, 2);
}

static void full_handle_table_is_the_clients_error(void **state)
{
    uint32_t id;

    (void)state;
    while (world.client->handles.free_count > 1) {
        object_get(&world.client->object);
        fixture_handle(world.client, &world.client->object, 0);
    }
    id = call_away(SERVICE(1));
    peer_answer_begin(id, nu_tag(0, 0, 2, 0));
    peer.draft.handles[0] = (struct link_handle){601, NU_RIGHTS_ALL};
    peer.draft.handles[1] = (struct link_handle){602, NU_RIGHTS_ALL};
    respond(id);
    world_answered(world.tc, NU_NOSLOT);
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_int_equal(peer.view.head.release_count, 2);
}

/* ---- requests ---- */

static void request_in_place_of_one_that_waits(void **state)
{
    (void)state;
    (void)call_away(SERVICE(1));
    peer_call(3, LINK_OBJECT_GATE, SERVICE(1));
    peer_call(3, LINK_OBJECT_GATE, SERVICE(1));
    expect_broken();
}

static void request_that_looks_like_the_kernels_own(void **state)
{
    (void)state;
    (void)call_away(SERVICE(1));
    peer_call(0, LINK_OBJECT_GATE, NU_EVENT_CLOSED);
    expect_broken();
}

static void request_to_an_object_of_its_own_goes_nowhere(void **state)
{
    (void)state;
    world_receive();
    peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1) | HANDLES(1));
    peer.draft.handles[0] = (struct link_handle){31337, NU_RIGHTS_ALL};
    peer_send(0);
    /* The numbers of handles here are easy to guess. */
    for (uint32_t i = 4096; i < 4200; i++) {
        uint32_t id = peer_call_begin(1, i, SERVICE(1));

        peer.draft.head.flags = LINK_FLAG_ONEWAY;
        peer_send(1);
        if (peer_take()) {
            assert_int_equal(peer.view.head.kind, LINK_RESPONSE);
            assert_int_equal(peer.view.head.id, id);
        } else {
            world_receive(); /* the gate itself */
            assert_true(peer_take());
        }
    }
    assert_int_equal(world_info().state, LINK_UP);
}

static void objects_without_end_are_bounded_by_the_links_purse(void **state)
{
    uint32_t id;
    uint32_t refused = 0;

    (void)state;
    world_receive();
    for (uint32_t i = 0; i < 600 && refused == 0; i++) {
        id = peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1) | HANDLES(8));
        for (uint32_t h = 0; h < 8; h++)
            peer.draft.handles[h] =
                (struct link_handle){5000 + i * 8 + h, NU_RIGHTS_ALL};
        peer_send(0);
        if (world.ts->state == THREAD_READY)
            world_reply(0, 0);
        assert_true(peer_take());
        assert_int_equal(peer.view.head.id, id);
        refused += nu_tag_status(peer.view.head.tag) != 0;
    }
    assert_int_equal(refused, 1);
    assert_int_equal(world_info().state, LINK_UP);
    assert_true(world.keeper->purse->used <= world.keeper->purse->limit);
}

#define TEST(name, setup) \
    cmocka_unit_test_setup_teardown(name, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_that_make_no_sense, link_setup_up),
        TEST(entries_out_of_turn_are_not_looked_at, link_setup_up),
        TEST(records_in_the_wrong_place, link_setup_up),
        TEST(responses_that_nobody_asked_for, link_setup_up),
        TEST(larger_than_what_was_offered, link_setup_up),
        TEST(handles_that_come_with_a_failure_or_for_nobody, link_setup_up),
        TEST(handles_of_which_one_cannot_be_had, link_setup_up),
        TEST(full_handle_table_is_the_clients_error, link_setup_up),
        TEST(request_in_place_of_one_that_waits, link_setup_up),
        TEST(request_that_looks_like_the_kernels_own, link_setup_up),
        TEST(request_to_an_object_of_its_own_goes_nowhere, link_setup_up),
        TEST(objects_without_end_are_bounded_by_the_links_purse, link_setup_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
