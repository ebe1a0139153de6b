/*
 * A world for the connector under test: a store, links that do nothing but
 * remember, and a clock that the test moves. The peers are the test: they read
 * and write nodes.
 *
 * The stubs and the dispatch of the contracts are the real ones; what the
 * connector asks for arrives here as messages.
 */
#ifndef TESTS_UNIT_LINKS_HOST_H
#define TESTS_UNIT_LINKS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/start.h>
#include <links/links.h>

#define HOST_LINKS_MAX   128u
#define HOST_NODES_MAX   1200u
#define HOST_WATCHES_MAX 64u
#define HOST_DOMID       5u
#define HOST_EPOCH       9u
#define HOST_SERVICE     0x100u /* what is exported: plus a number */

struct host_link {
    bool is_made;
    uint64_t badge;
    uint32_t state; /* LINK_STATE_* */
    uint32_t domid;
    uint32_t remote_port;
    uint32_t ring_ref; /* of the peer's ring, once attached */
    uint64_t epoch;
    uint64_t heard_ns;
    bool is_dead; /* the peer says nothing */
    nu_handle_t gate;
    uint32_t opens;
    uint32_t closes;
    uint32_t attaches;
    uint32_t probes;
    uint32_t import_count;
    char imports[4][32];
};

extern struct host {
    uint64_t now_ns;
    uint64_t next_ns; /* what the connector asked for */
    uint32_t runs;
    struct nu_start start;
    uint32_t link_count;
    struct host_link links[HOST_LINKS_MAX];
    uint64_t purse_pages; /* for purses of peers */
    int open_status; /* what link.open and attach answer */
    int attach_status;
    int store_status; /* what the store answers to everything */
    uint32_t store_calls;
    uint32_t threads;
    nu_handle_t connected; /* the service that a peer was connected to last */
    uint64_t replied; /* the tag of the last reply */
    nu_handle_t given; /* with it */
    nu_handle_t closed; /* the last handle closed */
    uint32_t lines;
    char log[256]; /* the last line */
} host;

/* Everything as new; this domain is HOST_DOMID in its life HOST_EPOCH. */
void host_begin(void);
/* The start block has a handle called (name). */
void host_give(const char *name, nu_handle_t handle);

/* The store, as another domain sees it. */
void host_set(const char *path, const char *value);
void host_set_number(const char *path, uint64_t value);
void host_remove(const char *path); /* and all below */
const char *host_get(const char *path); /* NULL: nothing there */

/* Signals are delivered and what is due is done, for (ms). */
void host_pass(uint64_t ms);
void host_signal(uint64_t badge);

/* The link to (domid) that is not idle, or NULL. */
struct host_link *host_link_to(uint32_t domid);

#endif /* TESTS_UNIT_LINKS_HOST_H */
