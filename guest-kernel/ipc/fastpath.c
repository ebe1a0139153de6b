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

/* Whether a call is for a kernel object itself, and nothing special. */
static inline bool is_for_kernel(const struct handle_slot *slot, uint64_t tag)
{
    uint32_t type = slot->object->type;

    return nu_tag_contract(tag) != 0 && type != OBJECT_CHANNEL &&
           type != OBJECT_REPLY && type != OBJECT_NONE;
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
call_kernel(struct thread *self, struct handle_slot *slot, uint64_t tag)
{
    const uint64_t *words = self->buf->words;
    uint64_t reply;

    self->calls++;
    reply = kobject_call_plain(self, slot, tag);
    object_reap();
    if (unlikely(reply == NU_SERVE_PENDING_TAG))
        sched_resume();
    exit_message(self, (struct message_out){
                           (uint64_t)(int64_t)nu_tag_status(reply), 0, reply,
                           words[0], words[1], words[2], words[3] });
}

_Noreturn void message_entry(uint64_t handle, uint64_t tag, uint64_t w0,
                             uint64_t w1, uint64_t w2, uint64_t w3)
{
    struct thread *self = current;
    uint32_t words = nu_tag_words(tag);
    struct handle_slot *slot = slot_of(self, handle);

    if (likely((tag & SHAPE_MASK) == NU_OP_CALL && self->hooks == 0 &&
               words_fit(words) && slot->number == handle &&
               (slot->rights & NU_RIGHT_SEND))) {
        const struct endpoint *dest;
        struct thread *receiver;

        receiver = (uint32_t)tag >= SERVICE_TAG ? fast_receiver(slot, &dest) :
                                                  NULL;
        if (likely(receiver != NULL)) {
            if (words > NU_REG_WORDS)
                copy_words(self, receiver, words);
            unlink_receiver(receiver);
            self->calls++;
            self->state = THREAD_REPLYING;
            self->server = receiver;
            receiver->client = self;
            receiver->state = THREAD_READY;
            current = receiver;
            switch_to(receiver);
            exit_message(receiver,
                         (struct message_out){ 0, dest->badge,
                                               tag & ~NU_OP_MASK, w0, w1, w2,
                                               w3 });
        }
        if (likely(is_for_kernel(slot, tag))) {
            uint64_t *buffer = self->buf->words;

            buffer[0] = w0;
            buffer[1] = w1;
            buffer[2] = w2;
            buffer[3] = w3;
            call_kernel(self, slot, tag);
        }
    } else if ((tag & SHAPE_MASK) == NU_OP_REPLY_RECV && words_fit(words) &&
               can_reply(self, slot, handle)) {
        struct thread *client = self->client;

        if (words > NU_REG_WORDS)
            copy_words(self, client, words);
        self->client = NULL;
        self->state = THREAD_RECEIVING;
        list_add_tail(&((struct port *)slot->object)->inbox.receivers,
                      &self->link);
        client->server = NULL;
        client->state = THREAD_READY;
        current = client;
        switch_to(client);
        exit_message(client,
                     (struct message_out){
                         (uint64_t)(int64_t)nu_tag_status(tag), 0,
                         tag & ~NU_OP_MASK, w0, w1, w2, w3 });
    }
    self->regs.rdi = handle;
    self->regs.rsi = tag;
    self->regs.rdx = w0;
    self->regs.r10 = w1;
    self->regs.r8 = w2;
    self->regs.r9 = w3;
    message_slow();
}
