/*
 * What generated client stubs are made of: packing strings, bytes and handles
 * into a message, and taking a reply apart. Include the generated
 * <contract/NAME.h>, not this.
 *
 * A string or byte array of at most NU_INLINE_BYTES travels inside the message
 * buffer behind the words; a longer one is a string item. The caller of a stub
 * never sees which. Inline data begins at word max(fixed words, 4), so that it
 * is never split between registers and buffer.
 *
 * The counts of the buffer's receive lists (rx_count, rx_page_count) are 0 at
 * rest: the stub that sets one resets it after its call.
 *
 * Ownership: the calling thread's message buffer is used during a stub only.
 * Trust:     a reply is what a server chose to send: counts and lengths are
 *            checked before any of it is used.
 * Blocking:  every stub may wait for the reply.
 */
#ifndef NUNCIO_STUB_CALL_H
#define NUNCIO_STUB_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <enter.h>
#include <abi/error.h>
#include <abi/message.h>
#include <stub/shape.h>

/* Cut-off between buffer and string item; measured by `make bench`. */
#define NU_INLINE_BYTES 128u

/* Further operation bits of every call that this code makes. */
#ifndef NU_STUB_OP
#define NU_STUB_OP 0ull
#endif

/* contracts/handle.contract, close: for handles nobody wants. */
#define NU_HANDLE_CLOSE NU_METHOD(0, 1)

/* Moves a request's fixed part to the registers, and the rest, if it has more
 * than four words, to the buffer. (bytes) is a constant: this vanishes. */
static inline __attribute__((always_inline)) void
nu_put_words(struct nu_regs *r, const void *req, size_t bytes)
{
    uint64_t words[NU_REG_WORDS] = {0};

    __builtin_memcpy(words, req, bytes < sizeof(words) ? bytes : sizeof(words));
    r->w0 = words[0];
    r->w1 = words[1];
    r->w2 = words[2];
    r->w3 = words[3];
    if (bytes > sizeof(words))
        __builtin_memcpy(&nu_buffer()->words[NU_REG_WORDS],
                         (const char *)req + sizeof(words),
                         bytes - sizeof(words));
}

/* The same for a reply. */
static inline __attribute__((always_inline)) void
nu_get_words(const struct nu_regs *r, void *rep, size_t bytes)
{
    const uint64_t words[NU_REG_WORDS] = {r->w0, r->w1, r->w2, r->w3};

    __builtin_memcpy(rep, words, bytes < sizeof(words) ? bytes : sizeof(words));
    if (bytes > sizeof(words))
        __builtin_memcpy((char *)rep + sizeof(words),
                         &nu_buffer()->words[NU_REG_WORDS],
                         bytes - sizeof(words));
}

/* Tag bits for (fixed_words) words and this string behind them. The last word
 * carries nothing of what the buffer held before. */
static inline uint64_t nu_pack_inline(uint32_t fixed_words, const void *data,
                                      size_t bytes)
{
    struct nu_msgbuf *buf = nu_buffer();
    uint32_t at = nu_inline_start(fixed_words);

    if (bytes > 0) {
        buf->words[at + (bytes - 1) / 8] = 0;
        __builtin_memcpy(&buf->words[at], data, bytes);
    }
    return NU_TAG_INLINE | NU_SHAPE(at + (bytes + 7) / 8, 0, 0, 0);
}

/* Tag bits for a request with (fixed_words) words and this one string. */
static inline uint64_t nu_pack_string(uint32_t fixed_words, const void *data,
                                      size_t bytes)
{
    struct nu_msgbuf *buf = nu_buffer();
    size_t room = 8 * (NU_WORDS_MAX - (size_t)nu_inline_start(fixed_words));

    if (bytes <= NU_INLINE_BYTES && bytes <= room)
        return nu_pack_inline(fixed_words, data, bytes);
    buf->strings[0].addr = (uint64_t)(uintptr_t)data;
    buf->strings[0].bytes = bytes;
    return NU_SHAPE(fixed_words, 0, 1, 0);
}

/* String (index) of several: always an item. */
static inline void nu_pack_item(uint32_t index, const void *data, size_t bytes)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->strings[index].addr = (uint64_t)(uintptr_t)data;
    buf->strings[index].bytes = bytes;
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

/* Page item (index): (pages) pages from the page-aligned (data) leave us. */
static inline void nu_pack_pages(uint32_t index, void *data, size_t pages)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->pages[index].addr = (uint64_t)(uintptr_t)data;
    buf->pages[index].pages = pages;
}

