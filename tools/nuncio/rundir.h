/*
 * The directory of a running system, DIR: the broker's sockets (control,
 * NAME.sock), the logs of the domains that have no terminal (NAME.log) and of
 * the broker, and for each domain what `nuncio ps` cannot know from the broker
 * (NAME.about). Names of domains have at most 32 bytes, so the broker's log,
 * "nuncio-broker.log", is nobody else's.
 *
 * Whoever makes or joins a system has a keeper: a process that does nothing but
 * wait for our end, and if we end by SIGKILL cleans up in our place.
 */
#ifndef NUNCIO_TOOL_RUNDIR_H
#define NUNCIO_TOOL_RUNDIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "pool.h"
#include "report.h"

#define RUNDIR_BROKER_LOG "nuncio-broker"

enum rundir_kind {
    RUNDIR_PRIVATE, /* nobody else's: removed whole */
    RUNDIR_SHARED, /* the user has named it: its logs stay */
    RUNDIR_JOINED, /* another nuncio's: our domain is removed from it */
};

struct rundir {
    enum rundir_kind kind;
    const char *path; /* absolute; NULL: not open */
    const char *name; /* of a RUNDIR_JOINED: our domain's, once it has one */
    int keeper_pipe; /* -1: there is no keeper */
    pid_t keeper;
};

/* A new one for a system of ours, readable by nobody else. */
bool rundir_create(struct rundir *dir, struct pool *pool,
                   struct report *report);
/* The directory (path), made if it is not there; for another nuncio's system it
 * has to be. */
bool rundir_open(struct rundir *dir, enum rundir_kind kind, const char *path,
                 struct pool *pool, struct report *report);

/* Starts the keeper; for a RUNDIR_JOINED once (name) is set. */
bool rundir_keep(struct rundir *dir, struct report *report);
/* Cleans up, and ends the keeper. */
void rundir_close(struct rundir *dir);

/* DIR/NAME.log, to be added to; -1 with the reason in (report). */
int rundir_open_log(const struct rundir *dir, const char *name,
                    struct report *report);
/* The last lines of it, each behind "NAME: ", for people. */
void rundir_show_log(const struct rundir *dir, const char *name,
                     struct text *out);

/* Replaces DIR/NAME.about; a failure is nobody's worry. */
void rundir_write_about(const struct rundir *dir, const char *name,
                        const struct text *about);
/* The whole of DIR/NAME.about; empty if there is none. */
void rundir_read_about(const char *path, const char *name, struct text *about);

/* The directories that rundir_create() made for this user and that are still
 * there. */
void rundir_find_all(struct pool *pool, struct strings *paths);

#endif /* NUNCIO_TOOL_RUNDIR_H */
