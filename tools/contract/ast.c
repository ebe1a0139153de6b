/* Memory, errors and lists of the contract compiler. */
#include "ast.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 16384u

struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    _Alignas(16) unsigned char data[];
};

void compilation_init(struct compilation *c, error_fn report, void *arg)
{
    memset(c, 0, sizeof(*c));
    c->report = report;
    c->report_arg = arg;
}

void compilation_free(struct compilation *c)
{
    struct chunk *next;

    for (struct chunk *chunk = c->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    memset(c, 0, sizeof(*c));
}

void *ast_alloc(struct compilation *c, size_t bytes)
{
    size_t need = (bytes + 15) & ~(size_t)15;
    struct chunk *chunk = c->chunks;
    void *p;

    if (chunk == NULL || chunk->size - chunk->used < need) {
        size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;

        chunk = calloc(1, sizeof(*chunk) + size);
        if (chunk == NULL) {
            fputs("contract: out of memory\n", stderr);
            exit(2);
        }
        chunk->size = size;
        chunk->next = c->chunks;
        c->chunks = chunk;
    }
    p = chunk->data + chunk->used;
    chunk->used += need;
    return p;
}

char *ast_text(struct compilation *c, const char *text, size_t bytes)
{
    char *copy = ast_alloc(c, bytes + 1);

    if (bytes > 0)
        memcpy(copy, text, bytes);
    return copy;
}

char *ast_format(struct compilation *c, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return ast_text(c, text, strlen(text));
}

void ast_error(struct compilation *c, const struct position *at,
               const char *format, ...)
{
    char reason[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    c->error_count++;
    c->report(c->report_arg, at, reason);
}

/* Every list node begins with its next pointer. */
struct node {
    struct node *next;
};

void *ast_append(void *list, void *item)
{
    struct node *last = list;

    if (list == NULL)
        return item;
    while (last->next != NULL)
        last = last->next;
    last->next = item;
    return list;
}
