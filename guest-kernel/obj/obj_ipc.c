/* Contracts `handle`, `channel`, `port` and `reply`. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <contract/channel.h>
#include <contract/handle.h>
#include <contract/port.h>
#include <contract/reply.h>
#include <ipc/channel.h>
#include <ipc/message.h>
#include <ipc/reply.h>

static int handle_close_serve(void *self, struct nu_serve *call)
{
    struct kcall *k = kcall_of(call);

    (void)self;
    object_put(handle_take(&k->caller->process->handles, k->slot));
    return 0;
}

static int handle_copy_serve(void *self, struct nu_serve *call,
                             const struct handle_copy_req *req)
{
    struct object *object = self;
    uint32_t rights = kcall_of(call)->slot->rights & req->rights;
    int status = kcall_need(call, NU_RIGHT_COPY);

    if (status != 0)
        return status;
    object_get(object);
    return kcall_give(call, object, rights);
}

static int handle_info_serve(void *self, struct nu_serve *call,
                             struct handle_info_rep *rep)
{
    const struct object *object = self;

    rep->contract = object->type == OBJECT_CHANNEL ? 0xffff : object->type;
    rep->rights = kcall_of(call)->slot->rights;
    return 0;
}

static int channel_bind_serve(void *self, struct nu_serve *call,
                              const struct channel_bind_req *req,
                              nu_handle_t port)
{
    struct object *object;
    int status = kcall_need(call, NU_RIGHT_RECV);

    if (status == 0)
        status = kcall_object(call, port, OBJECT_PORT, NU_RIGHT_RECV, &object);
    if (status != 0)
        return status;
    status = channel_bind(self, (struct port *)object, req->badge);
    if (status == 0)
        message_serve_waiting(&((struct port *)object)->inbox);
    return status;
}

static uint64_t length(const struct list_node *head)
{
    uint64_t count = 0;

    for (const struct list_node *n = head->next; n != head; n = n->next)
        count++;
    return count;
}

static int port_info_serve(void *self, struct nu_serve *call,
                           struct port_info_rep *rep)
{
    const struct port *port = self;

    (void)call;
    rep->receivers = length(&port->inbox.receivers);
    rep->senders = length(&port->inbox.senders);
    rep->events = length(&port->inbox.notices);
    return 0;
}

static int port_close_serve(void *self, struct nu_serve *call,
                            const struct port_close_req *req)
{
    int status = kcall_need(call, NU_RIGHT_RECV);

    return status != 0 ? status : channel_close_badge(self, req->badge);
}

static int reply_save_serve(void *self, struct nu_serve *call)
{
    return reply_save(self, kcall_of(call)->caller);
}

static const struct handle_ops handle_ops = {
    .close = handle_close_serve,
    .copy = handle_copy_serve,
    .info = handle_info_serve,
};

static const struct channel_ops channel_ops = {.bind = channel_bind_serve};

static const struct port_ops port_ops = {
    .info = port_info_serve,
    .close = port_close_serve,
};

static const struct reply_ops reply_ops = {.save = reply_save_serve};

static uint64_t dispatch_handle(struct object *object, struct nu_serve *call)
{
    return handle_dispatch(&handle_ops, object, call);
}

static uint64_t dispatch_channel(struct object *object, struct nu_serve *call)
{
    return channel_dispatch(&channel_ops, object, call);
}

static uint64_t dispatch_port(struct object *object, struct nu_serve *call)
{
    return port_dispatch(&port_ops, object, call);
}

static uint64_t dispatch_reply(struct object *object, struct nu_serve *call)
{
    return reply_dispatch(&reply_ops, object, call);
}

void obj_ipc_init(void)
{
    kobject_serve(OBJECT_NONE, dispatch_handle);
    kobject_serve(OBJECT_CHANNEL, dispatch_channel);
    kobject_serve(OBJECT_PORT, dispatch_port);
    kobject_serve(OBJECT_REPLY, dispatch_reply);
}
