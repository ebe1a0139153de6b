#include "shell.h"

#include <nlib/printf.h>
#include <nlib/string.h>
#include <programs/bench.h>
#include <user.h>

#define WORDS_MAX 64

bool shell_is_done;

static int exit_status;

static int command_exit(int argc, char **argv)
{
    uint64_t status = 0;

    if (argc > 2 || (argc == 2 && (!parse_number(argv[1], &status) ||
                                   status > 255)))
        return complain_usage("exit");
    shell_is_done = true;
    exit_status = (int)status;
    return exit_status;
}

static int command_bench(int argc, char **argv)
{
    (void)argv;
    return argc > 1 ? complain_usage("bench") : bench_run();
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

int complain(const char *name, const char *what, int status)
{
    print("%s: %s: %s\n", name, what, nu_error_text(status));
    return 1;
}

int complain_usage(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            print("usage: %s %s\n", name, c->usage);
    }
    return 2;
}

int run_words(int argc, char **argv)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, argv[0]) == 0)
            return c->run(argc, argv);
    }
    print("%s: no such command; try help\n", argv[0]);
    return 127;
}

/* Cuts (line) up at spaces; 'a b' and "a b" are one word. NULL if a quote is
 * not closed. */
static char *next_word(char **line)
{
    char *from = *line;
    char *word;
    char *to;
    char quote = '\0';

    while (*from == ' ')
        from++;
    word = from;
    to = from;
    for (; *from != '\0' && (quote != '\0' || *from != ' '); from++) {
        if (quote == '\0' && (*from == '\'' || *from == '"'))
            quote = *from;
        else if (quote != '\0' && *from == quote)
            quote = '\0';
        else
            *to++ = *from;
    }
    if (quote != '\0')
        return NULL;
    *line = *from == '\0' ? from : from + 1;
    *to = '\0';
    return word;
}

int run_line(char *line)
{
    static char *argv[WORDS_MAX + 1];
    int argc = 0;

    for (;;) {
        while (*line == ' ')
            line++;
        if (*line == '\0')
            break;
        if (argc == WORDS_MAX) {
            print("too many words\n");
            return 2;
        }
        argv[argc] = next_word(&line);
        if (argv[argc] == NULL) {
            print("a quote is not closed\n");
            return 2;
        }
        argc++;
    }
    argv[argc] = NULL;
    return argc == 0 ? 0 : run_words(argc, argv);
}

int main(int argc, char **argv)
{
    static char line[PATH_BYTES];
    static char prompt[64];

    if (argc > 0)
        return run_words(argc, argv);
    print_to_terminal();
    print("Nuncio. help lists the commands.\n");
    while (!shell_is_done) {
        nl_snprintf(prompt, sizeof(prompt), "%.50s> ", path_here());
        if (!read_line(prompt, line, sizeof(line)))
            break;
        (void)run_line(line);
    }
    return exit_status;
}
