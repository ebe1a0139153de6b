/*
 * Memory that is freed together, and text that grows. A pool belongs to one
 * model (a system, a trace); freeing the pool frees everything in it.
 *
 * Errors: when the host has no memory left the tool says so and exits with
 *         status 125; no function here returns NULL.
 */
#ifndef NUNCIO_TOOL_POOL_H
#define NUNCIO_TOOL_POOL_H

#include <stdarg.h>
#include <stddef.h>

struct pool_block;

struct pool {
    struct pool_block *blocks;
};

/* Zeroed memory, aligned for any type. */
void *pool_alloc(struct pool *pool, size_t bytes);
char *pool_copy(struct pool *pool, const char *text, size_t bytes);
char *pool_strdup(struct pool *pool, const char *text);
char *pool_format(struct pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void pool_free(struct pool *pool);

/* A list of strings that ends in NULL, as execv() takes it. */
struct strings {
    char **items;
    size_t count;
};

void strings_add(struct pool *pool, struct strings *list, const char *text);
void strings_format(struct pool *pool, struct strings *list, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* Bytes that grow; (bytes) of them are used, and a NUL follows. */
struct text {
    char *data;
    size_t bytes;
    size_t room;
};

void text_add(struct text *text, const void *data, size_t bytes);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Never NULL. */
const char *text_string(const struct text *text);
void text_clear(struct text *text);
void text_free(struct text *text);

/* realloc() that does not fail. */
void *must_realloc(void *old, size_t bytes);

#endif /* NUNCIO_TOOL_POOL_H */
