/*
 * The order of a contract's methods: a machine whose state is one byte at each
 * end of a channel. A zeroed byte is the start.
 *
 * Spec: docs/contract-language.md, "Order".
 */
#ifndef NUNCIO_STUB_AUTOMATON_H
#define NUNCIO_STUB_AUTOMATON_H

#include <stdint.h>

/* No state: the method is out of order. */
#define NU_STATE_REFUSED 255u

/* The whole machine, for tests, debuggers and tools; generated code uses
 * NAME_METHOD_next(), which is the same as a function. */
struct nu_automaton {
    uint16_t states;
    uint16_t methods;
    uint16_t start; /* always 0 */
    /* next[state * methods + i]: after method (i), or NU_STATE_REFUSED. */
    const uint8_t *next;
    const uint16_t *ordinals; /* of method (i) */
    const char *const *names; /* of the states */
};

/* What the state becomes when a reply's status is 0. (A deferred reply may
 * find that the state has moved on; then it stays.) */
static inline void nu_state_move(uint8_t *state, uint8_t next)
{
    if (next != NU_STATE_REFUSED)
        *state = next;
}

#endif /* NUNCIO_STUB_AUTOMATON_H */
