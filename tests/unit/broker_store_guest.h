/*
 * Guests of a store, for its tests: each has a page, sends requests over it and
 * keeps the events that come. A test begins with guests_start(): domains 1 to 5
 * are up and called one, two, three, four and five.
 */
#ifndef NUNCIO_TESTS_BROKER_STORE_GUEST_H
#define NUNCIO_TESTS_BROKER_STORE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/broker/store_internal.h"
#include "tests/broker/wire.h"

#define GUESTS     6u /* with domain 0, which has no page */
#define EVENTS_MAX 4096u

struct store_guest {
    struct wire wire;
    struct xenstore_domain_interface page;
    char *events[EVENTS_MAX]; /* "path token", oldest first */
    size_t first_event;
    size_t event_count;
    unsigned raised;
    bool is_woken;
};

extern struct store *store;
extern struct store_guest guests[GUESTS];

int guests_start(void **state);
/* Audits the store, and takes all down. */
int guests_stop(void **state);

/* What the last ask() was answered, and a NUL. */
extern char answer[XENSTORE_PAYLOAD_MAX + 1];
extern size_t answer_bytes;

/* Sends one message, however many serves it takes, and waits for its answer:
 * 0, or the negative errno. */
int ask_bytes(uint16_t domid, uint32_t type, uint32_t transaction,
              const void *data, size_t bytes);
/* The same with strings: ask(domid, type, transaction, string, ...). */
#define ask(domid, type, transaction, ...) \
    ask_strings(domid, type, transaction,  \
                (const char *const[]){__VA_ARGS__, NULL})
int ask_strings(uint16_t domid, uint32_t type, uint32_t transaction,
                const char *const *strings);
/* (value) goes without its NUL. */
int ask_write(uint16_t domid, uint32_t transaction, const char *path,
              const char *value);
/* The answer's text, or the name of the error. */
const char *ask_read(uint16_t domid, uint32_t transaction, const char *path);
uint32_t ask_transaction(uint16_t domid);

/* Serves all that were woken, and takes what they get. */
void guests_pump(void);
/* The oldest event that was not asked for yet, or NULL: none. */
const char *next_event(uint16_t domid);
void no_events(void);

/* What must hold in any store; fails the test if it does not. */
void store_audit(const struct store *audited);

#endif /* NUNCIO_TESTS_BROKER_STORE_GUEST_H */
