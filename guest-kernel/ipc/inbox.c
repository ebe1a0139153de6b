/* Ports and notices: ipc/inbox.h. */
#include <ipc/inbox.h>

#include <abi/error.h>
#include <abi/message.h>
#include <ipc/answer.h>
#include <kassert.h>
#include <mm/purse.h>
#include <proc/sched.h>

static void port_destroy(struct object *object)
{
    struct port *port = (struct port *)object;

    while (!list_is_empty(&port->bound_notices)) {
        struct notice *notice =
            list_entry(port->bound_notices.next, struct notice, bound);

        notice_unbind(notice);
        if (notice->ops != NULL && notice->ops->port_gone != NULL)
            notice->ops->port_gone(notice);
    }
    answer_fail_senders(&port->inbox, NULL, NU_GONE);
    answer_fail_receivers(&port->inbox, NU_GONE);
    KASSERT(list_is_empty(&port->inbox.notices));
    purse_object_free(port);
}

void port_init(void)
{
    object_set_destroy(OBJECT_PORT, port_destroy);
}

struct port *port_create(struct purse *purse)
{
    struct port *port = purse_object_alloc(purse, sizeof(*port));

    if (port == NULL)
        return NULL;
    object_init(&port->object, OBJECT_PORT);
    inbox_init(&port->inbox);
    list_init(&port->bound_notices);
    return port;
}

void notice_bind(struct notice *notice, uint32_t kind, struct port *port,
                 uint64_t badge)
{
    list_init(&notice->link);
    notice->kind = kind;
    notice->port = port;
    notice->badge = badge;
    notice->queued = false;
    notice->words[0] = 0;
    list_add_tail(&port->bound_notices, &notice->bound);
}

void notice_unbind(struct notice *notice)
{
    if (notice->port == NULL)
        return;
    if (notice->queued)
        list_del(&notice->link);
    notice->queued = false;
    list_del(&notice->bound);
    notice->port = NULL;
}

void notice_give(struct thread *thread, struct notice *notice)
{
    if (thread->state == THREAD_RECEIVING) {
        list_del(&thread->link);
        sched_ready(thread);
    }
    thread->regs.rax = 0;
    thread->regs.rdi = notice->badge;
    thread->regs.rsi = nu_tag(notice->kind, NU_REG_WORDS, 0, 0);
    thread->regs.rdx = notice->words[0];
    thread->regs.r10 = notice->words[1];
    thread->regs.r8 = notice->words[2];
    thread->regs.r9 = notice->words[3];
    if (notice->kind == NU_EVENT_SIGNAL)
        notice->words[0] = 0;
    if (notice->ops != NULL && notice->ops->delivered != NULL)
        notice->ops->delivered(notice);
}

void notice_post(struct notice *notice)
{
    struct inbox *inbox;

    if (notice->port == NULL)
        return;
    if (notice->kind == NU_EVENT_SIGNAL)
        notice->words[0]++;
    if (notice->queued)
        return;
    inbox = &notice->port->inbox;
    if (list_is_empty(&inbox->receivers)) {
        notice->queued = true;
        list_add_tail(&inbox->notices, &notice->link);
        return;
    }
    notice_give(list_entry(inbox->receivers.next, struct thread, link), notice);
}
