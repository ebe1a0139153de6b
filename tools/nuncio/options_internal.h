/* The tables of the command line, for those who read them. */
#ifndef NUNCIO_TOOL_OPTIONS_INTERNAL_H
#define NUNCIO_TOOL_OPTIONS_INTERNAL_H

#include "options.h"

enum option_id {
    OPT_BUILD,
    OPT_PLACE,
    OPT_DISK,
    OPT_EXEC,
    OPT_ACCEL,
    OPT_MACHINE,
    OPT_CONNECT,
    OPT_SYSTEM,
    OPT_WATCHDOG,
    OPT_TIMEOUT,
    OPT_TRACE,
    OPT_APPEND,
    OPT_ARCHIVE,
    OPT_ICOUNT,
    OPT_QEMU_ARG,
    OPT_DRY_RUN,
    OPT_OUTPUT,
    OPT_FORMAT,
    OPT_JSON,
    OPT_PERFETTO,
    OPT_ALL,
    OPT_NO_TIMES,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_HELP,
};

#define OPTION_COUNT (OPT_HELP + 1)

struct command_entry {
    const char *name;
    const char *operand; /* "": it takes none */
    const char *summary;
    const char *more; /* of its help, behind the options */
};

struct option_entry {
    const char *name;
    const char *value; /* what its value is called; NULL: it takes none */
    unsigned commands; /* a bit, 1 << COMMAND_*, for each that has it */
    const char *help;
};

extern const struct command_entry option_commands[COMMAND_COUNT];
extern const struct option_entry option_table[OPTION_COUNT];

/* A COMMAND_*, or -1. */
int option_find_command(const char *name);

#endif /* NUNCIO_TOOL_OPTIONS_INTERNAL_H */
