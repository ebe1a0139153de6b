/*
 * Channels: exactly two ends. What is sent to one end is received at the other,
 * from its own inbox or from the port it is bound to.
 *
 * Ownership: each end is an object and counts the handles on it; both ends are
 *            one allocation, freed when both are closed and the last word about
 *            it has been delivered. An end made by a NU_ITEM_NEW item has no
 *            handle: it is open as long as its port and its peer are.
 */
#ifndef NUNCIO_IPC_CHANNEL_H
#define NUNCIO_IPC_CHANNEL_H

#include <ipc/inbox.h>
#include <mm/purse.h>

struct channel;
struct import;

struct endpoint {
    struct object object; /* type CHANNEL; refs: handles on this end */
    struct inbox *inbox; /* where messages to this end arrive */
    uint64_t badge; /* that they are given there */
    struct endpoint *peer;
    struct channel *channel;
    struct port *port; /* bound to, or NULL */
    struct import *remote; /* a link serves it: ipc/carrier.h; or NULL */
    struct inbox own;
    struct notice closed; /* tells the port that the peer closed */
    bool open;
    bool without_handle; /* from a NU_ITEM_NEW item */
};

struct channel {
    struct endpoint end[2];
    uint32_t closing; /* ends being closed now: not to be freed meanwhile */
};

void channel_init(void);

/* One reference on each end. NULL: purse empty. */
struct channel *channel_create(struct purse *purse);

/* Lets (port) receive what comes to (end). 0, BUSY, or
 * GONE: it is closed. Who waits to send to the
 * end waits for the port then: message_serve_waiting() is the caller's. */
int channel_bind(struct endpoint *end, struct port *port, uint64_t badge);

/* For NU_ITEM_NEW: end[1] bound to (port) and without a handle. */
struct channel *channel_create_bound(struct purse *purse, struct port *port,
                                     uint64_t badge);

/* Closes the end bound to (port) with (badge): its contract was broken. */
int channel_close_badge(struct port *port, uint64_t badge);

#endif /* NUNCIO_IPC_CHANNEL_H */
