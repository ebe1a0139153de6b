/* Contract `purse`: where kernel objects come from. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <contract/purse.h>
#include <ipc/channel.h>
#include <ipc/reply.h>
#include <mm/memory.h>
#include <obj/obj_signal.h>
#include <obj/obj_timer.h>

static int purse_info_serve(void *self, struct nu_serve *call,
                            struct purse_info_rep *rep)
{
    const struct purse *purse = self;

    (void)call;
    rep->limit_pages = purse->limit;
    rep->used_pages = purse->used + purse->lent;
    rep->peak_pages = purse->peak;
    rep->objects = purse->objects;
    return 0;
}

static int purse_create_purse_serve(void *self, struct nu_serve *call,
                                    const struct purse_create_purse_req *req)
{
    struct purse *purse;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status != 0)
        return status;
    purse = purse_create(self, req->limit_pages);
    return kcall_give(call, purse == NULL ? NULL : &purse->object,
                      NU_RIGHTS_ALL);
}

static int purse_create_memory_serve(void *self, struct nu_serve *call,
                                     const struct purse_create_memory_req *req)
{
    struct memory *memory;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status != 0)
        return status;
    if (req->pages == 0 || req->pages > MEMORY_PAGES_MAX)
        return NU_RANGE;
    memory = memory_create(self, req->pages);
    /* Not MANAGE: nobody learns machine addresses of ordinary memory. */
    return kcall_give(call, memory == NULL ? NULL : &memory->object,
                      NU_RIGHTS_ALL & ~NU_RIGHT_MANAGE);
}

static int purse_create_port_serve(void *self, struct nu_serve *call)
{
    struct port *port;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status != 0)
        return status;
    port = port_create(self);
    return kcall_give(call, port == NULL ? NULL : &port->object, NU_RIGHTS_ALL);
}

static int purse_create_channel_serve(void *self, struct nu_serve *call)
{
    struct channel *channel;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status != 0)
        return status;
    if (kcall_of(call)->caller->process->handles.free_count < 2)
        return NU_NOSLOT;
    channel = channel_create(self);
    if (channel == NULL)
        return NU_NOMEM;
    status = kcall_give(call, &channel->end[0].object, NU_RIGHTS_ALL);
    if (status == 0)
        status = kcall_give(call, &channel->end[1].object, NU_RIGHTS_ALL);
    return status;
}

static int purse_create_reply_serve(void *self, struct nu_serve *call)
{
    struct reply *reply;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status != 0)
        return status;
    reply = reply_create(self);
    return kcall_give(call, reply == NULL ? NULL : &reply->object,
                      NU_RIGHTS_ALL);
}

static int purse_create_timer_serve(void *self, struct nu_serve *call,
                                    const struct purse_create_timer_req *req,
                                    nu_handle_t port)
{
    struct object *object;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status == 0)
        status = kcall_object(call, port, OBJECT_PORT, NU_RIGHT_RECV, &object);
    if (status != 0)
        return status;
    return kcall_give(call,
                      timer_create(self, (struct port *)object, req->badge),
                      NU_RIGHTS_ALL);
}

static int purse_create_signal_serve(void *self, struct nu_serve *call,
                                     const struct purse_create_signal_req *req,
                                     nu_handle_t port)
{
    struct object *object;
    int status = kcall_need(call, NU_RIGHT_WRITE);

    if (status == 0)
        status = kcall_object(call, port, OBJECT_PORT, NU_RIGHT_RECV, &object);
    if (status != 0)
        return status;
    return kcall_give(call,
                      signal_create(self, (struct port *)object, req->badge),
                      NU_RIGHTS_ALL);
}

static int create_process(struct nu_serve *call, struct process_args *args,
                          nu_handle_t purse, nu_handle_t watcher, uint32_t *id)
{
    struct object *pays;
    struct object *port;
    struct process *process;
    int status = kcall_object(call, purse, OBJECT_PURSE, NU_RIGHT_WRITE, &pays);

    if (status == 0)
        status = kcall_object(call, watcher, OBJECT_PORT, NU_RIGHT_RECV, &port);
    if (status != 0)
        return status;
    if (args->slots > NU_HANDLE_SLOTS_MAX)
        return NU_RANGE;
    args->purse = (struct purse *)pays;
    args->watcher = (struct port *)port;
    process = process_create(args);
    if (process == NULL)
        return NU_NOMEM;
    *id = process->id;
    return kcall_give(call, &process->object, NU_RIGHTS_ALL);
}

static int
purse_create_process_serve(void *self, struct nu_serve *call,
                           const struct purse_create_process_req *req,
                           const struct nu_blob *name, nu_handle_t purse,
                           nu_handle_t watcher,
                           struct purse_create_process_rep *rep)
{
    struct process_args args = {.name = name->data,
                                .name_bytes = name->bytes,
                                .slots = req->slots,
                                .badge = req->badge};

    (void)self;
    return create_process(call, &args, purse, watcher, &rep->id);
}

static const struct purse_ops purse_ops = {
    .info = purse_info_serve,
    .create_purse = purse_create_purse_serve,
    .create_memory = purse_create_memory_serve,
    .create_port = purse_create_port_serve,
    .create_channel = purse_create_channel_serve,
    .create_reply = purse_create_reply_serve,
    .create_timer = purse_create_timer_serve,
    .create_signal = purse_create_signal_serve,
    .create_process = purse_create_process_serve,
};

static uint64_t dispatch(struct object *object, struct nu_serve *call)
{
    return purse_dispatch(&purse_ops, object, call);
}

void obj_purse_init(void)
{
    kobject_serve(OBJECT_PURSE, dispatch);
}
