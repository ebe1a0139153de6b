/* Contract `domain`: this domain among the domains of a system. */
#include <obj/kobject.h>
#include <obj/obj_device.h>
#include <obj/obj_domain.h>
#include <obj/objects.h>

#include <contract/domain.h>
#include <event/event.h>
#include <grant/grant.h>
#include <hypercall/hv.h>
#include <link/link.h>
#include <mm/frame.h>
#include <mm/memory.h>

static const struct hv_domain *self_domain;
static bool store_given;

void obj_domain_setup(const struct hv_domain *domain)
{
    self_domain = domain;
}

static int domain_info_serve(void *self, struct nu_serve *call,
                             struct domain_info_rep *rep)
{
    struct hv_counts counts;

    (void)self;
    (void)call;
    if (self_domain == NULL)
        return NU_UNSUP;
    hv_counts(&counts);
    rep->domid = self_domain->domid;
    rep->epoch = self_domain->epoch;
    rep->grants = grant_total();
    rep->grants_used = grant_used();
    rep->ports_used = event_used();
    rep->hypercalls = counts.hypercalls;
    rep->operations = counts.operations;
    rep->doorbells = counts.doorbells;
    rep->interrupts = counts.interrupts;
    rep->wait_ticks = counts.wait_ticks;
    return 0;
}

static int domain_create_link_serve(void *self, struct nu_serve *call,
                                    const struct domain_create_link_req *req,
                                    nu_handle_t purse, nu_handle_t port)
{
    struct object *pays;
    struct object *told;
    int status = self_domain == NULL ? NU_UNSUP : 0;

    (void)self;
    if (status == 0)
        status = kcall_object(call, purse, OBJECT_PURSE, NU_RIGHT_WRITE, &pays);
    if (status == 0)
        status = kcall_object(call, port, OBJECT_PORT, NU_RIGHT_RECV, &told);
    if (status != 0)
        return status;
    return kcall_give(
        call,
        link_create((struct purse *)pays, (struct port *)told, req->badge),
        NU_RIGHTS_ALL);
}

static int domain_store_serve(void *self, struct nu_serve *call)
{
    struct purse *purse = kcall_of(call)->caller->process->purse;
    struct memory *page;
    struct object *event;
    int status;

    (void)self;
    if (self_domain == NULL)
        return NU_UNSUP;
    if (store_given)
        return NU_BUSY;
    page = memory_create_fixed(purse, self_domain->store_phys, 1, false);
    status = kcall_give(call, page == NULL ? NULL : &page->object,
                        NU_RIGHTS_ALL & ~NU_RIGHT_EXEC);
    if (status != 0)
        return status;
    status = interrupt_attach(purse, self_domain->store_port, &event);
    if (status != 0)
        return status;
    store_given = true;
    return kcall_give(call, event, NU_RIGHTS_ALL);
}

static int domain_notify_store_serve(void *self, struct nu_serve *call)
{
    (void)self;
    (void)call;
    if (self_domain == NULL)
        return NU_UNSUP;
    hv_store_notify();
    return 0;
}

static int domain_usage_serve(void *self, struct nu_serve *call,
                              struct domain_usage_rep *rep)
{
    (void)self;
    (void)call;
    rep->used_pages = frame_total() - frame_free_count();
    rep->charged_pages = purse_audit();
    rep->grants = grant_used();
    rep->ports = event_used();
    rep->links = link_count();
    rep->held_grants = link_held_grants();
    return 0;
}

static const struct domain_ops domain_ops = {
    .info = domain_info_serve,
    .create_link = domain_create_link_serve,
    .store = domain_store_serve,
    .notify_store = domain_notify_store_serve,
    .usage = domain_usage_serve,
};

static uint64_t dispatch_domain(struct object *object, struct nu_serve *call)
{
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    return status != 0 ? (uint32_t)status
                       : domain_dispatch(&domain_ops, object, call);
}

void obj_domain_init(void)
{
    kobject_serve(OBJECT_DOMAIN, dispatch_domain);
}
