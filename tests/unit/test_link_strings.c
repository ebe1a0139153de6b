/* Bulk data: in the record, and straight between pages of two domains. */
#include "link_fixture.h"

#include <string.h>

#include <arch_mmu.h>
#include <link/internal.h>

#define FAR(page) (peer.memory + (size_t)(page)*PAGE_BYTES)

static uint8_t text[40000];
static uint8_t got[40000];

static int setup(void **state)
{
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7 + i / 251);
    memset(got, 0, sizeof(got));
    return link_setup_up(state);
}

static void set_string(struct thread *t, uint32_t i, uint64_t addr,
                       uint64_t bytes)
{
    t->buf->strings[i] = (struct nu_string_item){addr, bytes};
}

static void expect(struct thread *t, uint32_t i, uint64_t addr, uint64_t bytes)
{
    t->buf->rx[i] = (struct nu_string_item){addr, bytes};
    t->buf->rx_count = i + 1;
}

/* ---- as a client ---- */

static void short_string_travels_in_the_record(void **state)
{
    (void)state;
    fixture_poke(world.client, FIXTURE_HEAP + 4090, text, 640);
    set_string(world.tc, 0, FIXTURE_HEAP + 4090, 616);
    set_string(world.tc, 1, FIXTURE_HEAP + 4706, 24);
    world_call(world.tc, world.fs, SERVICE(1) | STRINGS(2), 0);
    peer_take_request(FS_OBJECT, SERVICE(1) | STRINGS(2));
    assert_int_equal(peer.view.head.ref_count, 0);
    assert_int_equal(grant_used(), 1 + LINK_SLOT_PAGES);
    assert_int_equal(peer_read_piece(0, got), GNTST_okay);
    assert_memory_equal(got, text, 616);
    assert_int_equal(peer_read_piece(1, got), GNTST_okay);
    assert_memory_equal(got, text + 616, 24);
}

static void long_string_is_granted_while_the_call_is_away(void **state)
{
    uint32_t ref;

    (void)state;
    fixture_poke(world.client, FIXTURE_HEAP + 1234, text, 30000);
    set_string(world.tc, 0, FIXTURE_HEAP + 1234, 20000);
    set_string(world.tc, 1, FIXTURE_HEAP + 1234, NU_STRING_MORE);
    set_string(world.tc, 2, FIXTURE_HEAP + 21234, 10000 | NU_STRING_MORE);
    world_call(world.tc, world.fs, SERVICE(1) | STRINGS(3), 0);
    peer_take_request(FS_OBJECT, SERVICE(1) | STRINGS(3));
    assert_int_equal(peer.view.pieces[0].pages, 6);
    assert_int_equal(peer.view.pieces[1].pages, 0);
    assert_true(peer.view.pieces[2].bytes & LINK_MORE);
    assert_int_equal(peer_read_piece(0, got), GNTST_okay);
    assert_int_equal(peer_read_piece(2, got + 20000), GNTST_okay);
    assert_memory_equal(got, text, 30000);
    /* To read, not to write; and not when the call is over. */
    ref = peer.view.refs[0];
    assert_int_equal(fake_peer_write(peer.domain, ref, 0, "x", 1),
                     GNTST_general_error);
    peer_answer(peer.view.head.id, 0);
    world_answered(world.tc, 0);
    assert_int_equal(fake_peer_read(peer.domain, ref, 0, got, 1),
                     GNTST_general_error);
    assert_int_equal(grant_used(), 1 + LINK_SLOT_PAGES);
}

