/*
 * Calls that leave: a thread here sends to an object of the peer's, and waits.
 *
 * The message stays where it is, in the thread's registers and buffer, until the
 * reply is there. So if the connection is lost it is not: the thread waits to
 * send again, as if it had not been served yet. The pages it names are granted
 * to the peer for as long as the call is under way.
 */
#include <link/internal.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <ipc/answer.h>
#include <nlib/string.h>

static void unpin(struct link_call *call)
{
    for (uint32_t i = 0; i < call->pin_count; i++)
        memory_unpin(call->pins[i]);
    call->pin_count = 0;
}

/* All grants have ended: the pages are the caller's alone again. */
static void call_ended(struct held *held)
{
    struct link_call *call = (struct link_call *)held;

    unpin(call);
    if (call->link == NULL)
        purse_object_free(call);
}

/* Revokes what was granted; false: some of it is being copied this moment. */
static bool end_grants(struct link_call *call)
{
    bool all = true;

    for (uint32_t i = 0; i < call->held.count; i++) {
        if (call->refs[i] != GRANT_NONE && !grant_end(call->refs[i]))
            all = false;
        else
            call->refs[i] = GRANT_NONE;
    }
    if (all) {
        call->held.count = 0;
        unpin(call);
    }
    return all;
}

/* Grants that cannot be ended yet keep it out of the table until they are, and
 * the pages where they are. */
void call_end(struct link *link, struct link_call *call)
{
    link->calling--;
    call->is_active = false;
    call->thread = NULL;
    call->import = NULL;
    if (end_grants(call))
        return;
    link->call[LINK_CALL_INDEX(call->id)] = NULL;
    call->link = NULL;
    held_end(&call->held);
}

/* A free place in the table; its (id) is new. NULL: none, or no memory. */
struct link_call *call_begin(struct link *link, struct thread *thread,
                             struct import *import)
{
    for (uint32_t i = 0; i < LINK_CALLS; i++) {
        struct link_call *call = link->call[i];

        if (call != NULL && call->is_active)
            continue;
        if (call == NULL) {
            call = purse_object_alloc(link->purse, sizeof(*call));
            if (call == NULL)
                return NULL;
            call->held.refs = call->refs;
            call->held.ended = call_ended;
            call->link = link;
            link->call[i] = call;
        }
        call->id = ++link->call_count * LINK_CALLS + i;
        call->is_active = true;
        call->is_remake = false;
        call->thread = thread;
        call->import = import;
        call->rx_count = 0;
        link->calling++;
        return call;
    }
    return NULL;
}

static void refuse(struct thread *sender, int status)
{
    answer_status(sender, status);
    answer_done(sender);
}

/* Whether a message to (import) can go now. */
static bool is_open(const struct import *import)
{
    return link_is_up(import->link) && import->live;
}

static bool wait(struct link *link)
{
    link->has_waiting = true;
    return false;
}

bool call_send(struct endpoint *end, struct thread *sender)
{
    struct import *import = end->remote;
    struct link *link = import->link;
    struct link_call *call;
    int status;

    if (import->dead || sender->agent != NULL) {
        refuse(sender, import->dead ? NU_GONE : NU_UNSUP);
        return true;
    }
    if (!is_open(import))
        return wait(link);
    call = call_begin(link, sender, import);
    if (call == NULL)
        return wait(link);
    status = request_draft(call, sender, import->object);
    if (status != 0) {
        call_end(link, call);
        /* Grants that others have will be free again. */
        if (status == NU_AGAIN && link->calling != 0)
            return wait(link);
        refuse(sender, status == NU_AGAIN ? NU_NOMEM : status);
        return true;
    }
    if (!link_send_draft(link, &link_draft, LINK_CALL_INDEX(call->id))) {
        call_end(link, call);
        return wait(link);
    }
    request_sent(sender);
    link->stats.calls++;
    sender->state = THREAD_REPLYING;
    sender->remote = call;
    return true;
}

void call_abandon(struct thread *sender)
{
    struct link_call *call = sender->remote;

    /* Its place in the table stays taken until the peer has answered. */
    sender->remote = NULL;
    call->thread = NULL;
    call->import = NULL;
    (void)end_grants(call);
}

/* The call that was made last of those under way, or NULL. */
static struct link_call *latest_call(const struct link *link)
{
    struct link_call *latest = NULL;

    for (uint32_t i = 0; i < LINK_CALLS; i++) {
        struct link_call *call = link->call[i];

        if (call != NULL && call->is_active &&
            (latest == NULL || (int32_t)(call->id - latest->id) > 0))
            latest = call;
    }
    return latest;
}

void call_requeue_all(struct link *link)
{
    struct link_call *call;

    while ((call = latest_call(link)) != NULL) {
        struct thread *thread = call->thread;
        const struct import *import = call->import;

        call_end(link, call);
        if (thread == NULL)
            continue;
        thread->remote = NULL;
        if (import == NULL || import->end == NULL) {
            answer_fail(thread, NU_GONE);
            continue;
        }
        thread->state = THREAD_SENDING;
        thread->dest = import->end;
        list_add_head(&import->end->own.senders, &thread->link);
        link->has_waiting = true;
        link->stats.replayed++;
    }
}

static bool has_senders(const struct import *import)
{
    return import->end != NULL && import->live &&
           !list_is_empty(&import->end->own.senders);
}

/* Who has waited longest for (import) sends. False: it cannot. */
static bool pump_one(const struct import *import)
{
    struct endpoint *end = import->end;
    struct list_node *senders = &end->own.senders;
    struct thread *sender = list_entry(senders->next, struct thread, link);

    list_del(&sender->link);
    sender->dest = NULL;
    sender->state = THREAD_READY;
    if (!call_send(end, sender)) {
        sender->state = THREAD_SENDING;
        sender->dest = end;
        list_add_head(senders, &sender->link);
        return false;
    }
    if (sender->state == THREAD_READY)
        sched_ready(sender);
    return true;
}

/* The import whose turn it is: each has one after the other. */
static struct import *next_turn(struct link *link)
{
    link->turn = link->turn->next;
    if (link->turn == &link->imports)
        link->turn = link->turn->next;
    return list_entry(link->turn, struct import, node);
}

void call_pump(struct link *link)
{
    uint32_t passed = 0;

    if (!link->has_waiting)
        return;
    while (link_is_up(link) && passed < link->import_count) {
        const struct import *import = next_turn(link);

        if (!has_senders(import)) {
            passed++;
        } else if (pump_one(import)) {
            passed = 0;
        } else {
            link->turn = link->turn->prev; /* it has not had it */
            return;
        }
    }
    /* Who waits for an object that is not there yet is looked at when it is. */
    link->has_waiting = !link_is_up(link);
}
