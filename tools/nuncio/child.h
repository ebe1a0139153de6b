/* Programs that run beside us and die with us, however we end. */
#ifndef NUNCIO_TOOL_CHILD_H
#define NUNCIO_TOOL_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pool.h"
#include "report.h"

struct child_plan {
    const struct strings *argv; /* the program is found by PATH */
    int output; /* its standard output and error */
    const int *keep; /* descriptors that it gets as they are */
    size_t keep_count;
};

/*
 * Starts it in a process group of its own, for keys typed are for us, with
 * nothing on its standard input. That the program is not there is told on
 * (output) only. 0 with the reason in (report) if there can be no process.
 */
pid_t child_start(const struct child_plan *plan, struct report *report);

/* Has (*pid) ended? Never blocks; if so (*pid) is 0, and (*status) is as of
 * waitpid(). A (*pid) of 0 is nobody: false. */
bool child_has_ended(pid_t *pid, int *status);

/* SIGTERM, SIGKILL after (patience_ms), and waits. */
void child_stop(pid_t *pid, uint64_t patience_ms);

#endif /* NUNCIO_TOOL_CHILD_H */
