/*
 * The other process of the benchmark: answers calls, with nothing of a service's
 * runtime in between. Placed like a service: its clients' channels are handles
 * called client:NAME, and clients in other domains come by service.connect.
 */
#include "pong.h"

#include <contract/channel.h>
#include <contract/purse.h>
#include <contract/service.h>
#include <nlib/string.h>
#include <user.h>

#include "counters.h"

#define CLIENT_RIGHTS (NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY)

static int bind_all(nu_handle_t port)
{
    const struct nu_start *start = rt_start();
    int status = 0;

    for (uint32_t i = 0; i < start->handle_count && status == 0; i++) {
        if (strncmp(start->handles[i].name, "client:", 7) == 0)
            status = channel_bind(start->handles[i].handle, port, i + 1);
    }
    return status;
}

static uint64_t connect(nu_handle_t port)
{
    nu_buffer()->handles[0] = (struct nu_handle_item){
        .handle = port, .rights = CLIENT_RIGHTS | NU_ITEM_NEW};
    return nu_tag(0, 0, 1, 0) | NU_OP_REPLY_RECV;
}

static uint64_t tell_counters(struct nu_regs *r)
{
    struct counters now;
    uint64_t words[COUNTERS_WORDS];
    int status = counters_read(&now);

    if (status != 0)
        return (uint32_t)status | NU_OP_REPLY_RECV;
    memcpy(words, &now, sizeof(now));
    r->w0 = words[0];
    r->w1 = words[1];
    r->w2 = words[2];
    r->w3 = words[3];
    memcpy(&nu_buffer()->words[NU_REG_WORDS], &words[NU_REG_WORDS],
           sizeof(words) - NU_REG_WORDS * sizeof(words[0]));
    return nu_tag(0, COUNTERS_WORDS, 0, 0) | NU_OP_REPLY_RECV;
}

/* What is not an echo, in (r); the tag to go on with. */
static uint64_t serve_other(nu_handle_t port, struct nu_regs *r)
{
    if (nu_tag_contract(r->tag) == 0)
        return NU_OP_RECV; /* an event: a client is gone */
    if (nu_tag_method(r->tag) == SERVICE_CONNECT_METHOD)
        return connect(port);
    if (nu_tag_method(r->tag) == PONG_COUNTERS)
        return tell_counters(r);
    return (uint32_t)NU_UNSUP | NU_OP_REPLY_RECV;
}

int main(int argc, char **argv)
{
    nu_handle_t port;
    struct nu_regs r = {.tag = NU_OP_RECV};
    int status = purse_create_port(user_handle("purse"), &port);

    (void)argc;
    (void)argv;
    if (status == 0)
        status = bind_all(port);
    if (status != 0) {
        rt_log("pong: %s", nu_error_text(status));
        return 1;
    }
    for (;;) {
        if (nu_message(port, &r) != 0)
            r.tag = NU_OP_RECV;
        else if (nu_tag_method(r.tag) != PONG_ECHO)
            r.tag = serve_other(port, &r);
        else
            r.tag =
                (r.tag & (0x7full << NU_TAG_WORDS_SHIFT)) | NU_OP_REPLY_RECV;
    }
}
