/*
 * The fast path: a call to a waiting receiver, and the reply that waits for the
 * next call. A ladder of checks, nothing written; then the commit, which
 * cannot fail. Whatever is not plain goes to message_slow(), with nothing to
 * undo. The message's words stay in registers all the way.
 */
#include <ipc/message.h>

#include <ipc/channel.h>
#include <obj/kobject.h>
#include <proc/process.h>
#include <proc/sched.h>
#include <switch.h>

/* Everything in a tag but method, word count and the inline flag. */
#define SHAPE_MASK (~0ull << NU_TAG_HANDLES_SHIFT)

/* Contracts below this are the kernel's; channels carry those above. */
#define SERVICE_TAG ((uint32_t)NU_METHOD(32, 0))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Words that do not travel in registers; false if there are too many. */
static inline bool words_fit(uint32_t words)
{
    return words <= NU_WORDS_MAX;
}

static inline void copy_words(const struct thread *from, struct thread *to,
                              uint32_t words)
{
    const uint64_t *source = &from->buf->words[NU_REG_WORDS];
    uint64_t *target = &to->buf->words[NU_REG_WORDS];
    uint64_t count = words - NU_REG_WORDS;

    __asm__ volatile("rep movsq"
                     : "+S"(source), "+D"(target), "+c"(count)
                     :
                     : "memory");
}

static inline struct handle_slot *slot_of(const struct thread *thread,
                                          uint64_t handle)
{
    const struct handle_table *table = &thread->process->handles;

    return &table->slots[handle & table->mask];
}

/* The receiver that a call through (slot) can be given to at once, or NULL. */
static inline struct thread *fast_receiver(const struct handle_slot *slot,
                                           const struct endpoint **dest)
{
    const struct inbox *inbox;

    if (slot->object->type != OBJECT_CHANNEL)
        return NULL;
    *dest = ((const struct endpoint *)slot->object)->peer;
    inbox = (*dest)->inbox;
    if (inbox->receivers.next == &inbox->receivers)
        return NULL;
    return list_entry(inbox->receivers.next, struct thread, link);
}

static inline void unlink_receiver(struct thread *receiver)
{
    receiver->link.prev->next = receiver->link.next;
    receiver->link.next->prev = receiver->link.prev;
}

/* Whether (server) can answer its client and then surely waits on (slot). */
static inline bool can_reply(const struct thread *server,
                             const struct handle_slot *slot, uint64_t handle)
{
    const struct inbox *inbox;

    if (server->client == NULL || server->client->hooks != 0 ||
        slot->number != handle || slot->object->type != OBJECT_PORT ||
        !(slot->rights & NU_RIGHT_RECV))
        return false;
    inbox = &((const struct port *)slot->object)->inbox;
    return inbox->senders.next == &inbox->senders &&
           inbox->notices.next == &inbox->notices;
}

/*
 * Serves the call, and goes straight back unless the caller waits now. A
 * function of its own, so that message_entry() saves no registers for it.
 */
static __attribute__((noinline, noreturn)) void
call_kernel(kobject_dispatch_fn dispatch, struct thread *self,
            struct handle_slot *slot, uint64_t tag)
{
    const uint64_t *words = self->buf->words;
    uint64_t reply;

    self->calls++;
    reply = kobject_call_plain(dispatch, self, slot, tag);
    object_reap();
    if (unlikely(reply == NU_SERVE_PENDING_TAG))
        sched_resume();
    exit_message(self, (struct message_out){
                           (uint64_t)(int64_t)nu_tag_status(reply), 0, reply,
                           words[0], words[1], words[2], words[3]});
}

/* The message as message_entry() has it, all in registers. */
struct message_in {
    uint64_t handle;
    uint64_t tag;
    uint64_t w0, w1, w2, w3;
};

/* From (self), which has done its part, to (to), which runs now. */
static inline __attribute__((always_inline, noreturn)) void
hand_over(struct thread *to, uint64_t status, uint64_t badge,
          struct message_in in)
{
    to->state = THREAD_READY;
    current = to;
    switch_to(to);
    exit_message(to, (struct message_out){status, badge, in.tag & ~NU_OP_MASK,
                                          in.w0, in.w1, in.w2, in.w3});
}

/* A plain call: does not return if it could be made. */
static inline __attribute__((always_inline)) void
try_call(struct thread *self, struct handle_slot *slot, struct message_in in)
{
    uint32_t words = nu_tag_words(in.tag);
    const struct endpoint *dest;
    struct thread *receiver;
    kobject_dispatch_fn dispatch;

    if (unlikely(self->hooks != 0 || !words_fit(words) ||
                 slot->number != in.handle || !(slot->rights & NU_RIGHT_SEND)))
        return;
    if ((uint32_t)in.tag >= SERVICE_TAG) {
        receiver = fast_receiver(slot, &dest);
        if (unlikely(receiver == NULL))
            return;
        if (words > NU_REG_WORDS)
            copy_words(self, receiver, words);
        unlink_receiver(receiver);
        self->calls++;
        self->state = THREAD_REPLYING;
        self->server = receiver;
        receiver->client = self;
        hand_over(receiver, 0, dest->badge, in);
    }
    /* Contract 0 is for the handle, not for the object behind it. */
    dispatch = kobject_plain_of[slot->object->type];
    if (likely(dispatch != NULL && nu_tag_contract(in.tag) != 0)) {
        uint64_t *buffer = self->buf->words;

        buffer[0] = in.w0;
        buffer[1] = in.w1;
        buffer[2] = in.w2;
        buffer[3] = in.w3;
        call_kernel(dispatch, self, slot, in.tag);
    }
}

/* A plain reply whose server then waits: does not return if it could be sent. */
static inline __attribute__((always_inline)) void
try_reply(struct thread *self, struct handle_slot *slot, struct message_in in)
{
    uint32_t words = nu_tag_words(in.tag);
    struct thread *client = self->client;

    if (unlikely(!words_fit(words) || !can_reply(self, slot, in.handle)))
        return;
    if (words > NU_REG_WORDS)
        copy_words(self, client, words);
    self->client = NULL;
    self->state = THREAD_RECEIVING;
    list_add_tail(&((struct port *)slot->object)->inbox.receivers, &self->link);
    client->server = NULL;
    hand_over(client, (uint64_t)(int64_t)nu_tag_status(in.tag), 0, in);
}

_Noreturn void message_entry(uint64_t handle, uint64_t tag, uint64_t w0,
                             uint64_t w1, uint64_t w2, uint64_t w3)
{
    struct message_in in = {handle, tag, w0, w1, w2, w3};
    struct thread *self = current;
    struct handle_slot *slot = slot_of(self, handle);
    uint64_t shape = tag & SHAPE_MASK;

    if (likely(shape == NU_OP_CALL))
        try_call(self, slot, in);
    else if (shape == NU_OP_REPLY_RECV)
        try_reply(self, slot, in);
    self->regs.rdi = handle;
    self->regs.rsi = tag;
    self->regs.rdx = w0;
    self->regs.r10 = w1;
    self->regs.r8 = w2;
    self->regs.r9 = w3;
    message_slow();
}
