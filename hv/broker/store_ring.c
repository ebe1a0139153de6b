/*
 * The rings in a domain's page. Both of their indices and everything between
 * them are the guest's to write at any time: each is read once.
 *
 * Spec: Xen public/io/xs_wire.h, docs/misc/xenstore-ring.txt.
 */
#include <string.h>

#include "store_internal.h"

#define FEATURES \
    (XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR)

static void ignore(struct store_domain *domain,
                   struct xenstore_domain_interface *page, uint32_t error)
{
    domain->is_ignored = true;
    domain->taken = 0;
    store_queue_clear(domain);
    __atomic_store_n(&page->error, error, __ATOMIC_RELEASE);
}

/* Takes up to (bytes) of what the guest has sent. Negative: bad indices. */
static int64_t take(struct xenstore_domain_interface *page, void *to,
                    uint32_t bytes)
{
    uint32_t from = __atomic_load_n(&page->req_cons, __ATOMIC_RELAXED);
    uint32_t sent = __atomic_load_n(&page->req_prod, __ATOMIC_ACQUIRE) - from;
    if (sent > XENSTORE_RING_SIZE) {
        return -1;
    }
    uint32_t count = sent < bytes ? sent : bytes;
    uint32_t at = MASK_XENSTORE_IDX(from);
    uint32_t first = XENSTORE_RING_SIZE - at;
    if (first > count) {
        first = count;
    }
    if (count != 0) {
        memcpy(to, page->req + at, first);
        memcpy((char *)to + first, page->req, count - first);
        __atomic_store_n(&page->req_cons, from + count, __ATOMIC_RELEASE);
    }
    return count;
}

/* Puts as much of (bytes) as there is room for. Negative: bad indices. */
static int64_t put(struct xenstore_domain_interface *page, const char *data,
                   uint32_t bytes)
{
    uint32_t to = __atomic_load_n(&page->rsp_prod, __ATOMIC_RELAXED);
    uint32_t full = to - __atomic_load_n(&page->rsp_cons, __ATOMIC_ACQUIRE);
    if (full > XENSTORE_RING_SIZE) {
        return -1;
    }
    uint32_t room = XENSTORE_RING_SIZE - full;
    uint32_t count = room < bytes ? room : bytes;
    uint32_t at = MASK_XENSTORE_IDX(to);
    uint32_t first = XENSTORE_RING_SIZE - at;
    if (first > count) {
        first = count;
    }
    if (count != 0) {
        memcpy(page->rsp + at, data, first);
        memcpy(page->rsp, data + first, count - first);
        __atomic_store_n(&page->rsp_prod, to + count, __ATOMIC_RELEASE);
    }
    return count;
}

/* Puts what waits into the ring while there is room. */
static bool flush(struct store_domain *domain,
                  struct xenstore_domain_interface *page)
{
    bool has_moved = false;
    while (domain->out != NULL) {
        uint32_t rest = domain->out->bytes - domain->sent;
        int64_t count = put(page, domain->out->data + domain->sent, rest);
        if (count < 0) {
            ignore(domain, page, XENSTORE_ERROR_RINGIDX);
            return true;
        }
        has_moved |= count != 0;
        if (count < rest) {
            domain->sent += (uint32_t)count;
            break;
        }
        store_queue_pop(domain);
    }
    return has_moved;
}

/* Takes more of the request; false: it is not all there, or never will be. */
static bool gather(struct store_domain *domain,
                   struct xenstore_domain_interface *page, bool *has_moved)
{
    const uint32_t header_bytes = sizeof(domain->header);
    for (;;) {
        char *to = (char *)&domain->header + domain->taken;
        uint32_t want = header_bytes - domain->taken;
        if (domain->taken >= header_bytes) {
            if (domain->header.len > XENSTORE_PAYLOAD_MAX) {
                ignore(domain, page, XENSTORE_ERROR_PROTO);
                *has_moved = true;
                return false;
            }
            to = domain->payload + (domain->taken - header_bytes);
            want = header_bytes + domain->header.len - domain->taken;
            if (want == 0) {
                domain->taken = 0;
                return true;
            }
        }
        int64_t count = take(page, to, want);
        if (count < 0) {
            ignore(domain, page, XENSTORE_ERROR_RINGIDX);
            *has_moved = true;
            return false;
        }
        if (count == 0) {
            return false;
        }
        domain->taken += (uint32_t)count;
        *has_moved = true;
    }
}

/* The guest asks for rings as they were at the start. */
static void reconnect(struct store *store, struct store_domain *domain,
                      struct xenstore_domain_interface *page)
{
    store_watch_clear(store, domain);
    store_transaction_clear(domain);
    store_queue_clear(domain);
    domain->taken = 0;
    domain->is_ignored = false;
    page->req_cons = 0;
    page->req_prod = 0;
    page->rsp_cons = 0;
    page->rsp_prod = 0;
    page->error = XENSTORE_ERROR_NONE;
    __atomic_store_n(&page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
}

unsigned store_ring_serve(struct store *store, uint16_t domid,
                          struct xenstore_domain_interface *page)
{
    if (domid == STORE_ROOT || domid >= BROKER_DOMAINS_MAX ||
        !store->domains[domid].is_up) {
        return 0;
    }
    struct store_domain *domain = &store->domains[domid];
    bool has_moved = false;
    if (!domain->is_open) {
        domain->is_open = true;
        page->error = XENSTORE_ERROR_NONE;
        page->server_features = FEATURES;
    }
    if (__atomic_load_n(&page->connection, __ATOMIC_ACQUIRE) ==
        XENSTORE_RECONNECT) {
        reconnect(store, domain, page);
        has_moved = true;
    }
    unsigned served = 0;
    store->served = domain;
    has_moved |= flush(domain, page);
    while (served < STORE_SERVE_REQUESTS && !domain->is_ignored &&
           domain->replies == 0 && gather(domain, page, &has_moved)) {
        store_request(store, domain);
        has_moved |= flush(domain, page);
        served++;
    }
    store->served = NULL;
    return (has_moved ? STORE_SERVE_RAISE : 0) |
           (served == STORE_SERVE_REQUESTS && domain->replies == 0
                ? STORE_SERVE_MORE
                : 0);
}
