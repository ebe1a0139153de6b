/*
 * Entering the message system call from C, on x86-64.
 *
 * The way in is whatever the thread's message buffer names (nu_msgbuf.enter):
 * the call page in a process, the kernel's own entry in a kernel service. So the
 * same object code works in both. rt_process_begin() sets it (drivers/rt). It is
 * called with the registers of abi/message.h, not with the C convention.
 */
#ifndef NUNCIO_STUB_ENTER_H
#define NUNCIO_STUB_ENTER_H

#include <stddef.h>
#include <abi/message.h>

/* What goes in and comes out in registers. */
struct nu_regs {
    uint64_t tag;
    uint64_t w0, w1, w2, w3;
    uint64_t badge; /* out, after a receive */
};

/* This thread's message buffer. */
static inline struct nu_msgbuf *nu_buffer(void)
{
    struct nu_msgbuf *buf;

    __asm__("mov %%gs:%c1, %0"
            : "=r"(buf)
            : "i"(offsetof(struct nu_msgbuf, self)));
    return buf;
}

/* The system call: (handle), (*r) in; status, (*r) out. May block. */
static inline int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    uint64_t status;
    uint64_t rdi = handle;
    register uint64_t r10 __asm__("r10") = r->w1;
    register uint64_t r8 __asm__("r8") = r->w2;
    register uint64_t r9 __asm__("r9") = r->w3;

    __asm__ volatile("call *%%gs:%c7"
                     : "=a"(status), "+D"(rdi), "+S"(r->tag), "+d"(r->w0),
                       "+r"(r10), "+r"(r8), "+r"(r9)
                     : "i"(offsetof(struct nu_msgbuf, enter))
                     : "rcx", "r11", "memory", "cc");
    r->badge = rdi;
    r->w1 = r10;
    r->w2 = r8;
    r->w3 = r9;
    return (int)status;
}

#endif /* NUNCIO_STUB_ENTER_H */
