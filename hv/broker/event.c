#include "event.h"

#define WORD_BITS 64u

static struct port *port_at(struct domain *domain, uint32_t port)
{
    return port > 0 && port < BROKER_PORTS ? &domain->ports[port] : NULL;
}

/* A port that the guest may take, as Xen's evtchn_allocate_port(). */
static int take_port(struct domain *domain, uint32_t number, struct port **port)
{
    *port = port_at(domain, number);
    if (*port == NULL)
        return -XEN_ENOSPC;
    return (*port)->state == PORT_FREE ? 0 : -XEN_EBUSY;
}

/*
 * Xen's evtchn_2l_set_pending(), on memory that the guest works on at the same
 * time: pending, and unless masked the selector and the upcall.
 */
static void set_pending(struct domain *domain, uint32_t port)
{
    struct shared_info *info;
    struct vcpu_info *vcpu;
    uint32_t word = port / WORD_BITS;
    xen_ulong_t bit = (xen_ulong_t)1 << (port % WORD_BITS);
    xen_ulong_t selector = (xen_ulong_t)1 << word;

    if (!vhost_is_live(&domain->vhost))
        return;
    info = &domain_shared(domain)->events;
    vcpu = &info->vcpu_info[0];
    if ((__atomic_fetch_or(&info->evtchn_pending[word], bit, __ATOMIC_SEQ_CST) &
         bit) != 0)
        return;
    if ((__atomic_load_n(&info->evtchn_mask[word], __ATOMIC_SEQ_CST) & bit) !=
        0)
        return;
    if ((__atomic_fetch_or(&vcpu->evtchn_pending_sel, selector,
                           __ATOMIC_SEQ_CST) &
         selector) != 0)
        return;
    if (__atomic_exchange_n(&vcpu->evtchn_upcall_pending, 1,
                            __ATOMIC_SEQ_CST) == 0)
        domain->call_due = true;
}

static void clear_pending(struct domain *domain, uint32_t port)
{
    xen_ulong_t bit = (xen_ulong_t)1 << (port % WORD_BITS);

    if (vhost_is_live(&domain->vhost))
        (void)__atomic_fetch_and(
            &domain_shared(domain)->events.evtchn_pending[port / WORD_BITS],
            ~bit, __ATOMIC_SEQ_CST);
}

static bool is_self(const struct domain *domain, domid_t domid)
{
    return domid == DOMID_SELF || domid == domain->domid;
}

/* Ports of other domains are not ours to handle. */
static int check_self(const struct broker *broker, const struct domain *domain,
                      domid_t domid)
{
    if (is_self(domain, domid))
        return 0;
    return broker_running(broker, domid) == NULL ? -XEN_ESRCH : -XEN_EPERM;
}

int event_alloc_unbound(const struct broker *broker, struct domain *domain,
                        const struct evtchn_alloc_unbound *alloc)
{
    struct port *port;
    int error = check_self(broker, domain, alloc->dom);

    if (error == 0)
        error = take_port(domain, alloc->port, &port);
    if (error != 0)
        return error;
    port->state = PORT_UNBOUND;
    port->remote =
        alloc->remote_dom == DOMID_SELF ? domain->domid : alloc->remote_dom;
    return 0;
}

int event_bind_interdomain(const struct broker *broker, struct domain *domain,
                           const struct evtchn_bind_interdomain *bind)
{
    struct domain *other = is_self(domain, bind->remote_dom)
                               ? domain
                               : broker_running(broker, bind->remote_dom);
    struct port *port;
    struct port *remote;
    int error;

    if (other == NULL)
        return -XEN_ESRCH;
    error = take_port(domain, bind->local_port, &port);
    if (error != 0)
        return error;
    remote = port_at(other, bind->remote_port);
    if (remote == NULL || remote->state != PORT_UNBOUND ||
        remote->remote != domain->domid)
        return -XEN_EINVAL;
    port->state = PORT_INTERDOMAIN;
    port->remote = other->domid;
    port->remote_port = bind->remote_port;
    remote->state = PORT_INTERDOMAIN;
    remote->remote_port = bind->local_port;
    set_pending(domain, bind->local_port);
    return 0;
}

int event_send(const struct broker *broker, struct domain *domain,
               const struct evtchn_send *send)
{
    struct port *port = port_at(domain, send->port);
    struct domain *other;

    if (port == NULL || port->state == PORT_FREE)
        return -XEN_EINVAL;
    domain->counts.events_sent++;
    if (port->state == PORT_STORE)
        domain->store_due = true;
    if (port->state != PORT_INTERDOMAIN)
        return 0;
    other = broker_running(broker, port->remote);
    if (other != NULL)
        set_pending(other, port->remote_port);
    return 0;
}

/* Both ends know each other, or neither does: see event_close_all(). */
static void close_port(const struct broker *broker, struct domain *domain,
                       uint32_t number)
{
    struct port *port = &domain->ports[number];

    if (port->state == PORT_INTERDOMAIN) {
        struct domain *other = broker_running(broker, port->remote);

        /* Its (remote) is this domain still, who may bind to it again. */
        if (other != NULL)
            other->ports[port->remote_port].state = PORT_UNBOUND;
    }
    port->state = PORT_FREE;
}

int event_close(const struct broker *broker, struct domain *domain,
                const struct evtchn_close *close)
{
    struct port *port = port_at(domain, close->port);

    if (port == NULL || port->state == PORT_FREE)
        return -XEN_EINVAL;
    close_port(broker, domain, close->port);
    clear_pending(domain, close->port);
    return 0;
}

int event_status(const struct broker *broker, const struct domain *domain,
                 struct evtchn_status *status)
{
    const struct port *port;
    int error = check_self(broker, domain, status->dom);

    if (error != 0)
        return error;
    if (status->port == 0 || status->port >= BROKER_PORTS)
        return -XEN_EINVAL;
    port = &domain->ports[status->port];
    status->vcpu = 0;
    status->status = EVTCHNSTAT_closed;
    if (port->state == PORT_UNBOUND) {
        status->status = EVTCHNSTAT_unbound;
        status->u.unbound.dom = port->remote;
    } else if (port->state != PORT_FREE) {
        status->status = EVTCHNSTAT_interdomain;
        status->u.interdomain.dom = port->remote;
        status->u.interdomain.port = port->remote_port;
    }
    return 0;
}

int event_bind_store(struct domain *domain, uint32_t port)
{
    struct port *bound = port_at(domain, port);

    if (bound == NULL)
        return -XEN_EINVAL;
    bound->state = PORT_STORE;
    bound->remote = 0;
    bound->remote_port = domain->domid;
    return 0;
}

void event_raise_store(struct domain *domain)
{
    for (uint32_t i = 1; i < BROKER_PORTS; i++) {
        if (domain->ports[i].state == PORT_STORE) {
            set_pending(domain, i);
            return;
        }
    }
}

void event_close_all(const struct broker *broker, struct domain *domain)
{
    for (uint32_t i = 1; i < BROKER_PORTS; i++)
        close_port(broker, domain, i);
}
