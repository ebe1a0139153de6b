/*
 * The wire of the store: messages through the two rings of a page that is
 * shared with the store's server (xenstored, or the broker).
 *
 * Units:     bytes.
 * Ownership: the page is shared; everything else is ours. A message received
 *            is valid until the next call of xs_receive().
 * Trust:     the server writes its indices and all of the response ring at any
 *            time. Each index is read once and checked, each byte copied before
 *            it is looked at. Who breaks the rules is not listened to again:
 *            (problem) says what it did.
 * Context:   the service's thread; never blocks, never loops on the server.
 * Spec:      Xen public/io/xs_wire.h, docs/misc/xenstore-ring.txt.
 */
#ifndef NUNCIO_STORE_XS_H
#define NUNCIO_STORE_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hypercall/xen_abi.h>

struct xs_message {
    uint32_t type; /* XS_* */
    uint32_t id; /* of the request that it answers */
    uint32_t bytes;
    const char *data; /* followed by a NUL that is not counted */
};

struct xs {
    struct xenstore_domain_interface *page;
    uint32_t request_at; /* our own indices: the page's are for the server */
    uint32_t response_at;
    const char *problem; /* NULL while the server keeps to the rules */
    struct xsd_sockmsg head; /* of the message that is coming in */
    uint32_t have; /* of head and data together */
    char data[XENSTORE_PAYLOAD_MAX + 1];
};

/* Goes on from what (page) says was sent and taken. */
void xs_begin(struct xs *xs, struct xenstore_domain_interface *page);

/* Puts as much of (data) into the request ring as there is room for; how much
 * that was. */
size_t xs_send(struct xs *xs, const void *data, size_t bytes);

/* The next whole message; false when there is none yet, or (problem). */
bool xs_receive(struct xs *xs, struct xs_message *message);

/* The nu_error for the text of an XS_ERROR ("ENOENT"). */
int xs_error(const char *name);

#endif /* NUNCIO_STORE_XS_H */
