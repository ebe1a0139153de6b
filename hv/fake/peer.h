/*
 * Other domains, for tests on the build machine: memory that the test supplies,
 * a grant table, ports. Our side reaches them by hypercalls only; the test plays
 * their part by the functions here.
 *
 * Units:     frames are pages of 4096 bytes of the domain's memory, from 0.
 * Ownership: the memory given to fake_peer_add() stays the test's.
 * Context:   after fake_reset(), which forgets all peers.
 */
#ifndef NUNCIO_HV_FAKE_PEER_H
#define NUNCIO_HV_FAKE_PEER_H

#include <hv/fake/fake.h>

#define FAKE_PEERS       4u
#define FAKE_PEER_GRANTS 512u
#define FAKE_PEER_PORTS  64u

struct fake_peer_port {
    enum fake_port_kind kind; /* FREE, UNBOUND (for us) or INTERDOMAIN */
    uint32_t our_port; /* INTERDOMAIN */
    uint32_t events; /* sent to it and not taken */
};

struct fake_peer {
    uint16_t domid; /* 0: no such domain */
    uint8_t *memory;
    uint64_t pages;
    struct grant_entry_v1 grants[FAKE_PEER_GRANTS];
    struct fake_peer_port ports[FAKE_PEER_PORTS];
};

/* Physical memory of this domain, for the side of a copy that is ours, and for
 * what the peers copy by our grants. The store's page is at (store_phys). */
void fake_memory(void *ram, uint64_t bytes, uint64_t store_phys);

/* A domain starts: no grants, no ports. Its memory is as the test left it. */
struct fake_peer *fake_peer_add(uint16_t domid, void *memory, uint64_t pages);
/* It is gone, as when it is destroyed: its grants with it, and our ports that
 * were connected to it are unbound again. Nothing tells us, as on Xen. */
void fake_peer_remove(struct fake_peer *peer);
struct fake_peer *fake_peer_find(uint16_t domid);

/* The peer grants a page of its memory to (domid); the reference, never 0. */
uint32_t fake_peer_grant(struct fake_peer *peer, uint16_t domid, uint64_t frame,
                         bool writable);
void fake_peer_revoke(struct fake_peer *peer, uint32_t ref);

/* The peer copies to or from a page that we granted it: GNTST_*, with all of
 * the hypervisor's checks. */
int fake_peer_read(struct fake_peer *peer, uint32_t ref, uint32_t offset,
                   void *to, uint32_t bytes);
int fake_peer_write(struct fake_peer *peer, uint32_t ref, uint32_t offset,
                    const void *from, uint32_t bytes);

/* A port of the peer's that waits for us to bind to it. */
uint32_t fake_peer_alloc(struct fake_peer *peer);
/* Binds to (our_port), which we allocated for this peer; 0: it may not. */
uint32_t fake_peer_bind(struct fake_peer *peer, uint32_t our_port);
/* Closes its end: ours is unbound again. */
void fake_peer_close(struct fake_peer *peer, uint32_t port);
/* The peer sends an event to us. Nothing runs until event_upcall(). */
void fake_peer_send(struct fake_peer *peer, uint32_t port);
/* How many events we sent to (port) since the last call. */
uint32_t fake_peer_take(struct fake_peer *peer, uint32_t port);

/*
 * Called in each copy that passed its checks, with the pin bits set and before
 * a byte moves; the test may look at the tables, or change memory. NULL: none.
 */
typedef void (*fake_copy_fn)(const struct gnttab_copy *copy);
void fake_copy_hook(fake_copy_fn hook);
/* The (n)th copy from now, from 1, has (status) and moves nothing. */
void fake_copy_fail_nth(uint64_t n, int16_t status);
/* Copies made since fake_reset(), failed ones too, and bytes moved. */
uint64_t fake_copy_count(void);
uint64_t fake_copy_bytes(void);

/* For the files of hv/fake. */
void fake_peers_reset(void);
/* Our hypercalls of public/event_channel.h that are about other domains. */
long fake_evtchn_alloc(struct evtchn_alloc_unbound *op);
long fake_evtchn_bind(struct evtchn_bind_interdomain *op);
long fake_evtchn_send(uint32_t port);
/* Our end goes: the peer's is unbound again. */
void fake_evtchn_disconnect(const struct fake_port *port);
/*
 * The hypervisor's checks on entry (ref) of (table), for (domid) that wants to
 * read or to (write). GNTST_okay: pinned, until fake_unpin().
 */
int16_t fake_pin(struct grant_entry_v1 *table, uint32_t count, uint32_t ref,
                 uint16_t domid, bool write);
void fake_unpin(struct grant_entry_v1 *entry);
void fake_copies_reset(void);

#endif /* NUNCIO_HV_FAKE_PEER_H */
