/*
 * Serving on a port: in a process of its own, or in the kernel.
 */
#include <rt/rt.h>

#include <contract/channel.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <rt/process.h>

/* Where strings of requests are received: one large, the others short. */
#define RX_BYTES       65536u
#define RX_SHORT_BYTES 4096u
#define RX_UNTOUCHED   UINT64_MAX

static uint8_t *rx_window[NU_RX_MAX];

static size_t rx_size(uint32_t index)
{
    return index == 0 ? RX_BYTES : RX_SHORT_BYTES;
}

int rt_serve_begin(void)
{
    struct nu_msgbuf *buf = nu_buffer();

    for (uint32_t i = 0; i < NU_RX_MAX; i++) {
        rx_window[i] = rt_alloc_pages(rx_size(i) / NU_PAGE_BYTES);
        if (rx_window[i] == NULL)
            return NU_NOMEM;
        buf->rx[i].addr = (uint64_t)(uintptr_t)rx_window[i];
        buf->rx[i].bytes = rx_size(i);
        buf->rx_bytes[i] = RX_UNTOUCHED;
    }
    return 0;
}

/* What the last request and calls that its handler made have changed of the
 * receive list: a stub uses no more than its first entry. */
static void offer_rx(struct nu_msgbuf *buf)
{
    buf->rx[0].addr = (uint64_t)(uintptr_t)rx_window[0];
    buf->rx[0].bytes = rx_size(0);
    buf->rx_bytes[0] = RX_UNTOUCHED;
    buf->rx_count = NU_RX_MAX;
}

/* Takes the request out of the buffer, as far as calls would overwrite it. */
static void take_request(struct nu_serve *call, const struct nu_regs *r)
{
    struct nu_msgbuf *buf = nu_buffer();

    rt_call_begin(call, r->tag, buf->words);
    buf->words[0] = r->w0;
    buf->words[1] = r->w1;
    buf->words[2] = r->w2;
    buf->words[3] = r->w3;
    buf->rx_count = 0;
    for (uint32_t i = 0; i < NU_RX_MAX; i++) {
        if (buf->rx_bytes[i] > rx_size(i))
            break;
        call->strings[i].data = rx_window[i];
        call->strings[i].bytes = buf->rx_bytes[i];
        call->string_count = i + 1;
        buf->rx_bytes[i] = RX_UNTOUCHED;
    }
    call->handle_count = nu_tag_handles(call->tag);
    if (call->handle_count > NU_HANDLES_MAX)
        call->handle_count = NU_HANDLES_MAX;
    for (uint32_t i = 0; i < call->handle_count; i++)
        call->handles[i] = buf->handles[i].handle;
}

/*
 * Puts the reply into (r) and the buffer. Objects it gives are counted here:
 * if the client does not get them, the kernel closes their channels and says
 * so, like for any other.
 */
static void pack_reply(struct nu_serve *call, uint64_t tag, struct nu_regs *r)
{
    struct nu_msgbuf *buf = nu_buffer();

    r->w0 = call->words[0];
    r->w1 = call->words[1];
    r->w2 = call->words[2];
    r->w3 = call->words[3];
    if (call->words != buf->words)
        memcpy(buf->words, call->words, sizeof(buf->words));
    if (rt_is_inline(call, tag)) {
        tag = rt_pack_inline(call, tag);
    } else if (call->out_bytes > 0) {
        for (uint32_t i = 0; i < call->out_count; i++) {
            buf->strings[i].addr = (uint64_t)(uintptr_t)call->out[i].data;
            buf->strings[i].bytes =
                call->out[i].bytes | (i > 0 ? NU_STRING_MORE : 0);
        }
        tag |= NU_SHAPE(0, 0, call->out_count, 0);
    }
    tag &= ~NU_SHAPE(0, 0xf, 0, 0);
    tag |= NU_SHAPE(0, call->out_handle_count, 0, 0);
    for (uint32_t i = 0; i < call->out_handle_count; i++) {
        buf->handles[i] = call->out_handles[i];
        if (call->out_handles[i].rights & NU_ITEM_NEW)
            rt_object_get((void *)call->out_handles[i].badge);
    }
    r->tag = tag;
}

/* Answers the call in (reply) with (r). A client that is gone is gone; a reply
 * that cannot be sent as it is is an error of ours. */
