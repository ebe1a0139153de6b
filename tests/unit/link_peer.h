/*
 * The other domain of a link, played by a test over hv/fake/peer.h: its ring, its
 * grants, its port; records made and read by link/record.h. It can keep the
 * rules of link/wire.h or break any of them.
 */
#ifndef NUNCIO_TESTS_LINK_PEER_H
#define NUNCIO_TESTS_LINK_PEER_H

#include <hv/fake/peer.h>
#include <link/link.h>
#include <link/record.h>

#define PEER_DOMID 3u
#define PEER_PAGES 256u
/* Pages from here on are free for strings. */
#define PEER_DATA_PAGE (1 + LINK_SLOT_PAGES)

struct link_peer {
    struct fake_peer *domain;
    uint8_t *memory;
    struct link_head *head; /* page 0 */
    uint32_t head_ref;
    uint32_t port; /* its end of the event channel */
    uint32_t taken; /* entries read of its own ring */
    uint32_t given; /* entries written into our ring */
    uint32_t far_head; /* grant references of our ring */
    struct link_head far;
    uint32_t calls; /* for the ids of its calls */
    struct link_draft draft; /* the record being made */
    struct link_view view; /* the record last taken; in (copy) */
    uint64_t copy[LINK_SLOT_BYTES / 8];
};
extern struct link_peer peer;

/* The domain starts, with a ring that is granted to us. */
void peer_start(void);
/* It is gone, without a word. */
void peer_stop(void);
/* Reads our ring's head by (ring_ref) and binds to (port). */
void peer_accept(uint32_t ring_ref, uint32_t port);
/* Opens (link), accepts, attaches. The link is UP. */
void peer_connect(struct link *link);

/* The next record of its ring into (view); false: there is none. */
bool peer_take(void);
/* The next record is a request to (object) with (tag); or the test fails. */
void peer_take_request(uint32_t object, uint64_t tag);
/* ... gate.open of (name); answered with (object). */
void peer_serve_gate(const char *name, uint32_t object);
/* ... LINK_PING, LINK_PONG. */
void peer_take_kind(uint32_t kind);
/* Serves whatever has come: every buffer is filled, PEER_OPEN of any object and
 * every name give a new object, pings have their pongs. */
#define PEER_OPEN 3u
void peer_serve_all(void);

/* Writes (draft) to (slot), then its entry, then raises the event: we look. */
void peer_send(uint32_t slot);
/* The same without an event. */
void peer_write(uint32_t slot);
/* (bytes) of (record), whatever they are. */
void peer_write_raw(uint32_t slot, const void *record, uint32_t bytes);
void peer_write_entry(uint64_t entry);
void peer_event(void);

/* Begins the answer to call (id): status or tag; words are 100, 101, ... */
void peer_answer_begin(uint32_t id, uint64_t tag);
void peer_answer(uint32_t id, uint64_t tag);
/* Begins a request to (object), as call (index) of the peer's; words are 200,
 * 201, ... Returns its id. */
uint32_t peer_call_begin(uint32_t index, uint32_t object, uint64_t tag);
uint32_t peer_call(uint32_t index, uint32_t object, uint64_t tag);
/* The next record answers call (id) with (tag). */
void peer_take_response(uint32_t id, uint64_t tag);
/* Adds (object) to the releases of the draft. */
void peer_release(uint32_t object);

/* Piece (i) of the request in (view): its bytes. GNTST_*. */
int peer_read_piece(uint32_t i, void *to);
/* Writes to buffer (i) that the request in (view) offers, from (at) on. */
int peer_write_rx(uint32_t i, uint32_t at, const void *from, uint32_t bytes);

/* Adds a string of (bytes) at (offset) of the peer's page (page) to the draft,
 * as piece or as buffer; its pages are granted, those of buffers to write. */
void peer_add_piece(uint32_t page, uint32_t offset, uint32_t bytes);
void peer_add_rx(uint32_t page, uint32_t offset, uint32_t bytes);

#endif /* NUNCIO_TESTS_LINK_PEER_H */
