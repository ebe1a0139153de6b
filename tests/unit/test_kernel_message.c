/* The message path: what arrives, who waits, who is told, who pays. */
#include "kernel_fixture.h"

#include <string.h>

#include <ipc/answer.h>
#include <ipc/channel.h>
#include <ipc/reply.h>

#define SERVICE(ordinal) NU_METHOD(35, ordinal)
#define WORDS(n) ((uint64_t)(n) << NU_TAG_WORDS_SHIFT)
#define STRINGS(n) ((uint64_t)(n) << NU_TAG_STRINGS_SHIFT)
#define HANDLES(n) ((uint64_t)(n) << NU_TAG_HANDLES_SHIFT)
#define PAGES(n) ((uint64_t)(n) << NU_TAG_PAGES_SHIFT)
#define BADGE 77

static struct process *a; /* client */
static struct process *b; /* server */
static struct thread *ta;
static struct thread *tb;
static nu_handle_t to_b; /* of a: its end of the channel */
static nu_handle_t port; /* of b */

static void call(uint64_t tag, uint64_t w0, uint64_t w1)
{
    fixture_message(ta, (struct fixture_call){ to_b, NU_OP_CALL | tag,
                                               { w0, w1, 3, 4 } });
}

static void receive(uint64_t tag)
{
    fixture_message(tb, (struct fixture_call){ port, tag, { 0 } });
}

static void reply(int status, uint64_t tag, uint64_t w0)
{
    fixture_message(tb, (struct fixture_call){ port,
                                               NU_OP_REPLY_RECV | tag |
                                                   (uint32_t)status,
                                               { w0, 6, 7, 8 } });
}

static int setup(void **state)
{
    struct channel *channel;
    struct port *object;

    fixture_setup(state);
    a = fixture_process("a", 100);
    b = fixture_process("b", 100);
    ta = fixture_thread(a);
    tb = fixture_thread(b);
    channel = channel_create(b->purse);
    object = port_create(b->purse);
    channel_bind(&channel->end[1], object, BADGE);
    to_b = fixture_handle(a, &channel->end[0].object, NU_RIGHTS_ALL);
    fixture_handle(b, &channel->end[1].object, NU_RIGHTS_ALL);
    port = fixture_handle(b, &object->object, NU_RIGHTS_ALL);
    return 0;
}

static int teardown(void **state)
{
    process_end(a, 0);
    process_end(b, 0);
    object_put(&a->object);
    object_put(&b->object);
    object_reap();
    assert_int_equal(purse_root.lent, 0);
    assert_int_equal(purse_root.objects, 0);
    return fixture_teardown(state);
}

static void call_and_reply(void **state)
{
    (void)state;
    /* Once by the slow path (the call comes first), then by the fast one. */
    for (int round = 0; round < 3; round++) {
        if (round == 0) {
            call(SERVICE(1) | WORDS(4), 1, 2);
            assert_int_equal(ta->state, THREAD_SENDING);
            receive(NU_OP_RECV);
        } else {
            call(SERVICE(1) | WORDS(4), 1, 2);
        }
        assert_ptr_equal(current, tb);
        assert_int_equal(ta->state, THREAD_REPLYING);
        assert_int_equal(tb->regs.rax, 0);
        assert_int_equal(tb->regs.rdi, BADGE);
        assert_int_equal(tb->regs.rsi, SERVICE(1) | WORDS(4));
        assert_int_equal(tb->regs.rdx, 1);
        assert_int_equal(tb->regs.r10, 2);
        assert_int_equal(tb->regs.r8, 3);
        assert_int_equal(tb->regs.r9, 4);
        reply(0, WORDS(4), 5);
        assert_ptr_equal(current, ta);
        assert_int_equal(tb->state, THREAD_RECEIVING);
        assert_int_equal(ta->regs.rax, 0);
        assert_int_equal(ta->regs.rdx, 5);
        assert_int_equal(ta->regs.r9, 8);
    }
}

static void reply_status_is_the_calls_status(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    call(SERVICE(1), 0, 0);
    reply(NU_CORRUPT, 0, 0);
    assert_int_equal((int)ta->regs.rax, NU_CORRUPT);
    assert_int_equal((int64_t)ta->regs.rax, NU_CORRUPT);
}

