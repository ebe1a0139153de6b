/*
 * The local APIC: acknowledgement and the one-shot timer. By MSR (x2APIC) where
 * CPUID has it, by its registers in memory otherwise.
 *
 * Spec: Intel SDM volume 3, chapter 11.
 */
#include <hv/kvm/kvm_internal.h>

#include <boot_paging.h>
#include <cpu.h>

#define MSR_APIC_BASE    0x1bu
#define APIC_BASE_ENABLE (1ull << 11)
#define APIC_BASE_X2     (1ull << 10)
#define APIC_BASE_ADDR   0x000ffffffffff000ull
#define MSR_X2APIC       0x800u

#define ID1_ECX_X2APIC (1u << 21)

#define REG_ID            0x020u
#define REG_VERSION       0x030u
#define REG_TPR           0x080u
#define REG_EOI           0x0b0u
#define REG_SPURIOUS      0x0f0u
#define REG_ICR           0x300u
#define REG_LVT_TIMER     0x320u
#define REG_LVT_PERF      0x340u
#define REG_LVT_LINT0     0x350u
#define REG_LVT_LINT1     0x360u
#define REG_LVT_ERROR     0x370u
#define REG_TIMER_INITIAL 0x380u
#define REG_TIMER_CURRENT 0x390u
#define REG_TIMER_DIVIDE  0x3e0u
#define REG_SELF          0x3f0u /* x2APIC only */

#define SPURIOUS_ENABLE          0x100u
#define LVT_MASKED               0x10000u
#define ICR_SELF                 0x40000u /* shorthand; fixed delivery */
#define LVT_ONE_SHOT             0u
#define DIVIDE_BY_1              0xbu
#define VERSION_MAX_LVT(version) ((version) >> 16 & 0xffu)

static volatile uint32_t *registers; /* NULL: x2APIC */

static uint32_t read_register(uint32_t reg)
{
    if (registers == NULL) {
        return (uint32_t)cpu_msr_read(MSR_X2APIC + reg / 16);
    }
    return registers[reg / 4];
}

static void write_register(uint32_t reg, uint32_t value)
{
    if (registers == NULL) {
        cpu_msr_write(MSR_X2APIC + reg / 16, value);
    } else {
        registers[reg / 4] = value;
    }
}

const char *kvm_lapic_init(void)
{
    uint64_t base = cpu_msr_read(MSR_APIC_BASE);
    uint32_t version;

    if (cpu_id(1, 0).ecx & ID1_ECX_X2APIC) {
        cpu_msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
        cpu_msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2);
        registers = NULL;
    } else {
        cpu_msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
        registers = mmio_map(base & APIC_BASE_ADDR, 4096);
        if (registers == NULL) {
            return "a local APIC at an address without RAM";
        }
    }
    version = read_register(REG_VERSION);
    write_register(REG_TPR, 0);
    write_register(REG_LVT_TIMER, LVT_MASKED | KVM_VECTOR_TIMER);
    write_register(REG_LVT_LINT0, LVT_MASKED | KVM_VECTOR_SPURIOUS);
    write_register(REG_LVT_LINT1, LVT_MASKED | KVM_VECTOR_SPURIOUS);
    write_register(REG_LVT_ERROR, LVT_MASKED | KVM_VECTOR_SPURIOUS);
    if (VERSION_MAX_LVT(version) >= 4) {
        write_register(REG_LVT_PERF, LVT_MASKED | KVM_VECTOR_SPURIOUS);
    }
    write_register(REG_SPURIOUS, SPURIOUS_ENABLE | KVM_VECTOR_SPURIOUS);
    return NULL;
}

void kvm_lapic_eoi(void)
{
    write_register(REG_EOI, 0);
}

void kvm_lapic_self(uint8_t vector)
{
    if (registers == NULL) {
        write_register(REG_SELF, vector);
    } else {
        write_register(REG_ICR, ICR_SELF | vector);
    }
}

void kvm_lapic_timer_run(void)
{
    write_register(REG_TIMER_DIVIDE, DIVIDE_BY_1);
    write_register(REG_LVT_TIMER, LVT_MASKED | KVM_VECTOR_TIMER);
    write_register(REG_TIMER_INITIAL, UINT32_MAX);
}

uint32_t kvm_lapic_timer_count(void)
{
    return read_register(REG_TIMER_CURRENT);
}

void kvm_lapic_timer_stop(void)
{
    write_register(REG_TIMER_INITIAL, 0);
}

void kvm_lapic_timer_set(uint32_t count)
{
    write_register(REG_LVT_TIMER, LVT_ONE_SHOT | KVM_VECTOR_TIMER);
    write_register(REG_TIMER_INITIAL, count);
}

void kvm_lapic_timer_mode(uint32_t mode)
{
    write_register(REG_LVT_TIMER, mode | KVM_VECTOR_TIMER);
}

uint8_t kvm_lapic_id(void)
{
    uint32_t id = read_register(REG_ID);

    return (uint8_t)(registers == NULL ? id : id >> 24);
}

/* Physical destination, fixed delivery. */
uint64_t kvm_lapic_message_address(void)
{
    return 0xfee00000u | (uint64_t)kvm_lapic_id() << 12;
}
