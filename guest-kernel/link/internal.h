/*
 * Shared by the files of link/:
 *
 *   record.c   records: packing, checking                       (pure)
 *   batch.c    one hypercall: copies, then the event
 *   held.c     grants that must end before their pages are free
 *   ring.c     our ring and the peer's: sending and taking records
 *   request.c  a thread's message as a record
 *   call.c     calls that leave: from a thread here to the peer
 *   import.c   objects of the peer that threads here hold
 *   remake.c   making them again at the next connection
 *   response.c answers to calls
 *   window.c   strings of a call that comes, which lie with the peer
 *   agent.c    calls that come: from the peer to an object here
 *   export.c   objects that cross the link
 *   link.c     life of a link, what each record and event leads to
 *   info.c     its counters
 *   poll.c     looking for messages before waiting for an interrupt
 *
 * Records, batches, grants and rings know nothing of those behind them; calls,
 * imports, agents and the link work on one struct link together.
 */
#ifndef NUNCIO_LINK_INTERNAL_H
#define NUNCIO_LINK_INTERNAL_H

#include <grant/grant.h>
#include <ipc/channel.h>
#include <link/link.h>
#include <link/record.h>
#include <mm/memory.h>
#include <mm/ucopy.h>
#include <proc/process.h>
#include <proc/sched.h>

/* ---- held.c ---- */

/*
 * Grants of pages that may not be used for anything else before all of them have
 * ended. One that the hypervisor has pinned is tried again until it can.
 */
struct held {
    struct list_node node; /* of those that wait */
    grant_t *refs;
    uint32_t count;
    void (*ended)(struct held *held); /* all are; (held) may be freed */
};

/* Ends them, now or later. Grants are GRANT_NONE where there is nothing. */
void held_end(struct held *held);
uint32_t held_waiting(void);

/* ---- ring.c ---- */

/* A receive ring of ours. */
struct ring {
    struct held held;
    struct purse *purse; /* referenced */
    grant_t refs[1 + LINK_SLOT_PAGES]; /* head first */
    paddr_t frame[1 + LINK_SLOT_PAGES];
    uint32_t taken; /* entries read */
};

struct ring *ring_create(struct purse *purse, uint16_t domid);
/* Revokes it; its pages are freed when they can be. */
void ring_end(struct ring *ring);

/* The next record: copied to (copy), which has LINK_SLOT_BYTES. 1: one; 0: none;
 * -1: the entry makes no sense. */
int ring_take(struct ring *ring, void *copy, uint32_t *slot, uint32_t *bytes);
bool ring_has_more(const struct ring *ring);

/* The peer's ring, as its head said. */
struct far_ring {
    uint16_t domid;
    grant_t head;
    grant_t page[LINK_SLOT_PAGES];
    uint32_t given; /* entries written */
};

/* Reads the head behind (ref) into (page), a page of ours. 0, DENIED, GONE,
 * PROTO. */
int far_ring_attach(struct far_ring *far, uint16_t domid, grant_t ref,
                    paddr_t page);

/* ---- batch.c ---- */

/* Begins a hypercall's worth of copies, if nothing has yet. */
void batch_begin(void);
/* A piece within one page on both sides. */
void batch_copy_out(uint16_t domid, grant_t ref, uint32_t offset, paddr_t from,
                    uint32_t bytes);
void batch_copy_in(paddr_t to, uint16_t domid, grant_t ref, uint32_t offset,
                   uint32_t bytes);
uint32_t batch_room(void);
/* Does them, then raises the event of (port) unless that is 0. Returns the first
 * GNTST_* that is not okay of the copies from number (first) on, or 0; or, if
 * the event cannot be raised, 1. The batch is empty again. */
int batch_run(uint32_t port, uint32_t first);
uint32_t batch_count(void);
/* Copies before (first) that failed in the last run. */
uint32_t batch_failed(void);

/* ---- the link ---- */

struct link_stats {
    uint64_t connections;
    uint64_t heard_ns;
    uint64_t lost_ns; /* when the last connection ended; 0: it has not */
    uint64_t outage_ns;
    uint64_t calls;
    uint64_t calls_served;
    uint64_t replayed;
    uint64_t bytes_out;
    uint64_t bytes_in;
    uint64_t events_out;
    uint64_t events_in;
    uint64_t polled;
    uint64_t violations;
};

