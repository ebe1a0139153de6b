/*
 * Serving on the caller's own thread, stack and message buffer.
 *
 * What the caller's stub still needs after its call, the receive list, is kept
 * aside while the service runs, because calls that the service makes use the
 * same buffer. Those calls are marked as a component's.
 */
#include <rt/rt.h>

#include <contract/handle.h>
#include <nlib/string.h>
#include <rt/flavour.h>
#include <rt/local_table.h>
#include <rt/process.h>

/* As handle.info tells of any service's object. */
#define CHANNEL_NUMBER 0xffffu

/* The caller's half of the message buffer. */
struct caller {
    void (*enter)(void);
    struct nu_string_item rx[NU_RX_MAX];
    uint32_t rx_count;
};

static bool is_serving;

static void enter_service(struct caller *caller)
{
    struct nu_msgbuf *buf = nu_buffer();

    caller->enter = buf->enter;
    caller->rx_count = buf->rx_count;
    memcpy(caller->rx, buf->rx, sizeof(caller->rx));
    buf->enter = rt_component_enter;
    buf->rx_count = 0;
    buf->depth++;
}

static void leave_service(const struct caller *caller)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->depth--;
    buf->enter = caller->enter;
    buf->rx_count = caller->rx_count;
    memcpy(buf->rx, caller->rx, sizeof(buf->rx));
}

/* A handle number of this process for (object); NULL when there is none. */
static struct nu_local *put_object(uint32_t slot, struct svc_object *object)
{
    struct nu_local *entry = rt_local_put(slot, rt_local_dispatch, object);

    if (entry == NULL)
        return NULL;
    rt_object_get(object);
    if (object->class->word_method != 0) {
        entry->word = &object->word;
        entry->word_tag = object->class->word_method | NU_OP_CALL;
    }
    return entry;
}

static void drop_object(struct nu_local *entry)
{
    struct svc_object *object = entry->self;

    rt_local_drop(entry);
    rt_object_put(object);
}

/* Contract 0: for the handle itself, not for what it names. */
static uint64_t serve_handle(struct nu_local *entry, struct nu_regs *r)
{
    struct nu_msgbuf *buf = nu_buffer();
    struct nu_local *copy;

    switch (nu_tag_ordinal(r->tag)) {
    case HANDLE_CLOSE_ORDINAL:
        drop_object(entry);
        return 0;
    case HANDLE_COPY_ORDINAL:
        copy = put_object(RT_LOCAL_ANY, entry->self);
        if (copy == NULL)
            return (uint32_t)NU_NOSLOT;
        buf->handles[0].handle = copy->handle;
        return NU_SHAPE(0, 1, 0, 0);
    case HANDLE_INFO_ORDINAL:
        r->w0 = CHANNEL_NUMBER | (uint64_t)RT_CLIENT_RIGHTS << 32;
        return NU_TAG_ONE_WORD;
    default:
        return (uint32_t)NU_UNSUP;
    }
}

/* A handle item of the request, as the kernel would pass it. */
static int take_handle(const struct nu_handle_item *item, nu_handle_t *handle)
{
    if (item->rights & NU_ITEM_NEW)
        return NU_UNSUP;
    *handle = item->handle;
    if (item->rights & NU_ITEM_MOVE)
        return 0;
    return handle_copy(item->handle, item->rights & NU_RIGHTS_ALL, handle);
}

/* Takes the request out of the buffer before any call overwrites it. */
static int take_request(struct nu_serve *call, const struct nu_regs *r)
{
    struct nu_msgbuf *buf = nu_buffer();
    struct nu_handle_item items[NU_HANDLES_MAX];
    uint32_t handles = nu_tag_handles(r->tag);
    uint32_t strings = nu_tag_strings(r->tag);
    int status = 0;

    rt_call_begin(call, r->tag, buf->words);
    buf->words[0] = r->w0;
    buf->words[1] = r->w1;
    buf->words[2] = r->w2;
    buf->words[3] = r->w3;
    if (handles > NU_HANDLES_MAX || nu_tag_words(r->tag) > NU_WORDS_MAX)
        return NU_INVAL;
    if (strings > NU_RX_MAX || nu_tag_pages(r->tag) != 0)
        return NU_TOOLONG;
    for (uint32_t i = 0; i < strings; i++) {
        if (buf->strings[i].bytes > NU_STRING_BYTES_MAX)
            return NU_TOOLONG; /* MORE too: no caller splits what it sends */
        call->strings[i].data = (const void *)buf->strings[i].addr;
        call->strings[i].bytes = buf->strings[i].bytes;
    }
    call->string_count = strings;
    if (handles == 0)
        return 0;
    /* Copying a handle is a call: it uses the buffer's handles, not its words. */
    memcpy(items, buf->handles, sizeof(items));
    for (uint32_t i = 0; i < handles && status == 0; i++) {
        status = take_handle(&items[i], &call->handles[i]);
        if (status == 0)
            call->handle_count = i + 1;
    }
    return status;
}

static uint64_t wait_for(struct svc_pending *pending)
{
    if (nu_buffer()->hold != NULL)
        nu_buffer()->hold();
    while (!pending->is_done) {
        struct nu_regs r = {.tag = NU_OP_RECV};

        nu_buffer()->rx_count = 0;
        if (nu_message(rt.port, &r) != 0) {
            pending->tag = nu_serve_error(&pending->serve, NU_INTERNAL);
            break;
        }
        rt_event(nu_tag_ordinal(r.tag), r.badge, r.w0);
    }
    return pending->tag;
}

