/*
 * The hypercalls, typed: one function for one operation. Each calls its stub in
 * the hypercall page, which Xen fills, or hv/kvm, or a test's hv/fake.
 *
 * Returns: 0 or more, or a negative Xen errno (xen/errno.h); -XEN_ENOSYS where
 *          nobody provides the operation.
 * Context: kernel; only hypercall_sched_block() waits.
 * Spec:    Xen docs/guest-guide/x86/hypercall-abi.rst; public/xen.h and the
 *          header named at each group.
 */
#ifndef NUNCIO_HYPERCALL_HYPERCALL_H
#define NUNCIO_HYPERCALL_HYPERCALL_H

#include <hypercall/page.h>
#include <hypercall/xen_abi.h>

/* public/xen.h: console_io. Writes (bytes) of (text). */
static inline long hypercall_console_write(const char *text, uint32_t bytes)
{
    return hypercall_3(__HYPERVISOR_console_io, CONSOLEIO_write, bytes,
                       (uint64_t)(uintptr_t)text);
}

/* public/xen.h: set_timer_op. One shot at system time (deadline_ns); 0: off. */
static inline long hypercall_set_timer(uint64_t deadline_ns)
{
    return hypercall_1(__HYPERVISOR_set_timer_op, deadline_ns);
}

/* public/version.h: major version << 16 | minor version. */
static inline long hypercall_xen_version(void)
{
    return hypercall_2(__HYPERVISOR_xen_version, XENVER_version, 0);
}

static inline long hypercall_xen_extraversion(char text[XEN_EXTRAVERSION_LEN])
{
    return hypercall_2(__HYPERVISOR_xen_version, XENVER_extraversion,
                       (uint64_t)(uintptr_t)text);
}

static inline long hypercall_xen_features(struct xen_feature_info *info)
{
    return hypercall_2(__HYPERVISOR_xen_version, XENVER_get_features,
                       (uint64_t)(uintptr_t)info);
}

/* public/sched.h. */
static inline long hypercall_sched_yield(void)
{
    return hypercall_2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

/* Waits, with events enabled, until one is pending; returns with interrupts
 * off again. */
static inline long hypercall_sched_block(void)
{
    return hypercall_2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}

/* (reason) is one of SHUTDOWN_*. */
static inline long hypercall_sched_shutdown(unsigned reason)
{
    struct sched_shutdown op = {.reason = reason};

    return hypercall_2(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
                       (uint64_t)(uintptr_t)&op);
}

/* public/event_channel.h. (*port) is written on success only. */
static inline long hypercall_evtchn_bind_virq(uint32_t virq, uint32_t *port)
{
    struct evtchn_bind_virq op = {.virq = virq};
    long rc = hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq,
                          (uint64_t)(uintptr_t)&op);

    if (rc == 0) {
        *port = op.port;
    }
    return rc;
}

static inline long hypercall_evtchn_bind_pirq(uint32_t pirq, uint32_t *port)
{
    struct evtchn_bind_pirq op = {.pirq = pirq};
    long rc = hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq,
                          (uint64_t)(uintptr_t)&op);

    if (rc == 0) {
        *port = op.port;
    }
    return rc;
}

static inline long hypercall_evtchn_close(uint32_t port)
{
    struct evtchn_close op = {.port = port};

    return hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_close,
                       (uint64_t)(uintptr_t)&op);
}

/* Clears the mask bit and delivers what is pending. */
static inline long hypercall_evtchn_unmask(uint32_t port)
{
    struct evtchn_unmask op = {.port = port};

    return hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask,
                       (uint64_t)(uintptr_t)&op);
}

/* A port that (domid) may bind to. */
static inline long hypercall_evtchn_alloc_unbound(uint16_t domid,
                                                  uint32_t *port)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = domid};
    long rc = hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
                          (uint64_t)(uintptr_t)&op);

    if (rc == 0) {
        *port = op.port;
    }
    return rc;
}

