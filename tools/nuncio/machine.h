/*
 * A running QEMU and our ends of its channels. It dies with us, however we end.
 *
 * Order: machine_open(), then the command line is made from the descriptors,
 * then machine_start(), and in the end machine_close(). A machine that has ended
 * can be had again by machine_reopen() in place of the first.
 */
#ifndef NUNCIO_TOOL_MACHINE_H
#define NUNCIO_TOOL_MACHINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "pool.h"
#include "report.h"

enum channel_name {
    CHANNEL_TERMINAL, /* both ways */
    CHANNEL_LOG,
    CHANNEL_TRACE,
    CHANNEL_QEMU, /* QEMU's own messages */
    CHANNEL_COUNT,
};

struct machine {
    int ours[CHANNEL_COUNT]; /* -1: closed */
    int theirs[CHANNEL_COUNT];
    int archive; /* a file in memory, for -initrd /proc/self/fd/N */
    pid_t pid; /* 0: not started, or reaped */
    int code; /* exit code once reaped; -1 if a signal ended it */
    int signal; /* that ended it, or 0 */
};

/* One that is not open: machine_close() does nothing to it. */
void machine_clear(struct machine *machine);
bool machine_open(struct machine *machine, struct report *report);
/* New channels for another life of a machine that has ended; the archive stays.
 * False with the reason in (report). */
bool machine_reopen(struct machine *machine, struct report *report);
bool machine_start(struct machine *machine, const struct strings *argv,
                   struct report *report);
/* (signal) to QEMU, if it runs. */
void machine_signal(struct machine *machine, int signal);
/* Has it ended? Never blocks; sets (code) when it has. */
bool machine_has_ended(struct machine *machine);
void machine_close_channel(struct machine *machine, enum channel_name name);
/* Kills QEMU if it still runs, and closes everything. */
void machine_close(struct machine *machine);

#endif /* NUNCIO_TOOL_MACHINE_H */
