/*
 * The service `store`: the contract store, spoken with the store's server on
 * the page that the hypervisor or the broker gives the domain.
 *
 * Handles: domain. It has no options.
 */
#include "store.h"

#include <contract/domain.h>
#include <contract/interrupt.h>
#include <contract/store.h>
#include <contract/watch.h>
#include <nlib/printf.h>
#include <nlib/string.h>

#define HOME_MAX 1024u

static const char nul[1];

static bool is_path(const struct nu_blob *path)
{
    return path->bytes > 0;
}

/* A request whose payload is (path) and, unless it is NULL, (rest). Handlers
 * end with it: see store_pump(). */
static int ask(struct store *store, uint32_t type, struct nu_serve *call,
               const struct nu_blob *path, const struct nu_blob *rest)
{
    struct piece pieces[] = {{path->data, path->bytes}, {nul, 1}, {NULL, 0}};
    uint32_t count = 2;
    int status = NU_INVAL;

    if (rest != NULL && rest->bytes > 0)
        pieces[count++] = (struct piece){rest->data, rest->bytes};
    if (is_path(path))
        status = request_start(store, type, call, NULL, pieces, count);
    store_pump(store);
    return status;
}

static int store_read_serve(void *self, struct nu_serve *call,
                            const struct store_read_req *req,
                            const struct nu_blob *path,
                            struct store_read_rep *rep)
{
    (void)req;
    (void)rep;
    return ask(self, XS_READ, call, path, NULL);
}

static int store_write_serve(void *self, struct nu_serve *call,
                             const struct store_write_req *req,
                             const struct nu_blob *path,
                             const struct nu_blob *value)
{
    (void)req;
    return ask(self, XS_WRITE, call, path, value);
}

static int store_remove_serve(void *self, struct nu_serve *call,
                              const struct store_remove_req *req,
                              const struct nu_blob *path)
{
    (void)req;
    return ask(self, XS_RM, call, path, NULL);
}

static int store_list_serve(void *self, struct nu_serve *call,
                            const struct store_list_req *req,
                            const struct nu_blob *path,
                            struct store_list_rep *rep)
{
    (void)req;
    (void)rep;
    return ask(self, XS_DIRECTORY, call, path, NULL);
}

static int
store_set_permissions_serve(void *self, struct nu_serve *call,
                            const struct store_set_permissions_req *req,
                            const struct nu_blob *path,
                            const struct nu_blob *permissions)
{
    const char *text = permissions->data;

    (void)req;
    if (permissions->bytes < 2 || text[permissions->bytes - 1] != '\0')
        return NU_INVAL;
    return ask(self, XS_SET_PERMS, call, path, permissions);
}

static int store_watch_serve(void *self, struct nu_serve *call,
                             const struct store_watch_req *req,
                             const struct nu_blob *path, nu_handle_t signal)
{
    struct store *store = self;
    int status;

    (void)req;
    (void)signal;
    if (!is_path(path))
        return NU_INVAL;
    status = watch_create(store, call, path, svc_keep(call, 0));
    store_pump(store);
    return status;
}

static int store_home_serve(void *self, struct nu_serve *call,
                            struct store_home_rep *rep)
{
    struct store *store = self;
    char domid[12];
    struct nu_blob text = {.data = domid};

    (void)rep;
    text.bytes = (size_t)nl_snprintf(domid, sizeof(domid), "%u", store->domid);
    return ask(store, XS_GET_DOMAIN_PATH, call, &text, NULL);
}

static const struct store_ops store_ops = {
    .read = store_read_serve,
    .write = store_write_serve,
    .remove = store_remove_serve,
    .list = store_list_serve,
    .set_permissions = store_set_permissions_serve,
    .watch = store_watch_serve,
    .home = store_home_serve,
};

static uint64_t store_serve(struct svc_object *self, struct nu_serve *call)
{
    return store_dispatch(&store_ops, self, call);
}

static const struct svc_class store_class = {
    .name = "store",
    .dispatch = store_serve,
};

