/* Threads, processes, links that end while messages are under way; pages that
 * the peer is copying just then. */
#include "link_fixture.h"

#include <string.h>

#include <link/internal.h>

#define RING_GRANTS (1 + LINK_SLOT_PAGES)

/* The client's thread sends 20000 bytes and offers a buffer. */
static uint32_t send_string(struct thread *thread)
{
    thread->buf->strings[0] = (struct nu_string_item){FIXTURE_HEAP + 50, 20000};
    thread->buf->rx[0] = (struct nu_string_item){FIXTURE_HEAP + 0x8000, 5000};
    thread->buf->rx_count = 1;
    world_call(thread, world.fs, SERVICE(1) | STRINGS(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1) | STRINGS(1));
    return peer.view.head.id;
}

/* The hypervisor is copying by (ref), on behalf of the peer. */
static void pin(uint32_t ref)
{
    fake_hv.grants[ref].flags |= GTF_reading | GTF_writing;
}

static void unpin_and_wait(uint32_t ref)
{
    fake_unpin(&fake_hv.grants[ref]);
    world_wait(20000000);
}

/* ---- who waits goes ---- */

static void killed_thread_takes_its_grants_back_at_once(void **state)
{
    struct thread *thread = world_thread();
    uint32_t id;

    (void)state;
    id = send_string(thread);
    assert_true(grant_used() > RING_GRANTS);
    thread_end(thread);
    object_reap();
    assert_int_equal(grant_used(), RING_GRANTS);
    /* Its place in the table is the peer's to free. */
    assert_int_equal(world_info().waiting, 1);
    assert_int_equal(peer_write_rx(0, 0, "x", 1), GNTST_general_error);
    peer_answer_begin(id, nu_tag(0, 4, 2, 0));
    peer.draft.handles[0] = (struct link_handle){601, NU_RIGHTS_ALL};
    peer.draft.handles[1] = (struct link_handle){602, NU_RIGHTS_ALL};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(id));
    assert_int_equal(world_info().waiting, 0);
    assert_int_equal(world_info().state, LINK_UP);
    /* What came for nobody goes back. */
    link_probe(world.link);
    peer_take_kind(LINK_PING);
    assert_int_equal(peer.view.head.release_count, 2);
}

static void killed_process_leaves_places_and_nothing_else(void **state)
{
    uint32_t id[LINK_CALLS];

    (void)state;
    for (uint32_t i = 0; i < LINK_CALLS; i++)
        id[i] = send_string(world_thread());
    (void)world_thread();
    process_end(world.client, 1);
    object_reap();
    assert_int_equal(grant_used(), RING_GRANTS);
    assert_int_equal(world_info().waiting, LINK_CALLS);
    assert_int_equal(world_info().imports, 0);
    for (uint32_t i = 0; i < LINK_CALLS; i++)
        peer_answer(id[i], WORDS(4));
    assert_int_equal(world_info().waiting, 0);
    assert_int_equal(world_info().state, LINK_UP);
}

static void killed_process_and_lost_connection(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        (void)send_string(world_thread());
    process_end(world.client, 1);
    object_reap();
    link_close(world.link);
    assert_int_equal(world_info().waiting, 0);
    peer_start();
    peer_connect(world.link);
    assert_false(peer_take());
}

static void client_that_closes_its_handle_still_gets_its_answer(void **state)
{
    struct thread *thread = world_thread();
    struct handle_slot *slot;
    uint32_t id;

    (void)state;
    id = send_string(thread);
    slot = handle_find(&world.client->handles, world.fs);
    object_put(handle_take(&world.client->handles, slot));
    object_reap();
    assert_int_equal(world_info().imports, 0);
    peer_answer(id, 0);
    world_answered(thread, 0);
    /* Lost meanwhile, there is nothing to send it to. */
    world.fs = world_import("fs");
    peer_serve_gate("fs", FS_OBJECT);
    (void)send_string(thread);
    slot = handle_find(&world.client->handles, world.fs);
    object_put(handle_take(&world.client->handles, slot));
    object_reap();
    link_close(world.link);
    world_answered(thread, NU_GONE);
}

