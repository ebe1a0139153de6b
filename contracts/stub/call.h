/*
 * What generated client stubs are made of: packing strings, bytes and handles
 * into a message, and taking a reply apart. Include the generated
 * <contract/NAME.h>, not this.
 *
 * A string or byte array of at most NU_INLINE_BYTES travels inside the message
 * buffer behind the words; a longer one is a string item. The caller of a stub
 * never sees which. Inline data begins at word max(fixed words, 4), so that it
 * is never split between registers and buffer.
 */
#ifndef NUNCIO_STUB_CALL_H
#define NUNCIO_STUB_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <enter.h>
#include <abi/error.h>
#include <abi/message.h>

/* Cut-off between buffer and string item; measured by `make bench`. */
#define NU_INLINE_BYTES 128u

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

static inline uint32_t nu_inline_start(uint32_t fixed_words)
{
    return fixed_words < NU_REG_WORDS ? NU_REG_WORDS : fixed_words;
}

/* Tag bits for a request with (fixed_words) words and this one string. */
static inline uint64_t nu_pack_string(uint32_t fixed_words, const void *data,
                                      size_t bytes)
{
    struct nu_msgbuf *buf = nu_buffer();

    if (bytes <= NU_INLINE_BYTES) {
        uint32_t at = nu_inline_start(fixed_words);

        memcpy(&buf->words[at], data, bytes);
        return NU_TAG_INLINE |
               ((uint64_t)(at + (bytes + 7) / 8) << NU_TAG_WORDS_SHIFT);
    }
    buf->strings[0].addr = (uint64_t)(uintptr_t)data;
    buf->strings[0].bytes = bytes;
    return ((uint64_t)fixed_words << NU_TAG_WORDS_SHIFT) |
           (1ull << NU_TAG_STRINGS_SHIFT);
}

/* String (index) of several: always an item. */
static inline void nu_pack_item(uint32_t index, const void *data, size_t bytes)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->strings[index].addr = (uint64_t)(uintptr_t)data;
    buf->strings[index].bytes = bytes;
}

/* Where result string (index) shall be received. */
static inline void nu_expect(uint32_t index, void *data, size_t bytes_max)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->rx[index].addr = (uint64_t)(uintptr_t)data;
    buf->rx[index].bytes = bytes_max;
    buf->rx_bytes[index] = 0;
    buf->rx_count = index + 1;
}

/*
 * Result string (index): fetches it if it is inline; (bytes) is what the reply
 * says its length is. Returns 0, or -NU_PROTO when the reply lies.
 */
static inline int nu_take_string(const struct nu_regs *r, uint32_t fixed_words,
                                 uint32_t index, void *data, size_t bytes_max,
                                 size_t bytes)
{
    struct nu_msgbuf *buf = nu_buffer();

    if (bytes > bytes_max)
        return NU_PROTO;
    if (index == 0 && (r->tag & NU_TAG_INLINE)) {
        uint32_t at = nu_inline_start(fixed_words);

        if (at + (bytes + 7) / 8 > nu_tag_words(r->tag))
            return NU_PROTO;
        memcpy(data, &buf->words[at], bytes);
        return 0;
    }
    return buf->rx_bytes[index] == bytes ? 0 : NU_PROTO;
}

/* Handle item (index) of the request. */
static inline void nu_pack_handle(uint32_t index, nu_handle_t handle,
                                  uint32_t rights)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->handles[index].handle = handle;
    buf->handles[index].rights = rights;
    buf->handles[index].badge = 0;
}

/*
 * State of the channel behind (handle) for contracts that have an automaton;
 * NULL where the process keeps none. Closes it on a violation.
 */
uint8_t *nu_channel_state(nu_handle_t handle);
void nu_channel_broken(nu_handle_t handle);

#endif /* NUNCIO_STUB_CALL_H */
