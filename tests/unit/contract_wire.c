/* See contract_wire.h. */
#include "tests/unit/contract_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct wire wire;

void wire_reset(uint64_t (*serve)(struct nu_serve *call))
{
    memset(&wire, 0, sizeof(wire));
    /* What an earlier message left must never show. */
    memset(&wire.buffer.words, 0xee, sizeof(wire.buffer.words));
    wire.serve = serve;
}

struct nu_msgbuf *nu_buffer(void)
{
    return &wire.buffer;
}

uint8_t *nu_channel_state(nu_handle_t handle)
{
    (void)handle;
    return wire.client_state;
}

void nu_channel_broken(nu_handle_t handle)
{
    (void)handle;
    wire.broken++;
}

/* A copy of exactly its size, so that a read past it is seen. */
static void *copy_of(const void *data, size_t bytes)
{
    void *copy = test_malloc(bytes > 0 ? bytes : 1);

    if (bytes > 0)
        memcpy(copy, data, bytes);
    return copy;
}

static void take_request(struct nu_serve *call, const struct nu_regs *r)
{
    const struct nu_msgbuf *buf = &wire.buffer;

    call->tag = r->tag & ~NU_OP_MASK;
    call->words = test_malloc(sizeof(uint64_t) * NU_WORDS_MAX);
    memset(call->words, 0xdd, sizeof(uint64_t) * NU_WORDS_MAX);
    for (uint32_t i = 4; i < nu_tag_words(r->tag); i++)
        call->words[i] = buf->words[i];
    call->words[0] = r->w0;
    call->words[1] = r->w1;
    call->words[2] = r->w2;
    call->words[3] = r->w3;
    call->string_count = nu_tag_strings(r->tag);
    for (uint32_t i = 0; i < call->string_count; i++) {
        const void *from = (const void *)(uintptr_t)buf->strings[i].addr;

        call->strings[i].bytes = buf->strings[i].bytes;
        call->strings[i].data = copy_of(from, call->strings[i].bytes);
    }
    call->handle_count = nu_tag_handles(r->tag);
    for (uint32_t i = 0; i < call->handle_count; i++) {
        call->handles[i] = buf->handles[i].handle + WIRE_FAR;
        wire.item_rights[i] = buf->handles[i].rights;
    }
    call->page_count = nu_tag_pages(r->tag);
    for (uint32_t i = 0; i < call->page_count; i++)
        call->pages[i] = buf->pages[i];
    call->state = wire.server_state;
}

/* Joins the pieces of the result string. */
static uint8_t *join(const struct nu_serve *call)
{
    uint8_t *all = test_malloc(call->out_bytes + 1);
    size_t at = 0;

    for (uint32_t i = 0; i < call->out_count; i++) {
        memcpy(all + at, call->out[i].data, call->out[i].bytes);
        at += call->out[i].bytes;
    }
    assert_int_equal(at, call->out_bytes);
    return all;
}

/* The runtime's part: inline, or one item a piece. Returns the status. */
static int send_string(const struct nu_serve *call, struct nu_regs *r)
{
    struct nu_msgbuf *buf = &wire.buffer;
    uint32_t at = nu_inline_start(nu_tag_words(r->tag));
    uint8_t *all = join(call);
    int status = 0;

    if (!wire.reply_items && call->out_bytes <= NU_INLINE_BYTES) {
        memcpy(&buf->words[at], all, call->out_bytes);
        r->tag &= ~(0x7full << NU_TAG_WORDS_SHIFT);
        r->tag |=
            NU_TAG_INLINE | NU_SHAPE(at + (call->out_bytes + 7) / 8, 0, 0, 0);
    } else if (buf->rx_count == 0 || call->out_bytes > buf->rx[0].bytes) {
        status = NU_TOOLONG;
    } else {
        memcpy((void *)(uintptr_t)buf->rx[0].addr, all, call->out_bytes);
        buf->rx_bytes[0] = call->out_bytes;
        r->tag |= NU_SHAPE(0, 0, call->out_count, 0);
    }
    test_free(all);
    return status;
}

static int send_reply(const struct nu_serve *call, struct nu_regs *r)
{
    struct nu_msgbuf *buf = &wire.buffer;
    int status = nu_tag_status(r->tag);

    if (status != 0)
        return status;
    for (uint32_t i = 4; i < nu_tag_words(r->tag); i++)
        buf->words[i] = call->words[i];
    r->w0 = call->words[0];
    r->w1 = call->words[1];
    r->w2 = call->words[2];
    r->w3 = call->words[3];
    for (uint32_t i = 0; i < call->out_handle_count; i++)
        buf->handles[i].handle = call->out_handles[i].handle;
    for (uint32_t i = 0; i < call->out_page_count; i++)
        assert_true(i < buf->rx_page_count &&
                    call->out_pages[i].pages <= buf->rx_pages[i].pages);
    r->tag |= NU_SHAPE(0, call->out_handle_count, 0, call->out_page_count);
    if (call->out_count > 0)
        status = send_string(call, r);
    if (wire.tamper != NULL)
        wire.tamper(r, buf);
    return status;
}

int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    struct nu_serve call;
    int status;

    assert_int_equal(r->tag & NU_OP_MASK, NU_OP_CALL);
    if ((r->tag & ~NU_OP_MASK) == NU_HANDLE_CLOSE) {
        assert_in_range(wire.close_count, 0, 15);
        wire.closed[wire.close_count++] = handle;
        return 0;
    }
    wire.sent++;
    wire.tag = r->tag;
    wire.w[0] = r->w0;
    wire.w[1] = r->w1;
    wire.w[2] = r->w2;
    wire.w[3] = r->w3;
    memset(&call, 0, sizeof(call));
    take_request(&call, r);
    r->tag = wire.serve(&call);
    wire.violation = call.violation != 0;
    status = send_reply(&call, r);
    for (uint32_t i = 0; i < call.string_count; i++)
        test_free((void *)(uintptr_t)call.strings[i].data);
    test_free(call.words);
    return status;
}