static void send_saved(nu_handle_t reply, struct nu_regs *r)
{
    r->tag |= NU_OP_SEND;
    if (nu_message(reply, r) == 0)
        return;
    r->tag = (uint32_t)NU_INTERNAL | NU_OP_SEND;
    (void)nu_message(reply, r);
}

void svc_finish(struct svc_pending *pending, uint64_t reply_tag)
{
    struct nu_regs r;

    if (rt.is_local) {
        /* The call waits in rt_local_serve(), which sends it. */
        pending->tag = reply_tag;
        pending->is_done = true;
        return;
    }
    pack_reply(&pending->serve, reply_tag, &r);
    send_saved(pending->reply, &r);
    rt_call_end(&pending->serve);
    pending->is_used = false;
}

/* For services inside this one: see nu_msgbuf.hold. Should it fail, the call
 * is lost to its client as GONE, which is true. */
static void hold(void)
{
    (void)rt_hold();
}

/* Serves what came in (r); leaves there what to do next. */
static void serve_one(struct nu_regs *r)
{
    struct nu_serve call;
    struct svc_object *object = (void *)r->badge;
    uint64_t tag;

    if (nu_tag_contract(r->tag) == 0) {
        nu_buffer()->rx_count = 0;
        rt_event(nu_tag_ordinal(r->tag), r->badge, r->w0);
        r->tag = NU_OP_RECV;
        return;
    }
    take_request(&call, r);
    tag = rt_call(object, &call);
    if (tag == NU_SERVE_PENDING_TAG) {
        r->tag = NU_OP_RECV;
        return;
    }
    rt_call_end(&call);
    pack_reply(&call, tag, r);
    if (rt.is_held) {
        send_saved(rt.held, r);
        rt.is_held = false;
        r->tag = NU_OP_RECV;
        return;
    }
    r->tag |= NU_OP_REPLY_RECV;
}

/* The quick answer to a question for an object's published word: nothing but
 * registers is used, so that the receive list stays as it is. */
static bool answer_word(struct nu_regs *r)
{
    const struct svc_object *object = (const void *)r->badge;

    if (nu_tag_contract(r->tag) == 0 || r->tag != object->class->word_method ||
        object->is_broken)
        return false;
    r->w0 = object->word;
    r->tag = NU_TAG_ONE_WORD | NU_OP_REPLY_RECV;
    return true;
}

void rt_serve(void)
{
    struct nu_msgbuf *buf = nu_buffer();
    struct nu_regs r = {.tag = NU_OP_RECV};

    buf->hold = hold;
    for (;;) {
        uint64_t op;
        int status;

        offer_rx(buf);
        do {
            op = r.tag & NU_OP_MASK;
            status = nu_message(rt.port, &r);
        } while (status == 0 && answer_word(&r));
        if (status == 0) {
            serve_one(&r);
        } else if (op == NU_OP_REPLY_RECV) {
            /* The reply cannot be sent as it is: say so instead. */
            r.tag = (uint32_t)NU_INTERNAL | NU_OP_REPLY;
            (void)nu_message(rt.port, &r);
            r.tag = NU_OP_RECV;
        } else if (status != NU_INTR && status != NU_AGAIN) {
            rt_log("%s: cannot receive: %s", svc_service.name,
                   nu_error_text(status));
            return;
        }
    }
}

/* Binds the clients' channels: handles called client:NAME. */
static int bind_clients(const struct nu_start *start)
{
    static const char prefix[] = "client:";
    int status = 0;

    for (uint32_t i = 0; i < start->handle_count && status == 0; i++) {
        const struct nu_start_handle *h = &start->handles[i];

        if (strncmp(h->name, prefix, sizeof(prefix) - 1) != 0)
            continue;
        rt_object_get(rt.root);
        status = channel_bind(h->handle, rt.port, (uint64_t)(uintptr_t)rt.root);
    }
    return status;
}

void rt_main(const struct nu_start *start)
{
    int status = rt_process_begin(start);

    if (status == 0)
        status = rt_service_begin(false);
    if (status == 0)
        status = rt_serve_begin();
    if (status == 0)
        status = bind_clients(start);
    if (status == 0)
        rt_serve();
    rt_exit(1);
}
