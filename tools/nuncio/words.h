/* A command in one string, split into words as a shell does it. */
#ifndef NUNCIO_TOOL_WORDS_H
#define NUNCIO_TOOL_WORDS_H

#include "pool.h"

/*
 * Blanks separate words; '...' keeps everything, "..." all but \" and \\, and a
 * backslash elsewhere the character after it. Nothing is expanded. Returns NULL,
 * or what is wrong with (command).
 */
const char *words_split(struct pool *pool, const char *command,
                        struct strings *words);

/* (word) as a shell would have to be given it, added to (text). */
void words_quote(struct text *text, const char *word);

#endif /* NUNCIO_TOOL_WORDS_H */
