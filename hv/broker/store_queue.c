/*
 * Replies and events that wait for room in a domain's ring, in the order in
 * which they came to be.
 *
 * There are never more replies than the ring lets a domain cause; events are
 * bounded in number and memory. An event that has no room is not lost: its
 * watch is marked, and when there is room it fires with its own path, which
 * tells the watcher to look at all of it, as the first event of a watch does.
 */
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

static struct store_message *make(uint32_t type, size_t bytes)
{
    struct xsd_sockmsg header = {.type = type, .len = (uint32_t)bytes};
    struct store_message *message =
        store_alloc(sizeof(*message) + sizeof(header) + bytes);
    message->bytes = (uint32_t)(sizeof(header) + bytes);
    memcpy(message->data, &header, sizeof(header));
    return message;
}

static void append(struct store_domain *domain, struct store_message *message)
{
    message->next = NULL;
    *domain->out_end = message;
    domain->out_end = &message->next;
    domain->counts.memory_bytes += (uint32_t)sizeof(*message) + message->bytes;
}

void store_queue_reply(struct store_domain *domain, const void *data,
                       size_t bytes, uint32_t type)
{
    struct store_message *message = make(type, bytes);
    struct xsd_sockmsg header = {
        .type = type,
        .req_id = domain->header.req_id,
        .tx_id = domain->header.tx_id,
        .len = (uint32_t)bytes,
    };
    memcpy(message->data, &header, sizeof(header));
    if (bytes != 0) { /* else (data) may be NULL */
        memcpy(message->data + sizeof(header), data, bytes);
    }
    append(domain, message);
    domain->replies++;
}

/* The same event waits already, and none of it has been sent. */
static bool is_queued(const struct store_domain *domain,
                      const struct store_watch *watch,
                      const struct store_message *event)
{
    if (watch->queued == 0) {
        return false;
    }
    const struct store_message *other = domain->out;
    if (domain->sent != 0) {
        other = other->next;
    }
    for (; other != NULL; other = other->next) {
        if (other->watch == watch && other->bytes == event->bytes &&
            memcmp(other->data, event->data, event->bytes) == 0) {
            return true;
        }
    }
    return false;
}

static void fold(struct store_watch *watch)
{
    if (!watch->is_folded) {
        watch->is_folded = true;
        watch->domain->folded++;
    }
}

/* False: there is no room. */
static bool add_event(struct store_watch *watch, const char *path)
{
    struct store_domain *domain = watch->domain;
    size_t path_bytes = strlen(path) + 1;
    size_t token_bytes = strlen(watch->token) + 1;
    if (domain->counts.events >= STORE_EVENTS_MAX) {
        return false;
    }
    struct store_message *event =
        make(XS_WATCH_EVENT, path_bytes + token_bytes);
    char *payload = event->data + sizeof(struct xsd_sockmsg);
    memcpy(payload, path, path_bytes);
    memcpy(payload + path_bytes, watch->token, token_bytes);
    if (is_queued(domain, watch, event)) {
        free(event);
        return true;
    }
    event->watch = watch;
    event->is_event = true;
    append(domain, event);
    domain->counts.events++;
    watch->queued++;
    return true;
}

void store_queue_event(struct store *store, struct store_watch *watch,
                       const char *path)
{
    const char *told = path + watch->home_bytes;
    if (watch->domain->is_ignored) {
        return;
    }
    if (strlen(told) + 1 + strlen(watch->token) + 1 > XENSTORE_PAYLOAD_MAX) {
        told = watch->spot->entry.path + watch->home_bytes;
    }
    /* What is folded will tell it all. */
    if (!watch->is_folded && !add_event(watch, told)) {
        fold(watch);
    }
    if (watch->domain != store->served) {
        store->wake(store->context, watch->domain->domid);
    }
}

static void unfold(struct store_domain *domain)
{
    struct store_watch *watch = domain->watches;
    for (; watch != NULL && domain->folded != 0; watch = watch->domain_next) {
        if (!watch->is_folded) {
            continue;
        }
        if (!add_event(watch, watch->spot->entry.path + watch->home_bytes)) {
            return;
        }
        watch->is_folded = false;
        domain->folded--;
    }
}

/* Takes the first message off, and frees it. */
static void drop_first(struct store_domain *domain)
{
    struct store_message *message = domain->out;
    domain->out = message->next;
    if (domain->out == NULL) {
        domain->out_end = &domain->out;
    }
    domain->sent = 0;
    domain->counts.memory_bytes -= (uint32_t)sizeof(*message) + message->bytes;
    if (message->is_event) {
        domain->counts.events--;
    } else {
        domain->replies--;
    }
    free(message);
}

void store_queue_pop(struct store_domain *domain)
{
    if (domain->out->watch != NULL) {
        domain->out->watch->queued--;
    }
    drop_first(domain);
    if (domain->folded != 0 && domain->counts.events <= STORE_EVENTS_MAX / 2) {
        unfold(domain);
    }
}

void store_queue_forget(struct store_watch *watch)
{
    struct store_message *message = watch->domain->out;
    for (; message != NULL && watch->queued != 0; message = message->next) {
        if (message->watch == watch) {
            message->watch = NULL;
            watch->queued--;
        }
    }
    if (watch->is_folded) {
        watch->is_folded = false;
        watch->domain->folded--;
    }
}

void store_queue_clear(struct store_domain *domain)
{
    while (domain->out != NULL) {
        if (domain->out->watch != NULL) {
            domain->out->watch->queued--;
        }
        drop_first(domain);
    }
}
