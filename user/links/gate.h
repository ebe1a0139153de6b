/*
 * Gates: what peers see of us first. Each peer's gate has a thread of its own,
 * because to open an object is to call its service, which may be waiting for
 * another domain; that must hold up neither other peers nor the links.
 *
 * Ownership: gates last; there are never more than there were peers at a time.
 * Trust:     calls come from the peer: hostile.
 */
#ifndef NUNCIO_LINKS_GATE_H
#define NUNCIO_LINKS_GATE_H

#include <abi/message.h>

/* Before all others: there are none. */
void gates_begin(void);

/* A gate for a peer: one that was put back, or a new one. (*gate) is its caller's
 * end, which stays ours. 0 or an error. */
int gate_take(uint32_t *index, nu_handle_t *gate);
/* Nobody holds its caller's end but we. */
void gate_put(uint32_t index);

/* Serves one message received from (port), if it is a call; for tests, too. */
struct nu_regs;
void gate_serve(nu_handle_t port, struct nu_regs *r);

#endif /* NUNCIO_LINKS_GATE_H */
