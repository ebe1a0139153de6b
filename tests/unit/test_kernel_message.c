/* The message path: who runs, who waits, who is told. */
#include "kernel_pair.h"

#include <string.h>

#include <cpu.h>
#include <ipc/answer.h>
#include <ipc/reply.h>

static void call_and_reply(void **state)
{
    (void)state;
    /* Once by the slow path (the call comes first), then by the fast one. */
    for (int round = 0; round < 3; round++) {
        if (round == 0) {
            pair_call(SERVICE(1) | WORDS(4), 1, 2);
            assert_int_equal(pair.ta->state, THREAD_SENDING);
            pair_receive(NU_OP_RECV);
        } else {
            pair_call(SERVICE(1) | WORDS(4), 1, 2);
        }
        assert_ptr_equal(current, pair.tb);
        assert_int_equal(pair.ta->state, THREAD_REPLYING);
        assert_int_equal(pair.tb->regs.rax, 0);
        assert_int_equal(pair.tb->regs.rdi, BADGE);
        assert_int_equal(pair.tb->regs.rsi, SERVICE(1) | WORDS(4));
        assert_int_equal(pair.tb->regs.rdx, 1);
        assert_int_equal(pair.tb->regs.r10, 2);
        assert_int_equal(pair.tb->regs.r8, 3);
        assert_int_equal(pair.tb->regs.r9, 4);
        pair_reply(0, WORDS(4), 5);
        assert_ptr_equal(current, pair.ta);
        assert_int_equal(pair.tb->state, THREAD_RECEIVING);
        assert_int_equal(pair.ta->regs.rax, 0);
        assert_int_equal(pair.ta->regs.rdx, 5);
        assert_int_equal(pair.ta->regs.r9, 8);
    }
}

static void reply_status_is_the_calls_status(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 0, 0);
    pair_reply(NU_CORRUPT, 0, 0);
    assert_int_equal((int)pair.ta->regs.rax, NU_CORRUPT);
    assert_int_equal((int64_t)pair.ta->regs.rax, NU_CORRUPT);
}

static void sixty_four_words_arrive_both_ways(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    for (uint64_t hooks = 0; hooks < 2; hooks++) {
        pair.ta->hooks = (uint32_t)hooks
                         << 1; /* an unused hook: the slow way */
        for (uint64_t i = 4; i < 64; i++) {
            pair.ta->buf->words[i] = i * 3;
            pair.tb->buf->words[i] = 0;
        }
        pair_call(SERVICE(1) | WORDS(64), 1, 2);
        for (uint64_t i = 4; i < 64; i++) {
            assert_int_equal(pair.tb->buf->words[i], i * 3);
            pair.tb->buf->words[i] = i * 5;
        }
        pair_reply(0, WORDS(64), 1);
        for (uint64_t i = 4; i < 64; i++)
            assert_int_equal(pair.ta->buf->words[i], i * 5);
    }
    pair.ta->hooks = 0;
}

static void words_beyond_the_count_are_not_copied(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    pair.tb->buf->words[6] = 99;
    pair.ta->buf->words[6] = 55;
    pair_call(SERVICE(1) | WORDS(6), 1, 2);
    assert_int_equal(pair.tb->buf->words[6], 99);
    /* And too many are refused. */
    pair_reply(0, 0, 0);
    pair_call(SERVICE(1) | WORDS(65), 1, 2);
    assert_int_equal((int)pair.ta->regs.rax, NU_INVAL);
}

static void server_that_dies_frees_its_clients(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 1, 2);
    process_end(pair.b, 1);
    object_reap();
    assert_int_equal(pair.ta->state, THREAD_READY);
    assert_int_equal((int)pair.ta->regs.rax, NU_GONE);
    pair_call(SERVICE(1), 1, 2);
    assert_int_equal((int)pair.ta->regs.rax, NU_GONE);
}

static void client_that_waits_to_send_is_freed_too(void **state)
{
    (void)state;
    pair_call(SERVICE(1), 1, 2);
    assert_int_equal(pair.ta->state, THREAD_SENDING);
    process_end(pair.b, 1);
    object_reap();
    assert_int_equal((int)pair.ta->regs.rax, NU_GONE);
}

static void reply_to_a_dead_client_is_dropped(void **state)
{
    uint64_t dropped = message_dropped_replies();

    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 1, 2);
    process_end(pair.a, 1);
    object_reap();
    /* Its handle was the last on that end: the server is told. */
    pair_reply(0, 0, 0);
    assert_int_equal(message_dropped_replies(), dropped + 1);
    assert_ptr_equal(current, pair.tb);
    assert_int_equal(nu_tag_ordinal(pair.tb->regs.rsi), NU_EVENT_CLOSED);
}

