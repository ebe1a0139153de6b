/* The broker's store: watches. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

static void a_watch_fires_once_at_the_start(void **state)
{
    (void)state;
    assert_int_equal(ask(1, XS_WATCH, 0, "/no/such", "t o k"), 0);
    assert_string_equal(next_event(1), "/no/such t o k");
    no_events();
    assert_int_equal(ask(1, XS_WATCH, 0, "/no/such", "t o k"), -EEXIST);
    assert_int_equal(ask(1, XS_WATCH, 0, "/no/such", "other"), 0);
    assert_string_equal(next_event(1), "/no/such other");
    assert_int_equal(ask(1, XS_UNWATCH, 0, "/no/such", "third"), -ENOENT);
    assert_int_equal(ask(2, XS_UNWATCH, 0, "/no/such", "other"), -ENOENT);
    assert_int_equal(ask(1, XS_WATCH, 0, "bad//path", "t"), -EINVAL);
    no_events();
}

static void it_fires_for_the_node_and_all_below(void **state)
{
    (void)state;
    ask(1, XS_WATCH, 0, "/local/domain/1/data/a", "abs");
    ask(1, XS_WATCH, 0, "data/a", "rel");
    next_event(1);
    next_event(1);
    ask_write(1, 0, "data/a/b/c", "x");
    assert_string_equal(next_event(1), "data/a/b/c rel");
    assert_string_equal(next_event(1), "/local/domain/1/data/a/b/c abs");
    ask_write(1, 0, "data/ab", "x");
    ask_write(1, 0, "data", "x");
    ask(1, XS_MKDIR, 0, "data/a/b");
    ask(1, XS_READ, 0, "data/a/b");
    assert_int_equal(ask_write(1, 0, "name", "x"), -EACCES);
    no_events();
    ask(1, XS_MKDIR, 0, "data/a/d");
    assert_string_equal(next_event(1), "data/a/d rel");
    next_event(1);
    ask(1, XS_UNWATCH, 0, "data/a", "abs");
    ask(1, XS_UNWATCH, 0, "data/a", "rel");
    ask_write(1, 0, "data/a/b/c", "x");
    no_events();
}

static void a_removed_subtree_fires(void **state)
{
    (void)state;
    ask_write(1, 0, "data/a/b/c", "x");
    ask(1, XS_WATCH, 0, "data/a/b/c", "deep");
    ask(1, XS_WATCH, 0, "data/a/b", "mid");
    ask(1, XS_WATCH, 0, "data", "top");
    ask(1, XS_WATCH, 0, "data/a/other", "no");
    for (int i = 0; i < 4; i++)
        assert_non_null(next_event(1));
    ask(1, XS_RM, 0, "data/a");
    assert_string_equal(next_event(1), "data/a/b/c deep");
    assert_string_equal(next_event(1), "data/a/b mid");
    assert_string_equal(next_event(1), "data/a top");
    no_events();
}

static void a_domain_that_comes_and_goes_fires(void **state)
{
    (void)state;
    ask(1, XS_WATCH, 0, "/local/domain", "all");
    ask(1, XS_WATCH, 0, "/local/domain/2/nuncio/epoch", "epoch");
    next_event(1);
    next_event(1);
    store_domain_down(store, 2);
    assert_string_equal(next_event(1), "/local/domain/2/nuncio/epoch epoch");
    assert_string_equal(next_event(1), "/local/domain/2 all");
    no_events();
    store_domain_up(store, 2, "two", 8);
    assert_string_equal(next_event(1), "/local/domain/2/data all");
    assert_string_equal(next_event(1), "/local/domain/2/domid all");
    assert_string_equal(next_event(1), "/local/domain/2/nuncio/epoch epoch");
    assert_string_equal(next_event(1), "/local/domain/2/nuncio/epoch all");
    assert_string_equal(next_event(1), "/local/domain/2/name all");
    no_events();
    store_root_write(store, "/nuncio/news", "x", 1);
    no_events();
}

static void reset_takes_watches_and_transactions(void **state)
{
    uint32_t transaction = ask_transaction(1);

    (void)state;
    ask(1, XS_WATCH, 0, "data", "t");
    next_event(1);
    assert_int_equal(ask(1, XS_RESET_WATCHES, 0, ""), 0);
    ask_write(1, 0, "data/x", "1");
    no_events();
    assert_int_equal(ask(1, XS_READ, transaction, "data"), -ENOENT);
    assert_int_equal(ask(1, XS_WATCH, 0, "data", "t"), 0);
}

/* Events that do not fit the ring wait; the same ones do not wait twice. */
static void equal_events_are_told_once(void **state)
{
    struct store_counts counts;
    char long_token[1000];

    (void)state;
    memset(long_token, 't', sizeof(long_token));
    long_token[sizeof(long_token) - 1] = '\0';
    ask(1, XS_WATCH, 0, "/local/domain/2", long_token);
    next_event(1);
    ask(2, XS_SET_PERMS, 0, "data", "r2");
    next_event(1);
    guests[1].page.rsp_prod = guests[1].page.rsp_cons + XENSTORE_RING_SIZE;
    for (int i = 0; i < 100; i++) {
        ask_write(2, 0, "data/a", "x");
        store_ring_serve(store, 1, &guests[1].page);
    }
    ask_write(2, 0, "data/b", "x");
    store_domain_counts(store, 1, &counts);
    assert_int_equal(counts.events, 2);
    guests[1].page.rsp_cons = guests[1].page.rsp_prod;
    assert_memory_equal(next_event(1), "/local/domain/2/data/a ", 23);
    assert_memory_equal(next_event(1), "/local/domain/2/data/b ", 23);
    no_events();
}

