/*
 * event_channel_op: ports for virtual and physical interrupts, in Xen's format
 * of two levels. Ports between domains come with the broker.
 *
 * Spec: Xen public/event_channel.h; public/xen.h, struct shared_info.
 */
#include <hv/kvm/kvm_internal.h>

#include <nlib/string.h>

#define PORTS     256u
#define WORD_BITS 64u

enum port_kind { PORT_FREE = 0, PORT_VIRQ = 1, PORT_PIRQ = 2 };

struct port {
    uint32_t kind; /* enum port_kind */
    uint32_t source; /* virq or pirq */
};

static struct port ports[PORTS];

void kvm_event_init(void)
{
    memset(ports, 0, sizeof(ports));
    memset(kvm_shared.evtchn_mask, 0xff, sizeof(kvm_shared.evtchn_mask));
}

void kvm_event_raise_virq(uint32_t virq)
{
    for (uint32_t port = 1; port < PORTS; port++) {
        if (ports[port].kind == PORT_VIRQ && ports[port].source == virq) {
            kvm_event_set(port);
        }
    }
}

static bool is_bound(uint32_t kind, uint32_t source)
{
    for (uint32_t port = 1; port < PORTS; port++) {
        if (ports[port].kind == kind && ports[port].source == source) {
            return true;
        }
    }
    return false;
}

/* A free port, or 0. Port 0 is none, as in Xen. */
static uint32_t find_free(void)
{
    for (uint32_t port = 1; port < PORTS; port++) {
        if (ports[port].kind == PORT_FREE) {
            return port;
        }
    }
    return 0;
}

static void take(uint32_t port, uint32_t kind, uint32_t source)
{
    ports[port].kind = kind;
    ports[port].source = source;
    kvm_shared.evtchn_pending[port / WORD_BITS] &= ~(1ul << port % WORD_BITS);
}

static long bind_virq(struct evtchn_bind_virq *op)
{
    uint32_t port = find_free();

    if (op->vcpu != 0) {
        return -XEN_ENOENT;
    }
    if (op->virq != VIRQ_TIMER) {
        return -XEN_EINVAL;
    }
    if (is_bound(PORT_VIRQ, op->virq)) {
        return -XEN_EEXIST;
    }
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    take(port, PORT_VIRQ, op->virq);
    op->port = port;
    return 0;
}

static long bind_pirq(struct evtchn_bind_pirq *op)
{
    uint32_t port = find_free();
    int rc;

    if (is_bound(PORT_PIRQ, op->pirq)) {
        return -XEN_EEXIST;
    }
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    rc = kvm_pirq_bind(op->pirq, port);
    if (rc != 0) {
        return rc;
    }
    take(port, PORT_PIRQ, op->pirq);
    op->port = port;
    return 0;
}

static long close_port(const struct evtchn_close *op)
{
    uint32_t port = op->port;

    if (port == 0 || port >= PORTS || ports[port].kind == PORT_FREE) {
        return -XEN_EINVAL;
    }
    if (ports[port].kind == PORT_PIRQ) {
        kvm_pirq_unbind(ports[port].source);
    }
    take(port, PORT_FREE, 0);
    return 0;
}

static long unmask(const struct evtchn_unmask *op)
{
    uint32_t word = op->port / WORD_BITS;
    xen_ulong_t bit = 1ul << op->port % WORD_BITS;

    if (op->port == 0 || op->port >= PORTS) {
        return -XEN_EINVAL;
    }
    kvm_shared.evtchn_mask[word] &= ~bit;
    if (kvm_shared.evtchn_pending[word] & bit) {
        kvm_select_port(op->port);
    }
    return 0;
}

long kvm_event_channel_op(uint64_t command, uint64_t arg)
{
    void *op = (void *)(uintptr_t)arg;

    switch (command) {
    case EVTCHNOP_bind_virq:
        return bind_virq(op);
    case EVTCHNOP_bind_pirq:
        return bind_pirq(op);
    case EVTCHNOP_close:
        return close_port(op);
    case EVTCHNOP_unmask:
        return unmask(op);
    default:
        return -XEN_ENOSYS;
    }
}
