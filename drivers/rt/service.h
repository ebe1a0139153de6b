/*
 * The service runtime: what a service is written against. The service does not
 * know where it runs; the runtime linked beside it does: the same sources serve
 * a port (in a process, in the kernel) or the caller's own thread (inside its
 * one client), and two small files say which (flavour_process, flavour_kernel).
 *
 * A service is one `const struct service`, named NAME_service, and objects that
 * it makes. All its code runs on one thread at a time.
 *
 * Units:     bytes, ns.
 * Ownership: objects are the service's; the runtime calls class->closed once
 *            when the last client handle on one is gone.
 * Trust:     requests are hostile; see stub/serve.h for what is checked already.
 * Blocking:  a handler may call other services (it waits for them) and may
 *            defer its reply; it must not wait for its own clients.
 */
#ifndef NUNCIO_DRIVERS_RT_SERVICE_H
#define NUNCIO_DRIVERS_RT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stub/call.h>
#include <stub/serve.h>

struct svc_object;

/* What kind an object is. */
struct svc_class {
    const char *name;
    /* Serves one message: usually a one-line call of NAME_dispatch(). Returns
     * the reply's tag, or NU_SERVE_PENDING_TAG. */
    uint64_t (*dispatch)(struct svc_object *self, struct nu_serve *call);
    /* No client holds it any more; it may be freed. May be NULL. */
    void (*closed)(struct svc_object *self);
    /*
     * May be 0: the method (NAME_METHOD_METHOD) that takes nothing and whose
     * whole answer is the object's (word). The runtime answers it without
     * asking dispatch, an in-process client without leaving its own code, so
     * the service keeps the word true at all times.
     */
    uint64_t word_method;
};

/* First member of every object that clients can hold. Zero but for (class) and
 * (word) when the service makes it. */
struct svc_object {
    const struct svc_class *class;
    uint64_t word; /* see word_method */
    uint32_t refs; /* runtime: client handles on it */
    uint8_t state; /* of its channel's automaton */
    uint8_t is_broken; /* runtime: a client broke the contract */
    uint8_t reserved[2];
};

/* What the service was configured with, by name. */
nu_handle_t svc_handle(const char *name); /* NU_HANDLE_NONE if not given */
const char *svc_option(const char *name); /* value of NAME=VALUE, or NULL */

/* Memory from the service's purse. Zeroed; NULL when the purse is empty. */
void *svc_alloc(size_t bytes);
void svc_free(void *p);
/* Whole pages, page aligned, zeroed. */
void *svc_alloc_pages(size_t pages);
void svc_free_pages(void *p, size_t pages);

/* Maps memory (a device window, a DMA buffer); NULL when it cannot. */
void *svc_map(nu_handle_t memory, size_t bytes, bool writable);

/* One line in the system's log, printf-like: %s %d %u %x %lu %lx %c %%. */
void svc_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t svc_now_ns(void);

/* Adds (object) to the reply as a new handle for the client. 0 or an error.
 * Should the reply not reach the client, (object) is closed like any other. */
int svc_give(struct nu_serve *call, struct svc_object *object);

/* Keeps handle (index) of the request: the service closes it. Handles that
 * nobody keeps are closed when the call is done. */
nu_handle_t svc_keep(struct nu_serve *call, uint32_t index);

/*
 * Deferring: svc_defer() in a handler that then returns NU_SERVE_PENDING; later
 * svc_resume() gives a call to fill with NAME_METHOD_reply() and the functions
 * of serve.h, and svc_finish() sends it. NULL: too many deferred; answer BUSY.
 */
struct svc_pending;
struct svc_pending *svc_defer(struct nu_serve *call);
struct nu_serve *svc_resume(struct svc_pending *pending);
void svc_finish(struct svc_pending *pending, uint64_t reply_tag);

/* Events (interrupts, timers): (handler) runs on the service's thread. */
typedef void (*svc_event_fn)(void *arg, uint64_t count);
int svc_on_interrupt(nu_handle_t interrupt, svc_event_fn handler, void *arg);

struct service {
    const char *name;
    /* Starts it; gives its root object, which clients get first. Returns 0 or
     * an error that ends the service with a message. */
    int (*start)(struct svc_object **root);
};

#endif /* NUNCIO_DRIVERS_RT_SERVICE_H */
