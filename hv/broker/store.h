/*
 * The broker's store: what xenstored is to Xen. A tree of small values with
 * owners and permissions, watches and transactions, which every domain uses
 * through the page of rings in its broker_shared, and the broker itself as
 * domain 0, which may do everything.
 *
 * Layout kept here: /nuncio/domain/NAME, and for each domain that is up
 * /local/domain/N/{name,domid,nuncio/epoch} (readable by all) and
 * /local/domain/N/data (owned by N, closed to others).
 *
 * Units:     bytes; domids 1..BROKER_DOMAINS_MAX-1 are domains', 0 is the
 *            broker's own.
 * Ownership: the store keeps copies of all that it is given. Rings' pages
 *            belong to the caller and are touched during store_ring_serve()
 *            only.
 * Trust:     a ring's page is its guest's: every index, length and byte of it
 *            is read once into memory of the store and checked there. What a
 *            domain can make the store keep is bounded (STORE_*_MAX); a domain
 *            at its bounds gets errors, and nobody else notices.
 * Errors:    0 or a negative errno. On the wire they are Xen's strings.
 *            Without memory on the host the store says so and aborts.
 * Context:   one thread; never blocks.
 * Spec:      Xen docs/misc/xenstore.txt, xenstore-ring.txt, io/xs_wire.h.
 *
 * Where it differs from xenstored: a domid belongs to a name, so rights that
 * others gave to a domain outlive its restarts, until the name is taken away;
 * events that find no room are folded, not lost; nobody but the broker is
 * privileged, so @introduceDomain and @releaseDomain fire once, when they are
 * watched.
 */
#ifndef NUNCIO_BROKER_STORE_H
#define NUNCIO_BROKER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For each domain; the values are xenstored's defaults where it has them. */
#define STORE_NODES_MAX             1000u /* that it owns: ENOSPC */
#define STORE_ENTRY_MAX             2048u /* value, permissions, names: ENOSPC */
#define STORE_PERMS_MAX             5u /* for one node: ENOSPC */
#define STORE_WATCHES_MAX           128u /* E2BIG */
#define STORE_TRANSACTIONS_MAX      10u /* ENOSPC */
#define STORE_TRANSACTION_NODES_MAX 1024u /* that one of them touches: ENOSPC */
/* Events that wait for room in the ring. What comes when they are full is
 * folded: each watch concerned fires once more, with its own path. */
#define STORE_EVENTS_MAX 256u
/* All of it together, but what waits for the ring is never refused: ENOMEM. */
#define STORE_MEMORY_MAX (4u << 20)

struct store;
struct xenstore_domain_interface;

/*
 * Called while the store works for somebody else: (domid) now has something
 * for its ring; store_ring_serve() it soon. Must not call the store.
 */
typedef void (*store_wake_fn)(void *context, uint16_t domid);

struct store *store_create(store_wake_fn wake, void *context);
/* (store) may be NULL. */
void store_destroy(struct store *store);

/*
 * Gives (domid) the name (name) until it is taken away: writes
 * /nuncio/domain/NAME. Rights that nodes gave to (domid) before then were not
 * meant for this domain, and end. -EINVAL: not a name of a node, or not a domid
 * of a domain; -EEXIST: the name is in use.
 */
int store_name_add(struct store *store, const char *name, uint16_t domid);
/* Takes it away; a domain that is up goes down. Unknown names are ignored. */
void store_name_remove(struct store *store, const char *name, uint16_t domid);

/*
 * Domain (domid) starts, with nothing: makes /local/domain/N. If it is up it
 * goes down first. Watches fire. -EINVAL: not a domid of a domain, or not a
 * name of a node.
 */
int store_domain_up(struct store *store, uint16_t domid, const char *name,
                    uint64_t epoch);
/*
 * Domain (domid) is gone: its watches, transactions, requests and replies,
 * /local/domain/N whole, and the nodes that it owned elsewhere. Watches of
 * others fire. Nothing happens if it is not up.
 */
void store_domain_down(struct store *store, uint16_t domid);

/* What store_ring_serve() answers: a set of these. */
#define STORE_SERVE_RAISE 1u /* an index or a state moved: raise the event */
#define STORE_SERVE_MORE  2u /* there is more to do: call again, after others */

/* Requests that one call serves at most. */
#define STORE_SERVE_REQUESTS 16u

/*
 * Serves requests of (domid) from its page, and puts replies and events into
 * it. To be called after the guest's kick (it sent, or it made room), after
 * wake(), after store_domain_up() (it says in the page what it can do), and
 * after an answer with STORE_SERVE_MORE. Nothing is said or touched for a domain
 * that is not up. As on Xen a guest kicks when it has sent, and when it has
 * taken from a ring that was full.
 *
 * A page that breaks the protocol gets XENSTORE_ERROR_* in its (error), and is
 * served again when the guest asks for it by (connection), or starts anew.
 */
unsigned store_ring_serve(struct store *store, uint16_t domid,
                          struct xenstore_domain_interface *page);

/* What a domain has in the store now. */
struct store_counts {
    uint32_t nodes; /* owned */
    uint32_t watches;
    uint32_t transactions;
    uint32_t events; /* waiting for room in the ring */
    uint32_t memory_bytes;
    uint64_t requests; /* served since it is up */
};
void store_domain_counts(const struct store *store, uint16_t domid,
                         struct store_counts *counts);

/*
 * As domain 0, for the control socket.
 *
 * read: the value of (path), not terminated; (*bytes) of (room) are used.
 * list: calls (each) for every child's name.
 * write: makes (path) and what is missing above it, readable as its parent.
 *
 * -EINVAL: not an absolute path; -ENOENT: no such node; -E2BIG: the value is
 * longer than (room), or than STORE_ENTRY_MAX.
 */
int store_root_read(struct store *store, const char *path, void *value,
                    size_t room, size_t *bytes);
int store_root_list(struct store *store, const char *path,
                    void (*each)(void *context, const char *name),
                    void *context);
int store_root_write(struct store *store, const char *path, const void *value,
                     size_t bytes);

#endif /* NUNCIO_BROKER_STORE_H */
