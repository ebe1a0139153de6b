/* Whole lines out of bytes as they come, so that several sources do not mix. */
#ifndef NUNCIO_TOOL_LINES_H
#define NUNCIO_TOOL_LINES_H

#include "pool.h"

/* (line) has neither line feed nor carriage return. */
typedef void (*line_fn)(void *context, const char *prefix, const char *line);

/* A source. A line longer than LINES_BYTES_MAX is given in pieces. */
struct lines {
    const char *prefix;
    struct text pending; /* the line under way */
};

#define LINES_BYTES_MAX 65536

void lines_add(struct lines *lines, const char *data, size_t bytes,
               line_fn each, void *context);
/* The last one may have no end. Frees what is kept. */
void lines_end(struct lines *lines, line_fn each, void *context);

#endif /* NUNCIO_TOOL_LINES_H */
