/*
 * What generated server dispatch is made of: one request while it is served.
 * The service runtime (drivers/rt) and the kernel's object layer fill one in,
 * call NAME_dispatch(), and send what it left.
 *
 * Ownership: the runtime's; valid until the handler returns, or, after
 *            svc_defer(), until the deferred call is finished.
 * Trust:     everything taken from the request is the client's; dispatch has
 *            checked counts, lengths, ranges of enums and zero padding.
 */
#ifndef NUNCIO_STUB_SERVE_H
#define NUNCIO_STUB_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/error.h>
#include <abi/message.h>
#include <stub/shape.h>

/* A handler's answer when it will reply later. */
#define NU_SERVE_PENDING 1
/* dispatch's answer for a deferred call. */
#define NU_SERVE_PENDING_TAG (~0ull)

struct nu_blob {
    const void *data;
    size_t bytes;
};

struct nu_serve {
    uint64_t tag; /* of the request */
    uint64_t *words; /* NU_WORDS_MAX of them; the reply's go there too */
    uint8_t *state; /* of the channel's automaton, or NULL */
    size_t out_bytes; /* the reply, as far as it is built: out_* */
    /* Counts side by side: nu_serve_begin() clears them with few stores. */
    uint32_t string_count; /* string items received, in order */
    uint32_t handle_count;
    uint32_t page_count; /* page items received, where the pages now are */
    uint32_t out_count;
    uint32_t out_handle_count;
    uint32_t out_page_count;
    uint32_t violation; /* the message was out of order: close the channel */
    uint32_t reserved;
    struct nu_blob strings[NU_RX_MAX];
    nu_handle_t handles[NU_HANDLES_MAX]; /* handles received; unused: closed */
    struct nu_page_item pages[NU_PAGES_MAX];
    struct nu_blob out[NU_STRINGS_MAX]; /* pieces of the one result string */
    struct nu_handle_item out_handles[NU_HANDLES_MAX];
    struct nu_page_item out_pages[NU_PAGES_MAX]; /* to send */
};

/* What a call begins with: nothing received, nothing built. The rest of the
 * struct is not touched: it counts only as far as the counts say. */
static inline void nu_serve_begin(struct nu_serve *s, uint64_t tag,
                                  uint64_t *words)
{
    s->tag = tag;
    s->words = words;
    s->state = NULL;
    s->out_bytes = 0;
    s->string_count = 0;
    s->handle_count = 0;
    s->page_count = 0;
    s->out_count = 0;
    s->out_handle_count = 0;
    s->out_page_count = 0;
    s->violation = 0;
    s->reserved = 0;
}

/* Adds a piece to the result string. It is copied when the reply is sent, so it
 * must stay as it is until the handler has returned. 0, or -NU_NOSPC. */
static inline int nu_serve_bytes(struct nu_serve *s, const void *data,
                                 size_t bytes)
{
    if (s->out_count == NU_STRINGS_MAX)
        return NU_NOSPC;
    s->out[s->out_count].data = data;
    s->out[s->out_count].bytes = bytes;
    s->out_count++;
    s->out_bytes += bytes;
    return 0;
}

/* Adds a handle to the reply. */
static inline int nu_serve_handle(struct nu_serve *s, nu_handle_t handle,
                                  uint32_t rights, uint64_t badge)
{
    if (s->out_handle_count == NU_HANDLES_MAX)
        return NU_NOSPC;
    s->out_handles[s->out_handle_count].handle = handle;
    s->out_handles[s->out_handle_count].rights = rights;
    s->out_handles[s->out_handle_count].badge = badge;
    s->out_handle_count++;
    return 0;
}

/* Adds (pages) whole pages at (data) to the reply: they leave the service. */
static inline int nu_serve_pages(struct nu_serve *s, void *data, size_t pages)
{
    if (s->out_page_count == NU_PAGES_MAX)
        return NU_NOSPC;
    s->out_pages[s->out_page_count].addr = (uint64_t)(uintptr_t)data;
    s->out_pages[s->out_page_count].pages = pages;
    s->out_page_count++;
    return 0;
}

/* --- for generated dispatch --- */

/* The reply's tag for a failure, which carries nothing else. */
static inline uint64_t nu_serve_error(struct nu_serve *s, int status)
{
    s->out_count = 0;
    s->out_handle_count = 0;
    s->out_page_count = 0;
    s->out_bytes = 0;
    if (status > 0) /* not a status: the handler is wrong */
        status = NU_INTERNAL;
    return (uint32_t)status;
}

/* Does the request bring what its method takes? (in_buffer): its string must
 * be inline. How many words an inline string has, nu_serve_string() looks at. */
static inline bool nu_serve_has(const struct nu_serve *s, uint32_t words,
                                uint32_t handles, uint32_t strings,
                                uint32_t pages, bool in_buffer)
{
    bool is_inline = (s->tag & NU_TAG_INLINE) != 0;

    if (nu_tag_handles(s->tag) != handles || s->handle_count != handles ||
        nu_tag_pages(s->tag) != pages || s->page_count != pages)
        return false;
    if (strings == 1 && (is_inline || in_buffer))
        return is_inline && s->string_count == 0 && nu_tag_strings(s->tag) == 0;
    return !is_inline && s->string_count == strings &&
           nu_tag_words(s->tag) == words &&
           (nu_tag_strings(s->tag) != 0) == (strings != 0);
}

/* String (index), which came as an item: the length must be what the fixed
 * part says, and at most (most). */
static inline bool nu_serve_item(const struct nu_serve *s, uint32_t index,
                                 size_t bytes, size_t most,
                                 struct nu_blob *blob)
{
    *blob = s->strings[index];
    return blob->bytes == bytes && bytes <= most;
}

/* The only string: an item, or inline from word (at) on; then it is copied to
 * (room), as the buffer does not keep it while the handler makes calls. */
static inline bool nu_serve_string(const struct nu_serve *s, uint32_t at,
                                   size_t bytes, size_t most, uint64_t *room,
                                   size_t room_bytes, struct nu_blob *blob)
{
    if (!(s->tag & NU_TAG_INLINE))
        return nu_serve_item(s, 0, bytes, most, blob);
    if (bytes > most || bytes > room_bytes ||
        nu_tag_words(s->tag) != at + (bytes + 7) / 8)
        return false;
    if (bytes > 0)
        __builtin_memcpy(room, &s->words[at], bytes);
    blob->data = room;
    blob->bytes = bytes;
    return true;
}

/* Did the handler add what the method's reply has? */
static inline bool nu_serve_built(const struct nu_serve *s, size_t bytes_max,
                                  uint32_t handles, uint32_t pages)
{
    return s->out_bytes <= bytes_max && s->out_handle_count == handles &&
           s->out_page_count == pages;
}

#endif /* NUNCIO_STUB_SERVE_H */
