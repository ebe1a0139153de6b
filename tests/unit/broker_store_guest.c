/* Guests of a store. See broker_store_guest.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

struct store *store;
struct store_guest guests[GUESTS];
char answer[XENSTORE_PAYLOAD_MAX + 1];
size_t answer_bytes;
static struct xsd_sockmsg answer_header;

static void woken(void *context, uint16_t domid)
{
    (void)context;
    guests[domid].is_woken = true;
}

static void forget_events(struct store_guest *guest)
{
    while (guest->event_count > 0) {
        free(guest->events[--guest->event_count]);
    }
    guest->first_event = 0;
}

int guests_start(void **state)
{
    static const char *const names[] = {"",      "one",  "two",
                                        "three", "four", "five"};
    (void)state;
    store = store_create(woken, NULL);
    for (uint16_t i = 1; i < GUESTS; i++) {
        memset(&guests[i], 0, sizeof(guests[i]));
        guests[i].wire.page = &guests[i].page;
        assert_int_equal(store_name_add(store, names[i], i), 0);
        assert_int_equal(store_domain_up(store, i, names[i], 7), 0);
    }
    return 0;
}

int guests_stop(void **state)
{
    (void)state;
    store_audit(store);
    store_destroy(store);
    for (uint16_t i = 1; i < GUESTS; i++)
        forget_events(&guests[i]);
    return 0;
}

static void keep_event(struct store_guest *guest)
{
    const char *path = guest->wire.payload;
    const char *token = path + strlen(path) + 1;
    char *text;

    assert_true(guest->event_count < EVENTS_MAX);
    assert_int_equal(guest->wire.header.req_id, 0);
    assert_int_equal(strlen(path) + 1 + strlen(token) + 1,
                     guest->wire.header.len);
    assert_true(asprintf(&text, "%s %s", path, token) > 0);
    guest->events[guest->event_count++] = text;
}

/* Takes what is in the ring; true: a reply is among it, in answer. */
static bool take_all(struct store_guest *guest)
{
    bool is_answered = false, made_room = false;

    while (wire_take(&guest->wire, &made_room)) {
        if (guest->wire.header.type == XS_WATCH_EVENT) {
            keep_event(guest);
            continue;
        }
        assert_false(is_answered);
        is_answered = true;
        memcpy(answer, guest->wire.payload, sizeof(answer));
        answer_header = guest->wire.header;
        answer_bytes = answer_header.len;
    }
    /* A guest that took from a full ring kicks. */
    guest->is_woken |= made_room;
    return is_answered;
}

static bool serve(uint16_t domid)
{
    unsigned did = store_ring_serve(store, domid, &guests[domid].page);

    guests[domid].is_woken = false;
    if ((did & STORE_SERVE_RAISE) != 0)
        guests[domid].raised++;
    else
        assert_false(wire_has_more(&guests[domid].wire));
    return take_all(&guests[domid]);
}

int ask_bytes(uint16_t domid, uint32_t type, uint32_t transaction,
              const void *data, size_t bytes)
{
    static uint32_t number;
    struct store_guest *guest = &guests[domid];
    char message[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg header = {type, ++number, transaction, (uint32_t)bytes};
    size_t all = sizeof(header) + bytes;
    bool is_answered = false;

    assert_true(bytes <= XENSTORE_PAYLOAD_MAX);
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), data, bytes);
    for (size_t sent = 0; sent < all;) {
        assert_false(is_answered);
        sent += wire_put(&guest->wire, message + sent, all - sent);
        is_answered = serve(domid);
    }
    for (unsigned i = 0; !is_answered; i++) {
        assert_true(i < 1000);
        is_answered = serve(domid);
    }
    assert_int_equal(answer_header.req_id, number);
    assert_int_equal(answer_header.tx_id, transaction);
    if (answer_header.type == XS_ERROR)
        return wire_error(answer);
    assert_int_equal(answer_header.type, type);
    return 0;
}

int ask_strings(uint16_t domid, uint32_t type, uint32_t transaction,
                const char *const *strings)
{
    char data[XENSTORE_PAYLOAD_MAX];
    size_t bytes = wire_strings(data, sizeof(data), strings);

    assert_int_not_equal(bytes, 0);
    return ask_bytes(domid, type, transaction, data, bytes);
}

int ask_write(uint16_t domid, uint32_t transaction, const char *path,
              const char *value)
{
    char data[XENSTORE_PAYLOAD_MAX];
    size_t bytes = strlen(path) + 1;

    assert_true(bytes + strlen(value) <= sizeof(data));
    memcpy(data, path, bytes);
    memcpy(data + bytes, value, strlen(value));
    return ask_bytes(domid, XS_WRITE, transaction, data, bytes + strlen(value));
}

const char *ask_read(uint16_t domid, uint32_t transaction, const char *path)
{
    ask(domid, XS_READ, transaction, path);
    return answer;
}

uint32_t ask_transaction(uint16_t domid)
{
    assert_int_equal(ask(domid, XS_TRANSACTION_START, 0, ""), 0);
    return (uint32_t)strtoul(answer, NULL, 10);
}

void guests_pump(void)
{
    for (uint16_t i = 1; i < GUESTS; i++) {
        while (guests[i].is_woken)
            assert_false(serve(i));
    }
}

const char *next_event(uint16_t domid)
{
    struct store_guest *guest = &guests[domid];

    guests_pump();
    return guest->first_event < guest->event_count
               ? guest->events[guest->first_event++]
               : NULL;
}

void no_events(void)
{
    for (uint16_t i = 1; i < GUESTS; i++) {
        const char *event = next_event(i);

        if (event != NULL)
            fail_msg("domain %u was told %s", i, event);
    }
}
