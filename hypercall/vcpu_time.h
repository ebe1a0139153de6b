/*
 * System time from struct vcpu_time_info, the same for Xen, KVM's clock (whose
 * structure has the same layout) and hv/kvm's own.
 *
 * Trust: the hypervisor's; a version that never settles is given up on.
 * Spec:  Xen public/xen.h, struct vcpu_time_info.
 */
#ifndef NUNCIO_HYPERCALL_VCPU_TIME_H
#define NUNCIO_HYPERCALL_VCPU_TIME_H

#include <hypercall/xen_abi.h>

/* One consistent copy. */
struct vcpu_clock {
    uint64_t tsc;
    uint64_t ns;
    uint64_t mult; /* ns = clock.ns + ((tsc - clock.tsc) * mult >> shift) */
    uint32_t shift; /* of 128 bits; 0..63 */
    uint8_t flags;
};

#define VCPU_TIME_TRIES 1000

static inline void vcpu_time_read(const struct vcpu_time_info *time,
                                  struct vcpu_clock *clock)
{
    for (int tries = 0; tries < VCPU_TIME_TRIES; tries++) {
        uint32_t version = __atomic_load_n(&time->version, __ATOMIC_ACQUIRE);
        int shift =
            32 - (int)__atomic_load_n(&time->tsc_shift, __ATOMIC_RELAXED);

        clock->tsc = __atomic_load_n(&time->tsc_timestamp, __ATOMIC_RELAXED);
        clock->ns = __atomic_load_n(&time->system_time, __ATOMIC_RELAXED);
        clock->mult =
            __atomic_load_n(&time->tsc_to_system_mul, __ATOMIC_RELAXED);
        clock->flags = __atomic_load_n(&time->flags, __ATOMIC_RELAXED);
        clock->shift = shift < 0 || shift > 63 ? 32 : (uint32_t)shift;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if ((version & 1u) == 0 &&
            version == __atomic_load_n(&time->version, __ATOMIC_RELAXED)) {
            return;
        }
    }
}

/* (tsc) before the copy's counts as the copy's: time does not go back. */
static inline uint64_t vcpu_clock_ns(const struct vcpu_clock *clock,
                                     uint64_t tsc)
{
    uint64_t delta = tsc > clock->tsc ? tsc - clock->tsc : 0;

    return clock->ns +
           (uint64_t)(((unsigned __int128)delta * clock->mult) >> clock->shift);
}

#endif /* NUNCIO_HYPERCALL_VCPU_TIME_H */