static void link_destroyed_with_everything_under_way(void **state)
{
    struct thread *t[LINK_CALLS + 3];

    (void)state;
    world_receive();
    peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    peer_call(1, LINK_OBJECT_GATE, SERVICE(1));
    for (uint32_t i = 0; i < LINK_CALLS + 3; i++) {
        t[i] = world_thread();
        world_call(t[i], world.fs, SERVICE(1), i);
    }
    link_probe(world.link);
    world_drop_link();
    for (uint32_t i = 0; i < LINK_CALLS + 3; i++)
        world_answered(t[i], NU_GONE);
    world_call(world.tc, world.fs, SERVICE(1), 0);
    world_answered(world.tc, NU_GONE);
    world_reply(0, 0);
    assert_int_equal(world.ts->regs.rsi, nu_tag(NU_EVENT_CLOSED, 4, 0, 0));
}

static void long_chain_of_objects_ends(void **state)
{
    nu_handle_t chain[150];
    uint32_t object = FS_OBJECT;
    nu_handle_t parent = world.fs;

    (void)state;
    for (uint32_t i = 0; i < 150; i++) {
        world_call(world.tc, parent, SERVICE(3), 7);
        peer_take_request(object, SERVICE(3));
        object = 5000 + i;
        peer_answer_begin(peer.view.head.id, nu_tag(0, 0, 1, 0));
        peer.draft.handles[0] = (struct link_handle){object, NU_RIGHTS_ALL};
        peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
        parent = world.tc->buf->handles[0].handle;
        chain[i] = parent;
    }
    for (uint32_t i = 0; i < 150; i++) {
        object_put(handle_take(&world.client->handles,
                               handle_find(&world.client->handles, chain[i])));
        object_reap();
        assert_int_equal(world_info().imports, i < 149 ? 151 : 1);
    }
}

/* ---- pages being copied ---- */

static void page_being_copied_is_kept_when_its_thread_is_killed(void **state)
{
    struct thread *thread = world_thread();
    struct memory *memory;
    uint32_t ref;

    (void)state;
    (void)send_string(thread);
    ref = peer.view.refs[2];
    memory = space_find(world.client->space, FIXTURE_HEAP)->memory;
    pin(ref);
    process_end(world.client, 1);
    object_reap();
    assert_int_equal(grant_used(), RING_GRANTS + 1);
    assert_int_equal(memory->object.refs, 1);
    assert_true(memory->resident > 0);
    fixture_check_charges();
    /* The peer answers, and it is still being copied. */
    peer_answer(peer.view.head.id, 0);
    assert_int_equal(world_info().waiting, 0);
    assert_int_equal(world_info().zombies, 1);
    world_wait(20000000);
    assert_int_equal(world_info().zombies, 1);
    unpin_and_wait(ref);
    assert_int_equal(world_info().zombies, 0);
    assert_int_equal(grant_used(), RING_GRANTS);
}

static void page_being_copied_when_the_answer_comes(void **state)
{
    uint32_t ref;
    struct memory *memory;

    (void)state;
    (void)send_string(world.tc);
    ref = peer.view.refs[0];
    pin(ref);
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
    memory = space_find(world.client->space, FIXTURE_HEAP)->memory;
    assert_false(memory_can_move_pages(memory));
    /* The place in the table is free all the same. */
    assert_int_equal(world_info().waiting, 0);
    (void)send_string(world.tc);
    peer_answer(peer.view.head.id, 0);
    assert_false(memory_can_move_pages(memory));
    unpin_and_wait(ref);
    assert_true(memory_can_move_pages(memory));
}

static void link_destroyed_while_pages_are_copied(void **state)
{
    uint32_t page;

    (void)state;
    (void)send_string(world.tc);
    page = peer.view.refs[1];
    pin(page);
    pin(peer.far_head);
    world_drop_link();
    assert_int_equal(grant_used(), 2);
    assert_int_equal(held_waiting(), 2);
    fixture_check_charges();
    fake_unpin(&fake_hv.grants[page]);
    unpin_and_wait(peer.far_head);
    assert_int_equal(held_waiting(), 0);
}

static void connection_made_anew_while_the_old_ring_is_written(void **state)
{
    uint32_t old;

    (void)state;
    old = peer.far.page[3];
    pin(old);
    world_reconnect(FS_OBJECT);
    assert_int_equal(world_info().zombies, 1);
    assert_int_equal(grant_used(), RING_GRANTS + 1);
    (void)send_string(world.tc);
    unpin_and_wait(old);
    assert_int_equal(world_info().zombies, 0);
}

/* ---- openings ---- */

