/*
 * Whose turn it is. In a round each domain gets at most one batch and one
 * serving of the store, beginning with another domain each time, so a flood
 * from one does not starve the others.
 *
 * After a batch a domain's mailbox is polled for a window, in which the guest
 * need not kick. The window doubles when polling found work, or would have found
 * it had it gone on for the longest window. When several in a row found nothing
 * there is no polling for a number of batches, twice as many each time.
 *
 * Context: one thread; never blocks.
 */
#ifndef NUNCIO_BROKER_ROUNDS_H
#define NUNCIO_BROKER_ROUNDS_H

#include "domain.h"

/* Kicks of (domain)'s queues. */
void rounds_kick_mailbox(struct domain *domain);
void rounds_kick_store(struct domain *domain);

/* One round. */
void rounds_serve(struct broker *broker);

/*
 * How long to sleep when there is nothing to do, in milliseconds for
 * epoll_wait(): 0 when something is due or polled, -1 without an end.
 */
int rounds_sleep_ms(const struct broker *broker);

/* Looks at the polled mailboxes for about a microsecond, or until one has
 * something. */
void rounds_spin(const struct broker *broker);

/* The store's wake(): (context) is the broker. */
void rounds_wake_store(void *context, uint16_t domid);

#endif /* NUNCIO_BROKER_ROUNDS_H */
