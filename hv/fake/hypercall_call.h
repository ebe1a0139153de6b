/*
 * A hypercall on the build machine: a function of hv/fake in the place of the
 * hypercall page (hypercall/page.h).
 */
#ifndef NUNCIO_HYPERCALL_CALL_H
#define NUNCIO_HYPERCALL_CALL_H

#include <stdint.h>

long hypercall_call(unsigned op, uint64_t a, uint64_t b, uint64_t c);

#endif /* NUNCIO_HYPERCALL_CALL_H */
