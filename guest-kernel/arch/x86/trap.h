/*
 * Traps: exceptions 0..31 and interrupts 32..255, all with interrupts off.
 *
 * Every vector builds a struct trap_frame on the trap stack (IST1; NMI, double
 * fault and machine check on stacks of their own) and calls trap_dispatch(),
 * the kernel core's. When that returns, the frame is restored with iretq. The
 * frame is always at the same place, trap_stack_frame(): a handler may change
 * it, or leave by another way and never return.
 *
 * Spec: Intel SDM volume 3, chapter 6.
 */
#ifndef NUNCIO_ARCH_TRAP_H
#define NUNCIO_ARCH_TRAP_H

#include <stdbool.h>
#include <stdint.h>

enum trap_vector {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_NMI = 2,
    TRAP_BREAKPOINT = 3,
    TRAP_INVALID_OPCODE = 6,
    TRAP_NO_FPU = 7,
    TRAP_DOUBLE_FAULT = 8,
    TRAP_PROTECTION = 13,
    TRAP_PAGE_FAULT = 14,
    TRAP_MACHINE_CHECK = 18,
    TRAP_FIRST_INTERRUPT = 32,
};

/* Error code bits of a page fault. */
#define TRAP_PF_PRESENT 0x1u
#define TRAP_PF_WRITE   0x2u
#define TRAP_PF_USER    0x4u
#define TRAP_PF_FETCH   0x10u

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error; /* 0 where the processor pushes none */
    /* What the processor pushes and iretq takes. */
    uint64_t rip, cs, rflags, rsp, ss;
};

static inline bool trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3u) == 3u;
}

/* "page fault" and so on; "interrupt" from 32. */
const char *trap_name(uint64_t vector);

/* The frame that IST1 traps build. */
struct trap_frame *trap_stack_frame(void);

/* Loads the IDT; stacks are in the image. Once, after cpu_init_segments(). */
void trap_init(void);

/* The kernel core's. */
void trap_dispatch(struct trap_frame *frame);

#endif /* NUNCIO_ARCH_TRAP_H */
