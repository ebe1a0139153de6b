/*
 * JSON: strings to be written, and members to be found in an object in one
 * line, as the broker's `list` gives them. Only what is asked for is looked at;
 * a line that is no object has no members.
 *
 * Spec: RFC 8259.
 */
#ifndef NUNCIO_TOOL_JSON_H
#define NUNCIO_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

/* The string at (key), escapes undone where they are of one character; NULL if
 * there is none. */
char *json_string(struct pool *pool, const char *object, const char *key);
/* The whole number at (key); false, and (*value) as it was, if there is none. */
bool json_number(const char *object, const char *key, uint64_t *value);

/* Adds a JSON string; a byte that is no ASCII becomes \u00XX. */
void json_quote(struct text *out, const void *data, size_t bytes);

#endif /* NUNCIO_TOOL_JSON_H */
