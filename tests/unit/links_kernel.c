/* The kernel of links_host.h: the objects that the connector asks. */
#include "links_kernel.h"

#include <stdlib.h>
#include <string.h>

#include <contract/domain.h>
#include <contract/handle.h>
#include <contract/link.h>
#include <contract/process.h>
#include <contract/purse.h>
#include <contract/service.h>

#include "links_host.h"
#include "links_store.h"

#define SIGNALS 0x1000u
#define WATCHES 0x2000u
#define LINKS   0x3000u
#define PURSES  0x8000u /* of peers */
#define OTHERS  0x4000u /* ports, channels, ... */
#define BADGES  4096u

static uint64_t badges[BADGES]; /* of signals */
static uint32_t badge_count;
static nu_handle_t next_purse;
static nu_handle_t next_handle;

static void must(bool good)
{
    if (!good)
        abort();
}

void links_kernel_begin(void)
{
    badge_count = 0;
    next_handle = OTHERS;
    next_purse = PURSES;
}

void links_store_raise(nu_handle_t signal)
{
    host_signal(badges[signal - SIGNALS]);
}

/* ---- objects ---- */

static int domain_info_serve(void *self, struct nu_serve *call,
                             struct domain_info_rep *rep)
{
    rep->domid = HOST_DOMID;
    rep->epoch = HOST_EPOCH;
    return 0;
}

static int create_link_serve(void *self, struct nu_serve *call,
                             const struct domain_create_link_req *req,
                             nu_handle_t purse, nu_handle_t port)
{
    struct host_link *link = &host.links[host.link_count];

    must(host.link_count < HOST_LINKS_MAX &&
         (purse == HOST_PURSE || purse >= OTHERS));
    memset(link, 0, sizeof(*link));
    link->is_made = true;
    link->badge = req->badge;
    link->state = LINK_STATE_IDLE;
    return nu_serve_handle(call, LINKS + host.link_count++, NU_RIGHTS_ALL, 0);
}

static const struct domain_ops domain_ops = {
    .info = domain_info_serve,
    .create_link = create_link_serve,
};

static int open_serve(void *self, struct nu_serve *call,
                      const struct link_open_req *req,
                      struct link_open_rep *rep)
{
    struct host_link *link = self;

    must(link->state == LINK_STATE_IDLE && req->domid != 0 &&
         req->domid != HOST_DOMID);
    link->opens++;
    if (host.open_status != 0)
        return host.open_status;
    link->state = LINK_STATE_OFFERED;
    link->domid = req->domid;
    link->remote_port = req->remote_port;
    link->gate = NU_HANDLE_NONE;
    rep->ring_ref = 800 + link->opens;
    rep->port = 30 + link->opens;
    return 0;
}

static int attach_serve(void *self, struct nu_serve *call,
                        const struct link_attach_req *req)
{
    struct host_link *link = self;

    must(link->state == LINK_STATE_OFFERED && req->ring_ref != 0);
    link->attaches++;
    if (host.attach_status != 0)
        return host.attach_status;
    link->state = LINK_STATE_UP;
    link->ring_ref = req->ring_ref;
    link->epoch = req->epoch;
    link->heard_ns = host.now_ns;
    return 0;
}

static int close_serve(void *self, struct nu_serve *call)
{
    struct host_link *link = self;

    link->closes++;
    link->state = LINK_STATE_IDLE;
    return 0;
}

static int import_serve(void *self, struct nu_serve *call,
                        const struct link_import_req *req,
                        const struct nu_blob *name, nu_handle_t end)
{
    struct host_link *link = self;

    must(link->import_count < 4 && name->bytes < 32 && link->opens == 0);
    memcpy(link->imports[link->import_count++], name->data, name->bytes);
    return 0;
}

static int set_gate_serve(void *self, struct nu_serve *call, nu_handle_t gate)
{
    struct host_link *link = self;

    must(link->state == LINK_STATE_OFFERED && gate >= OTHERS);
    link->gate = gate;
    return 0;
}

static int probe_serve(void *self, struct nu_serve *call)
{
    struct host_link *link = self;

    if (link->state != LINK_STATE_UP)
        return NU_GONE;
    link->probes++;
    if (!link->is_dead)
        link->heard_ns = host.now_ns;
    return 0;
}

static int link_info_serve(void *self, struct nu_serve *call,
                           struct link_info_rep *rep)
{
    const struct host_link *link = self;

