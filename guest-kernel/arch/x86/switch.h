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

_Noreturn void exit_frame(struct trap_frame *frame);
_Noreturn void on_kernel_stack(void (*fn)(void));

/*
 * Where there is no WRGSBASE. It keeps all registers by itself, so that the
 * path around it need not save any: a message's words live in those that wrmsr
 * wants.
 */
static inline __attribute__((always_inline)) void switch_gs_slow(uint64_t base)
{
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

/*
 * The address space and message buffer of (thread) from here on. The bases of
 * FS and GS are set each time, whatever they should still be: a program can
 * change them (by loading a selector, on any processor), and the next one must
 * neither suffer from it nor see it.
 */
static inline __attribute__((always_inline)) void
switch_to(const struct thread *thread)
{
    if (thread->root != mmu_active_root() && thread->root != 0)
        mmu_load_root(thread->root);
    if (__builtin_expect(cpu_has_fsgsbase, 1))
        __asm__ volatile("wrgsbase %0\n\t"
                         "wrfsbase %1"
                         :
                         : "r"(thread->gs_base), "r"(0ull));
    else
        switch_gs_slow(thread->gs_base);
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
