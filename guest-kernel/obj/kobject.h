/*
 * Kernel objects answer messages through the same generated dispatch as any
 * service. This is their runtime: it hands them the request, the caller and the
 * rights of the handle used, and sends what they leave.
 *
 * Trust:   the request is the caller's; dispatch has validated it.
 * Context: kernel, interrupts off, on the caller's behalf. A handler that makes
 *          the caller wait, or ends it, returns NU_SERVE_PENDING and must not
 *          touch the call any more.
 */
#ifndef NUNCIO_OBJ_KOBJECT_H
#define NUNCIO_OBJ_KOBJECT_H

#include <proc/process.h>
#include <proc/thread.h>
#include <stub/serve.h>

struct kcall {
    struct nu_serve serve; /* first: handlers get its address */
    struct thread *caller;
    struct handle_slot *slot; /* the handle that was used */
};

static inline struct kcall *kcall_of(struct nu_serve *serve)
{
    return (struct kcall *)serve;
}

typedef uint64_t (*kobject_dispatch_fn)(struct object *object,
                                        struct nu_serve *serve);

/* Serves (type); NONE serves what can be said to any handle. Once each. */
void kobject_serve(enum object_type type, kobject_dispatch_fn dispatch);

/* The message in (caller)'s registers, sent to (slot). Its registers have the
 * answer afterwards, unless it waits or has ended. */
void kobject_call(struct thread *caller, struct handle_slot *slot);

/* 0, or DENIED if the handle used lacks one of (rights). */
int kcall_need(const struct nu_serve *serve, uint32_t rights);

/* The object of (type) behind one of the caller's handles. */
int kcall_object(const struct nu_serve *serve, nu_handle_t handle,
                 enum object_type type, uint32_t rights,
                 struct object **object);

/* Gives the caller a handle as the next result; the reference on (object) goes
 * with it, also when this fails with NOSLOT. NULL is -NU_NOMEM. */
int kcall_give(struct nu_serve *serve, struct object *object, uint32_t rights);

/* --- for the fast path, inline there --- */

/* Of the types for which any message is a call of a kernel object; others NULL:
 * channels and replies have messages of their own. */
extern kobject_dispatch_fn kobject_plain_of[OBJECT_TYPE_COUNT];

static inline void kcall_begin(struct kcall *call, struct thread *caller,
                               struct handle_slot *slot, uint64_t tag)
{
    call->caller = caller;
    call->slot = slot;
    /* With its operation bits: dispatch does not look at them. */
    nu_serve_begin(&call->serve, tag, caller->buf->words);
}

/* Sends what the handler left, into the caller's registers and buffer. */
void kcall_reply(struct kcall *call, uint64_t tag);

/*
 * A call without handles, strings or pages, of at most 64 words, of which 0..3
 * are in (caller)'s buffer. Returns the reply's tag, its words in the buffer;
 * or NU_SERVE_PENDING_TAG when the caller's registers have all there is to say,
 * or it waits, or has ended.
 */
static inline __attribute__((always_inline)) uint64_t
kobject_call_plain(kobject_dispatch_fn dispatch, struct thread *caller,
                   struct handle_slot *slot, uint64_t tag)
{
    struct kcall call;
    uint64_t reply;

    kcall_begin(&call, caller, slot, tag);
    reply = dispatch(slot->object, &call.serve);
    if (reply != NU_SERVE_PENDING_TAG &&
        (call.serve.out_count | call.serve.out_handle_count) != 0) {
        kcall_reply(&call, reply);
        return NU_SERVE_PENDING_TAG;
    }
    return reply;
}

#endif /* NUNCIO_OBJ_KOBJECT_H */
