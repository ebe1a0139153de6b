/*
 * A service runtime and a kernel for tests of the service `store` on the host,
 * and the other side of its page: rings as the server sees them.
 *
 * What the service asks of the kernel (domain, its event, signals, closing
 * handles) is written down. The stubs and the dispatch are the real ones.
 */
#ifndef TESTS_UNIT_STORE_HOST_H
#define TESTS_UNIT_STORE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hypercall/xen_abi.h>
#include <rt/service.h>

#define HOST_DOMAIN      1u
#define HOST_EVENT       2u
#define HOST_PAGE        3u
#define HOST_SIGNAL      16u /* plus a number */
#define HOST_SIGNALS     64u
#define HOST_CALLS_MAX   8u /* deferred at once, as in the real runtime */
#define HOST_BLOCKS_MAX  4096u
#define HOST_REPLY_BYTES 4096u

/* A call that the test makes of the service. */
struct host_call {
    struct nu_serve serve; /* first: svc_pending is a host_call */
    uint64_t words[NU_WORDS_MAX];
    bool is_deferred;
    bool is_done;
    int status;
    uint8_t data[HOST_REPLY_BYTES]; /* result string */
    size_t bytes;
    struct svc_object *object; /* that was given */
};

extern struct host {
    struct xenstore_domain_interface page;
    struct svc_object *root;
    uint32_t fail_nth; /* this allocation fails; 0: none */
    uint32_t blocks; /* allocated now */
    uint32_t deferred;
    uint32_t notified; /* domain.notify_store */
    uint32_t acked;
    void (*on_notify)(void); /* what the server does at once; may be NULL */
    void (*on_raise)(void); /* when a signal is raised; may be NULL */
    uint32_t raised[HOST_SIGNALS];
    bool is_closed[HOST_SIGNALS];
    uint32_t log_lines;
} host;

/* Starts the service on a page whose indices are all (index). */
void host_begin(uint32_t index);
/* Closes what was given and frees everything. False: something is left. */
bool host_end(void);

/* Sends a request; its status, or 1 when it is deferred. (first), (second):
 * strings, or NULL. (signal): a handle, or 0. */
int host_call(struct svc_object *to, struct host_call *call, uint64_t method,
              const char *first, const void *second, size_t second_bytes,
              nu_handle_t signal);
/* No client holds (object) any more. */
void host_close(struct svc_object *object);
/* The page's event fires. */
void host_event(void);

/* ---- the server ---- */

/* Takes a whole request out of the ring; false if there is none, or not one. It makes room
 * as it takes, and lets the service send the rest. */
bool server_take(struct xsd_sockmsg *head, char payload[4096]);
/* Puts (bytes) into the response ring, with events as room is needed. */
void server_put(const void *data, size_t bytes);
void server_send(uint32_t type, uint32_t id, const void *payload, size_t bytes);

#endif /* TESTS_UNIT_STORE_HOST_H */