/* Names as the client expects them: each ends with a NUL. */
static int give_names(struct nu_serve *call, const char *data, uint32_t bytes)
{
    if (bytes > 0 && data[bytes - 1] != '\0')
        return NU_IO;
    return bytes > 0 ? nu_serve_bytes(call, data, bytes) : 0;
}

static int give_home(struct nu_serve *call, const char *data, uint32_t bytes)
{
    size_t length = strlen(data); /* a NUL follows the payload */

    if (length == 0 || length > HOME_MAX || length + 1 < bytes)
        return NU_IO;
    return nu_serve_bytes(call, data, length);
}

/* The reply of XS_WATCH; a watch that did not come about is nobody's. */
static uint64_t reply_watch(struct nu_serve *call, struct watch *watch,
                            int status)
{
    if (status == 0)
        status = svc_give(call, &watch->object);
    if (status != 0)
        watch_free(watch);
    return store_watch_reply(call, status);
}

static uint64_t reply_tag(struct nu_serve *call, const struct request *request,
                          int status, const char *data, uint32_t bytes)
{
    struct store_read_rep read = {0};
    struct store_list_rep list = {0};
    struct store_home_rep home = {0};

    switch (request->type) {
    case XS_READ:
        if (status == 0 && bytes > 0)
            status = nu_serve_bytes(call, data, bytes);
        return store_read_reply(call, status, &read);
    case XS_DIRECTORY:
        if (status == 0)
            status = give_names(call, data, bytes);
        return store_list_reply(call, status, &list);
    case XS_GET_DOMAIN_PATH:
        if (status == 0)
            status = give_home(call, data, bytes);
        return store_home_reply(call, status, &home);
    case XS_WATCH:
        return reply_watch(call, request->watch, status);
    case XS_RM:
        return store_remove_reply(call, status);
    case XS_SET_PERMS:
        return store_set_permissions_reply(call, status);
    default:
        return store_write_reply(call, status);
    }
}

static void request_done(struct request *request, int status, const char *data,
                         uint32_t bytes)
{
    if (request->pending == NULL) {
        watch_free(request->watch); /* XS_UNWATCH, whatever came of it */
        return;
    }
    svc_finish(request->pending, reply_tag(svc_resume(request->pending),
                                           request, status, data, bytes));
}

static const struct request_ops request_ops = {
    .done = request_done,
    .event = watch_event,
    .room = watches_sweep,
    .broken = watches_break,
};

static void on_event(void *arg, uint64_t count)
{
    struct store *store = arg;

    (void)count;
    store_pump(store);
    (void)interrupt_ack(store->event);
    /* What came before the event was let through again. */
    store_pump(store);
}

static int open_page(struct store *store)
{
    nu_handle_t memory = NU_HANDLE_NONE;
    void *page = NULL;
    int status = domain_info(store->domain, &store->domid, NULL, NULL, NULL,
                             NULL, NULL, NULL, NULL, NULL, NULL);

    if (status == 0)
        status = domain_store(store->domain, &memory, &store->event);
    if (status == 0)
        page = svc_map(memory, NU_PAGE_BYTES, true);
    if (status == 0 && page == NULL)
        status = NU_NOMEM;
    if (status == 0)
        status = svc_on_interrupt(store->event, on_event, store);
    if (status == 0)
        xs_begin(&store->xs, page);
    return status;
}

static int store_start(struct svc_object **root)
{
    struct store *store = svc_alloc(sizeof(*store));
    int status;

    if (store == NULL)
        return NU_NOMEM;
    store->object.class = &store_class;
    store->ops = &request_ops;
    store->domain = svc_handle("domain");
    status = open_page(store);
    if (status != 0) {
        svc_log("store: this machine has none: %s", nu_error_text(status));
        return status; /* ends the service, and with it its memory */
    }
    on_event(store, 0);
    *root = &store->object;
    return 0;
}

const struct service store_service = {
    .name = "store",
    .start = store_start,
};
