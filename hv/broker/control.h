/*
 * The commands of the control socket; docs/broker.md describes them.
 *
 * Trust:   whoever may connect to the control socket may do everything here;
 *          a line is checked all the same, and harms nobody when it is wrong.
 * Context: one thread; never blocks.
 */
#ifndef NUNCIO_BROKER_CONTROL_H
#define NUNCIO_BROKER_CONTROL_H

#include <stdio.h>

#include "domain.h"

#define CONTROL_LINE_MAX 1024u /* with its end */

/* Does what (line), without its end, says, and writes the answer to (out).
 * (line) is changed. */
void control_do(struct broker *broker, char *line, FILE *out);

/* Makes a domain, as `add NAME watchdog_ms=N` does. NULL, or why not. */
const char *control_add(struct broker *broker, const char *name,
                        unsigned long watchdog_ms);

#endif /* NUNCIO_BROKER_CONTROL_H */