static void sixty_four_words_arrive_both_ways(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    for (uint64_t hooks = 0; hooks < 2; hooks++) {
        ta->hooks = (uint32_t)hooks << 1; /* an unused hook: the slow way */
        for (uint64_t i = 4; i < 64; i++) {
            ta->buf->words[i] = i * 3;
            tb->buf->words[i] = 0;
        }
        call(SERVICE(1) | WORDS(64), 1, 2);
        for (uint64_t i = 4; i < 64; i++) {
            assert_int_equal(tb->buf->words[i], i * 3);
            tb->buf->words[i] = i * 5;
        }
        reply(0, WORDS(64), 1);
        for (uint64_t i = 4; i < 64; i++)
            assert_int_equal(ta->buf->words[i], i * 5);
    }
    ta->hooks = 0;
}

static void words_beyond_the_count_are_not_copied(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    tb->buf->words[6] = 99;
    ta->buf->words[6] = 55;
    call(SERVICE(1) | WORDS(6), 1, 2);
    assert_int_equal(tb->buf->words[6], 99);
    /* And too many are refused. */
    reply(0, 0, 0);
    call(SERVICE(1) | WORDS(65), 1, 2);
    assert_int_equal((int)ta->regs.rax, NU_INVAL);
}

static void set_string(struct thread *t, int i, uint64_t addr, uint64_t bytes)
{
    t->buf->strings[i] = (struct nu_string_item){ addr, bytes };
}

static void expect(struct thread *t, int i, uint64_t addr, uint64_t bytes)
{
    t->buf->rx[i] = (struct nu_string_item){ addr, bytes };
    t->buf->rx_count = (uint32_t)i + 1;
}

static void strings_go_from_memory_to_memory(void **state)
{
    char text[10000];
    char got[10000];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    fixture_poke(a, FIXTURE_HEAP + 100, text, sizeof(text));
    receive(NU_OP_RECV);
    expect(tb, 0, FIXTURE_HEAP + 4000, 20000);
    set_string(ta, 0, FIXTURE_HEAP + 100, 3000);
    set_string(ta, 1, FIXTURE_HEAP + 3100, 0 | NU_STRING_MORE);
    set_string(ta, 2, FIXTURE_HEAP + 3100, 7000 | NU_STRING_MORE);
    call(SERVICE(1) | STRINGS(3), 1, 2);
    assert_ptr_equal(current, tb);
    assert_int_equal(tb->buf->rx_bytes[0], 10000);
    fixture_peek(b, FIXTURE_HEAP + 4000, got, sizeof(got));
    assert_memory_equal(text, got, sizeof(got));
    /* What the sender does now is too late. */
    fixture_poke(a, FIXTURE_HEAP + 100, "changed", 7);
    fixture_peek(b, FIXTURE_HEAP + 4000, got, sizeof(got));
    assert_memory_equal(text, got, sizeof(got));
}

static void bad_strings_of_the_caller_fail_its_call_alone(void **state)
{
    static const struct nu_string_item bad[] = {
        { 0, 8 },
        { 0x3000000, 8 },
        { 0xffff800000000000ull, 8 },
        { 0xffffffff80100000ull, 8 },
        { ~0ull - 3, 8 },
        { FIXTURE_HEAP + FIXTURE_HEAP_BYTES - 4, 8 },
        { FIXTURE_HEAP, NU_STRING_BYTES_MAX + 1 },
        { FIXTURE_HEAP, ~NU_STRING_MORE },
    };

    (void)state;
    receive(NU_OP_RECV);
    expect(tb, 0, FIXTURE_HEAP, 8192);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        set_string(ta, 0, bad[i].addr, bad[i].bytes);
        call(SERVICE(1) | STRINGS(1), 1, 2);
        assert_true((int)ta->regs.rax == NU_FAULT ||
                    (int)ta->regs.rax == NU_TOOLONG);
        assert_ptr_equal(current, ta);
        assert_int_equal(tb->state, THREAD_RECEIVING);
    }
    set_string(ta, 0, FIXTURE_HEAP, 8193);
    call(SERVICE(1) | STRINGS(1), 1, 2);
    assert_int_equal((int)ta->regs.rax, NU_TOOLONG);
}

static void bad_buffer_of_the_client_does_not_hold_the_server(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    expect(ta, 0, FIXTURE_RO, 4096);
    call(SERVICE(1), 1, 2);
    fixture_poke(b, FIXTURE_HEAP, "x", 1);
    set_string(tb, 0, FIXTURE_HEAP, 1);
    reply(0, STRINGS(1), 0);
    assert_int_equal((int)ta->regs.rax, NU_FAULT);
    assert_int_equal(tb->state, THREAD_RECEIVING);
    assert_int_equal(message_dropped_replies() > 0, 1);
}

