/*
 * The call page: what the kernel maps, readable and executable, into every
 * process at NU_CALL_PAGE. Stubs enter the kernel through it, calls on local
 * handles become function calls in it, and a clock is read from it without a
 * trap.
 *
 * Trust: the kernel alone writes it; the same frame is in every process.
 */
#ifndef NUNCIO_ABI_CALLPAGE_H
#define NUNCIO_ABI_CALLPAGE_H

#include <stdint.h>
#include <abi/offsets.h>

#define NU_CALL_PAGE 0x7ffff000ull
/* Offsets of the entries; each takes the registers of message.h. */
#define NU_CALL_ENTRY 0x000 /* for threads without local handles */
#define NU_CALL_LOCAL 0x010 /* for threads that may have some */
#define NU_CALL_DATA  0x800 /* struct nu_call_data */

/* ns since boot = base_ns + ((rdtsc - base_tsc) * mult >> shift). */
struct nu_call_data {
    uint64_t version; /* of this layout: 1 */
    uint64_t base_tsc;
    uint64_t base_ns;
    uint64_t mult;
    uint64_t shift;
};

_Static_assert(NU_CALL_PAGE == NU_CALL_PAGE_ASM, "one address");
_Static_assert(NU_CALL_LOCAL == NU_CALL_LOCAL_ASM, "one offset");

#endif /* NUNCIO_ABI_CALLPAGE_H */
