/*
 * Batches: hello, what is refused, whose turn it is, and when the broker polls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_fixture.h"
#include "hv/broker/life.h"
#include "hv/broker/mailbox.h"
#include "hv/broker/rounds.h"
#include "hv/broker/store.h"

#define LONG_WINDOW_NS 3600000000000ull

static const struct broker_hello good = {.version = BROKER_ABI_VERSION,
                                         .grant_pages = 1,
                                         .grant_frame = FRAME_GRANTS,
                                         .store_port = STORE_PORT};

static void hello_is_checked(void **state)
{
    struct broker_hello hello;
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    assert_int_equal(fixture_alloc(&a, 5, 0), -XEN_EPERM);
    hello = good;
    hello.version = 2;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EOPNOTSUPP);
    hello = good;
    hello.grant_pages = 0;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EINVAL);
    hello.grant_pages = BROKER_GRANT_PAGES_MAX + 1;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EINVAL);
    hello = good;
    hello.store_port = 0;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EINVAL);
    hello.store_port = BROKER_PORTS;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EINVAL);
    hello = good;
    hello.grant_frame = FIXTURE_PAGES;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EFAULT);
    hello.grant_frame = FIXTURE_PAGES - 1;
    hello.grant_pages = 2;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EFAULT);
    hello.grant_frame = 1ull << 52;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EFAULT);
    assert_false(a.domain->running);
    assert_int_equal(fixture_hello(&a, &good), 0);
    assert_int_equal(a.mailbox->ops[0].hello.domid, a.domain->domid);
    assert_int_equal(a.mailbox->ops[0].hello.epoch, 1);
    fixture_leave(&a);
}

static void hello_is_alone_in_its_batch(void **state)
{
    struct guest a;

    (void)state;
    fixture_add(&a, "a");
    fixture_connect(&a);
    for (int i = 0; i < 2; i++)
        a.mailbox->ops[i] =
            (struct broker_op){.hypercall = BROKER_HYPERCALL_SETUP,
                               .command = BROKER_SETUP_HELLO,
                               .hello = good};
    fixture_batch(&a, 2);
    assert_int_equal(a.mailbox->ops[0].result, -XEN_EINVAL);
    assert_int_equal(a.mailbox->ops[1].result, -XEN_EINVAL);
    assert_false(a.domain->running);
    fixture_leave(&a);
}

/* A refused hello ends what was there: the guest has started anew. */
static void a_refused_hello_ends_the_guest(void **state)
{
    struct broker_hello hello = good;
    struct guest a;

    (void)state;
    fixture_run(&a, "a");
    hello.version = 9;
    assert_int_equal(fixture_hello(&a, &hello), -XEN_EOPNOTSUPP);
    assert_false(a.domain->running);
    assert_int_equal(fixture_hello(&a, &good), 0);
    assert_int_equal(a.domain->epoch, 2);
    fixture_leave(&a);
}

static void operations_are_independent_of_each_other(void **state)
{
    struct guest a;

    (void)state;
    fixture_run(&a, "a");
    memset(a.mailbox->ops, 0, sizeof(a.mailbox->ops));
    a.mailbox->ops[0].hypercall = 77;
    a.mailbox->ops[1].hypercall = __HYPERVISOR_grant_table_op;
    a.mailbox->ops[1].command = GNTTABOP_map_grant_ref;
    a.mailbox->ops[2].hypercall = __HYPERVISOR_event_channel_op;
    a.mailbox->ops[2].command = EVTCHNOP_alloc_unbound;
    a.mailbox->ops[2].alloc = (struct evtchn_alloc_unbound){DOMID_SELF, 9, 5};
    a.mailbox->ops[3] = a.mailbox->ops[2];
    fixture_batch(&a, 4);
    assert_int_equal(a.mailbox->ops[0].result, -XEN_ENOSYS);
    assert_int_equal(a.mailbox->ops[1].result, -XEN_ENOSYS);
    assert_int_equal(a.mailbox->ops[2].result, 0);
    assert_int_equal(a.mailbox->ops[3].result, -XEN_EBUSY);
    fixture_leave(&a);
}

static void a_batch_of_an_impossible_size_does_nothing(void **state)
{
    struct guest a;

    (void)state;
    fixture_run(&a, "a");
    a.mailbox->ops[0].result = 77;
    fixture_batch(&a, 0);
    fixture_batch(&a, BROKER_OPS_MAX + 1);
    fixture_batch(&a, ~0u);
    assert_int_equal(a.mailbox->ops[0].result, 77);
    assert_int_equal(a.domain->counts.bad_messages, 3);
    fixture_batch(&a, BROKER_OPS_MAX);
    assert_int_equal(a.domain->counts.operations, BROKER_OPS_MAX + 1);
    fixture_leave(&a);
}

