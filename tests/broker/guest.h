/*
 * A guest of the broker without a machine: a program that does what QEMU and
 * the kernel in it would do, on the socket of a domain and in memory of its
 * own. It plays honest peers and hostile ones: the structure is open, and what
 * the calls below would not do can be done to the memory directly.
 *
 * Units:     pages of 4096 bytes; frames of the guest's memory, from 0; ports
 *            1..BROKER_PORTS-1; milliseconds.
 * Ownership: a guest is what guest_start() gave until guest_die(). A process
 *            that ends takes its guests with it, as a machine that is killed.
 * Errors:    a call that needs the broker returns -ETIMEDOUT if it says nothing
 *            for (patience_ms), or -EPIPE if it has hung up; other errors are
 *            what it says: negative Xen errno, GNTST_*, errno of the store.
 * Context:   one thread for each guest; calls wait for their answer.
 * Spec:      hypercall/broker_abi.h; QEMU docs/interop/vhost-user.rst.
 */
#ifndef NUNCIO_TESTS_GUEST_H
#define NUNCIO_TESTS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hypercall/broker_abi.h>

#include "wire.h"

#define GUEST_PAGES       512u /* in all */
#define GUEST_GRANT_PAGES 2u
#define GUEST_GRANTS      (GUEST_GRANT_PAGES * 512u)
#define GUEST_PAGE_BYTES  4096u
#define GUEST_STORE_PORT  1u
#define GUEST_EVENTS_MAX  64u /* of the store, that are kept */

/* Where things are, as frames. The rest is the program's. */
#define GUEST_SHARED_FRAME  4u
#define GUEST_MAILBOX_FRAME 8u
#define GUEST_GRANTS_FRAME  12u
#define GUEST_FREE_FRAME    16u

struct guest {
    int socket;
    int memory_file;
    int kick[BROKER_QUEUES];
    int call[BROKER_QUEUES];
    int patience_ms;

    uint8_t *memory;
    struct broker_shared *shared;
    struct broker_mailbox *mailbox;
    struct grant_entry_v1 *grants; /* GUEST_GRANTS of them */

    /* From hello. */
    uint16_t domid;
    uint64_t epoch;

    uint32_t requests; /* batches posted */
    struct wire wire;
    uint32_t store_requests;
    char request[XENSTORE_PAYLOAD_MAX]; /* that is being put together */
    char *events[GUEST_EVENTS_MAX]; /* of the store: "path token" */
    unsigned event_count;
};

/*
 * Connects to the domain's socket (path), shares memory and starts both queues, as
 * QEMU does when the guest's driver is ready. NULL, with errno: it could not.
 */
struct guest *guest_start(const char *path);
/* Closes all at once, without a word. (guest) may be NULL. */
void guest_die(struct guest *guest);
/* Has the broker hung up? */
bool guest_is_cut(const struct guest *guest);

/* Says hello; (domid) and (epoch) are known then. */
int guest_hello(struct guest *guest);

/* ---- memory ---- */

void *guest_page(struct guest *guest, uint32_t frame);

/* ---- hypercalls ---- */

/* Does (ops), up to BROKER_OPS_MAX, and puts the results into them. */
int guest_batch(struct guest *guest, struct broker_op *ops, uint32_t count);
/* The two halves of it. guest_post() does not wait, nor does it look whether
 * the last batch is done. */
void guest_post(struct guest *guest, const struct broker_op *ops,
                uint32_t count);
int guest_finish(struct guest *guest);
void guest_kick(struct guest *guest, uint32_t queue);

/* ---- grants ---- */

/* (flags): 0 or GTF_readonly. */
void guest_grant(struct guest *guest, uint32_t ref, uint16_t domid,
                 uint32_t frame, uint16_t flags);
/* False: it is in use just now, and still granted. */
bool guest_revoke(struct guest *guest, uint32_t ref);

/* An op that copies (bytes) between a frame of ours and a grant of (domid). */
struct broker_op guest_op_read(uint16_t domid, uint32_t ref, uint32_t offset,
                               uint32_t frame, uint32_t bytes);
struct broker_op guest_op_write(uint16_t domid, uint32_t ref, uint32_t offset,
                                uint32_t frame, uint32_t bytes);
/* One copy: GNTST_*, or a negative errno below -1000. */
int guest_copy(struct guest *guest, struct broker_op op);

/* ---- events ---- */

struct broker_op guest_op_event(uint16_t command);
int guest_alloc(struct guest *guest, uint32_t port, uint16_t domid);
int guest_bind(struct guest *guest, uint32_t port, uint16_t domid,
               uint32_t remote_port);
int guest_send(struct guest *guest, uint32_t port);
int guest_close(struct guest *guest, uint32_t port);
/* EVTCHNSTAT_*, or a negative errno. */
int guest_status(struct guest *guest, uint32_t port);
/* Waits for (port) and clears it; false: it did not come. */
bool guest_wait(struct guest *guest, uint32_t port, int timeout_ms);

/* ---- the store ---- */

/* Any request; its answer is in guest->wire: header and payload. */
int guest_store(struct guest *guest, uint32_t type, uint32_t transaction,
                const void *data, size_t bytes);
/* The same, of strings: guest_store_ask(guest, type, transaction, string, ...).
 */
#define guest_store_ask(guest, type, transaction, ...) \
    guest_store_strings(guest, type, transaction,      \
                        (const char *const[]){__VA_ARGS__, NULL})
int guest_store_strings(struct guest *guest, uint32_t type,
                        uint32_t transaction, const char *const *strings);
int guest_store_write(struct guest *guest, const char *path, const char *value);
/* The value until the next call, or NULL: then errno. */
const char *guest_store_read(struct guest *guest, const char *path);
int guest_store_watch(struct guest *guest, const char *path, const char *token);
/* 0: errno. */
uint32_t guest_store_begin(struct guest *guest);
int guest_store_end(struct guest *guest, uint32_t transaction, bool is_commit);
/* The oldest event as "path token", to be freed; NULL: none came. */
char *guest_store_event(struct guest *guest, int timeout_ms);

/* The monotonic clock, now and after (after_ms). */
uint64_t guest_now_ns(void);
uint64_t guest_deadline_ns(int after_ms);

#endif /* NUNCIO_TESTS_GUEST_H */
