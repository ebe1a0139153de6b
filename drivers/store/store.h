/*
 * The inside of the service `store`, shared by its files.
 *
 * service.c  the contract store: handlers, start, the server's event
 * request.c  requests under way: sent in order, answered by their number
 * watches.c  watches: what changed, until the client asks
 * xs.c       messages through the rings
 *
 * Ownership: one struct store, which is the root object. A request belongs to
 *            its client's call, or to the watch that it ends.
 * Trust:     clients as in rt/service.h; the server as in xs.h.
 */
#ifndef NUNCIO_STORE_STORE_H
#define NUNCIO_STORE_STORE_H

#include <rt/service.h>

#include "xs.h"

#define STORE_PATH_MAX    1024u /* as in contracts/store.contract */
#define STORE_REQUESTS    16u /* under way: more than the runtime defers */
#define STORE_REQUEST_MAX 3200u /* payload: a path and a value */
#define STORE_WATCHES_MAX 100u /* xenstored allows 128 */
#define STORE_CHANGES_MAX 16u /* kept for one watch */

struct store;
struct watch;

struct request {
    struct request *next; /* among those that are not sent whole */
    uint32_t id; /* on the wire; 0: free */
    uint32_t type; /* XS_* */
    struct svc_pending *pending; /* the client's call; NULL: our own */
    struct watch *watch; /* of XS_WATCH and XS_UNWATCH */
    uint32_t bytes; /* in message */
    uint32_t sent;
    char message[sizeof(struct xsd_sockmsg) + STORE_REQUEST_MAX];
};

struct change {
    uint32_t bytes;
    char path[];
};

struct watch {
    struct svc_object object;
    struct watch *next;
    struct store *store;
    nu_handle_t signal;
    uint32_t token;
    bool is_closed; /* nobody holds it: to be ended */
    bool is_ending; /* XS_UNWATCH is under way */
    bool is_whole; /* too many changes: the watched path itself */
    uint32_t change_count;
    struct change *changes[STORE_CHANGES_MAX];
    struct change *given; /* what the reply under way points into */
    uint32_t path_bytes;
    char path[];
};

/* What request.c tells those above it. */
struct request_ops {
    /* (request) is done: its payload if (status) is 0. */
    void (*done)(struct request *request, int status, const char *data,
                 uint32_t bytes);
    /* A change: a path and a token. False: it is malformed. */
    bool (*event)(struct store *store, const char *data, uint32_t bytes);
    /* There may be room for requests of our own. */
    void (*room)(struct store *store);
    /* The store is broken; all requests are done. */
    void (*broken)(struct store *store);
};

struct store {
    struct svc_object object;
    const struct request_ops *ops;
    nu_handle_t domain;
    nu_handle_t event;
    bool is_broken; /* all is told and answered */
    uint32_t domid;
    uint32_t last_id;
    uint32_t last_token;
    uint32_t watch_count;
    struct watch *watches;
    struct request *unsent;
    struct xs xs;
    struct request requests[STORE_REQUESTS];
};

/* request.c */

/* A piece of a request's payload. */
struct piece {
    const void *data;
    size_t bytes;
};

/*
 * A request of (type) for (call), or our own when it is NULL; store_pump() sends
 * it. With (call) the answer is NU_SERVE_PENDING, and the call is replied to
 * when the server has answered; else 0. NU_BUSY, NU_TOOLONG, NU_IO: there is no
 * request.
 */
int request_start(struct store *store, uint32_t type, struct nu_serve *call,
                  struct watch *watch, const struct piece *pieces,
                  uint32_t count);

/* Takes in what has come, and sends what there is room for. Last in all that
 * the runtime calls: what it finds may end requests and watches. */
void store_pump(struct store *store);

/* watches.c */

int watch_create(struct store *store, struct nu_serve *call,
                 const struct nu_blob *path, nu_handle_t signal);
/* For struct request_ops. */
bool watch_event(struct store *store, const char *data, uint32_t bytes);
void watches_sweep(struct store *store);
void watches_break(struct store *store);
void watch_free(struct watch *watch);

#endif /* NUNCIO_STORE_STORE_H */
