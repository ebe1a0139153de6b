/*
 * The inside of the service runtime, shared by its files.
 */
#ifndef NUNCIO_DRIVERS_RT_RT_H
#define NUNCIO_DRIVERS_RT_RT_H

#include <abi/start.h>
#include <rt/service.h>

/* Calls that are answered later, at most so many at a time. */
#define RT_PENDING_MAX 8

/* What clients may do with a service's object. */
#define RT_CLIENT_RIGHTS (NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY)

/* A call while it is deferred. */
struct svc_pending {
    struct nu_serve serve;
    uint64_t words[NU_WORDS_MAX];
    nu_handle_t reply; /* the kernel object; NONE when local */
    bool is_used;
    bool is_done; /* local: (tag) is the reply's */
    uint64_t tag;
};

struct rt {
    nu_handle_t port;
    struct svc_object *root;
    bool is_local; /* inside its client */
    struct svc_pending *deferred; /* by the handler that runs now */
    bool is_held; /* the call served now is in (held), not with the thread */
    nu_handle_t held; /* a reply object, or NONE */
    struct svc_pending pending[RT_PENDING_MAX];
};

extern struct rt rt;

/* The service of this image; the build gives it the service's name. */
extern const struct service svc_service;

/* The port and the service itself; 0 or an error. */
int rt_service_begin(bool is_local);

/* Memory for what rt_serve() receives; 0 or an error. */
int rt_serve_begin(void);

/* Receives and serves until the port is gone. */
void rt_serve(void);

/* Puts the call that is served now into a reply object; 0 or an error. */
int rt_hold(void);

/* Handles an event of the port: (badge) and (w0) as received. */
void rt_event(uint32_t event, uint64_t badge, uint64_t w0);

/* Clears what a new request must not find, all but the request itself. */
void rt_call_begin(struct nu_serve *call, uint64_t tag, uint64_t *words);

/* Dispatches (call) to (object); with what dispatch answers made sane. */
uint64_t rt_call(struct svc_object *object, struct nu_serve *call);

/* Closes the handles of the request that nobody kept. */
void rt_call_end(struct nu_serve *call);

/* A client handle on (object) more or less; the last one closes it. */
void rt_object_get(struct svc_object *object);
void rt_object_put(struct svc_object *object);

/* Does the result string travel behind the words? */
bool rt_is_inline(const struct nu_serve *call, uint64_t tag);
/* Copies it there, to the message buffer; returns the tag with it. */
uint64_t rt_pack_inline(const struct nu_serve *call, uint64_t tag);

/* Sends the reply of a local call into the client's own memory, (rx) long.
 * Returns the whole tag; a reply that does not fit is an error in it. */
uint64_t rt_local_reply(struct nu_serve *call, uint64_t tag,
                        const struct nu_string_item *rx, uint32_t rx_count);

/* From entry.S. */
_Noreturn void rt_main(const struct nu_start *start);
int rt_local_start(const struct nu_start *start, uint32_t slot);
int rt_local_serve(struct nu_local *entry, struct nu_regs *r);
void rt_local_dispatch(void);

#endif /* NUNCIO_DRIVERS_RT_RT_H */
