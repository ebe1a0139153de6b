/*
 * The command line. One table gives names, help text and which command takes
 * what, so that `nuncio help` cannot lie.
 */
#ifndef NUNCIO_TOOL_OPTIONS_H
#define NUNCIO_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "qemu.h"
#include "report.h"

#define NUNCIO_VERSION "0.1"

enum command {
    COMMAND_RUN,
    COMMAND_UP,
    COMMAND_PS,
    COMMAND_TRACE,
    COMMAND_IMAGE,
    COMMAND_LIST,
    COMMAND_XML,
    COMMAND_HELP,
    COMMAND_VERSION,
};

#define COMMAND_COUNT (COMMAND_VERSION + 1)

enum accel_choice { CHOOSE_ACCEL, CHOOSE_TCG, CHOOSE_KVM };
enum trace_format { TRACE_TEXT, TRACE_JSON, TRACE_PERFETTO };

struct options {
    enum command command;
    const char *operand; /* CONFIG or FILE; of help: a command, or NULL */
    const char *build_dir;
    struct strings places;
    struct strings disks;
    const char *exec;
    enum accel_choice accel;
    enum machine_kind machine;
    const char *connect; /* libvirt's URI; NULL: without libvirt */
    uint64_t timeout_ms;
    const char *system_dir; /* of a running system; NULL: none */
    uint64_t watchdog_ms;
    const char *trace;
    const char *append;
    const char *archive;
    struct strings qemu_args;
    bool dry_run;
    bool icount;
    bool quiet;
    bool verbose;
    const char *output;
    enum disk_format image_format;
    enum trace_format trace_format;
    bool json;
    bool all;
    bool no_times;
};

/*
 * Reads the command line. Returns false with the reasons in (report). Memory is
 * (pool)'s, or that of argv.
 */
bool options_read(struct pool *pool, int argc, char **argv,
                  struct options *options, struct report *report);

/* The text of `nuncio help (command)`; NULL: of `nuncio help`. False if there
 * is no such command. */
bool options_help(const char *command, struct text *out);

/* "1.5" -> 1500. False when it is no time over 0, up to a year. */
bool options_parse_seconds(const char *text, uint64_t *ms);

#endif /* NUNCIO_TOOL_OPTIONS_H */
