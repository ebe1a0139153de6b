/*
 * Nodes of the store with short texts in them, through the service `store`.
 *
 * Units:     texts end with a NUL, in memory and not in the store.
 * Trust:     what is read may be any domain's: it has no NUL inside and fits,
 *            and that is all that is known of it.
 * Errors:    negative nu_error values. NU_NOENT also for what may not be read
 *            and for what is no text: it is not there for us.
 * Blocking:  waits for the service, which waits for the store's server.
 */
#ifndef NUNCIO_LINKS_NODES_H
#define NUNCIO_LINKS_NODES_H

#include <abi/message.h>

#include "text.h"

int node_read(const char *path, char value[TEXT_VALUE_MAX]);
int node_write(const char *path, const char *value);
int node_write_number(const char *path, uint64_t value);

/* Nothing there is not an error. */
int node_remove(const char *path);

/* An empty node of ours that (reader), or everybody if it is 0, may read, as
 * may be what is made below it. What was there before is gone. */
int node_make_shared(const char *path, uint32_t us, uint32_t reader);

/* Signals (port) with (badge) at changes at (path) or below; (*watch) ends. */
int node_watch(const char *path, nu_handle_t port, uint64_t badge,
               nu_handle_t *watch);

#endif /* NUNCIO_LINKS_NODES_H */