static void saved_call_is_answered_later(void **state)
{
    struct reply *object = reply_create(pair.b->purse);
    nu_handle_t saved = fixture_handle(pair.b, &object->object, NU_RIGHTS_ALL);

    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 1, 2);
    fixture_message(pair.tb, (struct fixture_call){
                                 saved, NU_OP_CALL | NU_METHOD(7, 1), {0}});
    assert_int_equal(pair.tb->regs.rax, 0);
    pair_receive(NU_OP_RECV);
    assert_int_equal(pair.tb->state, THREAD_RECEIVING);
    assert_int_equal(pair.ta->state, THREAD_REPLYING);
    /* Some event wakes the server; now it answers. */
    answer_fail_receivers(
        &((struct port *)handle_find(&pair.b->handles, pair.port)->object)
             ->inbox,
        NU_INTR);
    fixture_message(pair.tb,
                    (struct fixture_call){saved, NU_OP_SEND | WORDS(1), {42}});
    assert_int_equal(pair.tb->regs.rax, 0);
    assert_int_equal(pair.ta->state, THREAD_READY);
    assert_int_equal(pair.ta->regs.rdx, 42);
    assert_null(object->client);
}

static void call_that_is_never_answered_fails(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    pair_call(SERVICE(1), 1, 2);
    pair_receive(NU_OP_RECV); /* neither a reply nor saved */
    assert_int_equal((int)pair.ta->regs.rax, NU_GONE);
}

static void one_way_messages_arrive_in_order(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 1000; n++) {
        fixture_message(
            pair.ta, (struct fixture_call){
                         pair.to_b, NU_OP_SEND | SERVICE(1) | WORDS(1), {n}});
        if (pair.ta->state == THREAD_SENDING)
            pair_receive(NU_OP_RECV);
        assert_int_equal(pair.tb->regs.rdx, n);
        assert_int_equal(pair.ta->regs.rax, 0);
        if (n % 3 == 0)
            pair_receive(NU_OP_RECV); /* now the next finds it waiting */
    }
}

static void nonblocking_says_again(void **state)
{
    (void)state;
    pair_call(SERVICE(1) | NU_OP_NONBLOCK, 1, 2);
    assert_int_equal((int)pair.ta->regs.rax, NU_AGAIN);
    pair_receive(NU_OP_RECV | NU_OP_NONBLOCK);
    assert_int_equal((int)pair.tb->regs.rax, NU_AGAIN);
}

static void no_operation_and_no_handle_are_errors(void **state)
{
    (void)state;
    fixture_message(pair.ta, (struct fixture_call){pair.to_b, SERVICE(1), {0}});
    assert_int_equal((int)pair.ta->regs.rax, NU_INVAL);
    for (uint64_t handle = 0; handle < 5000; handle += 7) {
        if (handle_find(&pair.a->handles, handle) != NULL)
            continue;
        fixture_message(pair.ta, (struct fixture_call){
                                     handle, NU_OP_CALL | SERVICE(1), {0}});
        assert_int_equal((int)pair.ta->regs.rax, NU_BADH);
    }
    fixture_message(pair.ta, (struct fixture_call){NU_HANDLE_LOCAL | 64,
                                                   NU_OP_CALL | SERVICE(1),
                                                   {0}});
    assert_int_equal((int)pair.ta->regs.rax, NU_BADH);
    /* The high half of the register counts too. */
    fixture_message(pair.ta, (struct fixture_call){pair.to_b | 1ull << 32,
                                                   NU_OP_CALL | SERVICE(1),
                                                   {0}});
    assert_int_equal((int)pair.ta->regs.rax, NU_BADH);
}

/* sched_idle_end() is what trap_dispatch() does first when an interrupt ends the
 * halt. */
static void idle_time_is_counted_and_no_other(void **state)
{
    uint64_t idle;

    (void)state;
    sched_idle_end(); /* of the set-up */
    idle = sched_idle_ticks();
    pair_receive(NU_OP_RECV);
    fake_tsc += 1000;
    sched_idle_end();
    assert_int_equal(sched_idle_ticks(), idle); /* there is (a) to run */
    fixture_message(pair.ta, (struct fixture_call){pair.to_b, NU_OP_RECV, {0}});
    assert_ptr_equal(current, NULL);
    fake_tsc += 1000;
    sched_idle_end();
    assert_in_range(sched_idle_ticks() - idle, 1000, 1100);
    idle = sched_idle_ticks();
    fake_tsc += 1000;
    sched_idle_end();
    assert_int_equal(sched_idle_ticks(), idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
        TEST(call_and_reply),
        TEST(reply_status_is_the_calls_status),
        TEST(sixty_four_words_arrive_both_ways),
        TEST(words_beyond_the_count_are_not_copied),
        TEST(server_that_dies_frees_its_clients),
        TEST(client_that_waits_to_send_is_freed_too),
        TEST(reply_to_a_dead_client_is_dropped),
        TEST(saved_call_is_answered_later),
        TEST(call_that_is_never_answered_fails),
        TEST(one_way_messages_arrive_in_order),
        TEST(nonblocking_says_again),
        TEST(no_operation_and_no_handle_are_errors),
        TEST(idle_time_is_counted_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
