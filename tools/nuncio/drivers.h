/*
 * The driver domains of a run, and the broker that joins them to others:
 * started, watched, started again when they die or hang, ended with the run.
 *
 * A domain that dies is started again at once. One that keeps failing by itself
 * (it does not get to where its guest says hello, panics, or powers off, within
 * DRIVERS_STABLE_MS of its start) waits longer each time, and is given up at the
 * DRIVERS_FAILURES_MAX-th time in a row. One that others kill is not blamed.
 *
 * What the domains say goes to the logs in the broker's directory, bounded.
 *
 * Context: nothing here waits but drivers_start() and drivers_stop(). Whoever
 *          has the poll() calls drivers_watch() before it and drivers_serve()
 *          behind it.
 */
#ifndef NUNCIO_TOOL_DRIVERS_H
#define NUNCIO_TOOL_DRIVERS_H

#include <poll.h>

#include "broker.h"
#include "guest.h"
#include "lines.h"
#include "status.h"

#define DRIVERS_POLLS_MAX    (SYSTEM_DOMAINS_MAX * CHANNEL_COUNT + 1)
#define DRIVERS_STABLE_MS    10000
#define DRIVERS_FAILURES_MAX 5
#define DRIVERS_BOOT_MS      60000 /* until it serves others, else it hangs */
#define DRIVERS_LOG_MAX      (16u << 20) /* bytes of one domain's log */

struct driver {
    struct drivers *all;
    struct guest guest;
    int log; /* its file */
    uint64_t logged_bytes;
    struct lines lines[CHANNEL_COUNT];
    struct status_log words; /* of this life */
    uint64_t started_ms; /* this life */
    uint64_t start_ms; /* when the next one begins; 0: one is under way */
    uint64_t since; /* wall clock, ms, of this life's start */
    uint64_t epoch; /* of the last hello that the broker told of */
    uint64_t epoch_before; /* of the last one before this life */
    bool has_run; /* its guest said hello, in this life */
    bool serves; /* and its connector serves others */
    bool is_killed; /* by us, for it hangs */
    bool has_served; /* in some life */
    unsigned failures; /* in a row */
    unsigned ended; /* how often it was started again, and why */
    unsigned hung;
};

struct drivers {
    struct broker *broker;
    const struct options *options;
    struct driver items[SYSTEM_DOMAINS_MAX];
    size_t count;
    struct pool pool;
    const char *failure; /* a sentence; NULL: all is well */
    bool is_asking; /* `list` is under way */
    uint64_t asked_ms;
    uint64_t ask_ms; /* when to ask next */
};

/*
 * Makes and starts the driver domains of (domains), none of them if the broker
 * is another nuncio's. False with the reasons in (report); to be stopped then,
 * too. (drivers) stays where it is.
 */
bool drivers_start(struct drivers *drivers, const struct options *options,
                   struct broker *broker, const struct domains *domains,
                   const char *build_dir, struct report *report);

/* Fills (polls), of which there are DRIVERS_POLLS_MAX; how many it filled. */
size_t drivers_watch(const struct drivers *drivers, struct pollfd *polls);
/* When drivers_serve() has something to do whatever poll() says; 0: never. */
uint64_t drivers_due(const struct drivers *drivers);
/* Serves what is ready. When (failure) is set then, the run is over. */
void drivers_serve(struct drivers *drivers);

/* Have all been seen to serve others, some time or other? */
bool drivers_are_ready(const struct drivers *drivers);

/* Writes down for `nuncio ps` what the main domain is, once it is started. */
void drivers_show_main(const struct drivers *drivers,
                       const struct guest *guest);

/* Ends them, not the broker. */
void drivers_stop(struct drivers *drivers);
/* The ends of their logs, for people. */
void drivers_show_logs(const struct drivers *drivers, struct text *out);
/* How often domains were started again, for people; nothing if never. */
void drivers_tell(const struct drivers *drivers, struct text *out);

#endif /* NUNCIO_TOOL_DRIVERS_H */
