/* Ends of channels that were closed by force, events nobody may forge, timers
 * set again: what a review by an attacker found once. */
#include "kernel_pair.h"

#include <boot/time.h>
#include <contract/channel.h>
#include <contract/handle.h>
#include <contract/port.h>
#include <contract/timer.h>
#include <ipc/channel.h>
#include <obj/obj_timer.h>

/* Both ends of a channel are (a)'s; one was bound to its port and closed. */
static struct {
    nu_handle_t port;
    nu_handle_t closed;
    nu_handle_t peer;
} own;

static int call_a(nu_handle_t handle, uint64_t tag, uint64_t w0, uint64_t w1)
{
    fixture_message(pair.ta,
                    (struct fixture_call){handle, NU_OP_CALL | tag, {w0, w1}});
    return (int)pair.ta->regs.rax;
}

static int setup_closed(void **state)
{
    struct channel *channel;
    struct port *port;

    pair_setup(state);
    channel = channel_create(pair.a->purse);
    port = port_create(pair.a->purse);
    assert_int_equal(channel_bind(&channel->end[1], port, 5), 0);
    own.port = fixture_handle(pair.a, &port->object, NU_RIGHTS_ALL);
    own.closed = fixture_handle(pair.a, &channel->end[1].object, NU_RIGHTS_ALL);
    own.peer = fixture_handle(pair.a, &channel->end[0].object, NU_RIGHTS_ALL);
    assert_int_equal(call_a(own.port, PORT_CLOSE_METHOD | WORDS(1), 5, 0), 0);
    return 0;
}

static void both_ends_may_go_at_once(void **state)
{
    struct purse *purse = pair.a->purse;

    (void)state;
    process_end(pair.a, 0);
    object_reap();
    assert_int_equal(purse->objects, 1); /* the process itself */
}

static void nobody_receives_from_a_closed_end(void **state)
{
    (void)state;
    fixture_message(pair.ta,
                    (struct fixture_call){own.closed, NU_OP_RECV, {0}});
    assert_int_equal((int)pair.ta->regs.rax, NU_GONE);
    assert_int_equal(call_a(own.peer, SERVICE(1), 1, 2), NU_GONE);
}

static void closed_end_is_not_bound_again(void **state)
{
    (void)state;
    pair.ta->buf->handles[0] = (struct nu_handle_item){own.port, 0, 0};
    assert_int_equal(
        call_a(own.closed, CHANNEL_BIND_METHOD | WORDS(1) | HANDLES(1), 6, 0),
        NU_GONE);
}

static void event_cannot_be_forged(void **state)
{
    (void)state;
    pair_receive(NU_OP_RECV);
    fixture_message(pair.ta,
                    (struct fixture_call){pair.to_b,
                                          NU_OP_SEND | NU_EVENT_EXIT | WORDS(4),
                                          {1, 2, 3, 4}});
    assert_int_equal((int)pair.ta->regs.rax, NU_INVAL);
    assert_int_equal(pair.tb->state, THREAD_RECEIVING);
}

static nu_handle_t new_timer(void)
{
    struct port *port = port_create(pair.a->purse);

    fixture_handle(pair.a, &port->object, NU_RIGHTS_ALL);
    return fixture_handle(pair.a, timer_create(pair.a->purse, port, 1),
                          NU_RIGHTS_ALL);
}

static void timer_may_be_set_again(void **state)
{
    static const uint64_t at[] = {2, 3, 1, 4, 4, 1};
    nu_handle_t one = new_timer();
    nu_handle_t two = new_timer();

    (void)state;
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        uint64_t ns = at[i] * 1000000000000ull;

        assert_int_equal(call_a(one, TIMER_SET_METHOD | WORDS(2), ns, 0), 0);
        assert_int_equal(call_a(two, TIMER_SET_METHOD | WORDS(2), ns, 0), 0);
    }
    assert_int_equal(call_a(one, HANDLE_CLOSE_METHOD, 0, 0), 0);
    assert_int_equal(call_a(two, TIMER_SET_METHOD | WORDS(2), 1, 0), 0);
}

static void timer_at_zero_does_not_stop_the_clock(void **state)
{
    (void)state;
    assert_int_equal(call_a(new_timer(), TIMER_SET_METHOD | WORDS(2), 0, 0), 0);
    assert_int_not_equal(fixture_deadline, 0);
}

static void endless_period_is_one_signal(void **state)
{
    nu_handle_t timer = new_timer();
    uint64_t now = 0;

    (void)state;
    /* Late enough that the end of the period, wrapped, lies in the past. */
    while (now < 20000000)
        now = time_now_ns();
    assert_int_equal(
        call_a(timer, TIMER_SET_METHOD | WORDS(2), 1, 0 - 10000000ull), 0);
    fixture_clock_reads = 0;
    fixture_tick();
    assert_true(fixture_clock_reads < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
#define CLOSED(name) \
    cmocka_unit_test_setup_teardown(name, setup_closed, pair_teardown)
        CLOSED(both_ends_may_go_at_once),
        CLOSED(nobody_receives_from_a_closed_end),
        CLOSED(closed_end_is_not_bound_again),
        TEST(event_cannot_be_forged),
        TEST(timer_may_be_set_again),
        TEST(timer_at_zero_does_not_stop_the_clock),
        TEST(endless_period_is_one_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
