/*
 * The broker's domains: what it knows of each, and of all.
 *
 * A domain is made by `add` (absent), its machine connects (connected), its
 * guest says hello (running). When the connection ends, all that is left is
 * its name, its domid, its epoch and its counters.
 *
 * Units:     nanoseconds of the monotonic clock.
 * Ownership: struct broker owns its domains; a domain owns its files, its
 *            mapped memory and its ports.
 * Trust:     everything in a domain's memory is its guest's; see event.h,
 *            copy.h, mailbox.h.
 * Context:   one thread.
 */
#ifndef NUNCIO_BROKER_DOMAIN_H
#define NUNCIO_BROKER_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <hypercall/broker_abi.h>

#include "log.h"
#include "vhost.h"
#include "wire.h"

#define DOMAIN_NAME_MAX 32u

struct store;

enum port_state {
    PORT_FREE,
    PORT_UNBOUND, /* (remote) may bind to it */
    PORT_INTERDOMAIN, /* to (remote_port) of (remote) */
    PORT_STORE, /* the store's events */
};

struct port {
    enum port_state state;
    domid_t remote;
    uint32_t remote_port;
};

/* What its guest made happen since it was added. */
struct domain_counts {
    uint64_t batches;
    uint64_t operations;
    uint64_t copies;
    uint64_t bytes; /* copied */
    uint64_t copy_errors;
    uint64_t events_sent;
    uint64_t upcalls_raised;
    uint64_t kicks;
    uint64_t polled_batches; /* that came without a kick */
    uint64_t store_requests; /* of former lives; see domain_store_requests() */
    uint64_t bad_messages;
};

struct domain {
    char name[DOMAIN_NAME_MAX + 1];
    domid_t domid;
    uint64_t epoch; /* of the last hello */
    uint64_t added_ns;
    uint64_t hello_ns;
    uint64_t active_ns; /* last batch or kick of the store */
    uint64_t watchdog_ns; /* 0: none */
    bool hung; /* and the log has said so */
    struct domain_counts counts;
    struct log_limit log_limit;

    /* The connection; -1 where there is none. */
    int listener;
    int connection;
    struct wire wire;
    struct vhost vhost;

    /* While the guest is known: between hello and the end of its queues. */
    bool running;
    uint64_t grant_frame;
    uint32_t grant_count; /* entries */
    struct grant_entry_v1 *grants;
    struct port ports[BROKER_PORTS];

    /* The mailbox: hand-over, see mailbox.h. */
    uint32_t done;
    bool polled; /* the guest has been told that it need not kick */
    uint64_t poll_until_ns;
    uint64_t poll_window_ns;
    uint64_t slept_ns; /* when the last look was in vain */
    uint32_t poll_misses; /* windows in a row without a batch */
    uint32_t poll_rest; /* batches until it is polled again */
    uint32_t poll_rest_next;

    /* Work that waits for its turn. */
    bool mailbox_due;
    bool store_due;
    bool call_due;
};

struct broker {
    struct domain *domains[BROKER_DOMAINS_MAX]; /* by domid; 0 is nobody's */
    uint64_t freed[BROKER_DOMAINS_MAX]; /* when the domid was used last; 0 */
    uint64_t freed_count;
    uint64_t epoch_floor; /* no domain that is added has an epoch below it */
    struct store *store;
    const char *directory; /* its absolute path; the process is in it */
    uint64_t started_ns;
    uint64_t poll_max_ns; /* 0: never polls */
    int epoll;
    uint32_t turn; /* the domid that the next round begins with */
    bool stopping;
};

/* The queues' blocks; to be called for a live domain only. */
static inline struct broker_shared *domain_shared(const struct domain *domain)
{
    return domain->vhost.queues[BROKER_QUEUE_EVENTS].block;
}

static inline struct broker_mailbox *domain_mailbox(const struct domain *domain)
{
    return domain->vhost.queues[BROKER_QUEUE_MAILBOX].block;
}

/* The running domain (domid), or NULL. */
struct domain *broker_running(const struct broker *broker, uint32_t domid);
/* The domain of this name, whatever its state, or NULL. */
struct domain *broker_find(const struct broker *broker, const char *name);

/* NULL, or why (name) cannot be a domain's name. */
const char *domain_name_problem(const char *name);

/*
 * A new domain, absent, under the lowest domid that was never in use; when
 * there is none left, the one that is out of use for longest, since others may
 * still grant to its former owner. NULL: all are in use.
 */
struct domain *broker_add(struct broker *broker, const char *name);
/* Frees a domain that is not running and has no files any more. */
void broker_remove(struct broker *broker, struct domain *domain);

/* A line of the log about (domain); (format) begins "event=". */
void domain_log(struct domain *domain, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* NUNCIO_BROKER_DOMAIN_H */