/* Handles of a reply become numbers of this process. */
static int reply_handles(struct nu_serve *call)
{
    struct nu_msgbuf *buf = nu_buffer();
    nu_handle_t numbers[NU_HANDLES_MAX];

    for (uint32_t i = 0; i < call->out_handle_count; i++) {
        const struct nu_handle_item *item = &call->out_handles[i];
        int status = 0;

        if (item->rights & NU_ITEM_NEW) {
            struct nu_local *entry =
                put_object(RT_LOCAL_ANY, (void *)item->badge);

            if (entry == NULL)
                status = NU_NOSLOT;
            else
                numbers[i] = entry->handle;
        } else {
            status = take_handle(item, &numbers[i]);
        }
        if (status != 0) {
            while (i-- > 0)
                nu_close(numbers[i]);
            return status;
        }
    }
    for (uint32_t i = 0; i < call->out_handle_count; i++)
        buf->handles[i].handle = numbers[i];
    return 0;
}

/* Objects that the client cannot be given are nobody's. */
static void refuse_handles(struct nu_serve *call)
{
    for (uint32_t i = 0; i < call->out_handle_count; i++) {
        struct svc_object *object = (void *)call->out_handles[i].badge;

        if (!(call->out_handles[i].rights & NU_ITEM_NEW))
            continue;
        if (object->refs == 0) {
            rt_object_get(object);
            rt_object_put(object);
        }
    }
}

static uint64_t refuse(struct nu_serve *call, int status)
{
    refuse_handles(call);
    nu_buffer()->rx_bytes[0] = 0;
    return nu_serve_error(call, status);
}

uint64_t rt_local_reply(struct nu_serve *call, uint64_t tag,
                        const struct nu_string_item *rx, uint32_t rx_count)
{
    struct nu_msgbuf *buf = nu_buffer();
    bool is_inline = rt_is_inline(call, tag);
    uint8_t *to;
    int status;

    if (call->out_page_count > 0)
        return refuse(call, NU_UNSUP);
    if (call->out_bytes > 0 && !is_inline &&
        (rx_count == 0 || call->out_bytes > rx[0].bytes))
        return refuse(call, NU_TOOLONG);
    status = reply_handles(call);
    if (status != 0)
        return refuse(call, status);
    if (call->words != buf->words)
        memcpy(buf->words, call->words, sizeof(buf->words));
    tag &= ~NU_SHAPE(0, 0xf, 0, 0);
    tag |= NU_SHAPE(0, call->out_handle_count, 0, 0);
    buf->rx_bytes[0] = 0;
    if (is_inline)
        return rt_pack_inline(call, tag);
    if (call->out_bytes == 0)
        return tag;
    to = (void *)rx[0].addr;
    for (uint32_t i = 0; i < call->out_count; i++) {
        memcpy(to, call->out[i].data, call->out[i].bytes);
        to += call->out[i].bytes;
    }
    buf->rx_bytes[0] = call->out_bytes;
    return tag | NU_SHAPE(0, 0, call->out_count, 0);
}

static uint64_t serve_object(struct svc_object *object, struct nu_regs *r,
                             const struct caller *caller)
{
    struct nu_serve call;
    struct svc_pending *pending;
    int status = take_request(&call, r);
    uint64_t tag;

    if (status != 0) {
        rt_call_end(&call);
        return (uint32_t)status;
    }
    tag = rt_call(object, &call);
    if (tag == NU_SERVE_PENDING_TAG) {
        pending = rt.deferred;
        tag = wait_for(pending);
        rt_call_end(&pending->serve);
        tag =
            rt_local_reply(&pending->serve, tag, caller->rx, caller->rx_count);
        pending->is_used = false;
    } else {
        rt_call_end(&call);
        tag = rt_local_reply(&call, tag, caller->rx, caller->rx_count);
    }
    r->w0 = nu_buffer()->words[0];
    r->w1 = nu_buffer()->words[1];
    r->w2 = nu_buffer()->words[2];
    r->w3 = nu_buffer()->words[3];
    return tag;
}

/* A call on (entry), which the call page has found valid. (r) holds its
 * registers, then those of the reply; returns the status. */
int rt_local_serve(struct nu_local *entry, struct nu_regs *r)
{
    struct caller caller;

    if ((r->tag & NU_OP_CALL) != NU_OP_CALL) {
        r->tag = (uint32_t)NU_INVAL; /* nothing but calls can be local */
    } else if (is_serving) {
        r->tag = (uint32_t)NU_BUSY; /* called from inside itself */
    } else {
        is_serving = true;
        enter_service(&caller);
        if (nu_tag_contract(r->tag) == 0)
            r->tag = serve_handle(entry, r);
        else
            r->tag = serve_object(entry->self, r, &caller);
        leave_service(&caller);
        is_serving = false;
    }
    return nu_tag_status(r->tag);
}

int rt_local_start(const struct nu_start *start, uint32_t slot)
{
    struct caller caller;
    int status;

    enter_service(&caller);
    rt_process_join(start);
    status = rt_service_begin(true);
    if (status == 0 && put_object(slot, rt.root) == NULL)
        status = NU_NOSLOT;
    leave_service(&caller);
    return status;
}
