/*
 * The offer and the answer, as they stand in the store.
 *
 * Trust:  what is read is another domain's.
 * Errors: negative nu_error values of the store; NU_NOENT: it is not there,
 *         NU_PROTO: it is malformed.
 */
#ifndef NUNCIO_LINKS_HANDSHAKE_H
#define NUNCIO_LINKS_HANDSHAKE_H

#include "links.h"

/* Ours for domain (to), for it alone to read. */
int handshake_offer(uint32_t to, uint32_t ring_ref, uint32_t port,
                    const char *word);
int handshake_answer(uint32_t to, uint32_t ring_ref, const char *word);
/* The offer (word) will not be taken; there may be another. */
int handshake_refuse(uint32_t to, const char *word);
/* Takes away what we offered to, or answered, (to). */
int handshake_withdraw(uint32_t to);

/* The word of the offer that domain (of) makes us. */
int handshake_find_offer(uint32_t of, char word[TEXT_VALUE_MAX]);
/* The rest of it. */
int handshake_read_offer(uint32_t of, const char *word, struct offer *offer);

/* Is there an answer of (of) to our offer (word)? NU_DENIED: it is refused. */
int handshake_find_answer(uint32_t of, const char *word);
int handshake_read_answer(uint32_t of, struct offer *answer);

#endif /* NUNCIO_LINKS_HANDSHAKE_H */
