/*
 * switch.h for the build machine: leaving the kernel jumps back to the test,
 * with what the thread would see in current->regs.
 */
#ifndef NUNCIO_ARCH_SWITCH_H
#define NUNCIO_ARCH_SWITCH_H

#include <arch_mmu.h>
#include <cpu.h>
#include <setjmp.h>
#include <proc/thread.h>

extern jmp_buf fake_user;

struct message_out {
    uint64_t status;
    uint64_t badge;
    uint64_t tag;
    uint64_t w0, w1, w2, w3;
};

static inline void switch_to(const struct thread *thread)
{
    if (thread->root != 0)
        mmu_load_root(thread->root);
}

static inline _Noreturn void exit_frame(struct trap_frame *frame)
{
    (void)frame;
    longjmp(fake_user, 1);
}

static inline _Noreturn void on_kernel_stack(void (*fn)(void))
{
    fn();
    __builtin_unreachable();
}

static inline _Noreturn void exit_message(struct thread *thread,
                                          struct message_out out)
{
    thread->regs.rax = out.status;
    thread->regs.rdi = out.badge;
    thread->regs.rsi = out.tag;
    thread->regs.rdx = out.w0;
    thread->regs.r10 = out.w1;
    thread->regs.r8 = out.w2;
    thread->regs.r9 = out.w3;
    longjmp(fake_user, 2);
}

#endif /* NUNCIO_ARCH_SWITCH_H */