static void reply_comes_straight_into_the_callers_pages(void **state)
{
    (void)state;
    expect(world.tc, 0, FIXTURE_HEAP + 100, 10000);
    expect(world.tc, 1, FIXTURE_HEAP + 0x8000 - 7, 9);
    expect(world.tc, 2, 0, 0);
    world_call(world.tc, world.fs, SERVICE(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    assert_int_equal(peer.view.head.rx_count, 3);
    assert_int_equal(peer.view.rx[0].pages, 3);
    assert_int_equal(peer.view.rx[1].pages, 2);
    assert_int_equal(peer.view.rx[2].pages, 0);
    assert_int_equal(peer_write_rx(0, 0, text, 9000), GNTST_okay);
    assert_int_equal(peer_write_rx(1, 0, text + 9000, 9), GNTST_okay);
    peer_answer_begin(peer.view.head.id, WORDS(1));
    peer.draft.head.object = 2;
    peer.draft.rx_count = 2;
    peer.draft.rx[0] = (struct link_extent){.bytes = 9000};
    peer.draft.rx[1] = (struct link_extent){.bytes = 9};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
    world_answered(world.tc, 0);
    assert_int_equal(world.tc->regs.rsi, WORDS(1) | STRINGS(2));
    assert_int_equal(world.tc->buf->rx_bytes[0], 9000);
    assert_int_equal(world.tc->buf->rx_bytes[1], 9);
    fixture_peek(world.client, FIXTURE_HEAP + 100, got, 9000);
    fixture_peek(world.client, FIXTURE_HEAP + 0x8000 - 7, got + 9000, 9);
    assert_memory_equal(got, text, 9009);
    assert_int_equal(world_info().bytes_in, 9009);
}

static void bad_memory_is_the_callers_error(void **state)
{
    static const struct nu_string_item bad[] = {
        {0, 2000},
        {0x3000000, 2000},
        {0xffff800000000000ull, 8},
        {0xffffffff80100000ull, 2000},
        {~0ull - 3, 8},
        {FIXTURE_HEAP + FIXTURE_HEAP_BYTES - 4, 8},
        {FIXTURE_HEAP + FIXTURE_HEAP_BYTES - 4, 2000},
        {FIXTURE_HEAP, NU_STRING_BYTES_MAX + 1},
        {FIXTURE_HEAP, ~NU_STRING_MORE},
    };
    struct thread *t = world.tc;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        t->buf->rx_count = 0;
        set_string(t, 0, bad[i].addr, bad[i].bytes);
        world_call(t, world.fs, SERVICE(1) | STRINGS(1), 0);
        world_answered(t, bad[i].bytes > NU_STRING_BYTES_MAX ? NU_TOOLONG
                                                             : NU_FAULT);
        expect(t, 0, FIXTURE_HEAP, 5000);
        expect(t, 1, bad[i].addr, bad[i].bytes);
        world_call(t, world.fs, SERVICE(1), 0);
        world_answered(t, NU_FAULT);
    }
    expect(t, 0, FIXTURE_RO, 10);
    world_call(t, world.fs, SERVICE(1), 0);
    world_answered(t, NU_FAULT);
    assert_false(peer_take());
    assert_int_equal(grant_used(), 1 + LINK_SLOT_PAGES);
    assert_int_equal(world_info().waiting, 0);
}

/* The message buffer is the kernel's: nothing of it is granted. */
static void message_buffer_is_not_granted(void **state)
{
    (void)state;
    set_string(world.tc, 0, FIXTURE_BUFFER, 4096);
    world_call(world.tc, world.fs, SERVICE(1) | STRINGS(1), 0);
    world_answered(world.tc, NU_FAULT);
    expect(world.tc, 0, FIXTURE_BUFFER, 100);
    world_call(world.tc, world.fs, SERVICE(1), 0);
    world_answered(world.tc, NU_FAULT);
    assert_false(peer_take());
}

static void more_than_the_grants_can_carry_is_too_long(void **state)
{
    struct memory *big = memory_create(world.client->purse, 160);
    struct thread *t = world.tc;

    (void)state;
    t->process->space->sealed = false;
    assert_int_equal(space_map(t->process->space, big, 0, 0x40000000,
                               160 * PAGE_BYTES, PROT_READ | PROT_WRITE),
                     0);
    object_put(&big->object);
    set_string(t, 0, 0x40000000, (LINK_REFS_MAX + 1) * PAGE_BYTES);
    world_call(t, world.fs, SERVICE(1) | STRINGS(1), 0);
    world_answered(t, NU_TOOLONG);
    assert_false(peer_take());
    /* A buffer is offered as far as it goes. */
    expect(t, 0, 0x40000000 + 5, 159 * PAGE_BYTES);
    world_call(t, world.fs, SERVICE(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    assert_int_equal(peer.view.rx[0].bytes, (LINK_REFS_MAX - 1) * PAGE_BYTES);
    assert_int_equal(peer.view.rx[0].pages, LINK_REFS_MAX);
}

static void who_finds_no_grant_waits_for_others(void **state)
{
    struct thread *second = world_thread();
    grant_t taken[FAKE_GRANTS];
    uint32_t count = 0;

    (void)state;
    set_string(world.tc, 0, FIXTURE_HEAP, 5000);
    set_string(second, 0, FIXTURE_HEAP, 5000);
    world_call(world.tc, world.fs, SERVICE(1) | STRINGS(1), 0);
    while ((taken[count] = grant_access(9, 1, false)) != GRANT_NONE)
        count++;
    world_call(second, world.fs, SERVICE(2) | STRINGS(1), 0);
    assert_int_equal(second->state, THREAD_SENDING);
    peer_take_request(FS_OBJECT, SERVICE(1) | STRINGS(1));
    peer_answer(peer.view.head.id, 0);
    peer_take_request(FS_OBJECT, SERVICE(2) | STRINGS(1));
    peer_answer(peer.view.head.id, 0);
    world_answered(second, 0);
    /* If nobody has any, there is nobody to wait for. */
    while ((taken[count] = grant_access(9, 1, false)) != GRANT_NONE)
        count++;
    world_call(second, world.fs, SERVICE(2) | STRINGS(1), 0);
    world_answered(second, NU_NOMEM);
    while (count > 0)
        assert_true(grant_end(taken[--count]));
}

static void empty_purse_is_the_callers_own(void **state)
{
    struct thread *second = world_thread();
    uint64_t limit = world.client->purse->limit;

    (void)state;
    world_call(world.tc, world.fs, SERVICE(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1));
    world.client->purse->limit = world.client->purse->used;
    /* Nothing the first caller does would help: this one need not wait. */
    set_string(second, 0, FIXTURE_HEAP, 5000);
    world_call(second, world.fs, SERVICE(2) | STRINGS(1), 0);
    world_answered(second, NU_NOMEM);
    world.client->purse->limit = limit;
}

static void pages_under_way_do_not_move(void **state)
{
    (void)state;
    set_string(world.tc, 0, FIXTURE_HEAP + 1234, 20000);
    world_call(world.tc, world.fs, SERVICE(1) | STRINGS(1), 0);
    peer_take_request(FS_OBJECT, SERVICE(1) | STRINGS(1));
    assert_false(memory_can_move_pages(
        space_find(world.client->space, FIXTURE_HEAP)->memory));
    peer_answer(peer.view.head.id, 0);
    assert_true(memory_can_move_pages(
        space_find(world.client->space, FIXTURE_HEAP)->memory));
}

/* ---- as a server ---- */

static void strings_of_a_request_come_into_the_servers_buffers(void **state)
{
    (void)state;
    memcpy(FAR(PEER_DATA_PAGE) + 4000, text, 20000);
    expect(world.ts, 0, FIXTURE_HEAP + 77, 8);
    expect(world.ts, 1, FIXTURE_HEAP + 4000, 30000);
    world_receive();
    peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1));
    memcpy(peer.draft.data, "abcdefgh", 8);
    peer.draft.data_bytes = 8;
    peer.draft.pieces[0] = (struct link_extent){.bytes = 8};
    peer.draft.head.tag |= STRINGS(1);
    peer_add_piece(PEER_DATA_PAGE, 4000, 20000);
    peer_send(0);
    assert_int_equal(world.ts->state, THREAD_READY);
    assert_int_equal(world.ts->buf->rx_bytes[0], 8);
    assert_int_equal(world.ts->buf->rx_bytes[1], 20000);
    fixture_peek(world.server, FIXTURE_HEAP + 77, got, 8);
    assert_memory_equal(got, "abcdefgh", 8);
    fixture_peek(world.server, FIXTURE_HEAP + 4000, got, 20000);
    assert_memory_equal(got, text, 20000);
}

static void reply_goes_straight_into_the_peers_pages(void **state)
{
    uint64_t before;
    uint32_t id;

    (void)state;
    fixture_poke(world.server, FIXTURE_HEAP + 3, text, 30000);
    world_receive();
    id = peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1));
    peer_add_rx(PEER_DATA_PAGE, 1000, 30000);
    peer_add_rx(PEER_DATA_PAGE + 20, 4095, 2);
    peer_send(0);
    set_string(world.ts, 0, FIXTURE_HEAP + 3, 20000);
    set_string(world.ts, 1, FIXTURE_HEAP + 20003, 9000 | NU_STRING_MORE);
    set_string(world.ts, 2, FIXTURE_HEAP + 29003, 2);
    before = fake_hv.calls;
    world_reply(WORDS(1) | STRINGS(3), 1);
    assert_int_equal(fake_hv.calls - before, 1);
    peer_take_response(id, WORDS(1));
    assert_int_equal(peer.view.head.object, 3);
    assert_int_equal(peer.view.rx[0].bytes, 29000);
    assert_int_equal(peer.view.rx[1].bytes, 2);
    assert_memory_equal(FAR(PEER_DATA_PAGE) + 1000, text, 29000);
    assert_memory_equal(FAR(PEER_DATA_PAGE + 20) + 4095, text + 29000, 2);
}

