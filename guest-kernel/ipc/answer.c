/* Ending a wait: ipc/answer.h. */
#include <ipc/answer.h>

#include <ipc/carrier.h>
#include <proc/sched.h>
#include <trace/trace.h>

void answer_done(struct thread *thread)
{
    if (thread->hooks & THREAD_HOOK_TRACE)
        trace_reply(thread);
}

const struct carrier_ops *carrier;

void carrier_set(const struct carrier_ops *ops)
{
    carrier = ops;
}

void answer_wake(struct thread *client)
{
    if (client->agent != NULL)
        carrier->answered(client);
    else
        sched_ready(client);
}

void answer_fail(struct thread *client, int status)
{
    client->server = NULL;
    client->saved = NULL;
    client->dest = NULL;
    answer_status(client, status);
    answer_done(client);
    answer_wake(client);
}

void answer_fail_senders(struct inbox *inbox, const struct endpoint *end,
                         int status)
{
    struct list_node *n = inbox->senders.next;

    while (n != &inbox->senders) {
        struct thread *sender = list_entry(n, struct thread, link);

        n = n->next;
        if (end != NULL && sender->dest != end)
            continue;
        list_del(&sender->link);
        answer_fail(sender, status);
    }
}

void answer_fail_receivers(struct inbox *inbox, int status)
{
    while (!list_is_empty(&inbox->receivers)) {
        struct thread *receiver =
            list_entry(inbox->receivers.next, struct thread, link);

        list_del(&receiver->link);
        answer_status(receiver, status);
        sched_ready(receiver);
    }
}
