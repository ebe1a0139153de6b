/* The host of the service `store`: store_host.h. */
#include "store_host.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <contract/domain.h>
#include <contract/handle.h>
#include <contract/interrupt.h>
#include <contract/signal.h>

extern const struct service store_service;

struct host host;

static struct nu_msgbuf buffer;
static void *blocks[HOST_BLOCKS_MAX];
static svc_event_fn on_event;
static void *on_event_arg;
static struct svc_object *objects[HOST_SIGNALS]; /* held by clients */

static void must(bool kept)
{
    if (!kept)
        abort();
}

/* --- the kernel --- */

static int info_serve(void *self, struct nu_serve *call,
                      struct domain_info_rep *rep)
{
    (void)self;
    (void)call;
    rep->domid = 5;
    rep->epoch = 9;
    return 0;
}

static int store_serve(void *self, struct nu_serve *call)
{
    (void)self;
    (void)nu_serve_handle(call, HOST_PAGE, NU_RIGHTS_ALL, 0);
    return nu_serve_handle(call, HOST_EVENT, NU_RIGHTS_ALL, 0);
}

static int notify_serve(void *self, struct nu_serve *call)
{
    (void)self;
    (void)call;
    host.notified++;
    if (host.on_notify != NULL)
        host.on_notify();
    return 0;
}

static const struct domain_ops domain_ops = {
    .info = info_serve,
    .store = store_serve,
    .notify_store = notify_serve,
};

static int ack_serve(void *self, struct nu_serve *call)
{
    (void)self;
    (void)call;
    host.acked++;
    return 0;
}

static const struct interrupt_ops interrupt_ops = {.ack = ack_serve};

static int raise_serve(void *self, struct nu_serve *call)
{
    (void)call;
    ++*(uint32_t *)self;
    if (host.on_raise != NULL)
        host.on_raise();
    return 0;
}

static const struct signal_ops signal_ops = {.raise = raise_serve};

struct nu_msgbuf *nu_buffer(void)
{
    return &buffer;
}

static uint64_t to_signal(uint32_t index, struct nu_serve *s)
{
    must(index < HOST_SIGNALS && !host.is_closed[index]);
    if (nu_tag_method(s->tag) == HANDLE_CLOSE_METHOD) {
        host.is_closed[index] = true;
        return 0;
    }
    return signal_dispatch(&signal_ops, &host.raised[index], s);
}

int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    uint64_t words[NU_WORDS_MAX] = {r->w0, r->w1, r->w2, r->w3};
    struct nu_serve s = {.tag = r->tag & ~NU_OP_MASK, .words = words};
    uint64_t tag;

    if (handle == HOST_DOMAIN) {
        tag = domain_dispatch(&domain_ops, NULL, &s);
    } else if (handle == HOST_EVENT) {
        tag = interrupt_dispatch(&interrupt_ops, NULL, &s);
    } else {
        must(handle >= HOST_SIGNAL);
        tag = to_signal(handle - HOST_SIGNAL, &s);
    }
    memset(&buffer, 0xa5, sizeof(buffer)); /* what it was is gone */
    memcpy(buffer.words, words, sizeof(words));
    buffer.rx_count = 0;
    r->w0 = words[0];
    r->w1 = words[1];
    r->w2 = words[2];
    r->w3 = words[3];
    r->tag = tag | (uint64_t)s.out_handle_count << NU_TAG_HANDLES_SHIFT;
    for (uint32_t i = 0; i < s.out_handle_count; i++)
        buffer.handles[i] = s.out_handles[i];
    return nu_tag_status(tag);
}

/* --- the service runtime --- */

nu_handle_t svc_handle(const char *name)
{
    return strcmp(name, "domain") == 0 ? HOST_DOMAIN : NU_HANDLE_NONE;
}

void *svc_alloc(size_t bytes)
{
    if (host.fail_nth != 0 && --host.fail_nth == 0)
        return NULL;
    for (size_t i = 0; i < HOST_BLOCKS_MAX; i++) {
        if (blocks[i] != NULL)
            continue;
        blocks[i] = calloc(1, bytes);
        host.blocks++;
        return blocks[i];
    }
    abort();
}

void svc_free(void *p)
{
    for (size_t i = 0; p != NULL && i < HOST_BLOCKS_MAX; i++) {
        if (blocks[i] != p)
            continue;
        blocks[i] = NULL;
        host.blocks--;
        free(p);
        return;
    }
    must(p == NULL);
}

void *svc_map(nu_handle_t memory, size_t bytes, bool writable)
{
    must(memory == HOST_PAGE && bytes == NU_PAGE_BYTES && writable);
    return &host.page;
}

void svc_log(const char *format, ...)
{
    (void)format;
    host.log_lines++;
}

int svc_on_interrupt(nu_handle_t interrupt, svc_event_fn handler, void *arg)
{
    must(interrupt == HOST_EVENT);
    on_event = handler;
    on_event_arg = arg;
    return 0;
}

int svc_give(struct nu_serve *call, struct svc_object *object)
{
    return nu_serve_handle(call, 0, NU_ITEM_NEW, (uint64_t)(uintptr_t)object);
}

nu_handle_t svc_keep(struct nu_serve *call, uint32_t index)
{
    nu_handle_t handle = call->handles[index];

    call->handles[index] = NU_HANDLE_NONE;
    return handle;
}

