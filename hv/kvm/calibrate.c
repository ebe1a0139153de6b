/*
 * How fast the TSC and the timer of the local APIC run.
 *
 * What CPUID states exactly is believed; otherwise both are measured against
 * the PIT or the ACPI timer for 2 ms. Where neither exists the APIC's timer is
 * taken to run at 1 GHz, which it does in QEMU and KVM.
 *
 * Spec: Intel SDM volume 2, CPUID leaves 15H, 16H; VMware's leaf 40000010H;
 *       Intel 8254 data sheet; ACPI 6.4, 4.8.3.3 "Power management timer".
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <io.h>
#include <muldiv.h>

#define PIT_CHANNEL_0    0x40u
#define PIT_COMMAND      0x43u
#define PIT_LATCH_0      0x00u
#define PIT_MODE_0       0x30u /* channel 0, both bytes, one shot */
#define PIT_MODE_2       0x34u /* channel 0, both bytes, rate generator */
#define PIT_HZ           1193182u
#define PM_TIMER_HZ      3579545u
#define LAPIC_HZ_OF_QEMU 1000000000u

#define WINDOW_PER_S 500u /* 2 ms */
#define SAMPLES      8
#define POLLS_MAX    4000000u

/* A clock of known rate. */
struct reference {
    const char *name;
    uint64_t hz;
    uint32_t mask;
    uint32_t (*read)(void); /* counts up, modulo mask + 1 */
};

/* The three clocks at one moment. */
struct sample {
    uint64_t tsc;
    uint32_t lapic;
    uint32_t reference;
};

static uint32_t pit_read(void)
{
    uint32_t low;

    io_write8(PIT_COMMAND, PIT_LATCH_0);
    low = io_read8(PIT_CHANNEL_0);
    return 0xffffu & ~(low | (uint32_t)io_read8(PIT_CHANNEL_0) << 8);
}

static uint32_t pm_read(void)
{
    return io_read32(kvm_options.pm_timer_port);
}

static uint32_t lapic_read(void)
{
    return UINT32_MAX - kvm_lapic_timer_count();
}

static const struct reference pit = {"PIT", PIT_HZ, 0xffff, pit_read};
static const struct reference pm = {"ACPI timer", PM_TIMER_HZ, 0xffffff,
                                    pm_read};
static const struct reference lapic = {
    "LAPIC timer, taken as 1 GHz", LAPIC_HZ_OF_QEMU, UINT32_MAX, lapic_read};

/*
 * The host may stop us between two reads, so of several attempts the one that
 * took least is kept.
 */
static void take_sample(const struct reference *ref, struct sample *best)
{
    uint64_t best_took = UINT64_MAX;

    for (int i = 0; i < SAMPLES; i++) {
        uint64_t before = cpu_tsc();
        uint32_t reference = ref->read();
        uint32_t count = kvm_lapic_timer_count();
        uint64_t took = cpu_tsc() - before;

        if (took < best_took) {
            best_took = took;
            best->tsc = before + took / 2;
            best->lapic = count;
            best->reference = reference;
        }
    }
}

static bool runs(const struct reference *ref)
{
    const volatile uint32_t first = ref->read();

    for (int i = 0; i < 1000; i++) {
        uint32_t later = ref->read();

        if (later != first) {
            return true;
        }
    }
    return false;
}

/* What (ticks) in the window are in a second. */
static uint64_t per_second(const struct reference *ref, uint64_t ticks,
                           uint64_t window)
{
    return mul_div(ticks, ref->hz, window);
}

static bool measure(const struct reference *ref, struct kvm_rates *rates)
{
    struct sample from;
    struct sample to;
    uint32_t window = 0;

    if (!runs(ref)) {
        return false;
    }
    take_sample(ref, &from);
    for (uint32_t polls = 0; window < ref->hz / WINDOW_PER_S; polls++) {
        if (polls == POLLS_MAX) {
            return false;
        }
        window = (ref->read() - from.reference) & ref->mask;
    }
    take_sample(ref, &to);
    window = (to.reference - from.reference) & ref->mask;
    rates->lapic_hz = per_second(ref, from.lapic - to.lapic, window);
    if (rates->tsc_hz == 0) {
        rates->tsc_hz = per_second(ref, to.tsc - from.tsc, window);
        rates->source = ref->name;
    }
    return true;
}

/* The TSC itself as the reference, when its rate is known. */
static void measure_lapic(struct kvm_rates *rates)
{
    uint64_t window = rates->tsc_hz / WINDOW_PER_S;
    uint64_t from_tsc = cpu_tsc();
    uint32_t from = kvm_lapic_timer_count();
    uint64_t took;
    uint32_t to;

    while (cpu_tsc() - from_tsc < window) {
        cpu_pause();
    }
    to = kvm_lapic_timer_count();
    took = cpu_tsc() - from_tsc;
    rates->lapic_hz = mul_div(from - to, rates->tsc_hz, took);
}

/* Exact statements: 40000010H in kHz; 15H as a ratio to a crystal. */
static void ask_cpuid(struct kvm_rates *rates)
{
    struct cpu_id id;

    if (cpu_id(0x40000000u, 0).eax >= 0x40000010u &&
        cpu_id(0x40000000u, 0).eax < 0x40010000u) {
        id = cpu_id(0x40000010u, 0);
        rates->tsc_hz = (uint64_t)id.eax * 1000;
        rates->lapic_hz = (uint64_t)id.ebx * 1000;
        rates->source = "CPUID 40000010";
    }
    if (rates->tsc_hz == 0 && cpu_id(0, 0).eax >= 0x15) {
        id = cpu_id(0x15, 0);
        if (id.eax != 0) {
            rates->tsc_hz = (uint64_t)id.ecx * id.ebx / id.eax;
        }
        rates->source = "CPUID 15";
    }
}

static uint64_t nominal_hz(void)
{
    if (cpu_id(0, 0).eax < 0x16) {
        return 0;
    }
    return (uint64_t)(cpu_id(0x16, 0).eax & 0xffffu) * 1000000;
}

static void pit_start(void)
{
    io_write8(PIT_COMMAND, PIT_MODE_2);
    io_write8(PIT_CHANNEL_0, 0);
    io_write8(PIT_CHANNEL_0, 0);
}

/* One shot, soon over: nothing ticks on. */
static void pit_stop(void)
{
    io_write8(PIT_COMMAND, PIT_MODE_0);
    io_write8(PIT_CHANNEL_0, 1);
    io_write8(PIT_CHANNEL_0, 0);
}

void kvm_calibrate(struct kvm_rates *rates)
{
    if (rates->tsc_hz == 0) {
        ask_cpuid(rates);
    }
    kvm_lapic_timer_run();
    if (rates->tsc_hz != 0) {
        if (rates->lapic_hz == 0) {
            measure_lapic(rates);
        }
    } else {
        pit_start();
        if (!measure(&pit, rates) &&
            !(kvm_options.pm_timer_port != 0 && measure(&pm, rates))) {
            rates->tsc_hz = nominal_hz();
            rates->source = "CPUID 16";
            if (rates->tsc_hz != 0) {
                measure_lapic(rates);
            } else {
                (void)measure(&lapic, rates);
            }
        }
        pit_stop();
    }
    kvm_lapic_timer_stop();
}
