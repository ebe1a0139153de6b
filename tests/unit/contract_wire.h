/*
 * A fake kernel and service runtime between generated stubs and generated
 * dispatch: what a stub sends is copied to the server's side, and its reply
 * back, byte by byte as the real ones do.
 */
#ifndef NUNCIO_TESTS_CONTRACT_WIRE_H
#define NUNCIO_TESTS_CONTRACT_WIRE_H

#include <stub/call.h>
#include <stub/serve.h>

/* What a handle number is on the other side. */
#define WIRE_FAR 1000u

struct wire {
    /* Who serves the next message. */
    uint64_t (*serve)(struct nu_serve *call);
    struct nu_msgbuf buffer; /* the client's */
    uint8_t *server_state;
    uint8_t *client_state;
    bool reply_items; /* result strings never inline */
    /* Changes the reply before the client sees it; may be NULL. */
    void (*tamper)(struct nu_regs *r, struct nu_msgbuf *buffer);
    /* What the last message was. */
    uint64_t tag;
    uint64_t w[4];
    int sent; /* messages, without closes */
    uint32_t item_rights[NU_HANDLES_MAX];
    nu_handle_t closed[16];
    int close_count;
    int broken; /* calls of nu_channel_broken() */
    bool violation; /* the server said so */
};

extern struct wire wire;

void wire_reset(uint64_t (*serve)(struct nu_serve *call));

#endif /* NUNCIO_TESTS_CONTRACT_WIRE_H */
