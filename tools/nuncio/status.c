#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_LINE  "nuncio: exit "
#define PANIC_LINE "panic:"

static void read_line(struct status_log *log)
{
    log->line[log->line_bytes] = '\0';
    if (strncmp(log->line, EXIT_LINE, strlen(EXIT_LINE)) == 0) {
        const char *digits = log->line + strlen(EXIT_LINE);
        char *end;
        long value;

        errno = 0;
        value = strtol(digits, &end, 10);
        if (end != digits && *end == '\0' && errno == 0 && value >= INT32_MIN &&
            value <= INT32_MAX) {
            log->has_exit = true;
            log->exit_status = (int32_t)value;
        }
    }
    log->line_bytes = 0;
}

void status_log_add(struct status_log *log, const char *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] == '\n')
            read_line(log);
        else if (data[i] != '\r' && log->line_bytes < sizeof(log->line) - 1)
            log->line[log->line_bytes++] = data[i];
        /* A kernel that panics may not live to end the line. */
        if (log->line_bytes == strlen(PANIC_LINE) &&
            memcmp(log->line, PANIC_LINE, strlen(PANIC_LINE)) == 0)
            log->has_panic = true;
    }
}

int status_of(const struct status_log *log,
              const struct status_machine *machine, const char **reason)
{
    *reason = NULL;
    if (log->has_panic) {
        *reason = "the kernel panicked";
        return STATUS_PANIC;
    }
    if (log->has_exit) {
        if ((log->exit_status >= 0 && log->exit_status <= STATUS_PROGRAM_MAX) ||
            log->exit_status == STATUS_NOT_RUN ||
            log->exit_status == STATUS_FAULTED)
            return (int)log->exit_status;
        *reason = "the program's status is not in 0..99";
        return STATUS_OUTSIDE;
    }
    if (machine->timed_out) {
        *reason = "time limit passed";
        return STATUS_TIMEOUT;
    }
    if (machine->signal != 0)
        return STATUS_SIGNAL + machine->signal;
    if (machine->quit) {
        *reason = "stopped";
        return 0;
    }
    /* isa-debug-exit gives odd codes from 1 on; 1 is also QEMU's own failure,
     * and without the log line it can only be that. */
    if (machine->qemu_code == 1) {
        *reason = "QEMU failed";
        return STATUS_LAUNCHER;
    }
    *reason = "the machine stopped without an exit status";
    return STATUS_SILENT;
}
