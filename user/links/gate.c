#include "gate.h"

#include <contract/channel.h>
#include <contract/gate.h>
#include <contract/process.h>
#include <contract/purse.h>
#include <contract/service.h>
#include <contract/thread.h>
#include <layout.h>
#include <nlib/string.h>
#include <rt/flavour.h>
#include <rt/heap.h>
#include <rt/process.h>

#include "links.h"

#define STACK_PAGES 4u

/* What a peer may do with what it opened. */
#define OPEN_RIGHTS (NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY)

static struct {
    bool is_taken;
    nu_handle_t port;
    nu_handle_t caller; /* NONE: there is no such gate yet */
    nu_handle_t served;
} gates[LINKS_PEERS_MAX];

void gates_begin(void)
{
    memset(gates, 0, sizeof(gates));
}

static int gate_open_serve(void *self, struct nu_serve *call,
                           const struct gate_open_req *req,
                           const struct nu_blob *name)
{
    nu_handle_t service = names_find(name->data, name->bytes);
    nu_handle_t *opened = self;
    int status;

    (void)req;
    if (service == NU_HANDLE_NONE)
        return NU_NOENT;
    status = service_connect(service, opened);
    if (status != 0)
        return status;
    return nu_serve_handle(call, *opened, OPEN_RIGHTS | NU_ITEM_COPY, 0);
}

static const struct gate_ops ops = {.open = gate_open_serve};

/* The request; dispatch takes it out of the buffer before we make calls. */
static void take_request(struct nu_serve *call, const struct nu_regs *r)
{
    struct nu_msgbuf *buf = nu_buffer();

    nu_serve_begin(call, r->tag & ~NU_OP_MASK, buf->words);
    buf->words[0] = r->w0;
    buf->words[1] = r->w1;
    buf->words[2] = r->w2;
    buf->words[3] = r->w3;
    call->handle_count = nu_tag_handles(call->tag);
    if (call->handle_count > NU_HANDLES_MAX)
        call->handle_count = NU_HANDLES_MAX;
    for (uint32_t i = 0; i < call->handle_count; i++)
        call->handles[i] = buf->handles[i].handle;
}

void gate_serve(nu_handle_t port, struct nu_regs *r)
{
    nu_handle_t opened = NU_HANDLE_NONE;
    struct nu_serve call;
    uint64_t tag;

    if (nu_tag_contract(r->tag) == 0)
        return; /* an event: the last caller's end cannot close, it is ours */
    take_request(&call, r);
    tag = gate_dispatch(&ops, &opened, &call);
    for (uint32_t i = 0; i < call.handle_count; i++)
        nu_close(call.handles[i]);
    if (call.out_handle_count == 1)
        nu_buffer()->handles[0] = call.out_handles[0];
    r->tag = tag | NU_SHAPE(0, call.out_handle_count, 0, 0) | NU_OP_REPLY;
    /* A copy was sent, so that ours can be closed whatever became of it. */
    (void)nu_message(port, r);
    if (opened != NU_HANDLE_NONE)
        nu_close(opened);
}

static _Noreturn void gate_main(nu_handle_t port)
{
    int status;

    nu_buffer()->enter = rt_enter(false);
    for (;;) {
        struct nu_regs r = {.tag = NU_OP_RECV};

        nu_buffer()->rx_count = 0;
        status = nu_message(port, &r);
        if (status == 0)
            gate_serve(port, &r);
        else if (status != NU_INTR && status != NU_AGAIN)
            break;
    }
    rt_log("a gate cannot receive: %s", nu_error_text(status));
    rt_exit(1); /* peers would wait in vain: better start anew */
}

/* Begins as if it had been called: the stack is 8 off a multiple of 16. */
static int make_thread(uint32_t index)
{
    uint8_t *stack = rt_alloc_pages(STACK_PAGES);
    uint64_t top = (uint64_t)(uintptr_t)stack + STACK_PAGES * NU_PAGE_BYTES - 8;
    int status;

    if (stack == NULL)
        return NU_NOMEM;
    status = process_create_thread(
        rt_handle("self"), (uint64_t)(uintptr_t)gate_main, top,
        gates[index].port, LAYOUT_THREAD_BUFFER(index), NULL);
    if (status != 0)
        rt_free_pages(stack, STACK_PAGES);
    return status;
}

static void forget(uint32_t index)
{
    const nu_handle_t handles[] = {gates[index].port, gates[index].caller,
                                   gates[index].served};

    for (uint32_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        if (handles[i] != NU_HANDLE_NONE)
            nu_close(handles[i]);
    }
    memset(&gates[index], 0, sizeof(gates[index]));
}

static int make(uint32_t index)
{
    nu_handle_t purse = rt_handle("purse");
    int status = purse_create_port(purse, &gates[index].port);

    if (status == 0)
        status = purse_create_channel(purse, &gates[index].caller,
                                      &gates[index].served);
    if (status == 0)
        status =
            channel_bind(gates[index].served, gates[index].port, index + 1);
    if (status == 0)
        status = make_thread(index);
    if (status != 0)
        forget(index);
    return status;
}

int gate_take(uint32_t *index, nu_handle_t *gate)
{
    uint32_t i = 0;
    int status = 0;

    while (i < LINKS_PEERS_MAX && gates[i].is_taken)
        i++;
    if (i == LINKS_PEERS_MAX)
        return NU_NOSLOT;
    if (gates[i].caller == NU_HANDLE_NONE)
        status = make(i);
    if (status != 0)
        return status;
    gates[i].is_taken = true;
    *index = i;
    *gate = gates[i].caller;
    return 0;
}

void gate_put(uint32_t index)
{
    gates[index].is_taken = false;
}
