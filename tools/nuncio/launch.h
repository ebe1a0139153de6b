/*
 * Runs a machine to its end: carries bytes between it and us, keeps the time
 * limit, and says how it ended. Driver domains are served meanwhile; a failure
 * of theirs ends it.
 *
 * Standard output gets what the programs write to their terminal and nothing
 * else; the kernel's log and all messages go to standard error.
 */
#ifndef NUNCIO_TOOL_LAUNCH_H
#define NUNCIO_TOOL_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers.h"
#include "guest.h"

struct launch {
    bool interactive; /* the user's terminal belongs to the machine */
    bool quiet; /* the kernel's log only after a panic */
    uint64_t timeout_ms; /* 0: none */
    int signals; /* of signals_open() */
    struct drivers *drivers; /* NULL: the machine is alone */
};

/* Starts (guest), which is open, with (argv). Returns the launcher's exit
 * status (status.h), having told the user what needs telling. Blocks. */
int launch_run(struct guest *guest, const struct strings *argv,
               const struct launch *launch);

#endif /* NUNCIO_TOOL_LAUNCH_H */
