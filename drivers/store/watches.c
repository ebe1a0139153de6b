#include "store.h"

#include <contract/handle.h>
#include <contract/signal.h>
#include <contract/watch.h>
#include <nlib/printf.h>
#include <nlib/string.h>

#define TOKEN_BYTES 8u /* hexadecimal digits */

static void format_token(char *text, uint32_t token)
{
    nl_snprintf(text, TOKEN_BYTES + 1, "%08x", token);
}

static void forget_changes(struct watch *watch)
{
    for (uint32_t i = 0; i < watch->change_count; i++)
        svc_free(watch->changes[i]);
    watch->change_count = 0;
}

void watch_free(struct watch *watch)
{
    struct watch **link = &watch->store->watches;

    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    watch->store->watch_count--;
    forget_changes(watch);
    svc_free(watch->given);
    if (watch->signal != NU_HANDLE_NONE)
        (void)handle_close(watch->signal);
    svc_free(watch);
}

static int watch_next_serve(void *self, struct nu_serve *call,
                            struct watch_next_rep *rep)
{
    struct watch *watch = self;

    (void)rep;
    svc_free(watch->given);
    watch->given = NULL;
    if (watch->is_whole) {
        watch->is_whole = false;
        return nu_serve_bytes(call, watch->path, watch->path_bytes);
    }
    if (watch->change_count == 0)
        return watch->store->is_broken ? NU_IO : NU_AGAIN;
    watch->given = watch->changes[0];
    watch->change_count--;
    memmove(&watch->changes[0], &watch->changes[1],
            watch->change_count * sizeof(watch->changes[0]));
    return nu_serve_bytes(call, watch->given->path, watch->given->bytes);
}

static const struct watch_ops watch_ops = {.next = watch_next_serve};

static uint64_t watch_serve(struct svc_object *self, struct nu_serve *call)
{
    return watch_dispatch(&watch_ops, self, call);
}

static void watch_closed(struct svc_object *self)
{
    struct watch *watch = (struct watch *)self;

    watch->is_closed = true;
    forget_changes(watch);
    if (watch->store->is_broken)
        watch_free(watch);
    else
        store_pump(watch->store);
}

static const struct svc_class watch_class = {
    .name = "watch",
    .dispatch = watch_serve,
    .closed = watch_closed,
};

int watch_create(struct store *store, struct nu_serve *call,
                 const struct nu_blob *path, nu_handle_t signal)
{
    struct watch *watch = NULL;
    char token[TOKEN_BYTES + 1];
    struct piece pieces[] = {
        {path->data, path->bytes}, {"", 1}, {token, sizeof(token)}};
    int status;

    if (store->watch_count < STORE_WATCHES_MAX)
        watch = svc_alloc(sizeof(*watch) + path->bytes);
    if (watch == NULL) {
        (void)handle_close(signal);
        return NU_NOSPC;
    }
    watch->object.class = &watch_class;
    watch->store = store;
    watch->signal = signal;
    watch->token = ++store->last_token;
    watch->path_bytes = (uint32_t)path->bytes;
    memcpy(watch->path, path->data, path->bytes);
    watch->next = store->watches;
    store->watches = watch;
    store->watch_count++;
    format_token(token, watch->token);
    status = request_start(store, XS_WATCH, call, watch, pieces, 3);
    if (status != NU_SERVE_PENDING)
        watch_free(watch);
    return status;
}

static bool is_kept(const struct watch *watch, const char *path, uint32_t bytes)
{
    for (uint32_t i = 0; i < watch->change_count; i++) {
        const struct change *change = watch->changes[i];

        if (change->bytes == bytes && memcmp(change->path, path, bytes) == 0)
            return true;
    }
    return false;
}

/* Keeps (path) until the client asks; or, without room, that all changed. */
static void keep(struct watch *watch, const char *path, uint32_t bytes)
{
    struct change *change = NULL;

    if (watch->is_whole || is_kept(watch, path, bytes))
        return;
    if (watch->change_count < STORE_CHANGES_MAX)
        change = svc_alloc(sizeof(*change) + bytes);
    if (change == NULL) {
        forget_changes(watch);
        watch->is_whole = true;
        return;
    }
    change->bytes = bytes;
    memcpy(change->path, path, bytes);
    watch->changes[watch->change_count++] = change;
}

bool watch_event(struct store *store, const char *data, uint32_t bytes)
{
    uint32_t path_bytes = (uint32_t)strlen(data);
    const char *token = data + path_bytes + 1;
    char text[TOKEN_BYTES + 1];

    if (path_bytes == 0 || path_bytes > XENSTORE_ABS_PATH_MAX ||
        bytes != path_bytes + 1 + sizeof(text) || token[TOKEN_BYTES] != '\0')
        return false;
    for (struct watch *w = store->watches; w != NULL; w = w->next) {
        format_token(text, w->token);
        if (w->is_closed || memcmp(text, token, sizeof(text)) != 0)
            continue;
        keep(w, data, path_bytes);
        (void)signal_raise(w->signal);
    }
    return true;
}

/* Starts to end watches that nobody holds, as far as requests can be had. */
void watches_sweep(struct store *store)
{
    for (struct watch *w = store->watches; w != NULL; w = w->next) {
        char token[TOKEN_BYTES + 1];
        struct piece pieces[] = {
            {w->path, w->path_bytes}, {"", 1}, {token, sizeof(token)}};

        if (!w->is_closed || w->is_ending)
            continue;
        format_token(token, w->token);
        w->is_ending = true;
        if (request_start(store, XS_UNWATCH, NULL, w, pieces, 3) != 0)
            w->is_ending = false;
    }
}

/* All clients are told. */
void watches_break(struct store *store)
{
    struct watch *next;

    for (struct watch *w = store->watches; w != NULL; w = next) {
        next = w->next;
        if (w->is_closed)
            watch_free(w);
        else
            (void)signal_raise(w->signal);
    }
}
