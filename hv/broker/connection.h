/*
 * The socket of a domain, and the front-end that is connected to it: one at a
 * time; the next one waits until the first is gone.
 *
 * Errors:  a front-end that says something wrong loses its connection, and the
 *          log says why. Nobody else notices.
 * Context: one thread; never blocks.
 */
#ifndef NUNCIO_BROKER_CONNECTION_H
#define NUNCIO_BROKER_CONNECTION_H

#include "domain.h"

/* What epoll says of a file: a kind, and a domid or slot. */
enum tag {
    TAG_SIGNAL,
    TAG_CONTROL_LISTENER,
    TAG_CONTROL,
    TAG_LISTENER,
    TAG_CONNECTION,
    TAG_KICK_EVENTS,
    TAG_KICK_MAILBOX,
};

static inline uint64_t tag_make(enum tag kind, uint32_t index)
{
    return (uint64_t)kind << 32 | index;
}

/* Bytes of the path of a domain's socket, with the zero at its end. */
#define CONNECTION_PATH_MAX 108u

/* Room for the path of (name)'s socket in (path). False: it is too long for
 * the address of a socket. */
bool connection_path(const struct broker *broker, const char *name,
                     char path[CONNECTION_PATH_MAX]);

/* Makes the socket and waits for a front-end. NULL, or what failed. */
const char *connection_listen(struct broker *broker, struct domain *domain);
/* No socket, no front-end. */
void connection_unlisten(struct broker *broker, struct domain *domain);

void connection_accept(struct broker *broker, struct domain *domain);
/* Reads and obeys one message at most. */
void connection_serve(struct broker *broker, struct domain *domain);
/* Ends it, and with it the guest. (why) is a sentence for the log. */
void connection_end(struct broker *broker, struct domain *domain,
                    const char *why);

/* A listening socket (name) in the current directory; -1, and errno. */
int connection_socket(const char *name);

#endif /* NUNCIO_BROKER_CONNECTION_H */
