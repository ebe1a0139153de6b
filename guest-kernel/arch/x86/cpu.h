/*
 * The processor: what it can do, the protections that are on, descriptor
 * tables, system registers.
 *
 * Context: kernel; never blocks.
 * Spec:    Intel SDM volume 3, chapters 2, 3, 4; volume 4 (MSRs).
 */
#ifndef NUNCIO_ARCH_CPU_H
#define NUNCIO_ARCH_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Selectors, in the order that SYSCALL and SYSRET require. */
#define CPU_KERNEL_CS 0x08u
#define CPU_KERNEL_SS 0x10u
#define CPU_USER_SS   0x1bu
#define CPU_USER_CS   0x23u
#define CPU_TSS       0x28u

#define CPU_MSR_EFER    0xc0000080u
#define CPU_MSR_STAR    0xc0000081u
#define CPU_MSR_LSTAR   0xc0000082u
#define CPU_MSR_FMASK   0xc0000084u
#define CPU_MSR_FS_BASE 0xc0000100u
#define CPU_MSR_GS_BASE 0xc0000101u

#define CPU_FLAGS_TF 0x100u
#define CPU_FLAGS_IF 0x200u
#define CPU_FLAGS_DF 0x400u
#define CPU_FLAGS_NT 0x4000u
#define CPU_FLAGS_AC 0x40000u

struct cpu_id {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf)
{
    struct cpu_id r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t cpu_msr_read(uint32_t msr)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return ((uint64_t)high << 32) | low;
}

static inline void cpu_msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value),
                       "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t cpu_tsc(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return ((uint64_t)high << 32) | low;
}

static inline uint64_t cpu_cr2(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause");
}

static inline void cpu_interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void cpu_interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/* Waits for one interrupt, served before this returns; interrupts are off
 * before and after. None can be lost between the check and the wait. */
static inline void cpu_wait_interrupt(void)
{
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}

/*
 * The same, but nothing of the kernel runs except (taken), with the vector: no
 * trap_dispatch(), no event function. For waits deep in the kernel, on the trap
 * stack too. (taken) acknowledges the interrupt; it must not wait itself.
 */
void cpu_wait_vector(void (*taken)(uint32_t vector));

/*
 * In this order, once each, from boot/start.c: the GDT, TSS and its stacks;
 * then the control registers. cpu_init() gives NULL, or the name of a feature
 * the kernel cannot do without.
 */
void cpu_init_segments(void);
const char *cpu_init(void);

/* Sets SYSCALL up: (entry) runs in the kernel with IF, TF, DF, NT, AC clear.
 * (With NT set, which any program can do, iretq would fault.) */
void cpu_set_syscall_entry(void (*entry)(void));

/* The stack that the processor takes for a gate without an IST. */
void cpu_set_kernel_stack(uint64_t top);

/* "NX SMEP SMAP UMIP WP PGE": what is on. */
const char *cpu_protections(void);
bool cpu_has_smap(void);

/* WRGSBASE works, here and in programs; set by cpu_init(). */
extern bool cpu_has_fsgsbase;

#endif /* NUNCIO_ARCH_CPU_H */