/* Where result string (index) shall be received. */
static inline void nu_expect(uint32_t index, void *data, size_t bytes_max)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->rx[index].addr = (uint64_t)(uintptr_t)data;
    buf->rx[index].bytes = data != NULL ? bytes_max : 0;
    buf->rx_bytes[index] = 0;
    buf->rx_count = index + 1;
}

/* Where result pages (index) shall be received: at most (pages_max). */
static inline void nu_expect_pages(uint32_t index, void *data, size_t pages_max)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->rx_pages[index].addr = (uint64_t)(uintptr_t)data;
    buf->rx_pages[index].pages = data != NULL ? pages_max : 0;
    buf->rx_page_count = index + 1;
}

static inline void nu_close(nu_handle_t handle)
{
    struct nu_regs r = {.tag = NU_HANDLE_CLOSE | NU_OP_CALL | NU_STUB_OP};

    (void)nu_message(handle, &r);
}

/* A result handle: to (to), or closed when nobody wants it. */
static inline void nu_give_handle(nu_handle_t *to, nu_handle_t handle)
{
    if (to != NULL)
        *to = handle;
    else
        nu_close(handle);
}

/* Closes the handles that a reply brought. */
static __attribute__((noinline, cold, unused)) void nu_close_all(uint64_t tag)
{
    nu_handle_t handles[NU_HANDLES_MAX];
    uint32_t count = nu_tag_handles(tag);

    if (count > NU_HANDLES_MAX)
        count = NU_HANDLES_MAX;
    for (uint32_t i = 0; i < count; i++)
        handles[i] = nu_buffer()->handles[i].handle;
    for (uint32_t i = 0; i < count; i++)
        nu_close(handles[i]);
}

/* For a reply that breaks the contract, or does not fit: closes the handles it
 * brought, so that a server cannot fill our table, and returns (status). The
 * status is returned inline, so that callers' compilers see it is not 0. */
static inline int nu_refuse(uint64_t tag, int status)
{
    nu_close_all(tag);
    return status;
}

/* The counts of a reply that has a string beside; nu_take_string() looks at
 * the words and the string. */
static inline bool nu_reply_has(uint64_t tag, uint32_t handles, uint32_t pages)
{
    return nu_tag_handles(tag) == handles && nu_tag_pages(tag) == pages;
}

/*
 * Result string 0: fetches it if it is inline. (bytes) is what the reply says
 * its length is, (most) what the contract allows. Returns 0; NU_PROTO when the
 * reply lies; NU_TOOLONG when it is more than (bytes_max). (*data) may be
 * written in any case.
 */
static inline int nu_take_string(const struct nu_regs *r, uint32_t fixed_words,
                                 void *data, size_t bytes_max, size_t bytes,
                                 size_t most)
{
    const struct nu_msgbuf *buf = nu_buffer();
    uint32_t at = nu_inline_start(fixed_words);
    uint32_t words = nu_tag_words(r->tag);

    if (bytes > most)
        return NU_PROTO;
    if (data == NULL)
        bytes_max = 0;
    if (!(r->tag & NU_TAG_INLINE)) {
        if (words != fixed_words)
            return NU_PROTO;
        if (bytes > bytes_max)
            return NU_TOOLONG;
        return buf->rx_bytes[0] == bytes ? 0 : NU_PROTO;
    }
    if (words > NU_WORDS_MAX || nu_tag_strings(r->tag) != 0 ||
        words != at + (bytes + 7) / 8)
        return NU_PROTO;
    if (bytes > bytes_max)
        return NU_TOOLONG;
    if (bytes > 0)
        __builtin_memcpy(data, &buf->words[at], bytes);
    return 0;
}

/* The same for a string, which has no NUL byte inside. */
static inline int nu_take_text(const struct nu_regs *r, uint32_t fixed_words,
                               void *data, size_t bytes_max, size_t bytes,
                               size_t most)
{
    int status = nu_take_string(r, fixed_words, data, bytes_max, bytes, most);

    if (status == 0 && nu_has_nul(data, bytes))
        status = NU_PROTO;
    return status;
}

/*
 * State of the channel behind (handle) for contracts that have an automaton;
 * NULL where the process keeps none. It stays where it is during a call.
 */
uint8_t *nu_channel_state(nu_handle_t handle);
/* The caller broke the order: closes (handle) and leaves a record. */
void nu_channel_broken(nu_handle_t handle);

#endif /* NUNCIO_STUB_CALL_H */
