/* What a message carries: strings, handles, pages; whose fault, who pays. */
#include "kernel_pair.h"

#include <string.h>

#include <ipc/channel.h>

static void set_string(struct thread *t, int i, uint64_t addr, uint64_t bytes)
{
    t->buf->strings[i] = (struct nu_string_item){addr, bytes};
}

static void expect(struct thread *t, int i, uint64_t addr, uint64_t bytes)
{
    t->buf->rx[i] = (struct nu_string_item){addr, bytes};
    t->buf->rx_count = (uint32_t)i + 1;
}

static void strings_go_from_memory_to_memory(void **state)
{
    char text[10000];
    char got[10000];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    fixture_poke(pair.a, FIXTURE_HEAP + 100, text, sizeof(text));
    pair_receive(NU_OP_RECV);
    expect(pair.tb, 0, FIXTURE_HEAP + 4000, 20000);
    set_string(pair.ta, 0, FIXTURE_HEAP + 100, 3000);
    set_string(pair.ta, 1, FIXTURE_HEAP + 3100, NU_STRING_MORE);
    set_string(pair.ta, 2, FIXTURE_HEAP + 3100, 7000 | NU_STRING_MORE);
    pair_call(SERVICE(1) | STRINGS(3), 1, 2);
    assert_ptr_equal(current, pair.tb);
    assert_int_equal(pair.tb->buf->rx_bytes[0], 10000);
    fixture_peek(pair.b, FIXTURE_HEAP + 4000, got, sizeof(got));
    assert_memory_equal(text, got, sizeof(got));
    /* What the sender does now is too late. */
    fixture_poke(pair.a, FIXTURE_HEAP + 100, "changed", 7);
    fixture_peek(pair.b, FIXTURE_HEAP + 4000, got, sizeof(got));
    assert_memory_equal(text, got, sizeof(got));
}

static void bad_strings_of_the_caller_fail_its_call_alone(void **state)
{
    static const struct nu_string_item bad[] = {
        {0, 8},
        {0x3000000, 8},
        {0xffff800000000000ull, 8},
        {0xffffffff80100000ull, 8},
        {~0ull - 3, 8},
        {FIXTURE_HEAP + FIXTURE_HEAP_BYTES - 4, 8},
        {FIXTURE_HEAP, NU_STRING_BYTES_MAX + 1},
        {FIXTURE_HEAP, ~NU_STRING_MORE},
    };

    (void)state;
    pair_receive(NU_OP_RECV);
    expect(pair.tb, 0, FIXTURE_HEAP, 8192);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        set_string(pair.ta, 0, bad[i].addr, bad[i].bytes);
        pair_call(SERVICE(1) | STRINGS(1), 1, 2);
        assert_true((int)pair.ta->regs.rax == NU_FAULT ||
                    (int)pair.ta->regs.rax == NU_TOOLONG);
        assert_ptr_equal(current, pair.ta);
        assert_int_equal(pair.tb->state, THREAD_RECEIVING);
    }
    set_string(pair.ta, 0, FIXTURE_HEAP, 8193);
    pair_call(SERVICE(1) | STRINGS(1), 1, 2);
    assert_int_equal((int)pair.ta->regs.rax, NU_TOOLONG);
}

static void bad_buffer_of_the_client_does_not_hold_the_server(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    expect(pair.ta, 0, FIXTURE_RO, 4096);
    pair_call(SERVICE(1), 1, 2);
    fixture_poke(pair.b, FIXTURE_HEAP, "x", 1);
    set_string(pair.tb, 0, FIXTURE_HEAP, 1);
    pair_reply(0, STRINGS(1), 0);
    assert_int_equal((int)pair.ta->regs.rax, NU_FAULT);
    assert_int_equal(pair.tb->state, THREAD_RECEIVING);
    assert_int_equal(message_dropped_replies() > 0, 1);
}

