/*
 * Event channels between domains, as Xen's, but that a guest chooses the number
 * of its port itself.
 *
 * Errors:  negative Xen errno, those of Xen's common/event_channel.c:
 *          -XEN_ESRCH no such domain; -XEN_EPERM another domain's port;
 *          -XEN_EINVAL no such port, or not one for this; -XEN_ENOSPC a port
 *          that cannot be; -XEN_EBUSY a port in use.
 * Trust:   the operations are copies that nobody else can change. The pending
 *          bits are in the receiver's memory; only atomic operations on them.
 * Context: one thread; never blocks. Interrupts are only marked (call_due).
 * Spec:    Xen public/event_channel.h; 2-level ABI, one vCPU.
 */
#ifndef NUNCIO_BROKER_EVENT_H
#define NUNCIO_BROKER_EVENT_H

#include "domain.h"

int event_alloc_unbound(const struct broker *broker, struct domain *domain,
                        const struct evtchn_alloc_unbound *alloc);
/* As in Xen the new port is pending at once: a notification may have been lost
 * while the other end was unbound. */
int event_bind_interdomain(const struct broker *broker, struct domain *domain,
                           const struct evtchn_bind_interdomain *bind);
int event_send(const struct broker *broker, struct domain *domain,
               const struct evtchn_send *send);
/* The other end goes back to unbound, for this domain. */
int event_close(const struct broker *broker, struct domain *domain,
                const struct evtchn_close *close);
int event_status(const struct broker *broker, const struct domain *domain,
                 struct evtchn_status *status);

/* Makes (port) the store's. */
int event_bind_store(struct domain *domain, uint32_t port);
/* Raises the store's port if the guest has not closed it. */
void event_raise_store(struct domain *domain);

/* Closes every port. */
void event_close_all(const struct broker *broker, struct domain *domain);

#endif /* NUNCIO_BROKER_EVENT_H */
