/* Contract `link`. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <contract/link.h>
#include <link/link.h>

static int link_open_serve(void *self, struct nu_serve *call,
                           const struct link_open_req *req,
                           struct link_open_rep *rep)
{
    (void)call;
    return link_open(self, req->domid, req->remote_port, &rep->ring_ref,
                     &rep->port);
}

static int link_attach_serve(void *self, struct nu_serve *call,
                             const struct link_attach_req *req)
{
    (void)call;
    return link_attach(self, req->ring_ref, req->epoch);
}

static int link_close_serve(void *self, struct nu_serve *call)
{
    (void)call;
    link_close(self);
    return 0;
}

/* An end that the caller could receive from: then it is its own to give. */
static int channel_end(const struct nu_serve *call, nu_handle_t handle,
                       uint32_t rights, struct endpoint **end)
{
    struct object *object;
    int status = kcall_object(call, handle, OBJECT_CHANNEL, rights, &object);

    if (status == 0)
        *end = (struct endpoint *)object;
    return status;
}

static int link_import_serve(void *self, struct nu_serve *call,
                             const struct link_import_req *req,
                             const struct nu_blob *name, nu_handle_t end)
{
    struct endpoint *own;
    int status = channel_end(call, end, NU_RIGHT_RECV, &own);

    (void)req;
    return status != 0 ? status
                       : link_import(self, name->data, name->bytes, own);
}

static int link_set_gate_serve(void *self, struct nu_serve *call,
                               nu_handle_t gate)
{
    struct endpoint *client;
    int status = channel_end(call, gate, NU_RIGHT_SEND, &client);

    return status != 0 ? status : link_set_gate(self, client);
}

static int link_probe_serve(void *self, struct nu_serve *call)
{
    (void)call;
    return link_probe(self);
}

static int link_info_serve(void *self, struct nu_serve *call,
                           struct link_info_rep *rep)
{
    struct link_info info;

    (void)call;
    link_info_get(self, &info);
    rep->state = info.state;
    rep->domid = info.domid;
    rep->epoch = info.epoch;
    rep->connections = info.connections;
    rep->imports = info.imports;
    rep->exports = info.exports;
    rep->waiting = info.waiting;
    rep->served = info.served;
    rep->zombies = info.zombies;
    rep->heard_ns = info.heard_ns;
    rep->outage_ns = info.outage_ns;
    rep->calls = info.calls;
    rep->calls_served = info.calls_served;
    rep->replayed = info.replayed;
    rep->bytes_out = info.bytes_out;
    rep->bytes_in = info.bytes_in;
    rep->events_out = info.events_out;
    rep->events_in = info.events_in;
    rep->polled = info.polled;
    rep->violations = info.violations;
    rep->wait_ticks = info.wait_ticks;
    return 0;
}

static const struct link_ops link_ops = {
    .open = link_open_serve,
    .attach = link_attach_serve,
    .close = link_close_serve,
    .import = link_import_serve,
    .set_gate = link_set_gate_serve,
    .probe = link_probe_serve,
    .info = link_info_serve,
};

static uint64_t dispatch_link(struct object *object, struct nu_serve *call)
{
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    return status != 0 ? (uint32_t)status
                       : link_dispatch(&link_ops, object, call);
}

void obj_link_init(void)
{
    kobject_serve(OBJECT_LINK, dispatch_link);
}
