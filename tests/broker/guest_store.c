/* A guest of the broker: the store, as its kernel and drivers would use it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_internal.h"

#define NS_PER_MS 1000000u

static void keep_event(struct guest *guest)
{
    const char *path = guest->wire.payload;
    char *text;

    if (guest->event_count == GUEST_EVENTS_MAX)
        return;
    if (asprintf(&text, "%s %s", path, path + strlen(path) + 1) > 0)
        guest->events[guest->event_count++] = text;
}

/* Takes messages until there is a reply. */
static bool take_reply(struct guest *guest)
{
    bool made_room = false;
    bool is_reply = false;

    while (!is_reply && wire_take(&guest->wire, &made_room)) {
        is_reply = guest->wire.header.type != XS_WATCH_EVENT;
        if (!is_reply)
            keep_event(guest);
    }
    if (made_room)
        guest_kick(guest, BROKER_QUEUE_EVENTS);
    return is_reply;
}

/* Something may have moved in the page. */
static int wait_for_store(struct guest *guest, uint64_t deadline_ns)
{
    uint64_t now = guest_now_ns();

    if (guest->wire.page->error != XENSTORE_ERROR_NONE)
        return -EPROTO;
    if (guest_is_cut(guest))
        return -EPIPE;
    if (now >= deadline_ns)
        return -ETIMEDOUT;
    (void)guest_wait(guest, GUEST_STORE_PORT,
                     (int)((deadline_ns - now) / NS_PER_MS) + 1);
    return 0;
}

static int put_all(struct guest *guest, const void *data, size_t bytes,
                   uint64_t deadline_ns)
{
    const char *from = data;

    for (;;) {
        size_t count = wire_put(&guest->wire, from, bytes);

        from += count;
        bytes -= count;
        if (bytes == 0)
            return 0;
        guest_kick(guest, BROKER_QUEUE_EVENTS);
        int error = wait_for_store(guest, deadline_ns);
        if (error != 0)
            return error;
    }
}

int guest_store(struct guest *guest, uint32_t type, uint32_t transaction,
                const void *data, size_t bytes)
{
    struct xsd_sockmsg header = {type, ++guest->store_requests, transaction,
                                 (uint32_t)bytes};
    uint64_t deadline = guest_deadline_ns(guest->patience_ms);
    int error = put_all(guest, &header, sizeof(header), deadline);

    if (error == 0)
        error = put_all(guest, data, bytes, deadline);
    guest_kick(guest, BROKER_QUEUE_EVENTS);
    while (error == 0 && !take_reply(guest))
        error = wait_for_store(guest, deadline);
    if (error != 0)
        return error;
    if (guest->wire.header.req_id != guest->store_requests)
        return -EPROTO;
    return guest->wire.header.type == XS_ERROR ? wire_error(guest->wire.payload)
                                               : 0;
}

int guest_store_strings(struct guest *guest, uint32_t type,
                        uint32_t transaction, const char *const *strings)
{
    size_t bytes =
        wire_strings(guest->request, sizeof(guest->request), strings);

    return bytes == 0
               ? -E2BIG
               : guest_store(guest, type, transaction, guest->request, bytes);
}

int guest_store_write(struct guest *guest, const char *path, const char *value)
{
    char *data = guest->request;
    size_t path_bytes = strlen(path) + 1;
    size_t value_bytes = strlen(value);

    if (path_bytes + value_bytes > sizeof(guest->request))
        return -E2BIG;
    memcpy(data, path, path_bytes);
    memcpy(data + path_bytes, value, value_bytes);
    return guest_store(guest, XS_WRITE, 0, data, path_bytes + value_bytes);
}

const char *guest_store_read(struct guest *guest, const char *path)
{
    int error = guest_store_ask(guest, XS_READ, 0, path);

    errno = -error;
    return error == 0 ? guest->wire.payload : NULL;
}

int guest_store_watch(struct guest *guest, const char *path, const char *token)
{
    return guest_store_ask(guest, XS_WATCH, 0, path, token);
}

uint32_t guest_store_begin(struct guest *guest)
{
    int error = guest_store_ask(guest, XS_TRANSACTION_START, 0, "");

    errno = -error;
    return error == 0 ? (uint32_t)strtoul(guest->wire.payload, NULL, 10) : 0;
}

int guest_store_end(struct guest *guest, uint32_t transaction, bool is_commit)
{
    return guest_store_ask(guest, XS_TRANSACTION_END, transaction,
                           is_commit ? "T" : "F");
}

char *guest_store_event(struct guest *guest, int timeout_ms)
{
    uint64_t deadline = guest_deadline_ns(timeout_ms);
    char *event;

    (void)take_reply(guest);
    while (guest->event_count == 0) {
        if (wait_for_store(guest, deadline) != 0)
            return NULL;
        (void)take_reply(guest);
    }
    event = guest->events[0];
    guest->event_count--;
    memmove(guest->events, guest->events + 1,
            guest->event_count * sizeof(guest->events[0]));
    return event;
}
