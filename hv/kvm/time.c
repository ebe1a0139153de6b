/*
 * System time and set_timer_op: the shared page's clock, and the timer of the
 * local APIC behind VIRQ_TIMER.
 *
 * Spec: Xen public/xen.h, struct vcpu_time_info; Intel SDM volume 3, 11.5.4.
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <hypercall/vcpu_time.h>
#include <muldiv.h>
#include <nlib/string.h>

#define NS_PER_S             1000000000ull
#define MSR_TSC_DEADLINE     0x6e0u
#define ID1_ECX_TSC_DEADLINE (1u << 24)
/* A longer wait is made of several. */
#define COUNT_MAX   0x7fffffffull
#define WAIT_MAX_NS (3600 * NS_PER_S)

static struct kvm_rates rates;
static uint64_t deadline; /* ns; 0: off */
static uint64_t fires_at; /* what the hardware is set to, ns; 0: off */
static bool by_tsc; /* the timer compares with the TSC */

static struct vcpu_time_info *shared_time(void)
{
    return &kvm_shared.events.vcpu_info[0].time;
}

static uint64_t now(void)
{
    struct vcpu_clock clock;

    vcpu_time_read(shared_time(), &clock);
    return vcpu_clock_ns(&clock, cpu_tsc());
}

/* The ABI's form of a rate: mul in 2^31..2^32, what is left as a shift. */
static void set_rate(struct vcpu_time_info *time, uint64_t hz)
{
    int8_t shift = 0;

    while (hz > 2 * NS_PER_S) {
        hz >>= 1;
        shift--;
    }
    while (hz <= NS_PER_S) {
        hz <<= 1;
        shift++;
    }
    time->tsc_shift = shift;
    time->tsc_to_system_mul = (uint32_t)((NS_PER_S << 32) / hz);
}

static uint64_t rate_of(const struct vcpu_time_info *time)
{
    uint64_t hz = (NS_PER_S << 32) / time->tsc_to_system_mul;

    return time->tsc_shift < 0 ? hz << -time->tsc_shift : hz >> time->tsc_shift;
}

static void set_wall_clock(void)
{
    uint64_t epoch = kvm_options.epoch_s;

    if (epoch == 0) {
        epoch = kvm_pvclock_epoch();
    }
    if (epoch == 0) {
        epoch = kvm_rtc_read();
        epoch = epoch == 0 ? 0 : epoch - now() / NS_PER_S;
    }
    kvm_shared.events.wc_sec = (uint32_t)epoch;
    kvm_shared.events.wc_sec_hi = (uint32_t)(epoch >> 32);
}

const char *kvm_time_init(void)
{
    struct vcpu_time_info *time = shared_time();

    memset(&rates, 0, sizeof(rates));
    deadline = 0;
    fires_at = 0;
    if (kvm_pvclock_init(time)) {
        rates.tsc_hz = rate_of(time);
        rates.source = "kvmclock";
        kvm_calibrate(&rates);
    } else {
        kvm_calibrate(&rates);
        if (rates.tsc_hz == 0) {
            return "a clock";
        }
        set_rate(time, rates.tsc_hz);
        time->tsc_timestamp = kvm_options.entry_tsc;
        time->system_time = 0;
        time->flags = XEN_PVCLOCK_TSC_STABLE_BIT;
    }
    by_tsc = (cpu_id(1, 0).ecx & ID1_ECX_TSC_DEADLINE) != 0;
    if (by_tsc) {
        kvm_lapic_timer_mode(KVM_TIMER_TSC_DEADLINE);
    } else if (rates.lapic_hz == 0) {
        return "a timer";
    }
    set_wall_clock();
    return NULL;
}

const char *hv_clock_name(void)
{
    return rates.source;
}

static uint64_t ticks_of(uint64_t ns, uint64_t hz)
{
    return mul_div(ns, hz, NS_PER_S) + 1;
}

uint64_t kvm_ticks(uint64_t ns)
{
    return ticks_of(ns, rates.tsc_hz);
}

static void arm(uint64_t until)
{
    uint64_t at = now();
    uint64_t wait = until > at ? until - at : 0;
    uint64_t count;

    fires_at = until;
    wait = wait > WAIT_MAX_NS ? WAIT_MAX_NS : wait;
    if (by_tsc) {
        cpu_msr_write(MSR_TSC_DEADLINE,
                      cpu_tsc() + ticks_of(wait, rates.tsc_hz));
        return;
    }
    count = ticks_of(wait, rates.lapic_hz);
    kvm_lapic_timer_set((uint32_t)(count > COUNT_MAX ? COUNT_MAX : count));
}

static void disarm(void)
{
    fires_at = 0;
    if (by_tsc) {
        cpu_msr_write(MSR_TSC_DEADLINE, 0);
    } else {
        kvm_lapic_timer_stop();
    }
}

long kvm_set_timer_op(uint64_t deadline_ns)
{
    deadline = deadline_ns;
    if (deadline == 0) {
        disarm();
    } else {
        arm(deadline);
    }
    return 0;
}

/* Once in that time at most, so waiting often costs nothing: what came too
 * early for a deadline is armed again below. */
void kvm_timer_wake_within(uint64_t ns)
{
    uint64_t at = now() + ns;

    if (fires_at == 0 || fires_at > at) {
        arm(at);
    }
}

/* The timer's clock may run a little fast, and long waits come in parts. */
void kvm_timer_interrupt(void)
{
    fires_at = 0;
    if (deadline == 0) {
        return;
    }
    if (now() < deadline) {
        arm(deadline);
        return;
    }
    deadline = 0;
    if (kvm_timer_port != 0) {
        kvm_event_set(kvm_timer_port);
    }
}
