#include "mailbox.h"

#include <string.h>

#include "copy.h"
#include "event.h"
#include "handover.h"
#include "life.h"

/*
 * One operation, as it is now: what the guest writes there afterwards is not
 * seen. The empty statement keeps the compiler from reading it again.
 */
static void take_op(struct broker_op *op, const struct broker_op *shared)
{
    memcpy(op, shared, sizeof(*op));
    __asm__ volatile("" : "+m"(*op) : : "memory");
}

static int do_event(struct broker *broker, struct domain *domain,
                    struct broker_op *op)
{
    switch (op->command) {
    case EVTCHNOP_alloc_unbound:
        return event_alloc_unbound(broker, domain, &op->alloc);
    case EVTCHNOP_bind_interdomain:
        return event_bind_interdomain(broker, domain, &op->bind);
    case EVTCHNOP_send:
        return event_send(broker, domain, &op->send);
    case EVTCHNOP_close:
        return event_close(broker, domain, &op->close);
    case EVTCHNOP_status:
        return event_status(broker, domain, &op->status);
    default:
        return -XEN_ENOSYS;
    }
}

static int do_op(struct broker *broker, struct domain *domain,
                 struct broker_op *op)
{
    if (!domain->running)
        return -XEN_EPERM;
    if (op->hypercall == __HYPERVISOR_event_channel_op)
        return do_event(broker, domain, op);
    if (op->hypercall != __HYPERVISOR_grant_table_op ||
        op->command != GNTTABOP_copy)
        return -XEN_ENOSYS;
    op->copy.status = copy_grants(broker, domain, &op->copy);
    return 0;
}

/* Hello is alone in its batch. */
static int do_setup(struct broker *broker, struct domain *domain,
                    struct broker_op *op, uint32_t count)
{
    if (count != 1 || op->command != BROKER_SETUP_HELLO)
        return -XEN_EINVAL;
    return life_hello(broker, domain, &op->hello);
}

static void do_batch(struct broker *broker, struct domain *domain,
                     struct broker_mailbox *mailbox)
{
    uint32_t count = __atomic_load_n(&mailbox->count, __ATOMIC_RELAXED);
    struct broker_op op;

    if (count == 0 || count > BROKER_OPS_MAX) {
        domain->counts.bad_messages++;
        domain_log(domain, "event=bad-batch count=%u", count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        take_op(&op, &mailbox->ops[i]);
        op.result = op.hypercall == BROKER_HYPERCALL_SETUP
                        ? do_setup(broker, domain, &op, count)
                        : do_op(broker, domain, &op);
        memcpy(&mailbox->ops[i], &op, sizeof(op));
    }
    domain->counts.operations += count;
}

void mailbox_open(struct domain *domain)
{
    domain->done =
        __atomic_load_n(&domain_mailbox(domain)->done, __ATOMIC_RELAXED);
    domain->polled = false;
    domain->mailbox_due = true;
}

bool mailbox_serve(struct broker *broker, struct domain *domain)
{
    struct broker_mailbox *mailbox = domain_mailbox(domain);
    uint32_t request;

    if (!handover_take(mailbox, domain->done, &request))
        return false;
    do_batch(broker, domain, mailbox);
    domain->counts.batches++;
    domain->done = request;
    if (handover_finish(mailbox, request))
        domain->call_due = true;
    return true;
}

void mailbox_poll(struct domain *domain)
{
    if (!domain->polled)
        handover_poll(domain_mailbox(domain));
    domain->polled = true;
}

bool mailbox_sleep(struct domain *domain)
{
    domain->polled = false;
    return handover_sleep(domain_mailbox(domain), domain->done);
}
