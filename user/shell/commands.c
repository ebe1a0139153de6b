/* The table of commands, and the small ones. */
#include "shell.h"

#include <nlib/printf.h>
#include <programs/bench.h>
#include <user.h>

bool shell_is_done;

int shell_status;

static int command_exit(int argc, char **argv)
{
    uint64_t status = 0;

    if (argc > 2 ||
        (argc == 2 && (!parse_number(argv[1], &status) || status > 255)))
        return WRONG_USAGE;
    shell_is_done = true;
    shell_status = (int)status;
    return shell_status;
}

static int command_bench(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return WRONG_USAGE;
    print("(ticks of the time stamp counter: instructions under --icount)\n");
    return bench_run();
}

static int command_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (const struct command *c = commands; c->name != NULL; c++) {
        char usage[48];

        nl_snprintf(usage, sizeof(usage), "%s %s", c->name, c->usage);
        print("%-26s %s\n", usage, c->help);
    }
    return 0;
}

const struct command commands[] = {
    {"bench", "", "count instructions of messages", command_bench},
    {"cat", "FILE...", "print files", command_cat},
    {"cd", "[DIRECTORY]", "change where paths start from", command_cd},
    {"exit", "[STATUS]", "leave the shell", command_exit},
    {"find", "[PATH] [-name NAME]", "print all paths below", command_find},
    {"help", "", "print this", command_help},
    {"ls", "[-l] [PATH...]", "list directories", command_ls},
    {"pwd", "", "print where paths start from", command_pwd},
    {"services", "", "list what this shell can reach", command_services},
    {"stat", "PATH...", "print attributes", command_stat},
    {"sum", "[-r] PATH...", "print SHA-256 of files", command_sum},
    {"trace", "[on|off]", "record this shell's messages", command_trace},
    {NULL, NULL, NULL, NULL},
};
