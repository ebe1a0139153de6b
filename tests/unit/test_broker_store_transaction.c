/* The broker's store: transactions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

static int end(uint16_t domid, uint32_t transaction, const char *how)
{
    return ask(domid, XS_TRANSACTION_END, transaction, how);
}

static void nothing_is_seen_before_the_end(void **state)
{
    uint32_t t = ask_transaction(1);

    (void)state;
    ask(1, XS_WATCH, 0, "data", "w");
    next_event(1);
    assert_int_equal(ask_write(1, t, "data/a", "1"), 0);
    assert_int_equal(ask_write(1, t, "data/b/c", "2"), 0);
    assert_string_equal(ask_read(1, t, "data/a"), "1");
    assert_string_equal(ask_read(1, 0, "data/a"), "ENOENT");
    no_events();
    assert_int_equal(end(1, t, "T"), 0);
    assert_string_equal(ask_read(1, 0, "data/a"), "1");
    assert_string_equal(ask_read(1, 0, "data/b/c"), "2");
    assert_string_equal(next_event(1), "data/a w");
    assert_string_equal(next_event(1), "data/b/c w");
    no_events();
    assert_int_equal(end(1, t, "T"), -ENOENT);
}

static void what_is_abandoned_leaves_no_trace(void **state)
{
    uint32_t t = ask_transaction(1);
    struct store_counts before, after;

    (void)state;
    ask_write(1, 0, "data/a", "0");
    end(1, t, "F");
    store_domain_counts(store, 1, &before);
    t = ask_transaction(1);
    ask(1, XS_RM, t, "data/a");
    ask_write(1, t, "data/x/y", "1");
    assert_string_equal(ask_read(1, t, "data/a"), "ENOENT");
    assert_int_equal(end(1, t, "F"), 0);
    assert_string_equal(ask_read(1, 0, "data/a"), "0");
    assert_string_equal(ask_read(1, 0, "data/x"), "ENOENT");
    store_domain_counts(store, 1, &after);
    assert_int_equal(before.nodes, after.nodes);
    assert_int_equal(before.memory_bytes, after.memory_bytes);
    t = ask_transaction(1);
    assert_int_equal(end(1, t, "X"), -EINVAL);
    assert_int_equal(end(1, t, "T"), 0);
}

/* The slower of two that touch the same loses, and may try again. */
static void conflicts_are_found(void **state)
{
    uint32_t t, u;

    (void)state;
    ask_write(1, 0, "data/n", "0");
    t = ask_transaction(1);
    assert_string_equal(ask_read(1, t, "data/n"), "0");
    ask_write(1, 0, "data/n", "1");
    ask_write(1, t, "data/m", "x");
    assert_int_equal(end(1, t, "T"), -EAGAIN);
    assert_string_equal(ask_read(1, 0, "data/m"), "ENOENT");
    /* Both make a node in one directory. */
    t = ask_transaction(1);
    u = ask_transaction(1);
    ask_write(1, t, "data/new1", "x");
    ask_write(1, u, "data/new2", "x");
    assert_int_equal(end(1, u, "T"), 0);
    assert_int_equal(end(1, t, "T"), -EAGAIN);
    /* One saw that something was not there. */
    t = ask_transaction(1);
    assert_string_equal(ask_read(1, t, "data/n/late"), "ENOENT");
    ask_write(1, 0, "data/n/late", "x");
    assert_int_equal(end(1, t, "T"), -EAGAIN);
    /* Removed and made again is not the same. */
    t = ask_transaction(1);
    ask_read(1, t, "data/n/late");
    ask(1, XS_RM, 0, "data/n/late");
    ask_write(1, 0, "data/n/late", "x");
    assert_int_equal(end(1, t, "T"), -EAGAIN);
}

static void what_is_apart_does_not_conflict(void **state)
{
    uint32_t t, u;

    (void)state;
    ask_write(1, 0, "data/a/x", "0");
    ask_write(1, 0, "data/b/x", "0");
    t = ask_transaction(1);
    u = ask_transaction(1);
    ask_write(1, t, "data/a/x", "1");
    ask_write(1, t, "data/a/y", "1");
    ask_write(1, u, "data/b/x", "1");
    ask(1, XS_RM, u, "data/b/x");
    assert_int_equal(end(1, t, "T"), 0);
    assert_int_equal(end(1, u, "T"), 0);
    t = ask_transaction(1);
    ask_write(2, 0, "data/elsewhere", "1");
    ask_write(1, t, "data/a/x", "2");
    assert_int_equal(end(1, t, "T"), 0);
    assert_string_equal(ask_read(1, 0, "data/a/y"), "1");
    assert_string_equal(ask_read(1, 0, "data/b/x"), "ENOENT");
}

