/*
 * The signals that end us and the ends of children, as a file to poll: from
 * signals_open() on they interrupt nothing.
 */
#ifndef NUNCIO_TOOL_SIGNALS_H
#define NUNCIO_TOOL_SIGNALS_H

#include <stdbool.h>

/* SIGCHLD, SIGINT, SIGTERM, SIGHUP and SIGQUIT; SIGPIPE is ignored. The file,
 * or -1. */
int signals_open(void);
/* The first signal that asks us to end, 0 if there was none. */
int signals_read(int file);
/* Is there one that signals_read() would return? */
bool signals_are_pending(void);
/* In a child, before it becomes another program. */
void signals_reset(void);

#endif /* NUNCIO_TOOL_SIGNALS_H */