/* Nothing is lost to who does not take: it is told less exactly. */
static void events_beyond_the_bound_are_folded(void **state)
{
    struct store_counts counts;
    char path[32];
    unsigned folded = 0, exact = 0;
    const char *event;

    (void)state;
    ask(1, XS_WATCH, 0, "/local/domain/2", "w");
    ask(1, XS_WATCH, 0, "/local", "v");
    next_event(1);
    next_event(1);
    ask(2, XS_SET_PERMS, 0, "data", "r2");
    guests_pump();
    while (next_event(1) != NULL)
        ;
    guests[1].page.rsp_prod = guests[1].page.rsp_cons + XENSTORE_RING_SIZE;
    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof(path), "data/%d/n%d", i / 100, i);
        assert_int_equal(ask_write(2, 0, path, "x"), 0);
    }
    store_domain_counts(store, 1, &counts);
    assert_int_equal(counts.events, STORE_EVENTS_MAX);
    guests[1].page.rsp_cons = guests[1].page.rsp_prod;
    while ((event = next_event(1)) != NULL) {
        folded += strcmp(event, "/local/domain/2 w") == 0;
        folded += strcmp(event, "/local v") == 0;
        exact++;
    }
    assert_int_equal(folded, 2);
    assert_int_equal(exact, STORE_EVENTS_MAX + 2);
    ask_write(2, 0, "data/0/n1", "y");
    assert_non_null(next_event(1));
    assert_non_null(next_event(1));
    no_events();
}

/* An event longer than a message may be tells the watch's own path. */
static void an_event_always_fits_a_message(void **state)
{
    char token[2500], path[2000];

    (void)state;
    memset(token, 't', sizeof(token));
    token[sizeof(token) - 1] = '\0';
    memset(path, 'p', sizeof(path));
    memcpy(path, "data/", 5);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(ask(1, XS_WATCH, 0, "/local/domain/1/data", token), 0);
    assert_memory_equal(next_event(1), "/local/domain/1/data t", 22);
    assert_int_equal(ask(1, XS_MKDIR, 0, path), 0);
    assert_memory_equal(next_event(1), "/local/domain/1/data t", 22);
    no_events();
}

#define store_test(function) \
    cmocka_unit_test_setup_teardown(function, guests_start, guests_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_watch_fires_once_at_the_start),
        store_test(it_fires_for_the_node_and_all_below),
        store_test(a_removed_subtree_fires),
        store_test(a_domain_that_comes_and_goes_fires),
        store_test(reset_takes_watches_and_transactions),
        store_test(equal_events_are_told_once),
        store_test(events_beyond_the_bound_are_folded),
        store_test(an_event_always_fits_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
