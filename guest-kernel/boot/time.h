/*
 * Time since boot, from the time stamp counter and the parameters that the
 * hypervisor (or hv/kvm in its place) keeps in the shared page.
 *
 * Units:   ns since boot. Monotonic.
 * Context: any; never blocks.
 * Spec:    Xen public/xen.h, struct vcpu_time_info.
 */
#ifndef NUNCIO_BOOT_TIME_H
#define NUNCIO_BOOT_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/callpage.h>

struct shared_info;

/* Once, from boot/start.c, when (shared) is live. */
void time_init(const struct shared_info *shared);

uint64_t time_now_ns(void);

/*
 * Arms the one timer: VIRQ_TIMER becomes pending when time_now_ns() reaches
 * (deadline_ns), at once if it has. 0 disarms it.
 */
void time_set_timer(uint64_t deadline_ns);

/*
 * Parameters for readers in user mode. The product is of 128 bits:
 * ns = base_ns + (((rdtsc - base_tsc) * mult) >> shift), shift <= 63.
 * false: the hypervisor may change them (a TSC that is not stable), so they
 * must be taken anew after each interrupt.
 */
bool time_call_data(struct nu_call_data *data);

/* Wall clock at time 0, seconds since 1970; 0 if unknown. */
uint64_t time_boot_epoch_s(void);
uint64_t time_tsc_hz(void);

#endif /* NUNCIO_BOOT_TIME_H */
