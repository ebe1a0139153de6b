/*
 * Runs a machine to its end: carries bytes between it and us, keeps the time
 * limit, and says how it ended.
 *
 * Standard output gets what the programs write to their terminal and nothing
 * else; the kernel's log and all messages go to standard error.
 */
#ifndef NUNCIO_TOOL_LAUNCH_H
#define NUNCIO_TOOL_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

struct launch {
    bool interactive; /* the user's terminal belongs to the machine */
    bool quiet; /* the kernel's log only after a panic */
    uint64_t timeout_ms; /* 0: none */
    int trace; /* where trace records go, or -1 */
};

/* Starts (machine), which is open, with (argv). Returns the launcher's exit
 * status (status.h), having told the user what needs telling. Blocks. */
int launch_run(struct machine *machine, const struct strings *argv,
               const struct launch *launch);

#endif /* NUNCIO_TOOL_LAUNCH_H */