static void bad_string_of_the_server_is_its_own_error(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    expect(ta, 0, FIXTURE_HEAP, 4096);
    call(SERVICE(1), 1, 2);
    set_string(tb, 0, 0x3000000, 1);
    reply(0, STRINGS(1), 0);
    assert_ptr_equal(current, tb);
    assert_int_equal((int)tb->regs.rax, NU_FAULT);
    assert_int_equal(ta->state, THREAD_REPLYING);
    reply(NU_IO, 0, 0); /* it can still say why */
    assert_int_equal((int)ta->regs.rax, NU_IO);
}

static void handles_move_with_fewer_rights(void **state)
{
    struct port *object = port_create(a->purse);
    nu_handle_t mine = fixture_handle(a, &object->object, NU_RIGHTS_ALL);
    struct handle_slot *slot;
    nu_handle_t got;

    (void)state;
    receive(NU_OP_RECV);
    ta->buf->handles[0] = (struct nu_handle_item){
        mine, NU_RIGHT_SEND | NU_ITEM_MOVE, 0
    };
    call(SERVICE(1) | HANDLES(1), 1, 2);
    got = tb->buf->handles[0].handle;
    slot = handle_find(&b->handles, got);
    assert_non_null(slot);
    assert_ptr_equal(slot->object, &object->object);
    assert_int_equal(slot->rights, NU_RIGHT_SEND);
    assert_null(handle_find(&a->handles, mine));
    assert_int_equal(object->object.refs, 1);
    /* Without TRANSFER it goes no further, and the reply says so. */
    tb->buf->handles[0] = (struct nu_handle_item){ got, NU_RIGHTS_ALL, 0 };
    reply(0, HANDLES(1), 0);
    assert_int_equal((int)tb->regs.rax, NU_DENIED);
}

static void one_handle_cannot_be_moved_twice(void **state)
{
    struct port *object = port_create(a->purse);
    nu_handle_t mine = fixture_handle(a, &object->object, NU_RIGHTS_ALL);

    (void)state;
    receive(NU_OP_RECV);
    for (int i = 0; i < 2; i++)
        ta->buf->handles[i] = (struct nu_handle_item){
            mine, NU_RIGHTS_ALL | NU_ITEM_MOVE, 0
        };
    call(SERVICE(1) | HANDLES(2), 1, 2);
    assert_int_equal((int)ta->regs.rax, NU_BADH);
    assert_non_null(handle_find(&a->handles, mine));
}

static void stale_handle_is_an_error_for_ever(void **state)
{
    uint64_t numbers[300];

    (void)state;
    for (int i = 0; i < 300; i++) {
        struct port *object = port_create(a->purse);

        numbers[i] = fixture_handle(a, &object->object, NU_RIGHTS_ALL);
        for (int old = 0; old < i; old++)
            assert_int_not_equal(numbers[old], numbers[i]);
        fixture_message(ta, (struct fixture_call){
                                numbers[i], NU_OP_CALL | NU_METHOD(0, 1),
                                { 0 } });
        assert_int_equal(ta->regs.rax, 0);
        for (int old = 0; old <= i; old += 37) {
            fixture_message(ta, (struct fixture_call){
                                    numbers[old],
                                    NU_OP_CALL | NU_METHOD(6, 1), { 0 } });
            assert_int_equal((int)ta->regs.rax, NU_BADH);
        }
    }
}

static void new_object_is_paid_by_the_client_and_its_end_is_told(void **state)
{
    uint64_t objects = a->purse->objects;
    nu_handle_t file;

    (void)state;
    receive(NU_OP_RECV);
    call(SERVICE(1), 1, 2);
    tb->buf->handles[0] = (struct nu_handle_item){ port, NU_ITEM_NEW, 1234 };
    reply(0, HANDLES(1), 0);
    file = ta->buf->handles[0].handle;
    assert_int_equal(a->purse->objects, objects + 1);
    fixture_message(ta, (struct fixture_call){
                            file, NU_OP_CALL | SERVICE(2), { 9 } });
    assert_int_equal(tb->regs.rdi, 1234);
    reply(0, 0, 0);
    fixture_message(ta, (struct fixture_call){
                            file, NU_OP_CALL | NU_METHOD(0, 1), { 0 } });
    assert_int_equal(ta->regs.rax, 0);
    assert_int_equal(tb->state, THREAD_READY);
    assert_int_equal(tb->regs.rdi, 1234);
    assert_int_equal(nu_tag_contract(tb->regs.rsi), 0);
    assert_int_equal(nu_tag_ordinal(tb->regs.rsi), NU_EVENT_CLOSED);
    assert_int_equal(a->purse->objects, objects);
}

