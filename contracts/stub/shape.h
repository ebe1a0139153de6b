/*
 * The shape of a message: what its tag says is in it. Used by both sides of
 * generated code.
 *
 * Spec: abi/message.h, the tag.
 */
#ifndef NUNCIO_STUB_SHAPE_H
#define NUNCIO_STUB_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/message.h>

/* Tag bits for so many words, handle, string and page items. */
#define NU_SHAPE(words, handles, strings, pages)     \
    (((uint64_t)(words) << NU_TAG_WORDS_SHIFT) |     \
     ((uint64_t)(handles) << NU_TAG_HANDLES_SHIFT) | \
     ((uint64_t)(strings) << NU_TAG_STRINGS_SHIFT) | \
     ((uint64_t)(pages) << NU_TAG_PAGES_SHIFT))

/* Words, inline mark, handles, strings and pages of a tag as one number. */
static inline uint32_t nu_shape(uint64_t tag)
{
    return (uint32_t)(tag >> NU_TAG_WORDS_SHIFT) & 0xfffffu;
}

/* Where inline data begins behind so many fixed words. */
static inline uint32_t nu_inline_start(uint32_t fixed_words)
{
    return fixed_words < NU_REG_WORDS ? NU_REG_WORDS : fixed_words;
}

static inline bool nu_has_nul(const void *data, size_t bytes)
{
    const char *text = data;

    for (size_t i = 0; i < bytes; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.*): written by the kernel. */
        if (text[i] == '\0')
            return true;
    }
    return false;
}

#endif /* NUNCIO_STUB_SHAPE_H */
