/*
 * event_channel_op, by the rules of Xen's event channels of two levels.
 */
#include <hv/fake/peer.h>

#define WORD_BITS 64u

static struct vcpu_info *vcpu(void)
{
    return &fake_hv.shared.vcpu_info[0];
}

static xen_ulong_t bit_of(uint32_t port)
{
    return 1ul << port % WORD_BITS;
}

static void select_port(uint32_t port)
{
    vcpu()->evtchn_pending_sel |= 1ul << port / WORD_BITS;
    vcpu()->evtchn_upcall_pending = 1;
}

void fake_port_set(uint32_t port)
{
    xen_ulong_t *pending = &fake_hv.shared.evtchn_pending[port / WORD_BITS];

    if (!(*pending & bit_of(port))) {
        *pending |= bit_of(port);
        if (!(fake_hv.shared.evtchn_mask[port / WORD_BITS] & bit_of(port))) {
            select_port(port);
        }
    }
}

uint32_t fake_port_find(enum fake_port_kind kind, uint32_t source)
{
    for (uint32_t port = 1; port < FAKE_PORTS; port++) {
        if (fake_hv.ports[port].kind == kind &&
            fake_hv.ports[port].source == source) {
            return port;
        }
    }
    return 0;
}

uint32_t fake_port_take(const struct fake_port *entry)
{
    for (uint32_t port = fake_hv.first_port; port < FAKE_PORTS; port++) {
        if (fake_hv.ports[port].kind == FAKE_FREE) {
            fake_hv.ports[port] = *entry;
            return port;
        }
    }
    return 0;
}

static long bind(enum fake_port_kind kind, uint32_t source, uint32_t *result)
{
    struct fake_port entry = {.kind = kind, .source = source};
    uint32_t port;

    if (fake_port_find(kind, source) != 0) {
        return -XEN_EEXIST;
    }
    port = fake_port_take(&entry);
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    *result = port;
    return 0;
}

static long bind_pirq(struct evtchn_bind_pirq *op)
{
    if (op->pirq >= FAKE_PIRQS) {
        return -XEN_EINVAL;
    }
    return bind(FAKE_PIRQ, op->pirq, &op->port);
}

static long close_port(uint32_t port)
{
    if (port == 0 || port >= FAKE_PORTS ||
        fake_hv.ports[port].kind == FAKE_FREE) {
        return -XEN_EINVAL;
    }
    fake_evtchn_disconnect(&fake_hv.ports[port]);
    fake_hv.ports[port].kind = FAKE_FREE;
    fake_hv.shared.evtchn_pending[port / WORD_BITS] &= ~bit_of(port);
    return 0;
}

static long unmask(uint32_t port)
{
    if (port == 0 || port >= FAKE_PORTS) {
        return -XEN_EINVAL;
    }
    fake_hv.shared.evtchn_mask[port / WORD_BITS] &= ~bit_of(port);
    if (fake_hv.shared.evtchn_pending[port / WORD_BITS] & bit_of(port)) {
        select_port(port);
    }
    return 0;
}

static long status(struct evtchn_status *op)
{
    const struct fake_port *port = &fake_hv.ports[op->port % FAKE_PORTS];

    if (op->dom != DOMID_SELF || op->port == 0 || op->port >= FAKE_PORTS) {
        return -XEN_EINVAL;
    }
    op->vcpu = 0;
    switch (port->kind) {
    case FAKE_VIRQ:
        op->status = EVTCHNSTAT_virq;
        op->u.virq = port->source;
        break;
    case FAKE_PIRQ:
        op->status = EVTCHNSTAT_pirq;
        op->u.pirq = port->source;
        break;
    case FAKE_UNBOUND:
        op->status = EVTCHNSTAT_unbound;
        op->u.unbound.dom = port->remote_domid;
        break;
    case FAKE_INTERDOMAIN:
    case FAKE_STORE:
        op->status = EVTCHNSTAT_interdomain;
        op->u.interdomain.dom = port->remote_domid;
        op->u.interdomain.port = port->source;
        break;
    case FAKE_FREE:
        op->status = EVTCHNSTAT_closed;
        break;
    }
    return 0;
}

long fake_event_channel_op(uint64_t command, uint64_t arg)
{
    void *op = (void *)(uintptr_t)arg;
    struct evtchn_bind_virq *virq = op;

    switch (command) {
    case EVTCHNOP_bind_virq:
        return bind(FAKE_VIRQ, virq->virq, &virq->port);
    case EVTCHNOP_bind_pirq:
        return bind_pirq(op);
    case EVTCHNOP_close:
        return close_port(((struct evtchn_close *)op)->port);
    case EVTCHNOP_unmask:
        return unmask(((struct evtchn_unmask *)op)->port);
    case EVTCHNOP_alloc_unbound:
        return fake_evtchn_alloc(op);
    case EVTCHNOP_bind_interdomain:
        return fake_evtchn_bind(op);
    case EVTCHNOP_send:
        return fake_evtchn_send(((struct evtchn_send *)op)->port);
    case EVTCHNOP_status:
        return status(op);
    default:
        return -XEN_ENOSYS;
    }
}

void fake_virq_raise(uint32_t virq)
{
    uint32_t port = fake_port_find(FAKE_VIRQ, virq);

    if (port != 0) {
        fake_port_set(port);
    }
}

void fake_pirq_raise(uint32_t number)
{
    struct fake_pirq *pirq = &fake_hv.pirqs[number];
    uint32_t port = fake_port_find(FAKE_PIRQ, number);

    pirq->asserted = pirq->level;
    if (port != 0 && !pirq->waits) {
        pirq->waits = pirq->level;
        fake_port_set(port);
    }
}

void fake_pirq_drop(uint32_t number)
{
    fake_hv.pirqs[number].asserted = false;
}

uint32_t fake_port_count(void)
{
    uint32_t count = 0;

    for (uint32_t port = 1; port < FAKE_PORTS; port++) {
        count += fake_hv.ports[port].kind != FAKE_FREE;
    }
    return count;
}