static void an_interrupt_comes_if_it_is_wanted(void **state)
{
    struct guest a;

    (void)state;
    fixture_run(&a, "a");
    (void)fixture_calls(&a);
    for (uint32_t wanted = 0; wanted < 2; wanted++) {
        a.mailbox->want_call = wanted;
        a.mailbox->count = 0;
        a.mailbox->request++;
        rounds_kick_mailbox(a.domain);
        rounds_serve(&fixture_broker);
        assert_int_equal(fixture_calls(&a), wanted);
    }
    fixture_leave(&a);
}

static void ask(struct guest *guest)
{
    guest->mailbox->count = BROKER_OPS_MAX;
    guest->mailbox->request++;
    rounds_kick_mailbox(guest->domain);
}

/* One has something to do always; the others get their turn in each round. */
static void a_flood_does_not_starve_others(void **state)
{
    struct guest flood;
    struct guest others[3];

    (void)state;
    fixture_run(&flood, "flood");
    for (int i = 0; i < 3; i++)
        fixture_run(&others[i], (const char *[]){"x", "y", "z"}[i]);
    for (int round = 0; round < 10; round++) {
        for (int kick = 0; kick < 100; kick++)
            rounds_kick_mailbox(flood.domain);
        ask(&flood);
        for (int i = 0; i < 3; i++)
            ask(&others[i]);
        rounds_serve(&fixture_broker);
        for (int i = 0; i < 3; i++)
            assert_int_equal(others[i].mailbox->done,
                             others[i].mailbox->request);
    }
    assert_int_equal(flood.domain->counts.batches, 11);
    assert_int_equal(flood.domain->counts.kicks, 1010);
    fixture_leave(&flood);
    for (int i = 0; i < 3; i++)
        fixture_leave(&others[i]);
}

/* Each begins the round in its turn. */
static void another_one_is_first_each_time(void **state)
{
    uint32_t turn = fixture_broker.turn;

    (void)state;
    for (uint32_t i = 1; i <= BROKER_DOMAINS_MAX; i++) {
        rounds_serve(&fixture_broker);
        assert_int_equal(fixture_broker.turn, (turn + i) % BROKER_DOMAINS_MAX);
    }
}

static void a_busy_mailbox_is_polled(void **state)
{
    struct guest a;

    (void)state;
    fixture_broker.poll_max_ns = LONG_WINDOW_NS;
    fixture_run(&a, "a");
    a.domain->slept_ns = log_now_ns();
    ask(&a);
    rounds_serve(&fixture_broker);
    assert_int_equal(a.mailbox->polling, 1);
    assert_int_equal(rounds_sleep_ms(&fixture_broker), 0);
    /* No kick, and yet it is served. */
    a.mailbox->request++;
    rounds_serve(&fixture_broker);
    assert_int_equal(a.mailbox->done, a.mailbox->request);
    assert_int_equal(a.domain->counts.polled_batches, 1);
    assert_int_equal(a.domain->poll_window_ns, LONG_WINDOW_NS / 2);
    fixture_leave(&a);
}

/* One window without a batch. */
static void miss(struct guest *guest)
{
    ask(guest);
    rounds_serve(&fixture_broker);
    assert_int_equal(guest->mailbox->polling, 1);
    guest->domain->poll_until_ns = 0;
    rounds_serve(&fixture_broker);
    assert_int_equal(guest->mailbox->polling, 0);
}

static void polling_ends_when_nothing_comes(void **state)
{
    struct guest a;

    (void)state;
    fixture_broker.poll_max_ns = LONG_WINDOW_NS;
    fixture_run(&a, "a");
    a.domain->slept_ns = log_now_ns();
    miss(&a);
    assert_int_equal(a.domain->poll_window_ns, LONG_WINDOW_NS / 4);
    a.domain->store_due = false;
    assert_int_equal(rounds_sleep_ms(&fixture_broker), -1);
    /* A kick long after: polling on would have been in vain. */
    fixture_broker.poll_max_ns = 1;
    ask(&a);
    rounds_serve(&fixture_broker);
    assert_int_equal(a.domain->poll_window_ns, LONG_WINDOW_NS / 4);
    fixture_leave(&a);
}

