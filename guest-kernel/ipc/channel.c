/* Channels: ipc/channel.h. */
#include <ipc/channel.h>

#include <abi/error.h>
#include <abi/message.h>
#include <ipc/answer.h>
#include <ipc/carrier.h>
#include <kassert.h>

static bool is_over(const struct endpoint *end)
{
    return !end->open && end->object.refs == 0 && !end->object.is_queued &&
           !end->closed.queued;
}

static void free_if_over(struct channel *channel)
{
    if (channel->closing != 0 || !is_over(&channel->end[0]) ||
        !is_over(&channel->end[1]))
        return;
    notice_unbind(&channel->end[0].closed);
    notice_unbind(&channel->end[1].closed);
    purse_object_free(channel);
}

static void unbind(struct endpoint *end)
{
    if (end->port == NULL)
        return;
    end->port = NULL;
    end->inbox = &end->own;
    end->badge = 0;
}

/* The peer of (end) learns that (end) has closed. */
static void tell_peer(struct endpoint *end)
{
    struct endpoint *peer = end->peer;

    if (!peer->open)
        return;
    answer_fail_receivers(&peer->own, NU_GONE);
    if (peer->remote != NULL)
        carrier->closed(peer);
    else
        notice_post(&peer->closed);
}

static void close_end(struct endpoint *end)
{
    if (!end->open)
        return;
    end->open = false;
    answer_fail_senders(end->inbox, end, NU_GONE);
    answer_fail_receivers(&end->own, NU_GONE);
    notice_unbind(&end->closed);
    unbind(end);
    if (end->without_handle) {
        end->without_handle = false;
        end->object.refs = 0;
    }
    tell_peer(end);
}

/* Telling the peer may close that end as well; only then is it time to free. */
static void close_and_free(struct endpoint *end)
{
    struct channel *channel = end->channel;

    channel->closing++;
    close_end(end);
    channel->closing--;
    free_if_over(channel);
}

static void end_destroy(struct object *object)
{
    close_and_free((struct endpoint *)object);
}

void channel_init(void)
{
    object_set_destroy(OBJECT_CHANNEL, end_destroy);
}

/* An end without a handle is of no use once its peer has closed. */
static void told(struct notice *notice)
{
    struct endpoint *end = list_entry(notice, struct endpoint, closed);

    if (end->without_handle)
        close_and_free(end);
    else
        free_if_over(end->channel);
}

/* The port that an end is bound to goes. */
static void port_gone(struct notice *notice)
{
    struct endpoint *end = list_entry(notice, struct endpoint, closed);

    answer_fail_senders(&end->port->inbox, end, NU_GONE);
    if (end->without_handle) {
        close_and_free(end);
    } else {
        unbind(end);
        free_if_over(end->channel);
    }
}

static const struct notice_ops closed_ops = {.delivered = told,
                                             .port_gone = port_gone};

static void end_setup(struct channel *channel, int side)
{
    struct endpoint *end = &channel->end[side];

    object_init(&end->object, OBJECT_CHANNEL);
    inbox_init(&end->own);
    end->inbox = &end->own;
    end->peer = &channel->end[!side];
    end->channel = channel;
    end->open = true;
    end->closed.ops = &closed_ops;
}

struct channel *channel_create(struct purse *purse)
{
    struct channel *channel = purse_object_alloc(purse, sizeof(*channel));

    if (channel == NULL)
        return NULL;
    end_setup(channel, 0);
    end_setup(channel, 1);
    return channel;
}

int channel_bind(struct endpoint *end, struct port *port, uint64_t badge)
{
    if (!end->open)
        return NU_GONE;
    if (end->port != NULL || end->remote != NULL ||
        !list_is_empty(&end->own.receivers))
        return NU_BUSY;
    end->port = port;
    end->inbox = &port->inbox;
    end->badge = badge;
    notice_bind(&end->closed, NU_EVENT_CLOSED, port, badge);
    /* Who waits already goes on waiting, now for the port. */
    while (!list_is_empty(&end->own.senders)) {
        struct list_node *first = end->own.senders.next;

        list_del(first);
        list_add_tail(&port->inbox.senders, first);
    }
    if (!end->peer->open)
        notice_post(&end->closed);
    return 0;
}

struct channel *channel_create_bound(struct purse *purse, struct port *port,
                                     uint64_t badge)
{
    struct channel *channel = channel_create(purse);

    if (channel == NULL)
        return NULL;
    channel->end[1].without_handle = true;
    channel_bind(&channel->end[1], port, badge);
    return channel;
}

int channel_close_badge(struct port *port, uint64_t badge)
{
    struct list_node *n = port->bound_notices.next;

    for (; n != &port->bound_notices; n = n->next) {
        struct notice *notice = list_entry(n, struct notice, bound);

        if (notice->ops != &closed_ops || notice->badge != badge)
            continue;
        close_and_free(list_entry(notice, struct endpoint, closed));
        return 0;
    }
    return NU_NOENT;
}
