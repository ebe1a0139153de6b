/* The broker's store: what one domain may have, and that others do not
 * notice when it has it all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

static struct store_counts counts_of(uint16_t domid)
{
    struct store_counts counts;

    store_domain_counts(store, domid, &counts);
    return counts;
}

/* Makes directories of a hundred nodes until that fails. */
static int fill(uint16_t domid, uint32_t transaction)
{
    char path[32];

    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "data/%d/%d", i / 100, i);
        int error = ask(domid, XS_MKDIR, transaction, path);
        if (error != 0)
            return error;
    }
    return 0;
}

static void others_are_as_before(void)
{
    assert_int_equal(ask_write(2, 0, "data/x/y/z", "1"), 0);
    assert_int_equal(ask(2, XS_WATCH, 0, "data", "t"), 0);
    assert_int_equal(ask(2, XS_TRANSACTION_END, ask_transaction(2), "T"), 0);
}

static void nodes_are_limited(void **state)
{
    (void)state;
    assert_int_equal(fill(1, 0), -ENOSPC);
    assert_int_equal(counts_of(1).nodes, STORE_NODES_MAX);
    assert_int_equal(ask_write(1, 0, "data/more", ""), -ENOSPC);
    assert_int_equal(ask_write(1, 0, "data/0/0", "but this"), 0);
    others_are_as_before();
    /* Two at once do not fit where one does; and then neither is made. */
    assert_int_equal(ask(1, XS_RM, 0, "data/0/0"), 0);
    assert_int_equal(ask_write(1, 0, "data/new/node", ""), -ENOSPC);
    assert_int_equal(ask(1, XS_READ, 0, "data/new"), -ENOENT);
    assert_int_equal(ask_write(1, 0, "data/new", ""), 0);
    assert_int_equal(ask(1, XS_RM, 0, "data/new"), 0);
    /* Nodes in somebody else's directory count for their maker. */
    ask(2, XS_SET_PERMS, 0, "data", "n2", "b1");
    assert_int_equal(ask_write(1, 0, "/local/domain/2/data/his", ""), 0);
    assert_int_equal(ask_write(1, 0, "/local/domain/2/data/her", ""), -ENOSPC);
    assert_int_equal(ask(1, XS_RM, 0, "/local/domain/2/data/his"), 0);
    assert_int_equal(counts_of(1).nodes, STORE_NODES_MAX - 1);
}

static void nodes_in_transactions_are_limited(void **state)
{
    uint32_t t = ask_transaction(1), u;
    char path[32];

    (void)state;
    assert_int_equal(fill(1, t), -ENOSPC);
    ask(1, XS_TRANSACTION_END, t, "F");
    assert_int_equal(counts_of(1).nodes, 1);
    /* Each of two fits, both do not. */
    ask(1, XS_MKDIR, 0, "data/a");
    ask(1, XS_MKDIR, 0, "data/b");
    t = ask_transaction(1);
    u = ask_transaction(1);
    for (int i = 0; i < 600; i++) {
        snprintf(path, sizeof(path), "data/%c/%d", i % 2 ? 'a' : 'b', i);
        assert_int_equal(ask(1, XS_MKDIR, i % 2 ? t : u, path), 0);
        snprintf(path, sizeof(path), "data/%c/%d/x", i % 2 ? 'a' : 'b', i);
        assert_int_equal(ask(1, XS_MKDIR, i % 2 ? t : u, path), 0);
    }
    assert_int_equal(ask(1, XS_TRANSACTION_END, t, "T"), 0);
    assert_int_equal(ask(1, XS_TRANSACTION_END, u, "T"), -ENOSPC);
    assert_int_equal(counts_of(1).nodes, 603);
    others_are_as_before();
}

static void a_transaction_touches_only_so_much(void **state)
{
    char path[40];
    int error = 0, i;
    uint32_t t = ask_transaction(1);

    (void)state;
    for (i = 0; i < 2000 && error == 0; i++) {
        snprintf(path, sizeof(path), "/local/domain/2/data/%d", i);
        error = ask(1, XS_READ, t, path);
        error = error == -EACCES ? 0 : error;
    }
    assert_int_equal(error, -ENOSPC);
    assert_in_range(i, STORE_TRANSACTION_NODES_MAX - 8,
                    STORE_TRANSACTION_NODES_MAX);
    assert_int_equal(ask(1, XS_TRANSACTION_END, t, "T"), -ENOSPC);
}

