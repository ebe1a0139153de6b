#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* Behind the string that begins at (p) with its quote; NULL: it does not end. */
static const char *skip_string(const char *p)
{
    for (p++; *p != '"'; p++) {
        if (*p == '\\')
            p++;
        if (*p == '\0')
            return NULL;
    }
    return p + 1;
}

/* Behind the value at (p), whatever it is: brackets are counted. */
static const char *skip_value(const char *p)
{
    unsigned depth = 0;

    while (p != NULL && *p != '\0') {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        if (depth == 0 && (*p == ',' || *p == '}'))
            return p;
        if (*p == '{' || *p == '[')
            depth++;
        else if ((*p == '}' || *p == ']') && depth > 0)
            depth--;
        p++;
    }
    return NULL;
}

/* Where the value of (key) begins, or NULL. */
static const char *find(const char *object, const char *key)
{
    const char *p = object + strspn(object, BLANKS);
    size_t bytes = strlen(key);

    if (*p != '{')
        return NULL;
    do {
        const char *name = p + 1 + strspn(p + 1, BLANKS);

        p = *name == '"' ? skip_string(name) : NULL;
        if (p == NULL)
            return NULL;
        p += strspn(p, BLANKS);
        if (*p != ':')
            return NULL;
        p += 1 + strspn(p + 1, BLANKS);
        if (strncmp(name + 1, key, bytes) == 0 && name[1 + bytes] == '"')
            return p;
        p = skip_value(p);
    } while (p != NULL && *p == ',');
    return NULL;
}

char *json_string(struct pool *pool, const char *object, const char *key)
{
    const char *value = find(object, key);
    const char *end =
        value != NULL && *value == '"' ? skip_string(value) : NULL;
    char *copy;
    char *to;

    if (end == NULL)
        return NULL;
    copy = to = pool_copy(pool, value + 1, (size_t)(end - value - 2));
    for (const char *from = copy; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return copy;
}

bool json_number(const char *object, const char *key, uint64_t *value)
{
    const char *text = find(object, key);
    unsigned long long number;
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno != 0 || strchr(",} \t\r\n", *end) == NULL)
        return false;
    *value = number;
    return true;
}

void json_quote(struct text *out, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    text_puts(out, "\"");
    for (size_t i = 0; i < bytes; i++) {
        if (p[i] == '"' || p[i] == '\\')
            text_printf(out, "\\%c", p[i]);
        else if (p[i] < ' ' || p[i] > '~')
            text_printf(out, "\\u%04x", p[i]);
        else
            text_add(out, p + i, 1);
    }
    text_puts(out, "\"");
}
