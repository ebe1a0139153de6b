/*
 * Events: Xen's event channels of two levels, on every hypervisor.
 *
 * A source (virtual interrupt, device interrupt) is bound to a port; when it
 * fires, the port's pending bit is set and event_upcall() runs the port's
 * function. The bit is cleared before the function is called, so an event that
 * comes while it runs is not lost.
 *
 * Units:   ports 1..EVENT_PORTS-1; 0 is none.
 * Errors:  negative nu_error values.
 * Context: kernel, interrupts off; never blocks. Functions run on the trap
 *          stack and must be short.
 * Spec:    Xen public/event_channel.h, public/xen.h (struct shared_info).
 */
#ifndef NUNCIO_EVENT_EVENT_H
#define NUNCIO_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_PORTS 256u

typedef void (*event_fn)(void *arg, uint32_t port);

struct shared_info;

/* Once, from boot/start.c. All ports are masked. */
void event_init(struct shared_info *shared);

/*
 * Binds virtual interrupt (virq), VIRQ_TIMER for one, unmasked.
 * NU_BUSY: bound already; NU_NOMEM: no port; NU_UNSUP: not on this hypervisor.
 */
int event_bind_virq(unsigned virq, event_fn fn, void *arg, uint32_t *port);

/*
 * Binds device interrupt (pirq), masked: event_unmask() lets the first one
 * through. When it fires the port is masked again before (fn) runs, until
 * event_unmask() acknowledges it.
 */
int event_bind_pirq(uint32_t pirq, event_fn fn, void *arg, uint32_t *port);

/*
 * Event channels between domains. alloc_unbound: a port that (domid) may
 * connect to. bind_interdomain: a port connected to (remote_port) of (domid),
 * which must have allocated it for us; as on Xen our port is raised once then,
 * for what the peer may have sent before.
 * Both are unmasked; they need no acknowledgement.
 * NU_NOMEM: no port; NU_NOENT: no such domain or port; NU_DENIED: the port is
 * not for us; NU_UNSUP: this machine has no event channels to others.
 */
int event_alloc_unbound(uint16_t domid, event_fn fn, void *arg, uint32_t *port);
int event_bind_interdomain(uint16_t domid, uint32_t remote_port, event_fn fn,
                           void *arg, uint32_t *port);
/* A port that is bound since before we came, as the store's: gives it (fn) and
 * unmasks it. NU_BUSY: it has one; NU_RANGE: no such port. */
int event_attach(uint32_t port, event_fn fn, void *arg);
/* Raises the event at the far end of (port). 0, also when nobody has bound to
 * it or the other domain is gone: the event is then dropped, as on Xen.
 * NU_GONE: the port is none of the hypervisor's. */
int event_send(uint32_t port);
/* Clears the pending bit of (port), which is masked; whether it was set. For
 * who polls instead of waiting: mask, poll, and unmask before waiting. */
bool event_take(uint32_t port);

/* A masked port keeps its pending bit; unmasking delivers what waited. */
void event_mask(uint32_t port);
void event_unmask(uint32_t port);
void event_close(uint32_t port);

/* For trap_dispatch(), vectors 32 and up: acknowledges the interrupt, turns it
 * into pending bits, and calls event_upcall(). */
void event_interrupt(uint32_t vector);

/* Serves all pending ports. Calling it when nothing is pending is cheap. */
void event_upcall(void);
bool event_is_pending(void);

/* Ports that are bound. */
uint32_t event_used(void);
/* How often the function of (port) was called. */
uint64_t event_count(uint32_t port);
/* Prints every bound port, its bits and its count. */
void event_dump(void);

#endif /* NUNCIO_EVENT_EVENT_H */
