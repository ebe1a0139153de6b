/* Calls that leave: threads here, objects of the peer's. */
#include "link_fixture.h"

#include <string.h>

#include <event/event.h>

static void call_and_answer(uint64_t w0)
{
    world_call(world.tc, world.fs, SERVICE(1) | WORDS(4), w0);
    peer_take_request(FS_OBJECT, SERVICE(1) | WORDS(4));
    assert_int_equal(peer.view.words[0], w0);
    assert_int_equal(peer.view.words[3], 4);
    peer_answer(peer.view.head.id, WORDS(4));
    world_answered(world.tc, 0);
    assert_int_equal(world.tc->regs.rsi, WORDS(4));
    assert_int_equal(world.tc->regs.rdx, 100);
    assert_int_equal(world.tc->regs.r9, 103);
}

static void call_travels_and_its_answer_comes_back(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++)
        call_and_answer(i);
    assert_int_equal(world_info().calls, 200);
    assert_int_equal(world_info().waiting, 0);
    /* One event for each record, in the same hypercall. */
    assert_int_equal(fake_peer_take(peer.domain, peer.port), 201);
}

static void one_hypercall_for_one_call(void **state)
{
    uint64_t before;

    (void)state;
    before = fake_hv.calls;
    world_call(world.tc, world.fs, SERVICE(1) | WORDS(4), 1);
    assert_int_equal(fake_hv.calls - before, 1);
    peer_take_request(FS_OBJECT, SERVICE(1) | WORDS(4));
}

static void call_made_before_the_connection_waits_for_it(void **state)
{
    (void)state;
    world_call(world.tc, world.fs, SERVICE(1) | WORDS(1), 9);
    assert_int_equal(world.tc->state, THREAD_SENDING);
    peer_connect(world.link);
    assert_int_equal(world.tc->state, THREAD_SENDING);
    peer_serve_gate("fs", FS_OBJECT);
    peer_take_request(FS_OBJECT, SERVICE(1) | WORDS(1));
    assert_int_equal(world.tc->state, THREAD_REPLYING);
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
}

