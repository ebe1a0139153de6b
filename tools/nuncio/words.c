#include "words.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Adds the quoted part at (*p), which is on its opening quote. */
static const char *take_quoted(const char **p, struct text *word)
{
    char quote = *(*p)++;

    while (**p != quote) {
        if (**p == '\0')
            return quote == '\'' ? "a ' is not closed" : "a \" is not closed";
        if (quote == '"' && **p == '\\' && ((*p)[1] == '"' || (*p)[1] == '\\'))
            (*p)++;
        text_add(word, (*p)++, 1);
    }
    (*p)++;
    return NULL;
}

static const char *take_word(const char **p, struct text *word)
{
    while (**p != '\0' && !is_blank(**p)) {
        if (**p == '\'' || **p == '"') {
            const char *wrong = take_quoted(p, word);

            if (wrong != NULL)
                return wrong;
            continue;
        }
        if (**p == '\\') {
            (*p)++;
            if (**p == '\0')
                return "nothing follows the last \\";
        }
        text_add(word, (*p)++, 1);
    }
    return NULL;
}

const char *words_split(struct pool *pool, const char *command,
                        struct strings *words)
{
    struct text word = {0};
    const char *p = command;
    const char *wrong = NULL;

    for (;;) {
        while (is_blank(*p))
            p++;
        if (*p == '\0')
            break;
        text_clear(&word);
        wrong = take_word(&p, &word);
        if (wrong != NULL)
            break;
        strings_add(pool, words, text_string(&word));
    }
    text_free(&word);
    return wrong;
}

void words_quote(struct text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./,:@%";

    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        text_puts(text, word);
        return;
    }
    text_puts(text, "'");
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'')
            text_puts(text, "'\\''");
        else
            text_add(text, p, 1);
    }
    text_puts(text, "'");
}
