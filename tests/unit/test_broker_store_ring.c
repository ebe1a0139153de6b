/* The broker's store: rings that wrap, fill up, come in pieces, and lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

static unsigned serve(uint16_t domid)
{
    return store_ring_serve(store, domid, &guests[domid].page);
}

static void the_server_says_what_it_can_do(void **state)
{
    (void)state;
    assert_int_equal(guests[1].page.server_features, 0);
    assert_int_equal(serve(1), 0);
    assert_int_equal(guests[1].page.server_features,
                     XENSTORE_SERVER_FEATURE_RECONNECTION |
                         XENSTORE_SERVER_FEATURE_ERROR);
    assert_int_equal(store_ring_serve(store, 0, &guests[1].page), 0);
    assert_int_equal(store_ring_serve(store, 9, &guests[1].page), 0);
    assert_int_equal(store_ring_serve(store, 999, &guests[1].page), 0);
}

static void indices_wrap(void **state)
{
    char value[900];

    (void)state;
    memset(value, 'v', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    guests[1].page.req_cons = guests[1].page.req_prod = UINT32_MAX - 100;
    guests[1].page.rsp_cons = guests[1].page.rsp_prod = UINT32_MAX - 5;
    for (int i = 0; i < 50; i++) {
        value[i] = (char)('a' + i % 26);
        assert_int_equal(ask_write(1, 0, "data/w", value), 0);
        assert_string_equal(ask_read(1, 0, "data/w"), value);
    }
}

/* Every cut of a request in two, and byte by byte. */
static void requests_come_in_pieces(void **state)
{
    static const char payload[] = "data/cut\0value";
    struct xsd_sockmsg header = {XS_WRITE, 9, 0, sizeof(payload) - 1};
    char message[sizeof(header) + sizeof(payload) - 1];
    bool room = false;

    (void)state;
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), payload, sizeof(payload) - 1);
    for (size_t cut = 0; cut <= sizeof(message); cut++) {
        wire_put(&guests[1].wire, message, cut);
        if (cut != sizeof(message)) {
            serve(1);
            assert_false(wire_take(&guests[1].wire, &room));
        }
        wire_put(&guests[1].wire, message + cut, sizeof(message) - cut);
        assert_true(serve(1) & STORE_SERVE_RAISE);
        assert_true(wire_take(&guests[1].wire, &room));
        assert_int_equal(guests[1].wire.header.type, XS_WRITE);
    }
    for (size_t i = 0; i < sizeof(message); i++) {
        assert_false(wire_take(&guests[1].wire, &room));
        wire_put(&guests[1].wire, message + i, 1);
        assert_int_equal(serve(1), STORE_SERVE_RAISE);
    }
    assert_true(wire_take(&guests[1].wire, &room));
    assert_string_equal(ask_read(1, 0, "data/cut"), "value");
}

/* Who does not take its replies is not served; who sends much waits for the
 * others. */
static void a_busy_ring_is_served_by_turns(void **state)
{
    static const char name[] = "name";
    struct xsd_sockmsg header = {XS_READ, 0, 0, sizeof(name)};
    unsigned sent = 0, taken = 0;
    bool room = false;

    (void)state;
    for (;; sent++) {
        char message[sizeof(header) + sizeof(name)];

        header.req_id = sent;
        memcpy(message, &header, sizeof(header));
        memcpy(message + sizeof(header), name, sizeof(name));
        if (XENSTORE_RING_SIZE - guests[1].page.req_prod < sizeof(message))
            break;
        wire_put(&guests[1].wire, message, sizeof(message));
    }
    assert_int_equal(sent, 48);
    for (unsigned turn = 0; turn < 3; turn++) {
        assert_int_equal(serve(1), STORE_SERVE_RAISE | STORE_SERVE_MORE);
        assert_int_equal(store->domains[1].counts.requests,
                         STORE_SERVE_REQUESTS * (turn + 1));
    }
    assert_int_equal(serve(1), 0);
    while (wire_take(&guests[1].wire, &room)) {
        assert_int_equal(guests[1].wire.header.req_id, taken++);
        assert_string_equal(guests[1].wire.payload, "one");
    }
    assert_int_equal(taken, 48);
    /* With the ring of replies full, one request waits with its reply. */
    guests[1].page.rsp_prod = guests[1].page.rsp_cons + XENSTORE_RING_SIZE;
    for (int i = 0; i < 2; i++) {
        wire_put(&guests[1].wire, &header, sizeof(header));
        wire_put(&guests[1].wire, name, sizeof(name));
    }
    assert_int_equal(serve(1), STORE_SERVE_RAISE);
    assert_int_equal(serve(1), 0);
    assert_int_equal(store->domains[1].counts.requests, 49);
    guests[1].page.rsp_cons = guests[1].page.rsp_prod;
    assert_int_equal(serve(1), STORE_SERVE_RAISE);
    assert_int_equal(store->domains[1].counts.requests, 50);
}

