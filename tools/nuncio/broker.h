/*
 * The broker of a running system, as its user: our own, or one that runs
 * already.
 *
 * Order: broker_start() or broker_join(), broker_add() for each domain of ours,
 * broker_stop().
 */
#ifndef NUNCIO_TOOL_BROKER_H
#define NUNCIO_TOOL_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "control.h"
#include "report.h"
#include "rundir.h"

#define BROKER_PROGRAM "nuncio-broker"

struct broker {
    /* Set before broker_start(): whose QEMUs, besides our user's, may connect to
     * the domains' sockets; NULL: nobody's. */
    const char *group;
    struct rundir dir;
    struct control control;
    pid_t pid; /* 0: not ours, or it has ended */
};

/*
 * Starts one in (dir), or in a directory of its own if that is NULL, and waits
 * until it answers; (build_dir) has the program. False with the reason in
 * (report), or without one if a signal that asks us to end is waiting.
 */
bool broker_start(struct broker *broker, struct pool *pool, const char *dir,
                  const char *build_dir, struct report *report);
/* Finds the one that runs in (dir). */
bool broker_join(struct broker *broker, struct pool *pool, const char *dir,
                 struct report *report);

/*
 * Makes the domain (name); the path of its socket, or NULL with the reason in
 * (report). (watchdog_ms) 0: nobody watches.
 */
char *broker_add(struct broker *broker, struct pool *pool, const char *name,
                 uint64_t watchdog_ms, struct report *report);
/*
 * The same for a client of a system that runs: the name may be taken, then it
 * is NAME-2, NAME-3, ... It is removed when we end, however we end.
 */
char *broker_add_client(struct broker *broker, struct pool *pool,
                        const char *name, const char **added,
                        struct report *report);
/* Has the system a domain of this name? */
bool broker_has(struct broker *broker, const char *name);

/* Stops a broker of ours, removes what there is of the run in the directory. */
void broker_stop(struct broker *broker);

#endif /* NUNCIO_TOOL_BROKER_H */
