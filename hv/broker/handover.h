/*
 * How a batch changes hands: the broker's half of the protocol that struct
 * broker_mailbox describes, so that no kick and no interrupt is lost.
 *
 * Recipe, with the guest's half; each step is sequentially consistent, so of
 * two who both write and then look, one sees the other:
 *
 *   guest, to ask:   1. count, ops  2. request + 1  3. looks at polling; 0: kick
 *   broker, to sleep:               1. polling = 0  2. looks at request
 *   broker, answers: 1. results     2. done         3. looks at want_call
 *   guest, to sleep:                1. want_call    2. looks at done
 *
 * Trust:   what is read from the mailbox is compared, never used as an index.
 * Context: any; never blocks.
 */
#ifndef NUNCIO_BROKER_HANDOVER_H
#define NUNCIO_BROKER_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

struct broker_mailbox;

/* Whether there is a batch after (done); then its number is in (*request). */
bool handover_take(struct broker_mailbox *mailbox, uint32_t done,
                   uint32_t *request);

/* Answers (request). Whether the guest wants an interrupt for it. */
bool handover_finish(struct broker_mailbox *mailbox, uint32_t request);

/* From now on the broker looks without being kicked. */
void handover_poll(struct broker_mailbox *mailbox);

/* From now on it does not. True: there is a batch after (done) that nobody
 * will kick for. */
bool handover_sleep(struct broker_mailbox *mailbox, uint32_t done);

#endif /* NUNCIO_BROKER_HANDOVER_H */