static void breaks(uint32_t error)
{
    assert_int_equal(serve(1), STORE_SERVE_RAISE);
    assert_int_equal(guests[1].page.error, error);
    /* It is not looked at any more, and hears nothing. */
    guests[1].page.req_prod = guests[1].page.req_cons;
    guests[1].page.rsp_prod = guests[1].page.rsp_cons;
    wire_put(&guests[1].wire, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    ask_write(2, 0, "data/x", "x");
    assert_int_equal(serve(1), 0);
    assert_int_equal(guests[1].page.req_prod - guests[1].page.req_cons, 16);
    /* Until it asks for a new start. */
    guests[1].page.connection = XENSTORE_RECONNECT;
    guests[1].wire.taken = 0;
    assert_int_equal(serve(1), STORE_SERVE_RAISE);
    assert_int_equal(guests[1].page.connection, XENSTORE_CONNECTED);
    assert_int_equal(guests[1].page.error, XENSTORE_ERROR_NONE);
    assert_int_equal(guests[1].page.req_prod, 0);
    assert_string_equal(ask_read(1, 0, "name"), "one");
}

static void lies_about_indices_end_the_service(void **state)
{
    const struct xsd_sockmsg header = {XS_READ, 1, 0, 0};

    (void)state;
    ask_write(1, 0, "data/kept", "x");
    ask(1, XS_WATCH, 0, "/", "w");
    next_event(1);
    guests[1].page.req_prod = guests[1].page.req_cons + XENSTORE_RING_SIZE + 1;
    breaks(XENSTORE_ERROR_RINGIDX);
    guests[1].page.req_cons = guests[1].page.req_prod + 1;
    breaks(XENSTORE_ERROR_RINGIDX);
    guests[1].page.rsp_cons = guests[1].page.rsp_prod + 1;
    wire_put(&guests[1].wire, &header, sizeof(header));
    breaks(XENSTORE_ERROR_RINGIDX);
}

static void too_long_a_message_ends_the_service(void **state)
{
    struct xsd_sockmsg header = {XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1};

    (void)state;
    ask_write(1, 0, "data/kept", "x");
    wire_put(&guests[1].wire, &header, sizeof(header));
    breaks(XENSTORE_ERROR_PROTO);
    header.len = UINT32_MAX;
    wire_put(&guests[1].wire, &header, sizeof(header));
    breaks(XENSTORE_ERROR_PROTO);
    assert_string_equal(ask_read(1, 0, "data/kept"), "x");
    /* The longest that is allowed. */
    header.len = XENSTORE_PAYLOAD_MAX;
    char payload[XENSTORE_PAYLOAD_MAX];
    memset(payload, 'p', sizeof(payload));
    assert_int_equal(ask_bytes(1, XS_READ, 0, payload, sizeof(payload)),
                     -EINVAL);
}

/* A new connection has none of the old one's watches and transactions. */
static void reconnecting_starts_anew(void **state)
{
    struct store_counts counts;

    (void)state;
    ask_write(1, 0, "data/kept", "x");
    ask(1, XS_WATCH, 0, "data", "w");
    next_event(1);
    ask_write(1, ask_transaction(1), "data/kept", "y");
    wire_put(&guests[1].wire, "half a request", 14);
    serve(1);
    guests[1].page.connection = XENSTORE_RECONNECT;
    assert_int_equal(serve(1), STORE_SERVE_RAISE);
    store_domain_counts(store, 1, &counts);
    assert_int_equal(counts.watches + counts.transactions + counts.events, 0);
    assert_string_equal(ask_read(1, 0, "data/kept"), "x");
    no_events();
}

#define store_test(function) \
    cmocka_unit_test_setup_teardown(function, guests_start, guests_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(the_server_says_what_it_can_do),
        store_test(indices_wrap),
        store_test(requests_come_in_pieces),
        store_test(a_busy_ring_is_served_by_turns),
        store_test(lies_about_indices_end_the_service),
        store_test(too_long_a_message_ends_the_service),
        store_test(reconnecting_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
