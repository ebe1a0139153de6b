#include "lines.h"

static void give(struct lines *lines, line_fn each, void *context)
{
    each(context, lines->prefix, text_string(&lines->pending));
    text_clear(&lines->pending);
}

void lines_add(struct lines *lines, const char *data, size_t bytes,
               line_fn each, void *context)
{
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] == '\n')
            give(lines, each, context);
        else if (data[i] != '\r')
            text_add(&lines->pending, &data[i], 1);
        if (lines->pending.bytes == LINES_BYTES_MAX)
            give(lines, each, context);
    }
}

void lines_end(struct lines *lines, line_fn each, void *context)
{
    if (lines->pending.bytes != 0)
        give(lines, each, context);
    text_free(&lines->pending);
}