static void bad_string_of_the_server_is_its_own_error(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    expect(pair.ta, 0, FIXTURE_HEAP, 4096);
    pair_call(SERVICE(1), 1, 2);
    set_string(pair.tb, 0, 0x3000000, 1);
    pair_reply(0, STRINGS(1), 0);
    assert_ptr_equal(current, pair.tb);
    assert_int_equal((int)pair.tb->regs.rax, NU_FAULT);
    assert_int_equal(pair.ta->state, THREAD_REPLYING);
    pair_reply(NU_IO, 0, 0); /* it can still say why */
    assert_int_equal((int)pair.ta->regs.rax, NU_IO);
}

static void handles_move_with_fewer_rights(void **state)
{
    struct port *object = port_create(pair.a->purse);
    nu_handle_t mine = fixture_handle(pair.a, &object->object, NU_RIGHTS_ALL);
    struct handle_slot *slot;
    nu_handle_t got;

    (void)state;
    pair_receive(NU_OP_RECV);
    pair.ta->buf->handles[0] =
        (struct nu_handle_item){mine, NU_RIGHT_SEND | NU_ITEM_MOVE, 0};
    pair_call(SERVICE(1) | HANDLES(1), 1, 2);
    got = pair.tb->buf->handles[0].handle;
    slot = handle_find(&pair.b->handles, got);
    assert_non_null(slot);
    assert_ptr_equal(slot->object, &object->object);
    assert_int_equal(slot->rights, NU_RIGHT_SEND);
    assert_null(handle_find(&pair.a->handles, mine));
    assert_int_equal(object->object.refs, 1);
    /* Without TRANSFER it goes no further, and the reply says so. */
    pair.tb->buf->handles[0] = (struct nu_handle_item){got, NU_RIGHTS_ALL, 0};
    pair_reply(0, HANDLES(1), 0);
    assert_int_equal((int)pair.tb->regs.rax, NU_DENIED);
}

static void failed_reply_brings_no_handles(void **state)
{
    uint32_t room = pair.a->handles.free_count;

    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 1, 2);
    pair.tb->buf->handles[0] =
        (struct nu_handle_item){pair.port, NU_ITEM_NEW, 5};
    pair_reply(NU_IO, HANDLES(1), 0);
    assert_int_equal((int)pair.ta->regs.rax, NU_IO);
    assert_int_equal(nu_tag_handles(pair.ta->regs.rsi), 0);
    assert_int_equal(pair.a->handles.free_count, room);
}

static void one_handle_cannot_be_moved_twice(void **state)
{
    struct port *object = port_create(pair.a->purse);
    nu_handle_t mine = fixture_handle(pair.a, &object->object, NU_RIGHTS_ALL);

    (void)state;
    pair_receive(NU_OP_RECV);
    for (int i = 0; i < 2; i++)
        pair.ta->buf->handles[i] =
            (struct nu_handle_item){mine, NU_RIGHTS_ALL | NU_ITEM_MOVE, 0};
    pair_call(SERVICE(1) | HANDLES(2), 1, 2);
    assert_int_equal((int)pair.ta->regs.rax, NU_BADH);
    assert_non_null(handle_find(&pair.a->handles, mine));
}

static void stale_handle_is_an_error_for_ever(void **state)
{
    uint64_t numbers[300];

    (void)state;
    for (int i = 0; i < 300; i++) {
        struct port *object = port_create(pair.a->purse);

        numbers[i] = fixture_handle(pair.a, &object->object, NU_RIGHTS_ALL);
        for (int old = 0; old < i; old++)
            assert_int_not_equal(numbers[old], numbers[i]);
        fixture_message(pair.ta,
                        (struct fixture_call){
                            numbers[i], NU_OP_CALL | NU_METHOD(0, 1), {0}});
        assert_int_equal(pair.ta->regs.rax, 0);
        for (int old = 0; old <= i; old += 37) {
            fixture_message(
                pair.ta, (struct fixture_call){
                             numbers[old], NU_OP_CALL | NU_METHOD(6, 1), {0}});
            assert_int_equal((int)pair.ta->regs.rax, NU_BADH);
        }
    }
}

