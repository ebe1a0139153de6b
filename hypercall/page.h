/*
 * The hypercall page: 128 stubs of 32 bytes; stub N is called for hypercall N
 * with the arguments in rdi, rsi, rdx, r10, r8 and answers in rax.
 *
 * Xen may clobber the argument registers (its debug builds do), so the raw
 * calls below declare them lost, and so is everything else the C convention
 * lets a callee change: on KVM the stub jumps to a C function.
 */
#ifndef NUNCIO_HYPERCALL_PAGE_H
#define NUNCIO_HYPERCALL_PAGE_H

#include <stdint.h>

#define HYPERCALL_PAGE_BYTES 4096
#define HYPERCALL_STUB_BYTES 32
#define HYPERCALL_COUNT      (HYPERCALL_PAGE_BYTES / HYPERCALL_STUB_BYTES)

/*
 * hypercall/arch/x86 calls the stub in the page; hv/fake supplies a function
 * of the same name to host tests.
 */
#include <hypercall_call.h>

static inline long hypercall_1(unsigned op, uint64_t a)
{
    return hypercall_call(op, a, 0, 0);
}

static inline long hypercall_2(unsigned op, uint64_t a, uint64_t b)
{
    return hypercall_call(op, a, b, 0);
}

static inline long hypercall_3(unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    return hypercall_call(op, a, b, c);
}

#endif /* NUNCIO_HYPERCALL_PAGE_H */