struct link {
    struct object object;
    struct purse *purse; /* referenced */
    struct list_node node; /* of all links */
    struct notice notice; /* to who keeps it: its state changed */
    uint32_t state; /* enum link_phase */
    const char *lost; /* UP, but not for long: why; else NULL */
    uint16_t domid;
    uint64_t epoch;
    uint32_t port; /* event channel; 0: none */
    uint32_t idle_events; /* in a row that had nothing with them */
    struct sched_timer quiet; /* unmasks the port after a storm */
    bool is_quiet;
    bool ping_waits; /* for its pong */
    bool has_failed_strings; /* and that has been said */
    struct ring *ring;
    struct far_ring far;
    paddr_t page; /* of ours, to send from and to read into */
    struct process *agents; /* NULL unless open; its handles are the exports */
    struct agent *agent[LINK_CALLS];
    nu_handle_t gate; /* of the agents, or NONE */
    uint32_t serving;
    struct link_call *call[LINK_CALLS];
    uint32_t calling;
    uint32_t call_count; /* for the ids of calls */
    struct list_node imports; /* oldest first: parents before children */
    struct list_node closing; /* to be released at the peer */
    struct list_node *turn; /* of (imports): whose senders were served last */
    uint32_t import_count;
    bool has_waiting; /* somebody may wait to send */
    bool remaking; /* a call of the link's own is under way */
    uint32_t round; /* of making imports again; each is tried once in one */
    struct link_stats stats;
};

static inline bool link_is_up(const struct link *link)
{
    return link->state == LINK_UP && link->lost == NULL;
}

/* send.c: the connection is over, because (why), or because the peer broke a
 * rule. Nothing is sent or taken any more; link.c ends it when who noticed is
 * done. */
void link_lost(struct link *link, const char *why);
void link_violation(struct link *link, const char *what);
/* Sends (draft) to slot (slot) of the peer, after the copies in the batch; adds
 * what is to be released. False: it cannot be reached, and is lost. */
bool link_send_draft(struct link *link, struct link_draft *draft,
                     uint32_t slot);
/* The one draft: filled, sent, forgotten. */
extern struct link_draft link_draft;

/* ---- call.c ---- */

struct link_call {
    struct held held; /* first: pages of the caller's, granted to the peer */
    struct link *link; /* NULL: no more in its table */
    struct thread *thread; /* who waits; NULL: gone, or remaking */
    struct import *import; /* whose message it is; NULL: thread is gone */
    uint32_t id;
    bool is_active;
    bool is_remake;
    uint32_t rx_count; /* what was offered */
    uint32_t rx_bytes[NU_RX_MAX];
    uint32_t pin_count;
    struct memory *pins[NU_STRINGS_MAX + NU_RX_MAX];
    grant_t refs[LINK_REFS_MAX];
};

/* request.c. (sender)'s message to (object) in the draft, what it names granted:
 * 0, AGAIN: no grant is free, or the sender's mistake. request_sent(): handles
 * that moved are closed. */
int request_draft(struct link_call *call, const struct thread *sender,
                  uint32_t object);
void request_sent(struct thread *sender);
/* The request that (client) still holds, in the draft, for the recipe of what it
 * was given; NULL if it cannot be said again. */
const struct link_draft *request_draft_again(const struct thread *client);

bool call_send(struct endpoint *end, struct thread *sender);
/* A free place in the table, with a new id; NULL: none, or no memory. (thread):
 * NULL for a call of the link's own. */
struct link_call *call_begin(struct link *link, struct thread *thread,
                             struct import *import);
/* The call is over: what it granted is revoked. */
void call_end(struct link *link, struct link_call *call);
void call_abandon(struct thread *sender);
/* The connection is over: who waited for a reply waits to send again. */
void call_requeue_all(struct link *link);
/* Whoever waits to send and can. */
void call_pump(struct link *link);

/* response.c */
void call_response(struct link *link, const struct link_view *view);

/* ---- import.c ---- */