static void nonblocking_says_again_until_there_is_a_connection(void **state)
{
    (void)state;
    world_call(world.tc, world.fs, SERVICE(1) | NU_OP_NONBLOCK, 0);
    world_answered(world.tc, NU_AGAIN);
    peer_connect(world.link);
    peer_serve_gate("fs", FS_OBJECT);
    world_call(world.tc, world.fs, SERVICE(1) | NU_OP_NONBLOCK, 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    assert_int_equal(world.tc->state, THREAD_REPLYING);
}

static void sixty_four_words_travel_both_ways(void **state)
{
    (void)state;
    for (uint32_t i = 4; i < 64; i++)
        world.tc->buf->words[i] = i * 3;
    world_call(world.tc, world.fs, SERVICE(2) | WORDS(64), 1);
    peer_take_request(FS_OBJECT, SERVICE(2) | WORDS(64));
    assert_int_equal(peer.view.words[1], 2);
    for (uint32_t i = 4; i < 64; i++)
        assert_int_equal(peer.view.words[i], i * 3);
    peer_answer(peer.view.head.id, WORDS(64));
    world_answered(world.tc, 0);
    for (uint32_t i = 4; i < 64; i++)
        assert_int_equal(world.tc->buf->words[i], 100 + i);
}

static void status_of_the_reply_is_the_calls(void **state)
{
    (void)state;
    world_call(world.tc, world.fs, SERVICE(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    peer_answer(peer.view.head.id, (uint32_t)NU_NOENT);
    world_answered(world.tc, NU_NOENT);
}

static void one_way_message_waits_only_until_it_is_taken(void **state)
{
    (void)state;
    fixture_message(world.tc,
                    (struct fixture_call){
                        world.fs, NU_OP_SEND | SERVICE(1) | WORDS(1), {5}});
    peer_take_request(FS_OBJECT, SERVICE(1) | WORDS(1));
    assert_int_equal(peer.view.head.flags, LINK_FLAG_ONEWAY);
    assert_int_equal(world.tc->state, THREAD_REPLYING);
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
}

/* ---- several at once ---- */

static void answers_come_in_any_order(void **state)
{
    struct thread *t[4];
    uint32_t id[4];

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        t[i] = world_thread();
        world_call(t[i], world.fs, SERVICE(1) | WORDS(1), i);
    }
    for (uint32_t i = 0; i < 4; i++) {
        peer_take_request(FS_OBJECT, SERVICE(1) | WORDS(1));
        assert_int_equal(peer.view.words[0], i);
        id[i] = peer.view.head.id;
    }
    for (uint32_t i = 4; i-- > 0;) {
        peer_answer_begin(id[i], WORDS(1));
        peer.draft.reg_words[0] = i * 11;
        peer_send(LINK_CALLS + LINK_CALL_INDEX(id[i]));
        world_answered(t[i], 0);
        assert_int_equal(t[i]->regs.rdx, i * 11);
        assert_int_equal(world_info().waiting, i);
    }
}

static void more_callers_than_places_take_turns(void **state)
{
    struct thread *t[LINK_CALLS + 5];
    uint32_t done = 0;

    (void)state;
    for (uint32_t i = 0; i < LINK_CALLS + 5; i++) {
        t[i] = world_thread();
        world_call(t[i], world.fs, SERVICE(1) | WORDS(1), i);
        assert_int_equal(t[i]->state,
                         i < LINK_CALLS ? THREAD_REPLYING : THREAD_SENDING);
    }
    world_call(world.tc, world.fs, SERVICE(1) | NU_OP_NONBLOCK, 0);
    world_answered(world.tc, NU_AGAIN);
    while (peer_take()) {
        assert_int_equal(peer.view.words[0], done);
        peer_answer(peer.view.head.id, 0);
        world_answered(t[done], 0);
        done++;
    }
    assert_int_equal(done, LINK_CALLS + 5);
}

/* ---- objects ---- */

static nu_handle_t open_child(uint32_t object)
{
    world_call(world.tc, world.fs, SERVICE(3) | WORDS(1), 7);
    peer_take_request(FS_OBJECT, SERVICE(3) | WORDS(1));
    peer_answer_begin(peer.view.head.id, nu_tag(0, 1, 1, 0));
    peer.draft.handles[0] = (struct link_handle){object, NU_RIGHTS_ALL};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
    world_answered(world.tc, 0);
    assert_int_equal(nu_tag_handles(world.tc->regs.rsi), 1);
    assert_int_equal(world.tc->buf->handles[0].rights,
                     NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY);
    return world.tc->buf->handles[0].handle;
}

static void close_handle(struct process *process, nu_handle_t handle)
{
    struct handle_slot *slot = handle_find(&process->handles, handle);

    assert_non_null(slot);
    object_put(handle_take(&process->handles, slot));
    object_reap();
}

static void object_in_a_reply_is_called_and_given_back(void **state)
{
    nu_handle_t child;

    (void)state;
    child = open_child(CHILD_OBJECT);
    assert_int_equal(world_info().imports, 2);
    world_call(world.tc, child, SERVICE(4), 0);
    peer_take_request(CHILD_OBJECT, SERVICE(4));
    peer_answer(peer.view.head.id, 0);
    close_handle(world.client, child);
    assert_int_equal(world_info().imports, 1);
    /* The peer is told with whatever goes next. */
    assert_false(peer_take());
    world_call(world.tc, world.fs, SERVICE(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    assert_int_equal(peer.view.head.release_count, 1);
    assert_int_equal(peer.view.releases[0], CHILD_OBJECT);
}

static void many_are_given_back_piece_by_piece(void **state)
{
    nu_handle_t child[LINK_RELEASES_MAX + 3];
    uint32_t count = 0;

    (void)state;
    for (uint32_t i = 0; i < LINK_RELEASES_MAX + 3; i++)
        child[i] = open_child(5000 + i);
    for (uint32_t i = 0; i < LINK_RELEASES_MAX + 3; i++)
        close_handle(world.client, child[i]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link_probe(world.link), 0);
        peer_take_kind(LINK_PING);
        for (uint32_t r = 0; r < peer.view.head.release_count; r++)
            assert_int_equal(peer.view.releases[r], 5000 + count++);
        link_draft_begin(&peer.draft, LINK_PONG, peer.view.head.id, 0);
        peer_send(LINK_SLOT_PONG);
    }
    assert_int_equal(count, LINK_RELEASES_MAX + 3);
}

static void own_object_goes_and_comes_home_as_itself(void **state)
{
    nu_handle_t own;
    uint32_t number;
    const struct object *object;

    (void)state;
    own = world_server_channel(9);
    object = handle_find(&world.server->handles, own)->object;
    world.server->handles.slots[own & 255].object->refs++;
    own = fixture_handle(world.client, (struct object *)(uintptr_t)object,
                         NU_RIGHTS_ALL);
    world.tc->buf->handles[0] = (struct nu_handle_item){own, NU_RIGHTS_ALL, 0};
    world_call(world.tc, world.fs, SERVICE(5) | HANDLES(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(5) | HANDLES(1));
    assert_false(peer.view.handles[0].rights & LINK_HANDLE_YOURS);
    number = peer.view.handles[0].object;
    peer_answer_begin(peer.view.head.id, nu_tag(0, 0, 1, 0));
    peer.draft.handles[0] =
        (struct link_handle){number, LINK_HANDLE_YOURS | NU_RIGHT_SEND};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
    world_answered(world.tc, 0);
    assert_ptr_equal(
        handle_find(&world.client->handles, world.tc->buf->handles[0].handle)
            ->object,
        object);
}

static void moved_handle_is_gone_and_a_foreign_object_goes_home(void **state)
{
    nu_handle_t child;

    (void)state;
    child = open_child(CHILD_OBJECT);
    world.tc->buf->handles[0] =
        (struct nu_handle_item){child, NU_RIGHTS_ALL | NU_ITEM_MOVE, 0};
    world_call(world.tc, world.fs, SERVICE(5) | HANDLES(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(5) | HANDLES(1));
    assert_true(peer.view.handles[0].rights & LINK_HANDLE_YOURS);
    assert_int_equal(peer.view.handles[0].object, CHILD_OBJECT);
    assert_null(handle_find(&world.client->handles, child));
}

static void what_cannot_be_sent_is_the_callers_error(void **state)
{
    struct thread *t = world.tc;

    (void)state;
    world_call(t, world.fs, SERVICE(1) | PAGES(1), 0);
    world_answered(t, NU_UNSUP);
    world_call(t, world.fs, SERVICE(1) | WORDS(65), 0);
    world_answered(t, NU_INVAL);
    world_call(t, world.fs, SERVICE(1) | STRINGS(18), 0);
    world_answered(t, NU_INVAL);
    t->buf->handles[0] = (struct nu_handle_item){12345, NU_RIGHTS_ALL, 0};
    world_call(t, world.fs, SERVICE(1) | HANDLES(1), 0);
    world_answered(t, NU_BADH);
    t->buf->handles[0].rights |= NU_ITEM_NEW;
    world_call(t, world.fs, SERVICE(1) | HANDLES(1), 0);
    world_answered(t, NU_UNSUP);
    object_get(&world.client->object);
    t->buf->handles[0] = (struct nu_handle_item){
        fixture_handle(world.client, &world.client->object, NU_RIGHTS_ALL),
        NU_RIGHTS_ALL, 0};
    world_call(t, world.fs, SERVICE(1) | HANDLES(1), 0);
    world_answered(t, NU_UNSUP);
    close_handle(world.client, t->buf->handles[0].handle);
    assert_false(peer_take());
    assert_int_equal(world_info().waiting, 0);
    call_and_answer(1);
}

/* ---- names ---- */

static void every_name_is_asked_for_at_the_gate(void **state)
{
    nu_handle_t block;

    (void)state;
    block = world_import("block");
    peer_serve_gate("block", 777);
    world_call(world.tc, block, SERVICE(1), 0);
    peer_take_request(777, SERVICE(1));
    (void)world_import("a-name-of-thirty-one-characters");
    peer_serve_gate("a-name-of-thirty-one-characters", 778);
}

static void name_that_the_peer_does_not_have_is_gone(void **state)
{
    nu_handle_t none;

    (void)state;
    none = world_import("none");
    assert_true(peer_take());
    peer_answer(peer.view.head.id, (uint32_t)NU_NOENT);
    world_call(world.tc, none, SERVICE(1), 0);
    world_answered(world.tc, NU_GONE);
    call_and_answer(1);
}

#define TEST(name, setup) \
    cmocka_unit_test_setup_teardown(name, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(call_travels_and_its_answer_comes_back, link_setup_up),
        TEST(one_hypercall_for_one_call, link_setup_up),
        TEST(call_made_before_the_connection_waits_for_it, link_setup),
        TEST(nonblocking_says_again_until_there_is_a_connection, link_setup),
        TEST(sixty_four_words_travel_both_ways, link_setup_up),
        TEST(status_of_the_reply_is_the_calls, link_setup_up),
        TEST(one_way_message_waits_only_until_it_is_taken, link_setup_up),
        TEST(answers_come_in_any_order, link_setup_up),
        TEST(more_callers_than_places_take_turns, link_setup_up),
        TEST(object_in_a_reply_is_called_and_given_back, link_setup_up),
        TEST(many_are_given_back_piece_by_piece, link_setup_up),
        TEST(own_object_goes_and_comes_home_as_itself, link_setup_up),
        TEST(moved_handle_is_gone_and_a_foreign_object_goes_home,
             link_setup_up),
        TEST(what_cannot_be_sent_is_the_callers_error, link_setup_up),
        TEST(every_name_is_asked_for_at_the_gate, link_setup_up),
        TEST(name_that_the_peer_does_not_have_is_gone, link_setup_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