/* As many copies as one reply can need, at the worst of all offsets. */
static void longest_reply_in_the_most_pieces(void **state)
{
    struct memory *big = memory_create(world.server->purse, 150);
    uint32_t bytes = (LINK_REFS_MAX - 1) * PAGE_BYTES;
    uint32_t piece = bytes / NU_STRINGS_MAX;
    uint32_t id;

    (void)state;
    world.server->space->sealed = false;
    assert_int_equal(space_map(world.server->space, big, 0, 0x40000000,
                               150 * PAGE_BYTES, PROT_READ | PROT_WRITE),
                     0);
    object_put(&big->object);
    world_receive();
    id = peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1));
    peer_add_rx(PEER_DATA_PAGE, 2048, bytes);
    peer_send(0);
    for (uint32_t i = 0; i < NU_STRINGS_MAX; i++)
        set_string(world.ts, i, 0x40000000 + 4095 + i * 4096,
                   i == 0 ? piece : piece | NU_STRING_MORE);
    world_reply(STRINGS(NU_STRINGS_MAX), 1);
    peer_take_response(id, 0);
    assert_int_equal(peer.view.rx[0].bytes, piece * NU_STRINGS_MAX);
}

static void reply_too_long_for_the_peers_buffer_is_an_error(void **state)
{
    uint32_t id;

    (void)state;
    world_receive();
    id = peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1));
    peer_add_rx(PEER_DATA_PAGE, 0, 100);
    peer_send(0);
    set_string(world.ts, 0, FIXTURE_HEAP, 101);
    world_reply(STRINGS(1), 1);
    peer_take_response(id, (uint32_t)NU_TOOLONG);
}