static void polling_in_vain_rests_longer_each_time(void **state)
{
    struct guest a;

    (void)state;
    fixture_broker.poll_max_ns = LONG_WINDOW_NS;
    fixture_run(&a, "a");
    a.domain->slept_ns = log_now_ns();
    for (uint32_t rest = 16; rest <= 64; rest *= 2) {
        for (int i = 0; i < 4; i++)
            miss(&a);
        assert_int_equal(a.domain->poll_window_ns, 0);
        for (uint32_t i = 0; i < rest; i++) {
            ask(&a);
            rounds_serve(&fixture_broker);
            assert_int_equal(a.mailbox->polling, 0);
        }
    }
    /* A batch that polling finds, and all is well again. */
    ask(&a);
    rounds_serve(&fixture_broker);
    a.mailbox->request++;
    rounds_serve(&fixture_broker);
    assert_int_equal(a.domain->counts.polled_batches, 1);
    assert_int_equal(a.domain->poll_rest_next, 16);
    fixture_leave(&a);
}

/* Between the broker's last look and its going to sleep. */
static void a_batch_at_the_last_moment_is_seen(void **state)
{
    struct guest a;

    (void)state;
    fixture_run(&a, "a");
    mailbox_poll(a.domain);
    assert_int_equal(a.mailbox->polling, 1);
    a.mailbox->request++;
    assert_true(mailbox_sleep(a.domain));
    assert_int_equal(a.mailbox->polling, 0);
    a.mailbox->count = 1;
    assert_true(mailbox_serve(&fixture_broker, a.domain));
    assert_false(mailbox_sleep(a.domain));
    fixture_leave(&a);
}

static void polling_may_be_forbidden(void **state)
{
    struct guest a;

    (void)state;
    fixture_broker.poll_max_ns = 0;
    fixture_run(&a, "a");
    for (int i = 0; i < 3; i++) {
        ask(&a);
        rounds_serve(&fixture_broker);
        assert_int_equal(a.mailbox->polling, 0);
    }
    a.domain->store_due = false;
    assert_int_equal(rounds_sleep_ms(&fixture_broker), -1);
    fixture_leave(&a);
}

static void a_silent_guest_is_hung_until_it_speaks(void **state)
{
    struct guest a;

    (void)state;
    fixture_run(&a, "a");
    rounds_serve(&fixture_broker);
    a.domain->watchdog_ns = 50000000;
    assert_in_range(rounds_sleep_ms(&fixture_broker), 1, 51);
    a.domain->active_ns = log_now_ns() - 60000000;
    assert_int_equal(rounds_sleep_ms(&fixture_broker), 1);
    rounds_serve(&fixture_broker);
    assert_true(a.domain->hung);
    assert_int_equal(rounds_sleep_ms(&fixture_broker), -1);
    ask(&a);
    rounds_serve(&fixture_broker);
    assert_false(a.domain->hung);
    fixture_leave(&a);
}

static void domids_are_used_again_as_late_as_possible(void **state)
{
    struct domain *domains[BROKER_DOMAINS_MAX];

    (void)state;
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        domains[i] = broker_add(&fixture_broker, "d");
        assert_int_equal(domains[i]->domid, i);
    }
    assert_null(broker_add(&fixture_broker, "d"));
    domains[9]->epoch = 5;
    broker_remove(&fixture_broker, domains[9]);
    broker_remove(&fixture_broker, domains[4]);
    assert_int_equal(broker_add(&fixture_broker, "d")->domid, 9);
    domains[4] = broker_add(&fixture_broker, "d");
    assert_int_equal(domains[4]->domid, 4);
    /* Whoever saw 5 of the former owner sees more of the next. */
    assert_int_equal(domains[4]->epoch, 5);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(hello_is_checked),
        TEST(hello_is_alone_in_its_batch),
        TEST(a_refused_hello_ends_the_guest),
        TEST(operations_are_independent_of_each_other),
        TEST(a_batch_of_an_impossible_size_does_nothing),
        TEST(an_interrupt_comes_if_it_is_wanted),
        TEST(a_flood_does_not_starve_others),
        TEST(another_one_is_first_each_time),
        TEST(a_busy_mailbox_is_polled),
        TEST(polling_ends_when_nothing_comes),
        TEST(polling_in_vain_rests_longer_each_time),
        TEST(a_batch_at_the_last_moment_is_seen),
        TEST(polling_may_be_forbidden),
        TEST(a_silent_guest_is_hung_until_it_speaks),
        TEST(domids_are_used_again_as_late_as_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
