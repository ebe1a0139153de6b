/*
 * Events: event.h.
 */
#include <event/event.h>

#include <abi/error.h>
#include <boot/klog.h>
#include <hypercall/hv.h>
#include <hypercall/hypercall.h>
#include <kassert.h>
#include <nlib/string.h>

#define WORD_BITS 64u
#define WORDS     (EVENT_PORTS / WORD_BITS)
/* Rounds of one upcall: a source that never stops must not hold the kernel. */
#define ROUNDS_MAX 16

enum event_kind { EVENT_VIRQ = 0, EVENT_PIRQ, EVENT_CHANNEL };

struct event_port {
    event_fn fn; /* NULL: not bound */
    void *arg;
    uint64_t count;
    uint32_t source; /* virq, pirq, or domain */
    uint8_t kind; /* enum event_kind */
    bool needs_eoi;
};

static struct event_port event_ports[EVENT_PORTS];
static struct shared_info *event_shared;

static struct vcpu_info *this_vcpu(void)
{
    return &event_shared->vcpu_info[0];
}

static xen_ulong_t bit_of(uint32_t port)
{
    return 1ul << port % WORD_BITS;
}

static xen_ulong_t *mask_of(uint32_t port)
{
    return &event_shared->evtchn_mask[port / WORD_BITS];
}

void event_init(struct shared_info *shared)
{
    event_shared = shared;
    memset(event_ports, 0, sizeof(event_ports));
    for (uint32_t port = 0; port < EVENT_PORTS; port++) {
        event_mask(port);
    }
}

static int error_of(long rc)
{
    switch (rc) {
    case -XEN_EEXIST:
    case -XEN_EBUSY:
        return NU_BUSY;
    case -XEN_ENOSPC:
    case -XEN_ENOMEM:
        return NU_NOMEM;
    case -XEN_ENOSYS:
        return NU_UNSUP;
    case -XEN_ENOENT:
    case -XEN_ESRCH:
        return NU_NOENT;
    case -XEN_EPERM:
    case -XEN_EACCES:
        return NU_DENIED;
    default:
        return NU_INVAL;
    }
}

/* Enters a new port in the table; the hypervisor may know more than we do. */
static int install(uint32_t port, const struct event_port *entry)
{
    if (port == 0 || port >= EVENT_PORTS) {
        (void)hypercall_evtchn_close(port);
        return NU_NOMEM;
    }
    event_ports[port] = *entry;
    return 0;
}

/* What every source but a pirq ends with: (rc) is the hypercall's answer. */
static int bound(long rc, uint32_t new_port, const struct event_port *entry,
                 uint32_t *port)
{
    int status = rc == 0 ? install(new_port, entry) : error_of(rc);

    if (status == 0) {
        *port = new_port;
        event_unmask(new_port);
    }
    return status;
}

int event_bind_virq(unsigned virq, event_fn fn, void *arg, uint32_t *port)
{
    struct event_port entry = {.fn = fn, .arg = arg, .source = virq};
    uint32_t new_port = 0;
    long rc = hypercall_evtchn_bind_virq(virq, &new_port);

    return bound(rc, new_port, &entry, port);
}

int event_alloc_unbound(uint16_t domid, event_fn fn, void *arg, uint32_t *port)
{
    struct event_port entry = {
        .fn = fn, .arg = arg, .source = domid, .kind = EVENT_CHANNEL};
    uint32_t new_port = 0;
    long rc = hypercall_evtchn_alloc_unbound(domid, &new_port);

    return bound(rc, new_port, &entry, port);
}

int event_bind_interdomain(uint16_t domid, uint32_t remote_port, event_fn fn,
                           void *arg, uint32_t *port)
{
    struct event_port entry = {
        .fn = fn, .arg = arg, .source = domid, .kind = EVENT_CHANNEL};
    uint32_t new_port = 0;
    long rc = hypercall_evtchn_bind_interdomain(domid, remote_port, &new_port);

    /* EINVAL: the remote port is none, or does not wait for us. */
    return rc == -XEN_EINVAL ? NU_NOENT : bound(rc, new_port, &entry, port);
}

int event_bind_pirq(uint32_t pirq, event_fn fn, void *arg, uint32_t *port)
{
    struct event_port entry = {
        .fn = fn, .arg = arg, .source = pirq, .kind = EVENT_PIRQ};
    uint32_t flags = 0;
    uint32_t new_port = 0;
    long rc;
    int status;

    rc = hypercall_evtchn_bind_pirq(pirq, &new_port);
    if (rc != 0) {
        return error_of(rc);
    }
    if (hypercall_physdev_irq_status(pirq, &flags) != 0) {
        flags = XENIRQSTAT_needs_eoi;
    }
    entry.needs_eoi = (flags & XENIRQSTAT_needs_eoi) != 0;
    status = install(new_port, &entry);
    if (status == 0) {
        *port = new_port;
    }
    return status;
}

static bool is_bound(uint32_t port)
{
    return port < EVENT_PORTS && event_ports[port].fn != NULL;
}