static void strings_that_are_not_granted_fail_the_request(void **state)
{
    (void)state;
    expect(world.ts, 0, FIXTURE_HEAP, 30000);
    world_receive();
    for (int i = 0; i < 3; i++) {
        uint32_t id = peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1));

        peer_add_piece(PEER_DATA_PAGE, 0, 9000);
        if (i == 0)
            peer.draft.refs[1] = 0xffffff;
        else
            fake_peer_revoke(peer.domain, peer.draft.refs[i]);
        peer_send(0);
        peer_take_response(id, (uint32_t)NU_FAULT);
    }
    assert_int_equal(world.ts->state, THREAD_RECEIVING);
    assert_int_equal(world_info().state, LINK_UP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(short_string_travels_in_the_record),
        TEST(long_string_is_granted_while_the_call_is_away),
        TEST(reply_comes_straight_into_the_callers_pages),
        TEST(bad_memory_is_the_callers_error),
        TEST(message_buffer_is_not_granted),
        TEST(more_than_the_grants_can_carry_is_too_long),
        TEST(who_finds_no_grant_waits_for_others),
        TEST(empty_purse_is_the_callers_own),
        TEST(pages_under_way_do_not_move),
        TEST(strings_of_a_request_come_into_the_servers_buffers),
        TEST(reply_goes_straight_into_the_peers_pages),
        TEST(longest_reply_in_the_most_pieces),
        TEST(reply_too_long_for_the_peers_buffer_is_an_error),
        TEST(strings_that_are_not_granted_fail_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
