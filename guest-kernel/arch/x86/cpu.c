/*
 * The processor: cpu.h.
 */
#include <cpu.h>

#include <nlib/string.h>

#define CR0_MP (1ull << 1)
#define CR0_EM (1ull << 2)
#define CR0_TS (1ull << 3)
#define CR0_NE (1ull << 5)
#define CR0_WP (1ull << 16)
#define CR0_NW (1ull << 29)
#define CR0_CD (1ull << 30)

#define CR4_PAE      (1ull << 5)
#define CR4_MCE      (1ull << 6)
#define CR4_PGE      (1ull << 7)
#define CR4_UMIP     (1ull << 11)
#define CR4_FSGSBASE (1ull << 16)
#define CR4_SMEP     (1ull << 20)
#define CR4_SMAP     (1ull << 21)

#define EFER_SCE (1ull << 0)
#define EFER_NXE (1ull << 11)

#define ID1_EDX_MSR      (1u << 5)
#define ID1_EDX_MCE      (1u << 7)
#define ID1_EDX_APIC     (1u << 9)
#define ID1_EDX_PGE      (1u << 13)
#define ID7_EBX_FSGSBASE (1u << 0)
#define ID7_EBX_SMEP     (1u << 7)
#define ID7_EBX_SMAP     (1u << 20)
#define ID7_ECX_UMIP     (1u << 2)
#define IDX_EDX_SYSCALL  (1u << 11)
#define IDX_EDX_NX       (1u << 20)

static char protections[48];
static bool smap;

static uint64_t cr0_read(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static uint64_t cr4_read(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static void say(const char *name)
{
    size_t at = strlen(protections);

    strlcpy(protections + at, name, sizeof(protections) - at);
}

/* User code has general registers only: x87 and SSE instructions trap. */
static void set_cr0(void)
{
    uint64_t cr0 = cr0_read();

    cr0 |= CR0_WP | CR0_NE | CR0_MP | CR0_EM | CR0_TS;
    cr0 &= ~(CR0_NW | CR0_CD);
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
}

bool cpu_has_fsgsbase;

const char *cpu_init(void)
{
    struct cpu_id id1 = cpu_id(1, 0);
    struct cpu_id idx = cpu_id(0x80000001u, 0);
    struct cpu_id id7 = {0, 0, 0, 0};
    uint64_t cr4 = CR4_PAE;

    if (cpu_id(0, 0).eax >= 7) {
        id7 = cpu_id(7, 0);
    }
    if (!(idx.edx & IDX_EDX_NX)) {
        return "NX (no-execute pages)";
    }
    if (!(idx.edx & IDX_EDX_SYSCALL)) {
        return "SYSCALL";
    }
    if (!(id1.edx & ID1_EDX_APIC) || !(id1.edx & ID1_EDX_MSR)) {
        return "a local APIC";
    }
    protections[0] = '\0';
    cpu_msr_write(CPU_MSR_EFER, cpu_msr_read(CPU_MSR_EFER) | EFER_NXE);
    say("NX");
    if (id7.ebx & ID7_EBX_SMEP) {
        cr4 |= CR4_SMEP;
        say(" SMEP");
    }
    smap = (id7.ebx & ID7_EBX_SMAP) != 0;
    if (smap) {
        cr4 |= CR4_SMAP;
        say(" SMAP");
    }
    if (id7.ecx & ID7_ECX_UMIP) {
        cr4 |= CR4_UMIP;
        say(" UMIP");
    }
    set_cr0();
    say(" WP");
    if (id1.edx & ID1_EDX_MCE) {
        cr4 |= CR4_MCE;
    }
    if (id1.edx & ID1_EDX_PGE) {
        cr4 |= CR4_PGE;
        say(" PGE");
    }
    cpu_has_fsgsbase = (id7.ebx & ID7_EBX_FSGSBASE) != 0;
    if (cpu_has_fsgsbase) {
        cr4 |= CR4_FSGSBASE;
    }
    /* Everything else in CR4 goes off, OSFXSR and PCE too. */
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
    return cr4_read() == cr4 ? NULL : "CR4 as CPUID promised it";
}

void cpu_set_syscall_entry(void (*entry)(void))
{
    /* SYSCALL takes CS and SS from bits 32..47, SYSRET from 48..63 (+16, +8). */
    uint64_t star = ((uint64_t)CPU_KERNEL_CS << 32) |
                    ((uint64_t)((CPU_USER_SS - 8) | 3u) << 48);

    cpu_msr_write(CPU_MSR_STAR, star);
    cpu_msr_write(CPU_MSR_LSTAR, (uint64_t)(uintptr_t)entry);
    cpu_msr_write(CPU_MSR_FMASK, CPU_FLAGS_IF | CPU_FLAGS_TF | CPU_FLAGS_DF |
                                     CPU_FLAGS_NT | CPU_FLAGS_AC);
    cpu_msr_write(CPU_MSR_EFER, cpu_msr_read(CPU_MSR_EFER) | EFER_SCE);
}

const char *cpu_protections(void)
{
    return protections;
}

bool cpu_has_smap(void)
{
    return smap;
}