struct import {
    struct list_node node; /* link->imports, or closing */
    struct link *link; /* NULL: the link is gone */
    struct endpoint *end; /* referenced; its peer is the clients' */
    struct import *parent; /* whose method made it; NULL: the gate's */
    uint32_t children;
    uint32_t object; /* the peer's number, while (live) */
    bool live;
    bool dead; /* cannot be made again */
    bool closed; /* no client has it any more */
    uint32_t round; /* in which it was tried last */
    uint8_t index; /* among the handles of the reply that made it */
    uint8_t word_count;
    uint64_t words[NU_REG_WORDS]; /* of that reply */
    uint32_t recipe_bytes; /* 0: none */
    void *recipe; /* the request that makes it: a record */
};

/* One channel more for the peer's (object); its client end is (*client), with a
 * reference. (purse) pays. NULL: it cannot. */
struct import *import_create(struct link *link, struct purse *purse,
                             struct endpoint **client);
/* Makes (end) one whose object is the gate's (name). */
int import_named(struct link *link, const char *name, size_t bytes,
                 struct endpoint *end);
void import_set_live(struct import *import, uint32_t object);
/* Keeps what (draft) asks for as the way to make (import) again. */
void import_keep_recipe(struct import *import, struct purse *purse,
                        struct import *parent, const struct link_draft *draft,
                        const struct link_view *reply, uint32_t index);
void import_closed(struct endpoint *end);
/* Never again: who waits is told, and who asks. */
void import_die(struct import *import);
/* Up: makes those that are not live again, one after the other, each once. */
void import_remake_all(struct link *link);
/* The same for those that have not been tried yet. */
void import_remake_next(struct link *link);
/* The answer to what call_remake() asked. */
void import_remade(struct import *import, const struct link_view *view);
/* Down: none is live; the link itself goes: all are dead. */
void import_connection_lost(struct link *link);
void import_link_gone(struct link *link);

/* ---- agent.c ---- */

struct window {
    uint32_t first_ref;
    uint32_t pages;
    uint32_t offset;
    uint32_t bytes;
    bool writable;
};

/* Stands for a caller of the peer's: a thread that never runs. */
struct agent {
    struct thread *thread;
    struct link *link;
    uint32_t id;
    bool busy;
    bool is_oneway;
    uint32_t window_count;
    uint32_t handle_count;
    nu_handle_t handles[NU_HANDLES_MAX]; /* that came with the request */
    struct window windows[NU_STRINGS_MAX + NU_RX_MAX];
    uint32_t refs[LINK_REFS_MAX];
};

int agents_begin(struct link *link);
void agents_end(struct link *link);
void agent_request(struct link *link, const struct link_view *view);
void agent_answered(struct thread *thread);

/* window.c. The address of (extent) for the agent; its references begin at
 * (*next_ref), which moves on. The rest is carrier_ops. */
uint64_t agent_window(struct agent *agent, const struct link_extent *extent,
                      bool writable, uint32_t *next_ref);
bool agent_reaches(const struct thread *thread, uint64_t addr, uint64_t bytes,
                   bool write);
void agent_pull(struct thread *thread, uint64_t addr, struct ucopy_at to,
                uint64_t bytes);
int agent_pulled(struct thread *thread);
void agent_push(struct thread *thread, uint64_t addr, struct ucopy_at from,
                uint64_t bytes);

/* ---- export.c ---- */

/* What a client of an object has on it, here or there. */
#define CLIENT_RIGHTS (NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY)

/* Objects that come with a request, as handles of the agent to pass on; and their
 * end, of those that it has not. */
int agent_take_handles(struct agent *agent, const struct link_view *view);
void agent_close_handles(struct agent *agent);

/* The objects that the peer says it needs no more. */
void agent_release(struct link *link, const uint32_t *objects, uint32_t count);
/* (end) as the peer is to know it; false: it cannot be shown there. */
bool agent_export(struct link *link, struct endpoint *end, uint32_t rights,
                  struct link_handle *handle);

/* ---- poll.c ---- */

/* link.c: takes what has come; whether there was anything. */
bool link_take(struct link *link);
extern struct list_node link_all;

#endif /* NUNCIO_LINK_INTERNAL_H */