static void entries_are_limited(void **state)
{
    char value[STORE_ENTRY_MAX + 2], path[600];
    int error = 0, i;

    (void)state;
    memset(value, 'v', sizeof(value));
    value[STORE_ENTRY_MAX + 1] = '\0';
    assert_int_equal(ask_write(1, 0, "data/v", value), -ENOSPC);
    assert_int_equal(ask(1, XS_READ, 0, "data/v"), -ENOENT);
    value[2000] = '\0';
    assert_int_equal(ask_write(1, 0, "data/v", value), 0);
    value[2000] = 'v';
    assert_int_equal(ask_write(1, 0, "data/v", value), -ENOSPC);
    assert_int_equal(strlen(ask_read(1, 0, "data/v")), 2000);
    /* Names of children are part of their directory. */
    for (i = 0; i < 100 && error == 0; i++) {
        memset(path, 'n', sizeof(path));
        snprintf(path + 500, sizeof(path) - 500, "%d", i);
        memcpy(path, "data/", 5);
        error = ask(1, XS_MKDIR, 0, path);
    }
    assert_int_equal(error, -ENOSPC);
    assert_int_equal(i, 5);
}

static void watches_are_limited(void **state)
{
    char token[16];
    int error = 0, i;

    (void)state;
    for (i = 0; i < 1000 && error == 0; i++) {
        snprintf(token, sizeof(token), "%d", i);
        error = ask(1, XS_WATCH, 0, "data", token);
    }
    assert_int_equal(error, -E2BIG);
    assert_int_equal(counts_of(1).watches, STORE_WATCHES_MAX);
    others_are_as_before();
    assert_int_equal(ask(1, XS_UNWATCH, 0, "data", "0"), 0);
    assert_int_equal(ask(1, XS_WATCH, 0, "data", "x"), 0);
}

static void transactions_are_limited(void **state)
{
    uint32_t last = 0;

    (void)state;
    for (unsigned i = 0; i < STORE_TRANSACTIONS_MAX; i++)
        last = ask_transaction(1);
    assert_int_equal(ask(1, XS_TRANSACTION_START, 0, ""), -ENOSPC);
    others_are_as_before();
    ask(1, XS_TRANSACTION_END, last, "F");
    assert_int_equal(ask(1, XS_TRANSACTION_START, 0, ""), 0);
}

/* Copies in transactions are the cheapest way to eat memory. */
static void memory_is_limited(void **state)
{
    char value[2000], path[32];
    int error = 0;

    (void)state;
    memset(value, 'v', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    for (int t = 0; t < (int)STORE_TRANSACTIONS_MAX && error == 0; t++) {
        uint32_t transaction = ask_transaction(1);

        for (int i = 0; i < 900 && error == 0; i++) {
            snprintf(path, sizeof(path), "data/%d/%d", i / 100, i);
            error = ask_write(1, transaction, path, value);
        }
    }
    assert_int_equal(error, -ENOMEM);
    assert_in_range(counts_of(1).memory_bytes, STORE_MEMORY_MAX - 10000,
                    STORE_MEMORY_MAX + 10000);
    assert_int_equal(ask_write(1, 0, "data/x", value), -ENOMEM);
    assert_int_equal(ask(1, XS_WATCH, 0, "data", value), -ENOMEM);
    others_are_as_before();
    assert_int_equal(ask(1, XS_RESET_WATCHES, 0, ""), 0);
    assert_int_equal(ask_write(1, 0, "data/x", value), 0);
}

/* Paths as deep as paths can be. */
static void depth_is_no_danger(void **state)
{
    static char path[XENSTORE_REL_PATH_MAX + 1];
    uint32_t t;

    (void)state;
    memcpy(path, "data", 5);
    for (size_t at = 4; at + 2 <= 1900; at += 2)
        memcpy(path + at, "/d", 3);
    assert_int_equal(ask_write(1, 0, path, "deep"), 0);
    assert_string_equal(ask_read(1, 0, path), "deep");
    assert_int_equal(counts_of(1).nodes, 949);
    t = ask_transaction(1);
    assert_int_equal(ask(1, XS_RM, t, "data/d"), 0);
    assert_int_equal(ask(1, XS_TRANSACTION_END, t, "F"), 0);
    assert_int_equal(ask(1, XS_RM, 0, "data/d"), 0);
    assert_int_equal(counts_of(1).nodes, 1);
}

#define store_test(function) \
    cmocka_unit_test_setup_teardown(function, guests_start, guests_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(nodes_are_limited),
        store_test(nodes_in_transactions_are_limited),
        store_test(a_transaction_touches_only_so_much),
        store_test(entries_are_limited),
        store_test(watches_are_limited),
        store_test(transactions_are_limited),
        store_test(memory_is_limited),
        store_test(depth_is_no_danger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
