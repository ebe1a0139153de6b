/*
 * What a service calls, and what serving on a port and serving locally share.
 */
#include <rt/rt.h>

#include <contract/handle.h>
#include <contract/interrupt.h>
#include <contract/purse.h>
#include <contract/reply.h>
#include <contract/service.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <rt/process.h>

struct rt rt;

/* What a signal's badge points to. */
struct event_source {
    svc_event_fn handler;
    void *arg;
};

nu_handle_t svc_handle(const char *name)
{
    return rt_handle(name);
}

const char *svc_option(const char *name)
{
    return rt_option(name);
}

void *svc_alloc(size_t bytes)
{
    return rt_alloc(bytes);
}

void svc_free(void *p)
{
    rt_free(p);
}

void *svc_alloc_pages(size_t pages)
{
    return rt_alloc_pages(pages);
}

void svc_free_pages(void *p, size_t pages)
{
    rt_free_pages(p, pages);
}

void *svc_map(nu_handle_t memory, size_t bytes, bool writable)
{
    return rt_map(memory, bytes, writable);
}

void svc_log(const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    rt_log_list(format, args);
    __builtin_va_end(args);
}

uint64_t svc_now_ns(void)
{
    return rt_now_ns();
}

int svc_give(struct nu_serve *call, struct svc_object *object)
{
    int status = nu_serve_handle(call, rt.port, RT_CLIENT_RIGHTS | NU_ITEM_NEW,
                                 (uint64_t)(uintptr_t)object);

    if (status == 0)
        object->state = 0;
    return status;
}

nu_handle_t svc_keep(struct nu_serve *call, uint32_t index)
{
    nu_handle_t handle = call->handles[index];

    call->handles[index] = NU_HANDLE_NONE;
    return handle;
}

void rt_object_get(struct svc_object *object)
{
    object->refs++;
}

void rt_object_put(struct svc_object *object)
{
    if (object->refs == 0 || --object->refs > 0)
        return;
    object->is_broken = 0;
    if (object->class->closed != NULL)
        object->class->closed(object);
}

int svc_on_interrupt(nu_handle_t interrupt, svc_event_fn handler, void *arg)
{
    struct event_source *source = rt_alloc(sizeof(*source));
    int status;

    if (source == NULL)
        return NU_NOMEM;
    source->handler = handler;
    source->arg = arg;
    status = interrupt_bind(interrupt, rt.port, (uint64_t)(uintptr_t)source);
    if (status != 0)
        rt_free(source);
    return status;
}

void rt_event(uint32_t event, uint64_t badge, uint64_t w0)
{
    if (badge == 0)
        return;
    if (event == NU_EVENT_SIGNAL) {
        const struct event_source *source = (void *)badge;

        source->handler(source->arg, w0);
    } else if (event == NU_EVENT_CLOSED) {
        rt_object_put((void *)badge);
    }
}

int rt_hold(void)
{
    int status = 0;

    if (rt.is_held)
        return 0;
    if (rt.held == NU_HANDLE_NONE)
        status = purse_create_reply(rt_handle("purse"), &rt.held);
    if (status == 0)
        status = reply_save(rt.held);
    rt.is_held = status == 0;
    return status;
}

struct svc_pending *svc_defer(struct nu_serve *call)
{
    for (uint32_t i = 0; i < RT_PENDING_MAX; i++) {
        struct svc_pending *pending = &rt.pending[i];

        if (pending->is_used)
            continue;
        if (!rt.is_local) {
            nu_handle_t spare = pending->reply;

            if (rt_hold() != 0)
                return NULL;
            pending->reply = rt.held;
            rt.held = spare;
            rt.is_held = false;
        }
        pending->is_used = true;
        pending->is_done = false;
        pending->serve = *call;
        pending->serve.words = pending->words;
        rt.deferred = pending;
        return pending;
    }
    return NULL;
}

struct nu_serve *svc_resume(struct svc_pending *pending)
{
    return &pending->serve;
}

void rt_call_begin(struct nu_serve *call, uint64_t tag, uint64_t *words)
{
    call->tag = tag & ~NU_OP_MASK;
    call->words = words;
    call->string_count = 0;
    call->handle_count = 0;
    call->page_count = 0;
    call->state = NULL;
    call->out_count = 0;
    call->out_handle_count = 0;
    call->out_page_count = 0;
    call->out_bytes = 0;
    call->violation = 0;
}

/* Not svc_give(): the root's state is that of all its channels. */
static int connect_serve(void *self, struct nu_serve *call)
{
    struct svc_object *object = self;

    if (object != rt.root)
        return NU_UNSUP;
    return nu_serve_handle(call, rt.port, RT_CLIENT_RIGHTS | NU_ITEM_NEW,
                           (uint64_t)(uintptr_t)object);
}

static const struct service_ops connect_ops = {.connect = connect_serve};

uint64_t rt_call(struct svc_object *object, struct nu_serve *call)
{
    uint64_t tag;

    if (object->is_broken)
        return nu_serve_error(call, NU_PROTO);
    if (object->class->word_method != 0 &&
        call->tag == object->class->word_method) {
        call->words[0] = object->word;
        return NU_TAG_ONE_WORD;
    }
    if (nu_tag_contract(call->tag) == SERVICE_CONTRACT)
        return service_dispatch(&connect_ops, object, call);
    call->state = &object->state;
    rt.deferred = NULL;
    tag = object->class->dispatch(object, call);
    if (call->violation) {
        object->is_broken = 1;
        rt_log("%s: a client broke the order of its contract (tag %lx)",
               svc_service.name, (unsigned long)call->tag);
    }
    /* Pending and deferred go together, or the handler is wrong. */
    if ((tag == NU_SERVE_PENDING_TAG) != (rt.deferred != NULL))
        tag = nu_serve_error(call, NU_INTERNAL);
    return tag;
}

void rt_call_end(struct nu_serve *call)
{
    for (uint32_t i = 0; i < call->handle_count; i++) {
        if (call->handles[i] != NU_HANDLE_NONE)
            (void)handle_close(call->handles[i]);
        call->handles[i] = NU_HANDLE_NONE;
    }
}

bool rt_is_inline(const struct nu_serve *call, uint64_t tag)
{
    uint32_t at = nu_inline_start(nu_tag_words(tag));

    return call->out_bytes > 0 && call->out_bytes <= NU_INLINE_BYTES &&
           at + (call->out_bytes + 7) / 8 <= NU_WORDS_MAX;
}

uint64_t rt_pack_inline(const struct nu_serve *call, uint64_t tag)
{
    struct nu_msgbuf *buf = nu_buffer();
    uint32_t at = nu_inline_start(nu_tag_words(tag));
    uint64_t words = at + (call->out_bytes + 7) / 8;
    char *to = (char *)&buf->words[at];

    buf->words[words - 1] = 0;
    for (uint32_t i = 0; i < call->out_count; i++) {
        memcpy(to, call->out[i].data, call->out[i].bytes);
        to += call->out[i].bytes;
    }
    tag &= ~((uint64_t)0x7f << NU_TAG_WORDS_SHIFT);
    return tag | NU_TAG_INLINE | words << NU_TAG_WORDS_SHIFT;
}

int rt_service_begin(bool is_local)
{
    int status;

    rt.is_local = is_local;
    status = purse_create_port(rt_handle("purse"), &rt.port);
    if (status == 0)
        status = svc_service.start(&rt.root);
    if (status == 0 && rt.root == NULL)
        status = NU_INTERNAL;
    if (status != 0)
        rt_log("%s: does not start: %s", svc_service.name,
               nu_error_text(status));
    return status;
}
