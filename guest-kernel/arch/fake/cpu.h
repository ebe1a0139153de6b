/*
 * cpu.h for the build machine: what kernel core code that unit tests run needs.
 */
#ifndef NUNCIO_ARCH_CPU_H
#define NUNCIO_ARCH_CPU_H

#include <stdint.h>

#define CPU_KERNEL_CS 0x08u
#define CPU_KERNEL_SS 0x10u
#define CPU_USER_SS   0x1bu
#define CPU_USER_CS   0x23u
#define CPU_FLAGS_IF  0x200u

extern uint64_t fake_tsc;

static inline uint64_t cpu_tsc(void)
{
    return fake_tsc++;
}

/* The test decides what an idle machine does. */
void cpu_wait_interrupt(void);

/* The test decides what happens while somebody spins. */
void cpu_pause(void);

/* The same; calls (taken) if an interrupt came. */
void cpu_wait_vector(void (*taken)(uint32_t vector));

#endif /* NUNCIO_ARCH_CPU_H */
