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
