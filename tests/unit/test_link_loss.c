/* The connection is lost, and comes back: calls wait, objects are had again. */
#include "link_fixture.h"

#include <string.h>

#include <link/internal.h>

static struct thread *t[LINK_CALLS + 4];

static void start_calls(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        t[i] = world_thread();
        world_call(t[i], world.fs, SERVICE(1) | WORDS(1), i);
    }
}

/* All (count) calls arrive at (object) in order, and are answered. */
static void serve_calls(uint32_t object, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        peer_take_request(object, SERVICE(1) | WORDS(1));
        assert_int_equal(peer.view.words[0], i);
        peer_answer(peer.view.head.id, 0);
        world_answered(t[i], 0);
    }
    assert_false(peer_take());
}

static void calls_under_way_are_sent_anew_in_order(void **state)
{
    uint32_t first;

    (void)state;
    /* So that places in the table are not in the order of the calls. */
    world_call(world.tc, world.fs, SERVICE(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    first = peer.view.head.id;
    start_calls(2);
    peer_answer(first, 0);
    for (uint32_t i = 2; i < LINK_CALLS + 4; i++) {
        t[i] = world_thread();
        world_call(t[i], world.fs, SERVICE(1) | WORDS(1), i);
    }
    while (peer_take()) {
    }
    link_close(world.link);
    for (uint32_t i = 0; i < LINK_CALLS + 4; i++)
        assert_int_equal(t[i]->state, THREAD_SENDING);
    assert_int_equal(grant_used(), 0);
    world_reconnect(9000);
    serve_calls(9000, LINK_CALLS + 4);
    assert_int_equal(world_info().replayed, LINK_CALLS);
}

static void keeper_is_told_of_a_peer_that_breaks_the_rules(void **state)
{
    (void)state;
    start_calls(3);
    peer_write_raw(0, "x", 1);
    peer_event();
    assert_int_equal(world_info().state, LINK_BROKEN);
    assert_int_equal(world_info().violations, 1);
    fixture_message(fixture_thread(world.keeper),
                    (struct fixture_call){world.keeper->handles.slots[0].number,
                                          NU_OP_RECV,
                                          {0}});
    assert_int_equal(fixture_thread(world.keeper)->regs.rdi, LINK_BADGE);
    assert_int_equal(link_probe(world.link), NU_GONE);
    world_reconnect(9000);
    serve_calls(9000, 3);
    assert_int_equal(world_info().connections, 2);
    assert_true(world_info().outage_ns > 0);
}

static void peer_that_vanished_is_found_out_by_the_next_message(void **state)
{
    (void)state;
    start_calls(2);
    peer_stop();
    world_call(world.tc, world.fs, SERVICE(1) | WORDS(1), 2);
    assert_int_equal(world.tc->state, THREAD_SENDING);
    assert_int_equal(world_info().state, LINK_BROKEN);
    t[2] = world.tc;
    world_reconnect(9000);
    serve_calls(9000, 3);
}

/* ---- objects ---- */

static nu_handle_t open_child(nu_handle_t parent, uint32_t parent_object,
                              uint32_t object)
{
    world_call(world.tc, parent, SERVICE(3) | WORDS(2), 7);
    peer_take_request(parent_object, SERVICE(3) | WORDS(2));
    peer_answer_begin(peer.view.head.id, nu_tag(0, 2, 1, 0));
    peer.draft.handles[0] = (struct link_handle){object, NU_RIGHTS_ALL};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
    world_answered(world.tc, 0);
    return world.tc->buf->handles[0].handle;
}

/* The request that made the child comes again. */
static void expect_remake(uint32_t parent_object)
{
    peer_take_request(parent_object, SERVICE(3) | WORDS(2));
    assert_int_equal(peer.view.words[0], 7);
    assert_int_equal(peer.view.words[1], 2);
}

static void give_child(uint32_t object, uint64_t first_word)
{
    peer_answer_begin(peer.view.head.id, nu_tag(0, 2, 1, 0));
    peer.draft.reg_words[0] = first_word;
    peer.draft.handles[0] = (struct link_handle){object, NU_RIGHTS_ALL};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
}

static void objects_are_had_again_parents_first(void **state)
{
    nu_handle_t child;
    nu_handle_t grandchild;

    (void)state;
    child = open_child(world.fs, FS_OBJECT, CHILD_OBJECT);
    grandchild = open_child(child, CHILD_OBJECT, 4343);
    link_close(world.link);
    world_call(world.tc, grandchild, SERVICE(8), 0);
    assert_int_equal(world.tc->state, THREAD_SENDING);
    world_reconnect(9000);
    expect_remake(9000);
    give_child(9001, 100);
    expect_remake(9001);
    give_child(9002, 100);
    peer_take_request(9002, SERVICE(8));
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
}

static void object_opened_by_a_string_is_asked_for_with_it(void **state)
{
    char name[100];
    nu_handle_t child;

    (void)state;
    fixture_poke(world.client, FIXTURE_HEAP, "a name", 6);
    world.tc->buf->strings[0] = (struct nu_string_item){FIXTURE_HEAP, 6};
    world_call(world.tc, world.fs, SERVICE(3) | STRINGS(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(3) | STRINGS(1));
    give_child(CHILD_OBJECT, 100);
    child = world.tc->buf->handles[0].handle;
    fixture_poke(world.client, FIXTURE_HEAP, "other.", 6);
    world_reconnect(9000);
    peer_take_request(9000, SERVICE(3) | STRINGS(1));
    assert_int_equal(peer_read_piece(0, name), GNTST_okay);
    assert_memory_equal(name, "a name", 6);
    give_child(9001, 100);
    world_call(world.tc, child, SERVICE(8), 0);
    peer_take_request(9001, SERVICE(8));
}

static void object_that_is_another_now_is_gone(void **state)
{
    nu_handle_t child;
    nu_handle_t grandchild;

    (void)state;
    child = open_child(world.fs, FS_OBJECT, CHILD_OBJECT);
    grandchild = open_child(child, CHILD_OBJECT, 4343);
    link_close(world.link);
    world_call(world.tc, child, SERVICE(8), 0);
    world_reconnect(9000);
    expect_remake(9000);
    give_child(9001, 101); /* another word in the reply */
    world_answered(world.tc, NU_GONE);
    /* What was had from it is gone too. */
    world_call(world.tc, grandchild, SERVICE(8), 0);
    world_answered(world.tc, NU_GONE);
    assert_false(peer_take());
    /* And the new object is given back, for nobody has it. */
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_int_equal(peer.view.head.release_count, 1);
    assert_int_equal(peer.view.releases[0], 9001);
}

static void object_that_is_not_there_now_is_gone(void **state)
{
    nu_handle_t child;

    (void)state;
    child = open_child(world.fs, FS_OBJECT, CHILD_OBJECT);
    world_reconnect(9000);
    expect_remake(9000);
    peer_answer(peer.view.head.id, (uint32_t)NU_NOENT);
    world_call(world.tc, child, SERVICE(8), 0);
    world_answered(world.tc, NU_GONE);
    world_call(world.tc, world.fs, SERVICE(1) | WORDS(1), 0);
    t[0] = world.tc;
    serve_calls(9000, 1);
}

static void what_cannot_be_had_now_is_asked_for_at_the_next_probe(void **state)
{
    nu_handle_t child;
    nu_handle_t block;

    (void)state;
    child = open_child(world.fs, FS_OBJECT, CHILD_OBJECT);
    (void)open_child(child, CHILD_OBJECT, 4343);
    block = world_import("block");
    peer_serve_gate("block", 500);
    world_reconnect(9000);
    expect_remake(9000);
    peer_answer(peer.view.head.id, (uint32_t)NU_AGAIN);
    /* Nothing of it can be asked for, but others do not wait for that. */
    peer_serve_gate("block", 9500);
    assert_false(peer_take());
    world_call(world.tc, block, SERVICE(8), 0);
    peer_take_request(9500, SERVICE(8));
    peer_answer(peer.view.head.id, 0);
    link_probe(world.link);
    expect_remake(9000);
    give_child(9001, 100);
    peer_take_kind(LINK_PING);
    expect_remake(9001);
    give_child(9002, 100);
    world_call(world.tc, child, SERVICE(8), 0);
    peer_take_request(9001, SERVICE(8));
}

static void close_handle(nu_handle_t handle)
{
    struct handle_slot *slot = handle_find(&world.client->handles, handle);

    object_put(handle_take(&world.client->handles, slot));
    object_reap();
}

static void object_closed_while_it_is_asked_for(void **state)
{
    nu_handle_t child;
    nu_handle_t other;
    uint32_t id;

    (void)state;
    child = open_child(world.fs, FS_OBJECT, CHILD_OBJECT);
    other = open_child(world.fs, FS_OBJECT, CHILD_OBJECT + 1);
    world_reconnect(9000);
    expect_remake(9000);
    id = peer.view.head.id;
    close_handle(child);
    /* One at a time, still. */
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_false(peer_take());
    peer.view.head.id = id;
    give_child(9001, 100);
    expect_remake(9000);
    give_child(9002, 100);
    world_call(world.tc, other, SERVICE(8), 0);
    peer_take_request(9002, SERVICE(8));
    assert_int_equal(peer.view.head.release_count, 1);
    assert_int_equal(peer.view.releases[0], 9001);
}

static void parent_closed_is_kept_for_its_children(void **state)
{
    nu_handle_t child;
    nu_handle_t grandchild;

    (void)state;
    child = open_child(world.fs, FS_OBJECT, CHILD_OBJECT);
    grandchild = open_child(child, CHILD_OBJECT, 4343);
    close_handle(child);
    assert_int_equal(world_info().imports, 3);
    world_reconnect(9000);
    expect_remake(9000);
    give_child(9001, 100);
    expect_remake(9001);
    give_child(9002, 100);
    close_handle(grandchild);
    assert_int_equal(world_info().imports, 1);
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_int_equal(peer.view.head.release_count, 2);
}

/* An object that cannot be asked for again dies with the connection, and a call
 * that finds out by itself that it is lost does not wait for ever. */
static void call_that_finds_the_loss_on_a_mortal_object(void **state)
{
    nu_handle_t own;
    nu_handle_t child;

    (void)state;
    own =
        fixture_handle(world.client,
                       &channel_create_bound(world.server->purse, world.port, 9)
                            ->end[0]
                            .object,
                       NU_RIGHTS_ALL);
    /* A request that carries an object cannot be said again. */
    world.tc->buf->handles[0] = (struct nu_handle_item){own, NU_RIGHTS_ALL, 0};
    world_call(world.tc, world.fs, SERVICE(3) | HANDLES(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(3) | HANDLES(1));
    give_child(CHILD_OBJECT, 100);
    child = world.tc->buf->handles[0].handle;
    start_calls(LINK_CALLS);
    t[LINK_CALLS] = world_thread();
    world_call(t[LINK_CALLS], child, SERVICE(8), 0);
    assert_int_equal(t[LINK_CALLS]->state, THREAD_SENDING);
    peer_take();
    peer_answer_begin(peer.view.head.id, 0);
    peer_write(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
    fake_peer_revoke(peer.domain, peer.head_ref);
    peer_event(); /* the pump sends, and fails */
    assert_int_equal(world_info().state, LINK_BROKEN);
    world_answered(t[LINK_CALLS], NU_GONE);
    world_call(world.tc, child, SERVICE(8), 0);
    world_answered(world.tc, NU_GONE);
}

static void mortal_object_found_lost_by_its_own_call(void **state)
{
    nu_handle_t own =
        fixture_handle(world.client,
                       &channel_create_bound(world.server->purse, world.port, 9)
                            ->end[0]
                            .object,
                       NU_RIGHTS_ALL);

    (void)state;
    world.tc->buf->handles[0] = (struct nu_handle_item){own, NU_RIGHTS_ALL, 0};
    world_call(world.tc, world.fs, SERVICE(3) | HANDLES(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(3) | HANDLES(1));
    give_child(CHILD_OBJECT, 100);
    peer_stop();
    world_call(world.tc, world.tc->buf->handles[0].handle, SERVICE(8), 0);
    world_answered(world.tc, NU_GONE);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, link_setup_up, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_under_way_are_sent_anew_in_order),
        TEST(keeper_is_told_of_a_peer_that_breaks_the_rules),
        TEST(peer_that_vanished_is_found_out_by_the_next_message),
        TEST(objects_are_had_again_parents_first),
        TEST(object_opened_by_a_string_is_asked_for_with_it),
        TEST(object_that_is_another_now_is_gone),
        TEST(object_that_is_not_there_now_is_gone),
        TEST(what_cannot_be_had_now_is_asked_for_at_the_next_probe),
        TEST(object_closed_while_it_is_asked_for),
        TEST(parent_closed_is_kept_for_its_children),
        TEST(call_that_finds_the_loss_on_a_mortal_object),
        TEST(mortal_object_found_lost_by_its_own_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
