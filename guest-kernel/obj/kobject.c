/* The runtime of kernel objects: obj/kobject.h. */
#include <obj/kobject.h>

#include <abi/error.h>
#include <mm/ucopy.h>
#include <trace/trace.h>

kobject_dispatch_fn kobject_plain_of[OBJECT_TYPE_COUNT];
static kobject_dispatch_fn dispatch_of[OBJECT_TYPE_COUNT];

void kobject_serve(enum object_type type, kobject_dispatch_fn dispatch)
{
    dispatch_of[type] = dispatch;
    if (type != OBJECT_NONE && type != OBJECT_CHANNEL && type != OBJECT_REPLY)
        kobject_plain_of[type] = dispatch;
}

int kcall_need(const struct nu_serve *serve, uint32_t rights)
{
    const struct kcall *call = (const struct kcall *)serve;

    return (call->slot->rights & rights) == rights ? 0 : NU_DENIED;
}

int kcall_object(const struct nu_serve *serve, nu_handle_t handle,
                 enum object_type type, uint32_t rights, struct object **object)
{
    const struct kcall *call = (const struct kcall *)serve;

    return handle_get(&call->caller->process->handles, handle, type, rights,
                      object);
}

int kcall_give(struct nu_serve *serve, struct object *object, uint32_t rights)
{
    struct handle_table *table = &kcall_of(serve)->caller->process->handles;
    nu_handle_t handle;

    if (object == NULL)
        return NU_NOMEM;
    if (table->free_count == 0) {
        object_put(object);
        return NU_NOSLOT;
    }
    handle = handle_put(table, object, rights);
    return nu_serve_handle(serve, handle, rights, 0);
}

static void take_request(struct kcall *call, uint64_t tag)
{
    struct nu_msgbuf *buf = call->caller->buf;
    const struct trap_frame *regs = &call->caller->regs;
    struct nu_serve *serve = &call->serve;

    buf->words[0] = regs->rdx;
    buf->words[1] = regs->r10;
    buf->words[2] = regs->r8;
    buf->words[3] = regs->r9;
    serve->handle_count = nu_tag_handles(tag);
    for (uint32_t i = 0; i < serve->handle_count; i++)
        serve->handles[i] = buf->handles[i].handle;
}

/* The result string, piece by piece, into the caller's first buffer. */
static int send_string(struct kcall *call)
{
    struct nu_msgbuf *buf = call->caller->buf;
    struct nu_string_item rx = buf->rx[0];
    struct ucopy_at to = {call->caller->process->space, rx.addr};
    int status;

    if (buf->rx_count == 0 || rx.bytes < call->serve.out_bytes)
        return NU_TOOLONG;
    status = ucopy_prepare(to, call->serve.out_bytes, PROT_WRITE);
    if (status != 0)
        return status;
    for (uint32_t i = 0; i < call->serve.out_count; i++) {
        const struct nu_blob *piece = &call->serve.out[i];
        struct ucopy_at from = {NULL, (uint64_t)(uintptr_t)piece->data};

        ucopy(to, from, piece->bytes);
        to.addr += piece->bytes;
    }
    buf->rx_bytes[0] = call->serve.out_bytes;
    return 0;
}

static uint64_t send_handles(struct kcall *call)
{
    struct nu_msgbuf *buf = call->caller->buf;

    for (uint32_t i = 0; i < call->serve.out_handle_count; i++)
        buf->handles[i] = call->serve.out_handles[i];
    return (uint64_t)call->serve.out_handle_count << NU_TAG_HANDLES_SHIFT;
}

void kcall_reply(struct kcall *call, uint64_t tag)
{
    struct thread *caller = call->caller;
    const uint64_t *words = caller->buf->words;
    struct trap_frame *regs = &caller->regs;

    if (call->serve.out_count != 0) {
        int status = send_string(call);

        tag =
            status == 0 ? tag | 1ull << NU_TAG_STRINGS_SHIFT : (uint32_t)status;
    }
    if (call->serve.out_handle_count != 0)
        tag |= send_handles(call);
    regs->rax = (uint64_t)(int64_t)nu_tag_status(tag);
    regs->rsi = tag;
    regs->rdx = words[0];
    regs->r10 = words[1];
    regs->r8 = words[2];
    regs->r9 = words[3];
    if (caller->hooks & THREAD_HOOK_TRACE)
        trace_reply(caller);
}

void kobject_call(struct thread *caller, struct handle_slot *slot)
{
    struct kcall call;
    uint64_t tag = caller->regs.rsi;
    struct object *object = slot->object;
    /* What can be said to any handle is served under the type of none. */
    kobject_dispatch_fn dispatch =
        dispatch_of[nu_tag_contract(tag) == 0 ? OBJECT_NONE : object->type];
    uint64_t reply;

    kcall_begin(&call, caller, slot, tag);
    if (dispatch == NULL) {
        reply = (uint32_t)NU_UNSUP;
    } else if (nu_tag_strings(tag) != 0 || nu_tag_pages(tag) != 0 ||
               nu_tag_words(tag) > NU_WORDS_MAX ||
               nu_tag_handles(tag) > NU_HANDLES_MAX) {
        reply = (uint32_t)NU_INVAL;
    } else {
        take_request(&call, tag);
        reply = dispatch(object, &call.serve);
    }
    if (reply != NU_SERVE_PENDING_TAG)
        kcall_reply(&call, reply);
}