static void new_object_is_paid_by_the_client_and_its_end_is_told(void **state)
{
    uint64_t objects = pair.a->purse->objects;
    nu_handle_t file;

    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 1, 2);
    pair.tb->buf->handles[0] =
        (struct nu_handle_item){pair.port, NU_ITEM_NEW, 1234};
    pair_reply(0, HANDLES(1), 0);
    file = pair.ta->buf->handles[0].handle;
    assert_int_equal(pair.a->purse->objects, objects + 1);
    fixture_message(pair.ta,
                    (struct fixture_call){file, NU_OP_CALL | SERVICE(2), {9}});
    assert_int_equal(pair.tb->regs.rdi, 1234);
    pair_reply(0, 0, 0);
    fixture_message(pair.ta, (struct fixture_call){
                                 file, NU_OP_CALL | NU_METHOD(0, 1), {0}});
    assert_int_equal(pair.ta->regs.rax, 0);
    assert_int_equal(pair.tb->state, THREAD_READY);
    assert_int_equal(pair.tb->regs.rdi, 1234);
    assert_int_equal(nu_tag_contract(pair.tb->regs.rsi), 0);
    assert_int_equal(nu_tag_ordinal(pair.tb->regs.rsi), NU_EVENT_CLOSED);
    assert_int_equal(pair.a->purse->objects, objects);
}

static void pages_move_and_are_not_shared(void **state)
{
    char got[8] = {0};
    uint64_t used_a;
    uint64_t used_b;

    (void)state;
    pair_receive(NU_OP_RECV);
    fixture_poke(pair.a, FIXTURE_HEAP + 4096, "payload", 8);
    fixture_poke(pair.b, FIXTURE_HEAP, "old", 4);
    used_a = pair.a->purse->used;
    used_b = pair.b->purse->used;
    pair.ta->buf->pages[0] = (struct nu_page_item){FIXTURE_HEAP + 4096, 1};
    pair.tb->buf->rx_pages[0] = (struct nu_page_item){FIXTURE_HEAP, 2};
    pair.tb->buf->rx_page_count = 1;
    pair_call(SERVICE(1) | PAGES(1), 1, 2);
    assert_ptr_equal(current, pair.tb);
    fixture_peek(pair.b, FIXTURE_HEAP, got, 8);
    assert_string_equal(got, "payload");
    assert_int_equal(pair.a->purse->used, used_a - 1);
    assert_int_equal(pair.b->purse->used, used_b);
    /* The sender's place is empty: zero at the next use. */
    fixture_peek(pair.a, FIXTURE_HEAP + 4096, got, 8);
    assert_memory_equal(got, "\0\0\0\0\0\0\0\0", 8);
}

static void pages_that_are_not_the_senders_to_give_are_refused(void **state)
{
    static const struct nu_page_item bad[] = {
        {FIXTURE_RO, 1},    {FIXTURE_BUFFER, 1},        {FIXTURE_HEAP + 1, 1},
        {FIXTURE_HEAP, 17}, {0xffff800000000000ull, 1}, {FIXTURE_HEAP, 0},
        {0x7ffff000, 1}, /* the call page */
    };

    (void)state;
    pair_receive(NU_OP_RECV);
    pair.tb->buf->rx_pages[0] = (struct nu_page_item){FIXTURE_HEAP, 16};
    pair.tb->buf->rx_page_count = 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pair.ta->buf->pages[0] = bad[i];
        pair_call(SERVICE(1) | PAGES(1), 1, 2);
        assert_true((int)pair.ta->regs.rax == NU_FAULT ||
                    (int)pair.ta->regs.rax == NU_TOOLONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
        TEST(strings_go_from_memory_to_memory),
        TEST(bad_strings_of_the_caller_fail_its_call_alone),
        TEST(bad_buffer_of_the_client_does_not_hold_the_server),
        TEST(bad_string_of_the_server_is_its_own_error),
        TEST(handles_move_with_fewer_rights),
        TEST(failed_reply_brings_no_handles),
        TEST(one_handle_cannot_be_moved_twice),
        TEST(stale_handle_is_an_error_for_ever),
        TEST(new_object_is_paid_by_the_client_and_its_end_is_told),
        TEST(pages_move_and_are_not_shared),
        TEST(pages_that_are_not_the_senders_to_give_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