struct svc_pending *svc_defer(struct nu_serve *call)
{
    struct host_call *c = (struct host_call *)call;

    if (host.deferred == HOST_CALLS_MAX)
        return NULL;
    host.deferred++;
    c->is_deferred = true;
    return (struct svc_pending *)c;
}

struct nu_serve *svc_resume(struct svc_pending *pending)
{
    return &((struct host_call *)pending)->serve;
}

/* The reply leaves: its pieces may change afterwards. */
static void take_reply(struct host_call *c, uint64_t tag)
{
    must(!c->is_done); /* answered twice */
    c->is_done = true;
    c->status = nu_tag_status(tag);
    for (uint32_t i = 0; i < c->serve.out_count; i++) {
        must(c->serve.out[i].bytes <= sizeof(c->data) - c->bytes);
        memcpy(c->data + c->bytes, c->serve.out[i].data, c->serve.out[i].bytes);
        c->bytes += c->serve.out[i].bytes;
    }
    if (c->serve.out_handle_count == 0)
        return;
    c->object = (void *)(uintptr_t)c->serve.out_handles[0].badge;
    for (uint32_t i = 0; i < HOST_SIGNALS; i++) {
        if (objects[i] == NULL) {
            objects[i] = c->object;
            return;
        }
    }
    abort();
}

void svc_finish(struct svc_pending *pending, uint64_t reply_tag)
{
    struct host_call *c = (struct host_call *)pending;

    must(c->is_deferred);
    host.deferred--;
    take_reply(c, reply_tag);
}

/* --- the client --- */

int host_call(struct svc_object *to, struct host_call *call, uint64_t method,
              const char *first, const void *second, size_t second_bytes,
              nu_handle_t signal)
{
    uint32_t strings = (first != NULL ? 1u : 0u) + (second != NULL ? 1u : 0u);
    uint64_t tag;

    memset(call, 0, sizeof(*call));
    call->serve.tag = method | NU_SHAPE(strings > 0, signal != 0, strings, 0);
    call->serve.words = call->words;
    call->serve.string_count = strings;
    if (first != NULL) {
        call->serve.strings[0].data = first;
        call->serve.strings[0].bytes = strlen(first);
    }
    if (second != NULL) {
        call->serve.strings[1].data = second;
        call->serve.strings[1].bytes = second_bytes;
    }
    call->words[0] = call->serve.strings[0].bytes | (uint64_t)second_bytes
                                                        << 32;
    call->serve.handle_count = signal != 0;
    call->serve.handles[0] = signal;
    tag = to->class->dispatch(to, &call->serve);
    if (tag == NU_SERVE_PENDING_TAG) {
        must(call->is_deferred);
        return 1;
    }
    take_reply(call, tag);
    return call->status;
}

void host_close(struct svc_object *object)
{
    for (uint32_t i = 0; i < HOST_SIGNALS; i++) {
        if (objects[i] != object)
            continue;
        objects[i] = NULL;
        object->class->closed(object);
        return;
    }
    abort();
}

void host_event(void)
{
    on_event(on_event_arg, 1);
}

void host_begin(uint32_t index)
{
    memset(&host, 0, sizeof(host));
    host.page.req_prod = host.page.req_cons = index;
    host.page.rsp_prod = host.page.rsp_cons = index;
    must(store_service.start(&host.root) == 0);
}

bool host_end(void)
{
    bool is_clean;

    host.on_notify = NULL;
    host.on_raise = NULL;
    host.page.rsp_prod += 5000; /* the server goes mad: all is answered */
    host_event();
    for (uint32_t i = 0; i < HOST_SIGNALS; i++) {
        if (objects[i] != NULL)
            host_close(objects[i]);
    }
    is_clean = host.blocks == 1 && host.deferred == 0;
    for (size_t i = 0; i < HOST_BLOCKS_MAX; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    return is_clean;
}

/* --- the server --- */

static bool take(void *to, size_t bytes)
{
    char *at = to;

    while (bytes > 0) {
        if (host.page.req_cons == host.page.req_prod)
            host_event(); /* the service sends what it had no room for */
        if (host.page.req_cons == host.page.req_prod)
            return false;
        *at++ = host.page.req[MASK_XENSTORE_IDX(host.page.req_cons)];
        host.page.req_cons++;
        bytes--;
    }
    return true;
}

bool server_take(struct xsd_sockmsg *head, char payload[4096])
{
    if (!take(head, sizeof(*head)))
        return false;
    return head->len <= XENSTORE_PAYLOAD_MAX && take(payload, head->len);
}

void server_put(const void *data, size_t bytes)
{
    const char *from = data;

    for (size_t i = 0; i < bytes; i++) {
        if (host.page.rsp_prod - host.page.rsp_cons == XENSTORE_RING_SIZE)
            host_event();
        host.page.rsp[MASK_XENSTORE_IDX(host.page.rsp_prod)] = from[i];
        host.page.rsp_prod++;
    }
}

void server_send(uint32_t type, uint32_t id, const void *payload, size_t bytes)
{
    struct xsd_sockmsg head = {
        .type = type, .req_id = id, .len = (uint32_t)bytes};

    server_put(&head, sizeof(head));
    server_put(payload, bytes);
}
