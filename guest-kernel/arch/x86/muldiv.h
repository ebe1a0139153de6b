/*
 * Products of 128 bits, divided.
 */
#ifndef NUNCIO_ARCH_MULDIV_H
#define NUNCIO_ARCH_MULDIV_H

#include <stdint.h>

/* a * b / c, exact but for the cut; UINT64_MAX if it does not fit or c is 0. */
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    uint64_t low = (uint64_t)product;
    uint64_t high = (uint64_t)(product >> 64);

    if (high >= c) {
        return UINT64_MAX;
    }
    __asm__("divq %2" : "+a"(low), "+d"(high) : "r"(c) : "cc");
    return low;
}

#endif /* NUNCIO_ARCH_MULDIV_H */
