/*
 * What `nuncio run` returns, and how it knows: the kernel's log line
 * "nuncio: exit STATUS" decides; the exit code of QEMU is asked only when there
 * is none. A program's own status goes through unchanged from 0 to 99.
 */
#ifndef NUNCIO_TOOL_STATUS_H
#define NUNCIO_TOOL_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATUS_PROGRAM_MAX 99 /* largest that is returned as it is */
#define STATUS_OUTSIDE     121 /* the program's is not in 0..99; it is printed */
#define STATUS_TIMEOUT     124 /* --timeout passed */
#define STATUS_LAUNCHER    125 /* a mistake in the command, or QEMU failed */
#define STATUS_PANIC       126 /* the kernel panicked */
#define STATUS_SILENT      127 /* the machine stopped without saying why */
#define STATUS_SIGNAL      128 /* + the number of the signal that ended us */
/* user/init's own words for the main program: */
#define STATUS_NOT_RUN 125 /* the system could not be built */
#define STATUS_FAULTED 139 /* it ended by a fault */

/* The machine's last words, read from its log as it comes. */
struct status_log {
    bool has_exit;
    bool has_panic;
    int32_t exit_status;
    char line[128]; /* the beginning of the line under way */
    size_t line_bytes;
};

/* Reads (bytes) more of the kernel's log. */
void status_log_add(struct status_log *log, const char *data, size_t bytes);

/* How the machine ended, apart from its log. */
struct status_machine {
    bool timed_out;
    bool quit; /* the user left with Ctrl-A x */
    int signal; /* that ended the launcher, or 0 */
    int qemu_code; /* exit code of QEMU, or -1 when a signal killed it */
};

/*
 * The exit status of the launcher. (reason) is set to a sentence for people
 * when they should be told more than the number, else to NULL.
 */
int status_of(const struct status_log *log,
              const struct status_machine *machine, const char **reason);

#endif /* NUNCIO_TOOL_STATUS_H */
