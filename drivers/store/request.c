#include "store.h"

#include <contract/domain.h>
#include <nlib/string.h>

/* Messages taken in at one event: more than a ring can hold, so that what is
 * left over is announced by an event of its own. */
#define MESSAGES_MAX 128u

static struct request *find_free(struct store *store)
{
    for (uint32_t i = 0; i < STORE_REQUESTS; i++) {
        if (store->requests[i].id == 0)
            return &store->requests[i];
    }
    return NULL;
}

/* Numbers do not come again soon, and tell the place. */
static void number(struct store *store, struct request *request)
{
    uint32_t place = (uint32_t)(request - store->requests);

    store->last_id = (store->last_id + 1) % (1u << 24);
    request->id = (store->last_id + 1) * STORE_REQUESTS + place;
}

static void enqueue(struct store *store, struct request *request)
{
    struct request **link = &store->unsent;

    while (*link != NULL)
        link = &(*link)->next;
    request->next = NULL;
    *link = request;
}

static int fill(struct request *request, const struct piece *pieces,
                uint32_t count)
{
    struct xsd_sockmsg head = {.type = request->type, .req_id = request->id};
    size_t at = sizeof(head);

    for (uint32_t i = 0; i < count; i++) {
        if (pieces[i].bytes > sizeof(request->message) - at)
            return NU_TOOLONG;
        memcpy(request->message + at, pieces[i].data, pieces[i].bytes);
        at += pieces[i].bytes;
    }
    head.len = (uint32_t)(at - sizeof(head));
    memcpy(request->message, &head, sizeof(head));
    request->bytes = (uint32_t)at;
    request->sent = 0;
    return 0;
}

int request_start(struct store *store, uint32_t type, struct nu_serve *call,
                  struct watch *watch, const struct piece *pieces,
                  uint32_t count)
{
    struct request *request = find_free(store);
    int status;

    if (store->is_broken)
        return NU_IO;
    if (request == NULL)
        return NU_BUSY;
    number(store, request);
    request->type = type;
    request->watch = watch;
    request->pending = NULL;
    status = fill(request, pieces, count);
    if (status == 0 && call != NULL) {
        request->pending = svc_defer(call);
        status = request->pending == NULL ? NU_BUSY : 0;
    }
    if (status != 0) {
        request->id = 0;
        return status;
    }
    enqueue(store, request);
    return call != NULL ? NU_SERVE_PENDING : 0;
}

/* True if something went out. */
static bool send_some(struct store *store)
{
    bool is_sent = false;

    while (store->unsent != NULL) {
        struct request *request = store->unsent;
        size_t done = xs_send(&store->xs, request->message + request->sent,
                              request->bytes - request->sent);

        request->sent += (uint32_t)done;
        is_sent = is_sent || done > 0;
        if (request->sent < request->bytes)
            break;
        store->unsent = request->next;
    }
    return is_sent;
}

/* The client gets its answer, and the place is free. */
static void finish(struct store *store, struct request *request, int status,
                   const char *data, uint32_t bytes)
{
    store->ops->done(request, status, data, bytes);
    request->pending = NULL;
    request->watch = NULL;
    request->id = 0;
}

static void take_answer(struct store *store, const struct xs_message *message)
{
    struct request *request = &store->requests[message->id % STORE_REQUESTS];

    if (message->id == 0 || request->id != message->id ||
        request->sent < request->bytes) {
        store->xs.problem = "it answered what was not asked";
        return;
    }
    if (message->type == XS_ERROR) {
        finish(store, request, xs_error(message->data), NULL, 0);
        return;
    }
    if (message->type != request->type) {
        store->xs.problem = "an answer is of another type than its request";
        return;
    }
    finish(store, request, 0, message->data, message->bytes);
}

/* True if something came in. */
static bool take_some(struct store *store)
{
    uint32_t before = store->xs.response_at;
    struct xs_message message;

    for (uint32_t i = 0; i < MESSAGES_MAX; i++) {
        if (!xs_receive(&store->xs, &message))
            break;
        if (message.type != XS_WATCH_EVENT)
            take_answer(store, &message);
        else if (!store->ops->event(store, message.data, message.bytes))
            store->xs.problem = "a malformed event";
    }
    return store->xs.response_at != before;
}

/* The server is not to be believed any more: everybody is told, once. */
static void give_up(struct store *store)
{
    store->is_broken = true;
    store->unsent = NULL;
    svc_log("store: the server broke the protocol: %s", store->xs.problem);
    for (uint32_t i = 0; i < STORE_REQUESTS; i++) {
        if (store->requests[i].id != 0)
            finish(store, &store->requests[i], NU_IO, NULL, 0);
    }
    store->ops->broken(store);
}

void store_pump(struct store *store)
{
    bool is_moved;

    if (store->is_broken)
        return;
    is_moved = take_some(store);
    store->ops->room(store);
    is_moved = send_some(store) || is_moved;
    if (is_moved)
        (void)domain_notify_store(store->domain);
    if (store->xs.problem != NULL)
        give_up(store);
}