int event_attach(uint32_t port, event_fn fn, void *arg)
{
    if (port == 0 || port >= EVENT_PORTS) {
        return NU_RANGE;
    }
    if (is_bound(port)) {
        return NU_BUSY;
    }
    event_ports[port] =
        (struct event_port){.fn = fn, .arg = arg, .kind = EVENT_CHANNEL};
    event_unmask(port);
    return 0;
}

int event_send(uint32_t port)
{
    KASSERT(is_bound(port));
    return hypercall_evtchn_send(port) == 0 ? 0 : NU_GONE;
}

bool event_take(uint32_t port)
{
    xen_ulong_t *word = &event_shared->evtchn_pending[port / WORD_BITS];

    KASSERT(is_bound(port));
    /* A look is cheaper than a locked write, and mostly enough. */
    if (!(__atomic_load_n(word, __ATOMIC_SEQ_CST) & bit_of(port))) {
        return false;
    }
    return (__atomic_fetch_and(word, ~bit_of(port), __ATOMIC_SEQ_CST) &
            bit_of(port)) != 0;
}

void event_mask(uint32_t port)
{
    (void)__atomic_fetch_or(mask_of(port), bit_of(port), __ATOMIC_SEQ_CST);
}

/* First the line, whose interrupt may then come; then the port. */
void event_unmask(uint32_t port)
{
    KASSERT(is_bound(port));
    if (event_ports[port].needs_eoi) {
        (void)hypercall_physdev_eoi(event_ports[port].source);
    }
    (void)hypercall_evtchn_unmask(port);
}

void event_close(uint32_t port)
{
    KASSERT(is_bound(port));
    event_mask(port);
    (void)hypercall_evtchn_close(port);
    memset(&event_ports[port], 0, sizeof(event_ports[port]));
}

/* The bit goes first: what comes while (fn) runs sets it again. */
static void serve(uint32_t port)
{
    struct event_port *entry = &event_ports[port];

    if (entry->kind == EVENT_PIRQ || entry->fn == NULL) {
        event_mask(port);
    }
    (void)__atomic_fetch_and(&event_shared->evtchn_pending[port / WORD_BITS],
                             ~bit_of(port), __ATOMIC_SEQ_CST);
    entry->count++;
    if (entry->fn != NULL) {
        entry->fn(entry->arg, port);
    }
}

/* The ports of one word of the selector, each once, lowest first. */
static void serve_word(uint32_t word)
{
    xen_ulong_t ready =
        __atomic_load_n(&event_shared->evtchn_pending[word], __ATOMIC_SEQ_CST) &
        ~__atomic_load_n(&event_shared->evtchn_mask[word], __ATOMIC_SEQ_CST);

    for (; ready != 0; ready &= ready - 1) {
        uint32_t port = word * WORD_BITS + (uint32_t)__builtin_ctzl(ready);

        /* A function served earlier may have masked or closed this one. */
        if (!(__atomic_load_n(mask_of(port), __ATOMIC_SEQ_CST) &
              bit_of(port))) {
            serve(port);
        }
    }
}

/*
 * Flag, then selector, then ports: each is cleared before what it stands for
 * is looked at. A bit set behind our back sets the flag again, so the loop
 * finds it.
 */
void event_upcall(void)
{
    struct vcpu_info *vcpu = this_vcpu();

    for (int round = 0; round < ROUNDS_MAX && event_is_pending(); round++) {
        xen_ulong_t words;

        __atomic_store_n(&vcpu->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
        words =
            __atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        for (; words != 0; words &= words - 1) {
            uint32_t word = (uint32_t)__builtin_ctzl(words);

            if (word < WORDS) {
                serve_word(word);
            }
        }
    }
}

bool event_is_pending(void)
{
    return __atomic_load_n(&this_vcpu()->evtchn_upcall_pending,
                           __ATOMIC_SEQ_CST) != 0;
}

/* What an endless source left: the hypervisor raises no interrupt while the
 * flag is set, so it is asked to call again. */
void event_interrupt(uint32_t vector)
{
    hv_interrupt(vector);
    event_upcall();
    if (event_is_pending()) {
        (void)hypercall_sched_yield();
    }
}

uint32_t event_used(void)
{
    uint32_t used = 0;

    for (uint32_t port = 1; port < EVENT_PORTS; port++)
        used += event_ports[port].fn != NULL;
    return used;
}

uint64_t event_count(uint32_t port)
{
    return port < EVENT_PORTS ? event_ports[port].count : 0;
}

static const char *kind_name(const struct event_port *entry)
{
    static const char *const names[] = {"virq", "pirq", "domain"};

    return names[entry->kind];
}

void event_dump(void)
{
    for (uint32_t port = 1; port < EVENT_PORTS; port++) {
        const struct event_port *entry = &event_ports[port];

        if (entry->fn != NULL) {
            klog(KLOG_INFO, "event port %u: %s %u, count %lu,%s%s", port,
                 kind_name(entry), entry->source, entry->count,
                 event_shared->evtchn_pending[port / WORD_BITS] & bit_of(port)
                     ? " pending"
                     : "",
                 *mask_of(port) & bit_of(port) ? " masked" : "");
        }
    }
}
