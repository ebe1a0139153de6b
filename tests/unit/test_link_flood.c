/* A peer that never stops, and rings that lie or go away. */
#include "link_fixture.h"

#include <string.h>

#include <event/event.h>

static uint32_t call_away(uint64_t tag)
{
    world_call(world.tc, world.fs, tag, 0);
    peer_take_request(FS_OBJECT, tag);
    return peer.view.head.id;
}

/* ---- floods ---- */

static void events_with_nothing_behind_them_are_silenced(void **state)
{
    uint64_t count;

    (void)state;
    for (int i = 0; i < 5000; i++)
        peer_event();
    count = world_info().events_in;
    assert_true(count < 300);
    /* What is sent meanwhile is found when the quiet time is over. */
    (void)call_away(SERVICE(1));
    peer_answer(peer.view.head.id, 0);
    assert_int_equal(world.tc->state, THREAD_REPLYING);
    world_wait(20000000);
    event_upcall();
    world_answered(world.tc, 0);
    (void)call_away(SERVICE(1));
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
}

static void pings_without_end_let_others_go_on(void **state)
{
    uint64_t before;

    (void)state;
    link_draft_begin(&peer.draft, LINK_PING, 1, 0);
    for (int i = 0; i < 60; i++)
        peer_write(LINK_SLOT_PING);
    peer_event();
    for (int i = 0; i < 60; i++)
        peer_take_kind(LINK_PONG);
    /* One that writes as fast as we take is left alone for a while. */
    before = fake_hv.calls;
    for (int i = 0; i < 64; i++)
        peer_write(LINK_SLOT_PING);
    peer_write_entry(link_entry(peer.given + 1, LINK_SLOT_PING, 32));
    peer_event();
    assert_true(fake_hv.calls - before <= 66);
    assert_int_equal(world_info().state, LINK_UP);
}

/* ---- rings ---- */

static void head_that_the_peer_overwrites_is_not_read_back(void **state)
{
    uint8_t junk[LINK_HEAD_ENTRIES];

    (void)state;
    memset(junk, 0xee, sizeof(junk));
    assert_int_equal(
        fake_peer_write(peer.domain, peer.far_head, 0, junk, sizeof(junk)),
        GNTST_okay);
    (void)call_away(SERVICE(1));
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
    memset(peer.head, 0xee, LINK_HEAD_ENTRIES); /* its own: read once */
    (void)call_away(SERVICE(1));
}

static void heads_that_lie_are_refused(void **state)
{
    static const uint32_t good[] = {LINK_MAGIC,   LINK_VERSION,
                                    LINK_SLOTS,   LINK_SLOT_BYTES,
                                    LINK_ENTRIES, LINK_SLOT_PAGES};
    uint32_t *head = &peer.head->magic;
    uint32_t ring_ref;
    uint32_t port;

    (void)state;
    assert_int_equal(link_open(world.link, PEER_DOMID, 0, &ring_ref, &port), 0);
    peer_accept(ring_ref, port);
    for (uint32_t i = 0; i < 6; i++) {
        head[i] = good[i] + 1;
        assert_int_equal(link_attach(world.link, peer.head_ref, 1), NU_PROTO);
        head[i] = good[i];
    }
    assert_int_equal(link_attach(world.link, 300, 1), NU_DENIED);
    assert_int_equal(link_attach(world.link, ~0u, 1), NU_DENIED);
    assert_int_equal(world_info().state, LINK_OFFERED);
    /* Slots that are not granted are found out by the first record, at once. */
    peer.head->page[0] = 400;
    assert_int_equal(link_attach(world.link, peer.head_ref, 1), NU_GONE);
    assert_int_equal(world_info().state, LINK_BROKEN);
}

static void ring_revoked_in_the_middle(void **state)
{
    (void)state;
    (void)call_away(SERVICE(1));
    peer_call(0, LINK_OBJECT_GATE, SERVICE(1));
    world_receive();
    fake_peer_revoke(peer.domain, peer.head->page[8]); /* slots 16, 17 */
    world_reply(0, 0);
    assert_int_equal(world_info().state, LINK_BROKEN);
    assert_int_equal(world_info().violations, 0);
    assert_int_equal(world.tc->state, THREAD_SENDING);
}

#define TEST(name, setup) \
    cmocka_unit_test_setup_teardown(name, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_with_nothing_behind_them_are_silenced, link_setup_up),
        TEST(pings_without_end_let_others_go_on, link_setup_up),
        TEST(head_that_the_peer_overwrites_is_not_read_back, link_setup_up),
        TEST(heads_that_lie_are_refused, link_setup),
        TEST(ring_revoked_in_the_middle, link_setup_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
