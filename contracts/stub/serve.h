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

#include <stddef.h>
#include <stdint.h>
#include <abi/error.h>
#include <abi/message.h>

/* A handler's answer when it will reply later. */
#define NU_SERVE_PENDING 1

struct nu_blob {
    const void *data;
    size_t bytes;
};

struct nu_serve {
    uint64_t tag; /* of the request */
    uint64_t *words; /* NU_WORDS_MAX of them; the reply's go there too */
    uint32_t string_count; /* string items received, in order */
    struct nu_blob strings[NU_RX_MAX];
    uint32_t handle_count;
    nu_handle_t handles[NU_HANDLES_MAX]; /* handles received; unused: closed */
    uint8_t *state; /* of the channel's automaton, or NULL */
    /* The reply as far as it is built. */
    uint32_t out_count;
    uint32_t out_handle_count;
    size_t out_bytes;
    struct nu_blob out[NU_STRINGS_MAX]; /* pieces of the one result string */
    struct nu_handle_item out_handles[NU_HANDLES_MAX];
    int violation; /* the message was out of order: close the channel */
};

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

#endif /* NUNCIO_STUB_SERVE_H */
