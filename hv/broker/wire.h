/*
 * Messages of a front-end, put together from what its socket has.
 *
 * Ownership: a complete message and its files are the caller's; an incomplete
 *            one's are closed by wire_reset().
 * Trust:     sizes are checked before anything is read; more files than a
 *            message may have end the connection.
 * Context:   one thread; never blocks, whatever the front-end sets on the
 *            socket.
 */
#ifndef NUNCIO_BROKER_WIRE_H
#define NUNCIO_BROKER_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "vhost.h"

struct wire {
    struct vhost_message message;
    size_t have; /* bytes of header and payload */
};

enum wire_result {
    WIRE_MESSAGE, /* complete; take it and call wire_reset() */
    WIRE_WAIT, /* not yet */
    WIRE_END, /* the front-end has closed */
    WIRE_BAD, /* see wire_read() */
};

/* Reads what there is of one message. WIRE_BAD: (*problem) is a sentence. */
enum wire_result wire_read(struct wire *wire, int socket, const char **problem);
/* Ready for the next message. */
void wire_reset(struct wire *wire);

/* False: the front-end does not take it. */
bool wire_reply(int socket, const struct vhost_message *reply);

#endif /* NUNCIO_BROKER_WIRE_H */
