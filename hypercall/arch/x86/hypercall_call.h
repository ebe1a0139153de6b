/*
 * A hypercall on x86-64: a call into the hypercall page (hypercall/page.h).
 */
#ifndef NUNCIO_HYPERCALL_CALL_H
#define NUNCIO_HYPERCALL_CALL_H

#include <stdint.h>

/* In the text of the image; filled before the tables that forbid it. */
extern uint8_t hypercall_page[4096];

static inline long hypercall_call(unsigned op, uint64_t a, uint64_t b,
                                  uint64_t c)
{
    long result;

    /* The stack may be unaligned for a C function where this is inlined into
     * a leaf, so align it here; Xen does not look at it. */
    __asm__ volatile("push %%rbp\n\t"
                     "mov %%rsp, %%rbp\n\t"
                     "and $-16, %%rsp\n\t"
                     "call *%[stub]\n\t"
                     "mov %%rbp, %%rsp\n\t"
                     "pop %%rbp"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c)
                     : [stub] "r"(hypercall_page + (uint64_t)op * 32)
                     : "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

#endif /* NUNCIO_HYPERCALL_CALL_H */
