#include "shell.h"

#include <nlib/printf.h>
#include <nlib/string.h>
#include <user.h>

#define WORDS_MAX 64

int run_words(int argc, char **argv)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        int status;

        if (strcmp(c->name, argv[0]) != 0)
            continue;
        status = c->run(argc, argv);
        if (status != WRONG_USAGE)
            return status;
        print("usage: %s %s\n", c->name, c->usage);
        return 2;
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
    return shell_status;
}
