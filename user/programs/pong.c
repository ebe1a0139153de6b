/*
 * The other process of the benchmark: answers calls, with nothing of a service's
 * runtime in between. Placed like a service: its clients' channels are handles
 * called client:NAME.
 */
#include "pong.h"

#include <contract/channel.h>
#include <contract/purse.h>
#include <nlib/string.h>
#include <user.h>

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
        if (nu_message(port, &r) != 0 || nu_tag_contract(r.tag) == 0)
            r.tag = NU_OP_RECV;
        else
            r.tag =
                (r.tag & (0x7full << NU_TAG_WORDS_SHIFT)) | NU_OP_REPLY_RECV;
    }
}