static void openings_that_fail_leave_nothing(void **state)
{
    uint32_t ring_ref;
    uint32_t port;
    uint64_t limit = world.keeper->purse->limit;
    uint64_t used = world.keeper->purse->used;
    uint64_t n;

    (void)state;
    assert_int_equal(link_open(world.link, 0x10000, 0, &ring_ref, &port),
                     NU_RANGE);
    assert_int_equal(link_open(world.link, PEER_DOMID, 33, &ring_ref, &port),
                     NU_NOENT);
    assert_int_equal(link_open(world.link, 99, 5, &ring_ref, &port), NU_NOENT);
    for (n = 0; n < 60; n++) {
        world.keeper->purse->limit = used + n;
        if (link_open(world.link, PEER_DOMID, 0, &ring_ref, &port) == 0)
            break;
        assert_int_equal(world_info().state, LINK_IDLE);
        object_reap();
        assert_int_equal(world_info().state, LINK_IDLE);
        assert_int_equal(grant_used(), 0);
    }
    assert_true(n > RING_GRANTS && n < 60);
    world.keeper->purse->limit = limit;
    assert_int_equal(link_open(world.link, PEER_DOMID, 0, &ring_ref, &port),
                     NU_BUSY);
    link_close(world.link);
    assert_int_equal(link_attach(world.link, peer.head_ref, 1), NU_INVAL);
    assert_int_equal(link_probe(world.link), NU_GONE);
    link_close(world.link);
}

static void peers_port_is_bound_if_it_has_one(void **state)
{
    uint32_t ring_ref;
    uint32_t port;

    (void)state;
    peer.port = fake_peer_alloc(peer.domain);
    assert_int_equal(
        link_open(world.link, PEER_DOMID, peer.port, &ring_ref, &port), 0);
    peer.far_head = ring_ref;
    fake_peer_read(peer.domain, ring_ref, 0, &peer.far, sizeof(peer.far));
    /* What the peer sent before is found when we attach. */
    peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1));
    peer_write(0);
    assert_int_equal(link_attach(world.link, peer.head_ref, 1), 0);
    peer_serve_gate("fs", FS_OBJECT);
    assert_true(peer_take());
    assert_int_equal(peer.view.head.kind, LINK_RESPONSE);
}

static void ends_that_cannot_be_imported(void **state)
{
    struct channel *channel = channel_create(world.keeper->purse);

    (void)state;
    assert_int_equal(link_import(world.link, "x", 1, &channel->end[1]), 0);
    assert_int_equal(link_import(world.link, "x", 1, &channel->end[1]),
                     NU_BUSY);
    assert_int_equal(channel_bind(&channel->end[1], world.port, 1), NU_BUSY);
    /* Nor does anybody but the link receive there. */
    object_get(&channel->end[1].object);
    fixture_message(world.ts,
                    (struct fixture_call){
                        fixture_handle(world.server, &channel->end[1].object,
                                       NU_RIGHTS_ALL),
                        NU_OP_RECV,
                        {0}});
    world_answered(world.ts, NU_BUSY);
    process_end(world.server, 0);
    object_put(&channel->end[0].object);
    object_reap();
    assert_int_equal(world_info().imports, 1);
    object_put(&channel->end[1].object);
    object_reap();
    /* Nobody is at the other end any more. */
    channel = channel_create(world.keeper->purse);
    object_put(&channel->end[0].object);
    object_reap();
    assert_int_equal(link_import(world.link, "x", 1, &channel->end[1]), 0);
    object_put(&channel->end[1].object);
    object_reap();
    assert_int_equal(world_info().imports, 1);
}

#define TEST(name, setup) \
    cmocka_unit_test_setup_teardown(name, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_thread_takes_its_grants_back_at_once, link_setup_up),
        TEST(killed_process_leaves_places_and_nothing_else, link_setup_up),
        TEST(killed_process_and_lost_connection, link_setup_up),
        TEST(client_that_closes_its_handle_still_gets_its_answer,
             link_setup_up),
        TEST(link_destroyed_with_everything_under_way, link_setup_up),
        TEST(long_chain_of_objects_ends, link_setup_up),
        TEST(page_being_copied_is_kept_when_its_thread_is_killed,
             link_setup_up),
        TEST(page_being_copied_when_the_answer_comes, link_setup_up),
        TEST(link_destroyed_while_pages_are_copied, link_setup_up),
        TEST(connection_made_anew_while_the_old_ring_is_written, link_setup_up),
        TEST(openings_that_fail_leave_nothing, link_setup),
        TEST(peers_port_is_bound_if_it_has_one, link_setup),
        TEST(ends_that_cannot_be_imported, link_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
