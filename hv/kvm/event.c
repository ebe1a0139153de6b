/*
 * event_channel_op: ports for virtual and physical interrupts, in Xen's format
 * of two levels, and ports to other domains, whose other half is the broker's.
 * We choose the number of each; the broker sets bits for those it was told of.
 *
 * Spec: Xen public/event_channel.h; public/xen.h, struct shared_info.
 */
#include <hv/kvm/kvm_internal.h>

#include <nlib/string.h>

#define PORTS     256u
#define WORD_BITS 64u

enum port_kind {
    PORT_FREE = 0,
    PORT_VIRQ = 1,
    PORT_PIRQ = 2,
    PORT_CHANNEL = 3, /* the broker knows to whom */
    PORT_STORE = 4
};

struct port {
    uint32_t kind; /* enum port_kind */
    uint32_t source; /* virq or pirq */
};

_Static_assert(PORTS == BROKER_PORTS, "the broker takes any of ours");

static struct port ports[PORTS];

void kvm_event_init(void)
{
    memset(ports, 0, sizeof(ports));
    kvm_timer_port = 0;
    memset(kvm_shared.events.evtchn_mask, 0xff,
           sizeof(kvm_shared.events.evtchn_mask));
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
    (void)__atomic_fetch_and(
        &kvm_shared.events.evtchn_pending[port / WORD_BITS],
        ~(1ul << port % WORD_BITS), __ATOMIC_SEQ_CST);
}

uint32_t kvm_event_take_store(void)
{
    uint32_t port = find_free();

    if (port != 0) {
        take(port, PORT_STORE, 0);
    }
    return port;
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
    kvm_timer_port = port;
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

/* Has the broker do (*op), alone in its batch; what it answers stays there. */
static struct broker_op *add(uint16_t command, long *result)
{
    struct kvm_sink sink = {.result = result, .copies = NULL};
    uint32_t one = 1;
    struct broker_op *op = kvm_mailbox_add(&one, &sink);

    *result = 0;
    op->hypercall = __HYPERVISOR_event_channel_op;
    op->command = command;
    op->result = -XEN_EIO;
    return op;
}

static long alloc_unbound(struct evtchn_alloc_unbound *op)
{
    uint32_t port = find_free();
    long result;

    if (!kvm_batch.is_open) {
        return -XEN_ENOSYS;
    }
    if (op->dom != DOMID_SELF) {
        return -XEN_EPERM;
    }
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    take(port, PORT_FREE, 0);
    add(EVTCHNOP_alloc_unbound, &result)->alloc = (struct evtchn_alloc_unbound){
        .dom = DOMID_SELF, .remote_dom = op->remote_dom, .port = port};
    kvm_mailbox_flush();
    if (result == 0) {
        ports[port].kind = PORT_CHANNEL;
        op->port = port;
    }
    return result;
}

static long bind_interdomain(struct evtchn_bind_interdomain *op)
{
    uint32_t port = find_free();
    long result;

    if (!kvm_batch.is_open) {
        return -XEN_ENOSYS;
    }
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    take(port, PORT_FREE, 0);
    add(EVTCHNOP_bind_interdomain, &result)->bind =
        (struct evtchn_bind_interdomain){.remote_dom = op->remote_dom,
                                         .remote_port = op->remote_port,
                                         .local_port = port};
    kvm_mailbox_flush();
    if (result == 0) {
        ports[port].kind = PORT_CHANNEL;
        op->local_port = port;
    }
    return result;
}

void kvm_event_queue_send(uint32_t port, long *result)
{
    if (port == 0 || port >= PORTS ||
        (ports[port].kind != PORT_CHANNEL && ports[port].kind != PORT_STORE)) {
        *result = -XEN_EINVAL;
    } else if (ports[port].kind == PORT_STORE) {
        *result = 0;
        hv_store_notify();
    } else {
        add(EVTCHNOP_send, result)->send.port = port;
    }
}

static long send(const struct evtchn_send *op)
{
    long result;

    kvm_event_queue_send(op->port, &result);
    kvm_mailbox_flush();
    return result;
}

static long channel_status(struct evtchn_status *op)
{
    long result;
    struct broker_op *question = add(EVTCHNOP_status, &result);

    question->status =
        (struct evtchn_status){.dom = DOMID_SELF, .port = op->port};
    kvm_mailbox_flush();
    if (result == 0) {
        *op = question->status;
    }
    return result;
}

static long status(struct evtchn_status *op)
{
    if (op->dom != DOMID_SELF) {
        return -XEN_EPERM;
    }
    if (op->port >= PORTS) {
        return -XEN_EINVAL;
    }
    op->vcpu = 0;
    switch ((enum port_kind)ports[op->port].kind) {
    case PORT_CHANNEL:
        return channel_status(op);
    case PORT_VIRQ:
        op->status = EVTCHNSTAT_virq;
        op->u.virq = ports[op->port].source;
        return 0;
    case PORT_PIRQ:
        op->status = EVTCHNSTAT_pirq;
        op->u.pirq = ports[op->port].source;
        return 0;
    case PORT_STORE:
        op->status = EVTCHNSTAT_interdomain;
        op->u.interdomain.dom = 0;
        op->u.interdomain.port = 0;
        return 0;
    case PORT_FREE:
        break;
    }
    op->status = EVTCHNSTAT_closed;
    return 0;
}

/* First the broker, which sets bits until then. */
static long close_port(const struct evtchn_close *op)
{
    uint32_t port = op->port;
    long result;

    if (port == 0 || port >= PORTS || ports[port].kind == PORT_FREE ||
        ports[port].kind == PORT_STORE) {
        return -XEN_EINVAL;
    }
    if (ports[port].kind == PORT_CHANNEL) {
        add(EVTCHNOP_close, &result)->close.port = port;
        kvm_mailbox_flush();
    }
    if (ports[port].kind == PORT_PIRQ) {
        kvm_pirq_unbind(ports[port].source);
    }
    if (port == kvm_timer_port) {
        kvm_timer_port = 0;
    }
    take(port, PORT_FREE, 0);
    return 0;
}

/* The bit of the mask goes before a look at the pending one, with a barrier:
 * who sets that one looks at the mask afterwards. */
static long unmask(const struct evtchn_unmask *op)
{
    uint32_t word = op->port / WORD_BITS;
    xen_ulong_t bit = 1ul << op->port % WORD_BITS;

    if (op->port == 0 || op->port >= PORTS) {
        return -XEN_EINVAL;
    }
    (void)__atomic_fetch_and(&kvm_shared.events.evtchn_mask[word], ~bit,
                             __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&kvm_shared.events.evtchn_pending[word],
                        __ATOMIC_SEQ_CST) &
        bit) {
        bool was_pending = kvm_upcall_pending();

        kvm_select_port(op->port);
        if (!was_pending) {
            kvm_lapic_self(KVM_VECTOR_UPCALL);
        }
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
    case EVTCHNOP_alloc_unbound:
        return alloc_unbound(op);
    case EVTCHNOP_bind_interdomain:
        return bind_interdomain(op);
    case EVTCHNOP_send:
        return send(op);
    case EVTCHNOP_status:
        return status(op);
    case EVTCHNOP_close:
        return close_port(op);
    case EVTCHNOP_unmask:
        return unmask(op);
    default:
        return -XEN_ENOSYS;
    }
}
