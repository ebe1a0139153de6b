#include "pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

struct pool_block {
    struct pool_block *next;
    max_align_t data[];
};

void *must_realloc(void *old, size_t bytes)
{
    void *p = realloc(old, bytes);

    if (p == NULL) {
        fputs("nuncio: out of memory\n", stderr);
        exit(STATUS_LAUNCHER);
    }
    return p;
}

void *pool_alloc(struct pool *pool, size_t bytes)
{
    struct pool_block *block = must_realloc(NULL, sizeof(*block) + bytes);

    memset(block->data, 0, bytes);
    block->next = pool->blocks;
    pool->blocks = block;
    return block->data;
}

char *pool_copy(struct pool *pool, const char *text, size_t bytes)
{
    char *copy = pool_alloc(pool, bytes + 1);

    memcpy(copy, text, bytes);
    return copy;
}

char *pool_strdup(struct pool *pool, const char *text)
{
    return pool_copy(pool, text, strlen(text));
}

char *pool_format(struct pool *pool, const char *format, ...)
{
    struct text text = {0};
    va_list args;
    char *copy;

    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    copy = pool_copy(pool, text_string(&text), text.bytes);
    text_free(&text);
    return copy;
}

void pool_free(struct pool *pool)
{
    while (pool->blocks != NULL) {
        struct pool_block *block = pool->blocks;

        pool->blocks = block->next;
        free(block);
    }
}

/* A full list doubles: its room is the power of two above its count. */
void strings_add(struct pool *pool, struct strings *list, const char *text)
{
    size_t used = list->count + 1;

    if (list->items == NULL || (used & (used - 1)) == 0) {
        char **items = pool_alloc(pool, 2 * used * sizeof(*items));

        if (list->items != NULL)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
    }
    list->items[list->count++] = pool_strdup(pool, text);
    list->items[list->count] = NULL;
}

void strings_format(struct pool *pool, struct strings *list, const char *format,
                    ...)
{
    struct text text = {0};
    va_list args;

    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    strings_add(pool, list, text_string(&text));
    text_free(&text);
}

static void text_reserve(struct text *text, size_t more)
{
    size_t need = text->bytes + more + 1;

    if (need <= text->room)
        return;
    text->room = need < 64 ? 64 : 2 * need;
    text->data = must_realloc(text->data, text->room);
}

void text_add(struct text *text, const void *data, size_t bytes)
{
    text_reserve(text, bytes);
    if (bytes != 0)
        memcpy(text->data + text->bytes, data, bytes);
    text->bytes += bytes;
    text->data[text->bytes] = '\0';
}

void text_puts(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
    va_list again;
    int bytes;

    va_copy(again, args);
    bytes = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (bytes < 0)
        return;
    text_reserve(text, (size_t)bytes);
    vsnprintf(text->data + text->bytes, (size_t)bytes + 1, format, args);
    text->bytes += (size_t)bytes;
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vprintf(text, format, args);
    va_end(args);
}

const char *text_string(const struct text *text)
{
    return text->data != NULL ? text->data : "";
}

void text_clear(struct text *text)
{
    text->bytes = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
