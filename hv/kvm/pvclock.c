/*
 * KVM's paravirtual clock, whose structures are those of Xen's shared page.
 *
 * Spec: Linux Documentation/virt/kvm/x86/{cpuid,msr}.rst.
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <image.h>
#include <nlib/string.h>

#define LEAF_KVM           0x40000000u
#define KVM_CLOCKSOURCE2   (1u << 3)
#define MSR_WALL_CLOCK     0x4b564d00u
#define MSR_SYSTEM_TIME    0x4b564d01u
#define SYSTEM_TIME_ENABLE 1u

/* What KVM writes when MSR_WALL_CLOCK is set. */
struct wall_clock {
    uint32_t version;
    uint32_t sec;
    uint32_t nsec;
} __attribute__((aligned(16)));

static struct wall_clock wall_clock;

static bool has_clock(void)
{
    struct cpu_id id = cpu_id(LEAF_KVM, 0);

    return id.ebx == 0x4b4d564bu && id.ecx == 0x564b4d56u && id.edx == 0x4du &&
           (cpu_id(LEAF_KVM + 1, 0).eax & KVM_CLOCKSOURCE2) != 0;
}

bool kvm_pvclock_init(struct vcpu_time_info *time)
{
    if (!has_clock()) {
        return false;
    }
    memset(time, 0, sizeof(*time));
    cpu_msr_write(MSR_SYSTEM_TIME, image_phys(time) | SYSTEM_TIME_ENABLE);
    return __atomic_load_n(&time->tsc_to_system_mul, __ATOMIC_ACQUIRE) != 0;
}

uint64_t kvm_pvclock_epoch(void)
{
    if (!has_clock()) {
        return 0;
    }
    cpu_msr_write(MSR_WALL_CLOCK, image_phys(&wall_clock));
    return __atomic_load_n(&wall_clock.sec, __ATOMIC_ACQUIRE);
}