/* A port connected to (remote_port) of (domid), which waits for us. */
static inline long hypercall_evtchn_bind_interdomain(uint16_t domid,
                                                     uint32_t remote_port,
                                                     uint32_t *port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = domid,
                                         .remote_port = remote_port};
    long rc = hypercall_2(__HYPERVISOR_event_channel_op,
                          EVTCHNOP_bind_interdomain, (uint64_t)(uintptr_t)&op);

    if (rc == 0) {
        *port = op.local_port;
    }
    return rc;
}

static inline long hypercall_evtchn_send(uint32_t port)
{
    struct evtchn_send op = {.port = port};

    return hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                       (uint64_t)(uintptr_t)&op);
}

/* What the port of ours in (*status) is: EVTCHNSTAT_*. */
static inline long hypercall_evtchn_status(struct evtchn_status *status)
{
    return hypercall_2(__HYPERVISOR_event_channel_op, EVTCHNOP_status,
                       (uint64_t)(uintptr_t)status);
}

/*
 * public/grant_table.h: (count) copies, each with its GNTST_* in its status.
 * 0: all were looked at. Another answer: those not reached have their status as
 * it was.
 */
static inline long hypercall_grant_copy(struct gnttab_copy *list,
                                        uint32_t count)
{
    return hypercall_3(__HYPERVISOR_grant_table_op, GNTTABOP_copy,
                       (uint64_t)(uintptr_t)list, count);
}

/*
 * public/xen.h: multicall, (count) hypercalls in one, in order; the answer of
 * each is in its result. What they point to must stay until this returns. 0, or
 * an error of the list as a whole: the results are then not to be used.
 */
static inline long hypercall_multicall(struct multicall_entry *list,
                                       uint32_t count)
{
    return hypercall_2(__HYPERVISOR_multicall, (uint64_t)(uintptr_t)list,
                       count);
}

/* Entries of such a list, for what is worth putting in one. */
static inline void multicall_grant_copy(struct multicall_entry *entry,
                                        struct gnttab_copy *list,
                                        uint32_t count)
{
    entry->op = __HYPERVISOR_grant_table_op;
    entry->args[0] = GNTTABOP_copy;
    entry->args[1] = (uint64_t)(uintptr_t)list;
    entry->args[2] = count;
}

static inline void multicall_evtchn_send(struct multicall_entry *entry,
                                         struct evtchn_send *send)
{
    entry->op = __HYPERVISOR_event_channel_op;
    entry->args[0] = EVTCHNOP_send;
    entry->args[1] = (uint64_t)(uintptr_t)send;
}

/* public/physdev.h. */
static inline long hypercall_physdev_eoi(uint32_t pirq)
{
    struct physdev_eoi op = {.irq = pirq};

    return hypercall_2(__HYPERVISOR_physdev_op, PHYSDEVOP_eoi,
                       (uint64_t)(uintptr_t)&op);
}

/* Flags XENIRQSTAT_* of (pirq), in (*flags). */
static inline long hypercall_physdev_irq_status(uint32_t pirq, uint32_t *flags)
{
    struct physdev_irq_status_query op = {.irq = pirq};
    long rc = hypercall_2(__HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query,
                          (uint64_t)(uintptr_t)&op);

    if (rc == 0) {
        *flags = op.flags;
    }
    return rc;
}

/* How line (gsi) signals; (level) and (low) are 0 or 1. */
static inline long hypercall_physdev_setup_gsi(int gsi, uint8_t level,
                                               uint8_t low)
{
    struct physdev_setup_gsi op = {
        .gsi = gsi, .triggering = level, .polarity = low};

    return hypercall_2(__HYPERVISOR_physdev_op, PHYSDEVOP_setup_gsi,
                       (uint64_t)(uintptr_t)&op);
}

/* (*map) as physdev.h says; its pirq is set on success. */
static inline long hypercall_physdev_map_pirq(struct physdev_map_pirq *map)
{
    return hypercall_2(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq,
                       (uint64_t)(uintptr_t)map);
}

#endif /* NUNCIO_HYPERCALL_HYPERCALL_H */
