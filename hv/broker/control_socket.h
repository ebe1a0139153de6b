/*
 * The control socket DIR/control: connections, lines in, answers out.
 *
 * Trust:   a client that sends a line that is too long, or does not read its
 *          answers, waits or is closed; the domains are served meanwhile.
 * Context: one thread; never blocks.
 */
#ifndef NUNCIO_BROKER_CONTROL_SOCKET_H
#define NUNCIO_BROKER_CONTROL_SOCKET_H

#include "domain.h"

#define CONTROL_NAME "control"
/* Each domain's launcher keeps one, and people ask besides. */
#define CONTROL_CLIENTS_MAX (BROKER_DOMAINS_MAX + 16u)

/* Makes the socket. NULL, or what failed. */
const char *control_socket_open(struct broker *broker);
/* Closes all; the socket is gone. What was answered is sent, if it can be. */
void control_socket_close(struct broker *broker);

void control_socket_accept(struct broker *broker);
/* Client (slot) has something, or takes something. */
void control_socket_serve(struct broker *broker, uint32_t slot);

#endif /* NUNCIO_BROKER_CONTROL_SOCKET_H */
