/*
 * Time since boot: time.h.
 */
#include <boot/time.h>

#include <cpu.h>
#include <hypercall/hypercall.h>
#include <hypercall/vcpu_time.h>
#include <muldiv.h>

#define NS_PER_S 1000000000ull

static const struct shared_info *time_shared;

void time_init(const struct shared_info *shared)
{
    time_shared = shared;
}

static void read_clock(struct vcpu_clock *clock)
{
    vcpu_time_read(&time_shared->vcpu_info[0].time, clock);
}

uint64_t time_now_ns(void)
{
    struct vcpu_clock clock;

    read_clock(&clock);
    return vcpu_clock_ns(&clock, cpu_tsc());
}

void time_set_timer(uint64_t deadline_ns)
{
    (void)hypercall_set_timer(deadline_ns);
}

bool time_call_data(struct nu_call_data *data)
{
    struct vcpu_clock clock;

    read_clock(&clock);
    data->version = 1;
    data->base_tsc = clock.tsc;
    data->base_ns = clock.ns;
    data->mult = clock.mult;
    data->shift = clock.shift;
    return (clock.flags & XEN_PVCLOCK_TSC_STABLE_BIT) != 0;
}

uint64_t time_boot_epoch_s(void)
{
    return (uint64_t)time_shared->wc_sec_hi << 32 | time_shared->wc_sec;
}

uint64_t time_tsc_hz(void)
{
    struct vcpu_clock clock;

    read_clock(&clock);
    return mul_div(NS_PER_S, 1ull << clock.shift, clock.mult);
}