static void server_that_dies_frees_its_clients(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    call(SERVICE(1), 1, 2);
    process_end(b, 1);
    object_reap();
    assert_int_equal(ta->state, THREAD_READY);
    assert_int_equal((int)ta->regs.rax, NU_GONE);
    call(SERVICE(1), 1, 2);
    assert_int_equal((int)ta->regs.rax, NU_GONE);
}

static void client_that_waits_to_send_is_freed_too(void **state)
{
    (void)state;
    call(SERVICE(1), 1, 2);
    assert_int_equal(ta->state, THREAD_SENDING);
    process_end(b, 1);
    object_reap();
    assert_int_equal((int)ta->regs.rax, NU_GONE);
}

static void reply_to_a_dead_client_is_dropped(void **state)
{
    uint64_t dropped = message_dropped_replies();

    (void)state;
    receive(NU_OP_RECV);
    call(SERVICE(1), 1, 2);
    process_end(a, 1);
    object_reap();
    /* Its handle was the last on that end: the server is told. */
    reply(0, 0, 0);
    assert_int_equal(message_dropped_replies(), dropped + 1);
    assert_ptr_equal(current, tb);
    assert_int_equal(nu_tag_ordinal(tb->regs.rsi), NU_EVENT_CLOSED);
}

static void saved_call_is_answered_later(void **state)
{
    struct reply *object = reply_create(b->purse);
    nu_handle_t saved = fixture_handle(b, &object->object, NU_RIGHTS_ALL);

    (void)state;
    receive(NU_OP_RECV);
    call(SERVICE(1), 1, 2);
    fixture_message(tb, (struct fixture_call){
                            saved, NU_OP_CALL | NU_METHOD(7, 1), { 0 } });
    assert_int_equal(tb->regs.rax, 0);
    receive(NU_OP_RECV);
    assert_int_equal(tb->state, THREAD_RECEIVING);
    assert_int_equal(ta->state, THREAD_REPLYING);
    /* Some event wakes the server; now it answers. */
    answer_fail_receivers(&((struct port *)handle_find(&b->handles, port)
                                 ->object)->inbox, NU_INTR);
    fixture_message(tb, (struct fixture_call){
                            saved, NU_OP_SEND | WORDS(1), { 42 } });
    assert_int_equal(tb->regs.rax, 0);
    assert_int_equal(ta->state, THREAD_READY);
    assert_int_equal(ta->regs.rdx, 42);
    assert_null(object->client);
}

static void call_that_is_never_answered_fails(void **state)
{
    (void)state;
    receive(NU_OP_RECV);
    call(SERVICE(1), 1, 2);
    receive(NU_OP_RECV); /* neither a reply nor saved */
    assert_int_equal((int)ta->regs.rax, NU_GONE);
}

static void pages_move_and_are_not_shared(void **state)
{
    char got[8] = { 0 };
    uint64_t used_a;
    uint64_t used_b;

    (void)state;
    receive(NU_OP_RECV);
    fixture_poke(a, FIXTURE_HEAP + 4096, "payload", 8);
    fixture_poke(b, FIXTURE_HEAP, "old", 4);
    used_a = a->purse->used;
    used_b = b->purse->used;
    ta->buf->pages[0] = (struct nu_page_item){ FIXTURE_HEAP + 4096, 1 };
    tb->buf->rx_pages[0] = (struct nu_page_item){ FIXTURE_HEAP, 2 };
    tb->buf->rx_page_count = 1;
    call(SERVICE(1) | PAGES(1), 1, 2);
    assert_ptr_equal(current, tb);
    fixture_peek(b, FIXTURE_HEAP, got, 8);
    assert_string_equal(got, "payload");
    assert_int_equal(a->purse->used, used_a - 1);
    assert_int_equal(b->purse->used, used_b);
    /* The sender's place is empty: zero at the next use. */
    fixture_peek(a, FIXTURE_HEAP + 4096, got, 8);
    assert_memory_equal(got, "\0\0\0\0\0\0\0\0", 8);
}

