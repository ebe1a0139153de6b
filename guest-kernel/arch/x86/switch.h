/*
 * Leaving the kernel for a thread: its page tables, its buffer's address, its
 * registers.
 *
 * Context: kernel, interrupts off; the stack is given up.
 */
#ifndef NUNCIO_ARCH_SWITCH_H
#define NUNCIO_ARCH_SWITCH_H

#include <arch_mmu.h>
#include <cpu.h>
#include <proc/thread.h>

extern uint64_t switch_gs_base; /* what the GS base register holds */

_Noreturn void exit_frame(struct trap_frame *frame);
_Noreturn void on_kernel_stack(void (*fn)(void));

/*
 * Rare, as the first threads of all processes have the same GS base. It keeps
 * all registers by itself, so that the path around it need not save any: a
 * message's words live in those that wrmsr wants.
 */
static inline __attribute__((always_inline)) void switch_gs(uint64_t base)
{
    switch_gs_base = base;
    __asm__ volatile("push %%rax\n\t"
                     "push %%rcx\n\t"
                     "push %%rdx\n\t"
                     "push %0\n\t"
                     "pop %%rdx\n\t"
                     "mov %%edx, %%eax\n\t"
                     "shr $32, %%rdx\n\t"
                     "mov %1, %%ecx\n\t"
                     "wrmsr\n\t"
                     "pop %%rdx\n\t"
                     "pop %%rcx\n\t"
                     "pop %%rax"
                     :
                     : "r"(base), "i"(CPU_MSR_GS_BASE)
                     : "memory", "cc");
}

/* The address space and message buffer of (thread) from here on. */
static inline __attribute__((always_inline)) void
switch_to(const struct thread *thread)
{
    if (thread->root != mmu_active_root() && thread->root != 0)
        mmu_load_root(thread->root);
    if (__builtin_expect(thread->gs_base != switch_gs_base, 0))
        switch_gs(thread->gs_base);
}

/* The registers of abi/message.h, on the way out. */
struct message_out {
    uint64_t status;
    uint64_t badge;
    uint64_t tag;
    uint64_t w0, w1, w2, w3;
};

/* Out to (thread), which waited in a message, with the message in registers. */
static inline __attribute__((always_inline, noreturn)) void
exit_message(struct thread *thread, struct message_out out)
{
    register uint64_t r10 __asm__("r10") = out.w1;
    register uint64_t r8 __asm__("r8") = out.w2;
    register uint64_t r9 __asm__("r9") = out.w3;

    if (__builtin_expect(thread_is_kernel(thread), 0))
        __asm__ volatile("jmp exit_message_kernel"
                         :
                         : "b"(thread), "a"(out.status), "D"(out.badge),
                           "S"(out.tag), "d"(out.w0), "r"(r10), "r"(r8), "r"(r9)
                         : "memory");
    else
        __asm__ volatile("jmp exit_message_user"
                         :
                         : "b"(thread), "a"(out.status), "D"(out.badge),
                           "S"(out.tag), "d"(out.w0), "r"(r10), "r"(r8), "r"(r9)
                         : "memory");
    __builtin_unreachable();
}

#endif /* NUNCIO_ARCH_SWITCH_H */
