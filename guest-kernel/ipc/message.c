/*
 * The general message path: everything that the fast path (fastpath.c) leaves.
 * Works on the registers saved in current->regs.
 */
#include <ipc/message.h>

#include <abi/error.h>
#include <cpu.h>
#include <event/event.h>
#include <ipc/answer.h>
#include <ipc/carrier.h>
#include <ipc/channel.h>
#include <ipc/reply.h>
#include <kassert.h>
#include <obj/kobject.h>
#include <proc/process.h>
#include <proc/sched.h>
#include <trace/trace.h>

static uint64_t call_count;
static uint64_t first_tsc; /* when the first message came */
static uint64_t dropped_replies;

uint64_t message_dropped_replies(void)
{
    return dropped_replies;
}

static struct thread *first_thread(struct list_node *head)
{
    return list_is_empty(head) ? NULL
                               : list_entry(head->next, struct thread, link);
}

/* Registers of (to) after a message from (from); operation bits stay behind. */
static void copy_registers(const struct thread *from, struct thread *to)
{
    to->regs.rsi = from->regs.rsi & ~NU_OP_MASK;
    to->regs.rdx = from->regs.rdx;
    to->regs.r10 = from->regs.r10;
    to->regs.r8 = from->regs.r8;
    to->regs.r9 = from->regs.r9;
}

/* After transfer(): (to) has the request of (from), which gets on or waits. */
static void deliver_request(struct thread *from, struct thread *to)
{
    copy_registers(from, to);
    to->regs.rax = 0;
    to->regs.rdi = from->dest->badge;
    from->dest = NULL;
    if (from->regs.rsi & NU_OP_RECV) {
        from->state = THREAD_REPLYING;
        from->server = to;
        to->client = from;
    } else {
        answer_status(from, 0);
        if (from->state != THREAD_READY)
            answer_wake(from);
    }
}

/*
 * Sends the reply in (server)'s registers to (client). Returns 0 when the
 * client has an answer, even if only why it cannot have this one; or the
 * server's own mistake, and the client waits on.
 */
static int deliver_reply(struct thread *server, struct thread *client)
{
    enum transfer_side at_fault;
    int status;

    /* A failure carries nothing but its status. */
    if (nu_tag_status(server->regs.rsi) != 0)
        server->regs.rsi &= NU_OP_MASK | 0xffffffffu;
    status = transfer(server, client, &at_fault);

    if (status != 0 && at_fault == TRANSFER_FROM)
        return status;
    if (status != 0) {
        dropped_replies++;
        answer_fail(client, status);
        return 0;
    }
    copy_registers(server, client);
    client->regs.rax = (uint64_t)(int64_t)nu_tag_status(client->regs.rsi);
    client->server = NULL;
    client->saved = NULL;
    answer_done(client);
    answer_wake(client);
    return 0;
}

static int reply_current(struct thread *server)
{
    struct thread *client = server->client;
    int status;

    if (client == NULL) {
        dropped_replies++;
        return 0;
    }
    status = deliver_reply(server, client);
    if (status == 0)
        server->client = NULL;
    return status;
}

/* A plain SEND to a reply object. GONE tells a server that nobody got it. */
static int reply_saved(struct thread *server, struct reply *reply)
{
    struct thread *client = reply->client;
    int status;

    if (client == NULL) {
        dropped_replies++;
        return NU_GONE;
    }
    status = deliver_reply(server, client);
    if (status == 0)
        reply->client = NULL;
    return status;
}

/* The first sender whose message can be had, delivered. */
static bool receive_from_sender(struct thread *receiver, struct inbox *inbox)
{
    struct thread *sender;

    while ((sender = first_thread(&inbox->senders)) != NULL) {
        enum transfer_side at_fault;
        int status = transfer(sender, receiver, &at_fault);

        list_del(&sender->link);
        if (status == 0) {
            deliver_request(sender, receiver);
            return true;
        }
        answer_fail(sender, status);
    }
    return false;
}

void message_serve_waiting(struct inbox *inbox)
{
    struct thread *receiver;

    while ((receiver = first_thread(&inbox->receivers)) != NULL &&
           !list_is_empty(&inbox->senders)) {
        if (!receive_from_sender(receiver, inbox))
            return;
        list_del(&receiver->link);
        sched_ready(receiver);
    }
}

/* The inbox that a thread with this handle receives from. */
static int find_inbox(struct thread *thread, uint64_t handle,
                      struct inbox **inbox)
{
    struct handle_slot *slot = handle_find(&thread->process->handles, handle);
    struct endpoint *end;

    if (slot == NULL)
        return NU_BADH;
    if (!(slot->rights & NU_RIGHT_RECV))
        return NU_DENIED;
    if (slot->object->type == OBJECT_PORT) {
        *inbox = &((struct port *)slot->object)->inbox;
        return 0;
    }
    if (slot->object->type != OBJECT_CHANNEL)
        return NU_INVAL;
    end = (struct endpoint *)slot->object;
    *inbox = &end->own;
    if (!end->open)
        return NU_GONE;
    if (end->port != NULL || end->remote != NULL)
        return NU_BUSY;
    if (!end->peer->open && list_is_empty(&end->own.senders))
        return NU_GONE;
    return 0;
}