/* Others took the ground away: it fails, at the latest at its end. */
static void a_torn_transaction_only_fails(void **state)
{
    uint32_t t;

    (void)state;
    ask_write(1, 0, "data/a/b/c", "0");
    t = ask_transaction(1);
    ask_write(1, t, "data/a/b/c", "1");
    ask_write(1, t, "data/a/b/d", "1");
    ask(1, XS_RM, 0, "data/a");
    assert_int_equal(ask(1, XS_RM, t, "data/a/b/c"), 0);
    assert_int_equal(end(1, t, "T"), -EAGAIN);
    ask_write(1, 0, "data/a/b/c", "0");
    t = ask_transaction(1);
    ask_write(1, t, "data/a/b/c", "1");
    ask(1, XS_RM, 0, "data/a/b");
    /* Its own copy is there, its parent is not. */
    assert_int_equal(ask(1, XS_RM, t, "data/a/b/c"), -EAGAIN);
    assert_int_equal(end(1, t, "T"), -EAGAIN);
    ask_write(1, 0, "data/a/b/c", "0");
    t = ask_transaction(1);
    ask_write(1, t, "data/a/b", "1");
    ask(1, XS_RM, 0, "data/a/b/c");
    /* Its copy of the directory lists what is gone. */
    assert_int_equal(ask(1, XS_RM, t, "data/a"), -EAGAIN);
    assert_int_equal(end(1, t, "T"), -EAGAIN);
    assert_string_equal(ask_read(1, 0, "data/a/b"), "");
}

static void removal_and_rights_are_part_of_it(void **state)
{
    uint32_t t;

    (void)state;
    ask_write(1, 0, "data/a/b", "0");
    ask(2, XS_WATCH, 0, "/local/domain/1", "w");
    next_event(2);
    t = ask_transaction(1);
    ask(1, XS_RM, t, "data/a");
    ask_write(1, t, "data/a/c", "1");
    ask(1, XS_SET_PERMS, t, "data/a/c", "n1", "r2");
    assert_int_equal(ask(2, XS_READ, 0, "/local/domain/1/data/a/c"), -EACCES);
    assert_int_equal(end(1, t, "T"), 0);
    assert_string_equal(ask_read(2, 0, "/local/domain/1/data/a/c"), "1");
    assert_string_equal(ask_read(1, 0, "data/a/b"), "ENOENT");
    assert_string_equal(next_event(2), "/local/domain/1/data/a/c w");
    no_events();
}

/* Who could read what goes is told that it went. */
static void who_loses_by_it_is_told(void **state)
{
    uint32_t t;

    (void)state;
    ask_write(1, 0, "data/a", "0");
    ask_write(1, 0, "data/b", "0");
    ask(1, XS_SET_PERMS, 0, "data/a", "n1", "r2");
    ask(1, XS_SET_PERMS, 0, "data/b", "n1", "r2");
    ask(2, XS_WATCH, 0, "/local/domain/1", "w");
    ask(3, XS_WATCH, 0, "/local/domain/1", "w");
    next_event(2);
    next_event(3);
    t = ask_transaction(1);
    ask(1, XS_RM, t, "data/a");
    ask(1, XS_SET_PERMS, t, "data/b", "n1");
    ask_write(1, t, "data/c", "0");
    no_events();
    assert_int_equal(end(1, t, "T"), 0);
    assert_string_equal(next_event(2), "/local/domain/1/data/a w");
    assert_string_equal(next_event(2), "/local/domain/1/data/b w");
    no_events();
}

/* A right taken away before the end is not used at the end. */
static void a_right_lost_meanwhile_is_a_conflict(void **state)
{
    uint32_t t;

    (void)state;
    ask_write(1, 0, "data/box", "0");
    ask(1, XS_SET_PERMS, 0, "data/box", "n1", "b2");
    t = ask_transaction(2);
    assert_int_equal(ask_write(2, t, "/local/domain/1/data/box", "2"), 0);
    ask(1, XS_SET_PERMS, 0, "data/box", "n1");
    assert_int_equal(end(2, t, "T"), -EAGAIN);
    assert_string_equal(ask_read(1, 0, "data/box"), "0");
    /* A transaction is its domain's alone. */
    t = ask_transaction(1);
    assert_int_equal(ask_write(2, t, "data/x", "2"), -ENOENT);
    assert_int_equal(end(2, t, "T"), -ENOENT);
}

#define store_test(function) \
    cmocka_unit_test_setup_teardown(function, guests_start, guests_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(nothing_is_seen_before_the_end),
        store_test(what_is_abandoned_leaves_no_trace),
        store_test(conflicts_are_found),
        store_test(what_is_apart_does_not_conflict),
        store_test(a_torn_transaction_only_fails),
        store_test(removal_and_rights_are_part_of_it),
        store_test(who_loses_by_it_is_told),
        store_test(a_right_lost_meanwhile_is_a_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
