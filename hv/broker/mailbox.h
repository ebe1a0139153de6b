/*
 * Hypercalls: the batches of a domain's mailbox.
 *
 * Trust:   each operation is read once into memory of the broker's, checked
 *          and done there, and written back whole.
 * Context: one thread; never blocks. A batch is at most BROKER_OPS_MAX copies
 *          of a page, and one call serves at most one batch.
 * Spec:    hypercall/broker_abi.h.
 */
#ifndef NUNCIO_BROKER_MAILBOX_H
#define NUNCIO_BROKER_MAILBOX_H

#include "domain.h"

/* The queues of (domain) have just become live: nothing is asked yet but what
 * the mailbox itself says. */
void mailbox_open(struct domain *domain);

/* Serves the batch that is there. False: there is none. */
bool mailbox_serve(struct broker *broker, struct domain *domain);

/* Lets the guest kick or not. mailbox_sleep() is true if there is a batch that
 * nobody will kick for. */
void mailbox_poll(struct domain *domain);
bool mailbox_sleep(struct domain *domain);

#endif /* NUNCIO_BROKER_MAILBOX_H */