static void receive(struct thread *thread, uint64_t handle)
{
    struct inbox *inbox;
    int status = find_inbox(thread, handle, &inbox);

    if (thread->client != NULL) {
        /* A call it neither answered nor saved. */
        struct thread *client = thread->client;

        thread->client = NULL;
        answer_fail(client, NU_GONE);
    }
    if (status != 0) {
        answer_status(thread, status);
        return;
    }
    if (!list_is_empty(&inbox->notices)) {
        struct notice *notice =
            list_entry(inbox->notices.next, struct notice, link);

        list_del(&notice->link);
        notice->queued = false;
        notice_give(thread, notice);
        return;
    }
    if (receive_from_sender(thread, inbox))
        return;
    if (thread->regs.rsi & NU_OP_NONBLOCK) {
        answer_status(thread, NU_AGAIN);
        return;
    }
    thread->state = THREAD_RECEIVING;
    list_add_tail(&inbox->receivers, &thread->link);
}

static void send_channel(struct thread *sender, struct endpoint *end)
{
    struct endpoint *dest = end->peer;
    struct thread *receiver;
    enum transfer_side at_fault;
    int status;

    if (!dest->open) {
        answer_status(sender, NU_GONE);
        answer_done(sender);
        return;
    }
    if (dest->remote != NULL && carrier->send(dest, sender))
        return;
    receiver = first_thread(&dest->inbox->receivers);
    if (receiver == NULL) {
        if (sender->regs.rsi & NU_OP_NONBLOCK) {
            answer_status(sender, NU_AGAIN);
            answer_done(sender);
            return;
        }
        sender->dest = dest;
        sender->state = THREAD_SENDING;
        list_add_tail(&dest->inbox->senders, &sender->link);
        return;
    }
    status = transfer(sender, receiver, &at_fault);
    if (status != 0) {
        answer_status(sender, status);
        answer_done(sender);
        return;
    }
    sender->dest = dest;
    list_del(&receiver->link);
    deliver_request(sender, receiver);
    if (sender->state == THREAD_REPLYING && sender == current) {
        /* It runs at once, on the caller's slice. */
        receiver->state = THREAD_READY;
        current = receiver;
    } else {
        sched_ready(receiver);
    }
}

void message_send_as(struct thread *agent, struct endpoint *end)
{
    agent->calls++;
    if (agent->hooks & THREAD_HOOK_TRACE)
        trace_call(agent);
    send_channel(agent, end);
}

static void send(struct thread *sender, uint64_t handle)
{
    struct handle_slot *slot = handle_find(&sender->process->handles, handle);
    uint64_t op = sender->regs.rsi & (NU_OP_SEND | NU_OP_RECV);
    bool for_handle =
        nu_tag_contract(sender->regs.rsi) == 0 && op == NU_OP_CALL;
    int status = 0;

    sender->calls++;
    if (sender->hooks & THREAD_HOOK_TRACE)
        trace_call(sender);
    if (slot == NULL)
        status = NU_BADH;
    else if (nu_tag_contract(sender->regs.rsi) == 0 && op != NU_OP_CALL &&
             slot->object->type != OBJECT_REPLY)
        status = NU_INVAL; /* it would look like an event of the kernel's */
    else if (!for_handle && !(slot->rights & NU_RIGHT_SEND))
        status = NU_DENIED;
    if (status != 0) {
        answer_status(sender, status);
        answer_done(sender);
        return;
    }
    if (for_handle) {
        kobject_call(sender, slot);
        return;
    }
    switch (slot->object->type) {
    case OBJECT_CHANNEL:
        if (nu_tag_contract(sender->regs.rsi) == OBJECT_CHANNEL &&
            op == NU_OP_CALL && (slot->rights & NU_RIGHT_MANAGE))
            kobject_call(sender, slot);
        else
            send_channel(sender, (struct endpoint *)slot->object);
        return;
    case OBJECT_REPLY:
        if (op == NU_OP_SEND) {
            answer_status(sender,
                          reply_saved(sender, (struct reply *)slot->object));
            return;
        }
        break;
    default:
        break;
    }
    kobject_call(sender, slot);
}

_Noreturn void message_slow(void)
{
    struct thread *thread = current;
    uint64_t handle = thread->regs.rdi;
    uint64_t op = thread->regs.rsi & NU_OP_MASK;
    int status;

    if (call_count++ == 0)
        first_tsc = cpu_tsc();
    if (op & NU_OP_REPLY) {
        status = reply_current(thread);
        if (status != 0 || !(op & NU_OP_RECV)) {
            answer_status(thread, status);
        } else {
            /* What is left of the operation, should it have to wait. */
            thread->regs.rsi &= ~NU_OP_REPLY;
            receive(thread, handle);
        }
    } else if (op & NU_OP_SEND) {
        send(thread, handle);
    } else if (op & NU_OP_RECV) {
        receive(thread, handle);
    } else if (op & (NU_OP_NOTE | NU_OP_NOTE_REPLY)) {
        trace_note(thread);
        thread->regs.rax = 0;
    } else {
        answer_status(thread, NU_INVAL);
    }
    object_reap();
    /* What came while a hypercall waited raised no interrupt of its own. */
    if (event_is_pending())
        event_upcall();
    sched_resume();
}

uint64_t message_first_tsc(void)
{
    return first_tsc;
}

uint64_t message_calls(void)
{
    return call_count;
}