static void pages_that_are_not_the_senders_to_give_are_refused(void **state)
{
    static const struct nu_page_item bad[] = {
        { FIXTURE_RO, 1 }, { FIXTURE_BUFFER, 1 }, { FIXTURE_HEAP + 1, 1 },
        { FIXTURE_HEAP, 17 }, { 0xffff800000000000ull, 1 }, { FIXTURE_HEAP, 0 },
        { 0x7ffff000, 1 }, /* the call page */
    };

    (void)state;
    receive(NU_OP_RECV);
    tb->buf->rx_pages[0] = (struct nu_page_item){ FIXTURE_HEAP, 16 };
    tb->buf->rx_page_count = 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ta->buf->pages[0] = bad[i];
        call(SERVICE(1) | PAGES(1), 1, 2);
        assert_true((int)ta->regs.rax == NU_FAULT ||
                    (int)ta->regs.rax == NU_TOOLONG);
    }
}

static void one_way_messages_arrive_in_order(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 1000; n++) {
        fixture_message(ta, (struct fixture_call){
                                to_b, NU_OP_SEND | SERVICE(1) | WORDS(1),
                                { n } });
        if (ta->state == THREAD_SENDING)
            receive(NU_OP_RECV);
        assert_int_equal(tb->regs.rdx, n);
        assert_int_equal(ta->regs.rax, 0);
        if (n % 3 == 0)
            receive(NU_OP_RECV); /* now the next finds it waiting */
    }
}

static void nonblocking_says_again(void **state)
{
    (void)state;
    call(SERVICE(1) | NU_OP_NONBLOCK, 1, 2);
    assert_int_equal((int)ta->regs.rax, NU_AGAIN);
    receive(NU_OP_RECV | NU_OP_NONBLOCK);
    assert_int_equal((int)tb->regs.rax, NU_AGAIN);
}

static void no_operation_and_no_handle_are_errors(void **state)
{
    (void)state;
    fixture_message(ta, (struct fixture_call){ to_b, SERVICE(1), { 0 } });
    assert_int_equal((int)ta->regs.rax, NU_INVAL);
    for (uint64_t handle = 0; handle < 5000; handle += 7) {
        if (handle_find(&a->handles, handle) != NULL)
            continue;
        fixture_message(ta, (struct fixture_call){
                                handle, NU_OP_CALL | SERVICE(1), { 0 } });
        assert_int_equal((int)ta->regs.rax, NU_BADH);
    }
    fixture_message(ta, (struct fixture_call){
                            NU_HANDLE_LOCAL | 64, NU_OP_CALL | SERVICE(1),
                            { 0 } });
    assert_int_equal((int)ta->regs.rax, NU_BADH);
    /* The high half of the register counts too. */
    fixture_message(ta, (struct fixture_call){
                            to_b | 1ull << 32, NU_OP_CALL | SERVICE(1),
                            { 0 } });
    assert_int_equal((int)ta->regs.rax, NU_BADH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(call_and_reply),
        TEST(reply_status_is_the_calls_status),
        TEST(sixty_four_words_arrive_both_ways),
        TEST(words_beyond_the_count_are_not_copied),
        TEST(strings_go_from_memory_to_memory),
        TEST(bad_strings_of_the_caller_fail_its_call_alone),
        TEST(bad_buffer_of_the_client_does_not_hold_the_server),
        TEST(bad_string_of_the_server_is_its_own_error),
        TEST(handles_move_with_fewer_rights),
        TEST(one_handle_cannot_be_moved_twice),
        TEST(stale_handle_is_an_error_for_ever),
        TEST(new_object_is_paid_by_the_client_and_its_end_is_told),
        TEST(server_that_dies_frees_its_clients),
        TEST(client_that_waits_to_send_is_freed_too),
        TEST(reply_to_a_dead_client_is_dropped),
        TEST(saved_call_is_answered_later),
        TEST(call_that_is_never_answered_fails),
        TEST(pages_move_and_are_not_shared),
        TEST(pages_that_are_not_the_senders_to_give_are_refused),
        TEST(one_way_messages_arrive_in_order),
        TEST(nonblocking_says_again),
        TEST(no_operation_and_no_handle_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
