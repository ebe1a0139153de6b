/* Ports and notices: ipc/inbox.h. */
#include <ipc/inbox.h>

#include <abi/error.h>
#include <abi/message.h>
#include <ipc/channel.h>
#include <ipc/message.h>
#include <kassert.h>
#include <mm/purse.h>

static void port_destroy(struct object *object)
{
    struct port *port = (struct port *)object;

    channel_unbind_all(port);
    while (!list_is_empty(&port->bound_notices))
        notice_unbind(list_entry(port->bound_notices.next, struct notice, bound));
    message_fail_senders(&port->inbox, NULL, NU_GONE);
    message_fail_receivers(&port->inbox, NU_GONE);
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
    list_init(&port->ends);
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
    message_give_notice(
        list_entry(inbox->receivers.next, struct thread, link), notice);
}