    rep->state = link->state;
    rep->domid = link->domid;
    rep->heard_ns = link->heard_ns;
    rep->calls = 1234;
    return 0;
}

static const struct link_ops link_ops = {
    .open = open_serve,
    .attach = attach_serve,
    .close = close_serve,
    .import = import_serve,
    .set_gate = set_gate_serve,
    .probe = probe_serve,
    .info = link_info_serve,
};

static int create_signal_serve(void *self, struct nu_serve *call,
                               const struct purse_create_signal_req *req,
                               nu_handle_t port)
{
    must(badge_count < BADGES);
    badges[badge_count] = req->badge;
    return nu_serve_handle(call, SIGNALS + badge_count++, NU_RIGHTS_ALL, 0);
}

static int create_port_serve(void *self, struct nu_serve *call)
{
    must(next_handle < PURSES);
    return nu_serve_handle(call, next_handle++, NU_RIGHTS_ALL, 0);
}

static int create_channel_serve(void *self, struct nu_serve *call)
{
    (void)nu_serve_handle(call, next_handle++, NU_RIGHTS_ALL, 0);
    return nu_serve_handle(call, next_handle++, NU_RIGHTS_ALL, 0);
}

static int create_purse_serve(void *self, struct nu_serve *call,
                              const struct purse_create_purse_req *req)
{
    if (host.purse_pages < req->limit_pages)
        return NU_NOMEM;
    host.purse_pages -= req->limit_pages;
    return nu_serve_handle(call, next_purse++, NU_RIGHTS_ALL, 0);
}

static int purse_info_serve(void *self, struct nu_serve *call,
                            struct purse_info_rep *rep)
{
    rep->peak_pages = 7;
    rep->limit_pages = host.purse_pages;
    return 0;
}

static const struct purse_ops purse_ops = {
    .info = purse_info_serve,
    .create_purse = create_purse_serve,
    .create_signal = create_signal_serve,
    .create_port = create_port_serve,
    .create_channel = create_channel_serve,
};

static int create_thread_serve(void *self, struct nu_serve *call,
                               const struct process_create_thread_req *req)
{
    must(req->entry != 0 && req->stack % 16 == 8 && req->arg >= OTHERS);
    host.threads++;
    return nu_serve_handle(call, next_handle++, NU_RIGHTS_ALL, 0);
}

static const struct process_ops process_ops = {
    .create_thread = create_thread_serve,
};

static int connect_serve(void *self, struct nu_serve *call)
{
    return nu_serve_handle(call, next_handle++, NU_RIGHTS_ALL, 0);
}

static const struct service_ops service_ops = {.connect = connect_serve};

static uint64_t close_handle(nu_handle_t handle)
{
    host.closed = handle;
    if (handle >= WATCHES && handle < LINKS)
        links_store_unwatch(handle - WATCHES);
    if (handle >= PURSES)
        host.purse_pages += LINKS_PEER_PAGES;
    if (handle >= LINKS && handle < LINKS + HOST_LINKS_MAX) {
        host.links[handle - LINKS].is_made = false;
        host.links[handle - LINKS].state = LINK_STATE_IDLE;
    }
    return 0;
}

uint64_t links_kernel_dispatch(nu_handle_t handle, struct nu_serve *s)
{
    if (nu_tag_method(s->tag) == HANDLE_CLOSE_METHOD)
        return close_handle(handle);
    if (handle == HOST_STORE) {
        host.store_calls++;
        return links_store_dispatch(s, host.store_status, WATCHES);
    }
    if (handle == HOST_DOMAIN)
        return domain_dispatch(&domain_ops, NULL, s);
    if (handle == HOST_PURSE || handle >= PURSES)
        return purse_dispatch(&purse_ops, NULL, s);
    if (handle == HOST_SELF)
        return process_dispatch(&process_ops, NULL, s);
    if (handle >= HOST_SERVICE && handle < SIGNALS) {
        host.connected = handle;
        return service_dispatch(&service_ops, NULL, s);
    }
    if (handle >= WATCHES && handle < LINKS)
        return links_store_watch_dispatch(handle - WATCHES, s);
    if (handle >= LINKS && handle < LINKS + HOST_LINKS_MAX)
        return link_dispatch(&link_ops, &host.links[handle - LINKS], s);
    return 0; /* binding a channel, and the like */
}
