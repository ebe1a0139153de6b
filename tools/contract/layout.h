/*
 * How the fixed part of a message, or a struct, lies in memory: C's rules, with
 * every gap a named member.
 *
 * Units: bytes; words of 8 bytes.
 * Spec:  docs/contract-language.md, "Messages".
 */
#ifndef NUNCIO_CONTRACT_LAYOUT_H
#define NUNCIO_CONTRACT_LAYOUT_H

#include "ast.h"

#define LAYOUT_BYTES_MAX 512u /* 64 words */

enum field_kind {
    FIELD_VALUE, /* scalar, enum, struct or array of these */
    FIELD_LENGTH, /* uint32_t NAME_bytes of a string or bytes */
    FIELD_PAGES, /* uint32_t NAME_pages of pages */
    FIELD_ZERO, /* zeroN_ */
};

struct field {
    struct field *next;
    enum field_kind kind;
    const char *name;
    const struct type *type; /* VALUE: its own; LENGTH, PAGES: the string's */
    uint32_t offset;
    uint32_t bytes; /* all of it */
    uint32_t width; /* VALUE, ZERO: of one element */
    uint32_t count; /* elements; 0: not an array */
};

/* A parameter that does not travel in the fixed part, by its kind and order. */
struct item {
    struct item *next;
    const struct param *param;
    uint32_t index;
};

struct layout {
    struct field *fields;
    struct item *strings;
    struct item *handles;
    struct item *pages;
    uint32_t string_count;
    uint32_t handle_count;
    uint32_t page_count;
    uint32_t bytes;
    uint32_t align;
    /* Is there anything that a receiver must check, or a sender clear? */
    bool has_zero;
    bool has_enum;
};

/* Lays out (params), whose types are resolved and whose structs are laid out.
 * (unit) is 8 for a message, 1 for a struct, which is only padded to its own
 * alignment. What is too large gets bytes > LAYOUT_BYTES_MAX; no errors. */
struct layout *layout_make(struct compilation *c, const struct param *params,
                           uint32_t unit);

/* Whole words of a message. */
static inline uint32_t layout_words(const struct layout *layout)
{
    return layout->bytes / 8;
}

/* Where inline data begins, in words; stub/call.h says the same. */
static inline uint32_t layout_inline_start(const struct layout *layout)
{
    uint32_t words = layout_words(layout);

    return words < 4 ? 4 : words;
}

#endif /* NUNCIO_CONTRACT_LAYOUT_H */
