/* Requests of the wire protocol. Spec: Xen docs/misc/xenstore.txt. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

/* One request: (bytes) of (text), and a NUL that does not count. */
struct request {
    struct store_view view;
    uint32_t type;
    const char *text;
    size_t bytes;
};

static void reply(const struct request *request, const void *data, size_t bytes)
{
    store_queue_reply(request->view.domain, data, bytes, request->type);
}

static int ok(const struct request *request)
{
    reply(request, "OK", sizeof("OK"));
    return 0;
}

/* A string and nothing more; NULL: it is something else. */
static const char *only_string(const struct request *request)
{
    return request->bytes != 0 && strlen(request->text) + 1 == request->bytes
               ? request->text
               : NULL;
}

/* What follows the first string; NULL: it does not end. */
static const char *after_first(const struct request *request, size_t *bytes)
{
    size_t first = strlen(request->text) + 1;
    if (first > request->bytes) {
        return NULL;
    }
    *bytes = request->bytes - first;
    return request->text + first;
}

/* A string after the first one. */
static const char *second_string(const struct request *request)
{
    size_t bytes;
    const char *second = after_first(request, &bytes);
    return second != NULL && strlen(second) < bytes ? second : NULL;
}

/* The path that the request begins with, in store->path. */
static int take_path(const struct request *request)
{
    return store_path_resolve(request->view.domain->domid, request->text,
                              request->view.store->path);
}

/* The same, of a request that is nothing else. */
static int only_path(const struct request *request)
{
    return only_string(request) == NULL ? -EINVAL : take_path(request);
}

static int get(const struct request *request, unsigned access,
               const struct store_node **node)
{
    return store_get(&request->view, request->view.store->path, access, node);
}

static int do_directory(const struct request *request)
{
    const struct store_node *node;
    int error = only_path(request);
    if (error == 0) {
        error = get(request, STORE_READ, &node);
    }
    if (error == 0 && node->names_bytes > XENSTORE_PAYLOAD_MAX) {
        error = -E2BIG;
    }
    if (error == 0) {
        reply(request, node->names, node->names_bytes);
    }
    return error;
}

/* Generation, then names from an offset; an empty one ends the list. */
static int do_directory_part(const struct request *request)
{
    const struct store_node *node;
    const char *second = second_string(request);
    char *text = request->view.store->reply;
    int error = second == NULL ? -EINVAL : take_path(request);
    if (error == 0) {
        error = get(request, STORE_READ, &node);
    }
    if (error != 0) {
        return error;
    }
    uint64_t asked = strtoull(second, NULL, 10);
    uint32_t at =
        asked < node->names_bytes ? (uint32_t)asked : node->names_bytes;
    size_t bytes = 1 + (size_t)snprintf(text, XENSTORE_PAYLOAD_MAX, "%" PRIu64,
                                        node->generation);
    while (at < node->names_bytes) {
        size_t name_bytes = strlen(node->names + at) + 1;
        if (bytes + name_bytes + 1 > XENSTORE_PAYLOAD_MAX) {
            break;
        }
        memcpy(text + bytes, node->names + at, name_bytes);
        bytes += name_bytes;
        at += (uint32_t)name_bytes;
    }
    if (at == node->names_bytes) {
        text[bytes++] = '\0';
    }
    reply(request, text, bytes);
    return 0;
}

static int do_read(const struct request *request)
{
    const struct store_node *node;
    int error = only_path(request);
    if (error == 0) {
        error = get(request, STORE_READ, &node);
    }
    if (error == 0) {
        reply(request, node->value, node->value_bytes);
    }
    return error;
}

static int do_get_perms(const struct request *request)
{
    const struct store_node *node;
    char text[STORE_PERMS_TEXT];
    int error = only_path(request);
    if (error == 0) {
        error = get(request, STORE_READ, &node);
    }
    if (error == 0) {
        reply(request, text, store_perms_print(&node->perms, text));
    }
    return error;
}

static int do_set_perms(const struct request *request)
{
    struct store_perms perms;
    size_t bytes = 0;
    const char *text = after_first(request, &bytes);
    int error = text == NULL || bytes == 0 ? -EINVAL : take_path(request);
    if (error == 0) {
        error = store_perms_parse(text, bytes, &perms);
    }
    if (error == 0) {
        error =
            store_set_perms(&request->view, request->view.store->path, &perms);
    }
    return error != 0 ? error : ok(request);
}

static int do_write(const struct request *request)
{
    size_t bytes = 0;
    const char *value = after_first(request, &bytes);
    int error = value == NULL ? -EINVAL : take_path(request);
    if (error == 0) {
        error = store_write(&request->view, request->view.store->path, value,
                            bytes);
    }
    return error != 0 ? error : ok(request);
}

static int do_mkdir(const struct request *request)
{
    int error = only_path(request);
    if (error == 0) {
        error = store_mkdir(&request->view, request->view.store->path);
    }
    return error != 0 ? error : ok(request);
}

static int do_rm(const struct request *request)
{
    int error = only_path(request);
    if (error == 0) {
        error = store_rm(&request->view, request->view.store->path);
    }
    return error != 0 ? error : ok(request);
}

static int do_watch(const struct request *request)
{
    struct store *store = request->view.store;
    struct store_domain *domain = request->view.domain;
    const char *token = second_string(request);
    int error = token == NULL ? -EINVAL : take_path(request);
    if (error == 0) {
        bool is_relative =
            request->text[0] != '/' && !store_path_is_special(request->text);
        error = store_watch_add(store, domain, store->path, token, is_relative);
    }
    if (error != 0) {
        return error;
    }
    ok(request);
    store_watch_first(store, domain, store->path, token);
    return 0;
}

static int do_unwatch(const struct request *request)
{
    struct store *store = request->view.store;
    const char *token = second_string(request);
    int error = token == NULL ? -EINVAL : take_path(request);
    if (error == 0) {
        error =
            store_watch_remove(store, request->view.domain, store->path, token);
    }
    return error != 0 ? error : ok(request);
}

static int do_reset_watches(const struct request *request)
{
    store_watch_clear(request->view.store, request->view.domain);
    store_transaction_clear(request->view.domain);
    return ok(request);
}

static int do_transaction_start(const struct request *request)
{
    char text[16];
    uint32_t id;
    int error = store_transaction_start(request->view.domain, &id);
    if (error == 0) {
        int bytes = snprintf(text, sizeof(text), "%" PRIu32, id);
        reply(request, text, (size_t)bytes + 1);
    }
    return error;
}

static int do_transaction_end(const struct request *request)
{
    const char *text = only_string(request);
    if (text == NULL || (strcmp(text, "T") != 0 && strcmp(text, "F") != 0)) {
        return -EINVAL;
    }
    if (request->view.transaction == NULL) {
        return -ENOENT;
    }
    int error =
        store_transaction_end(request->view.store, request->view.domain,
                              request->view.transaction, text[0] == 'T');
    return error != 0 ? error : ok(request);
}

/* The domid that is all of the request. */
static int take_domid(const struct request *request, uint16_t *domid)
{
    const char *text = only_string(request);
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0' ||
        strtoul(text, NULL, 10) > UINT16_MAX) {
        return -EINVAL;
    }
    *domid = (uint16_t)strtoul(text, NULL, 10);
    return 0;
}

static int do_get_domain_path(const struct request *request)
{
    char home[32];
    uint16_t domid;
    int error = take_domid(request, &domid);
    if (error == 0) {
        reply(request, home, store_path_home(domid, home) + 1);
    }
    return error;
}

static int do_is_domain_introduced(const struct request *request)
{
    uint16_t domid;
    int error = take_domid(request, &domid);
    if (error == 0) {
        const struct store *store = request->view.store;
        bool is_up = domid == DOMID_SELF || (domid < BROKER_DOMAINS_MAX &&
                                             store->domains[domid].is_up);
        reply(request, is_up ? "T" : "F", 2);
    }
    return error;
}

/* What is for domain 0, which has no ring. */
static int do_refuse(const struct request *request)
{
    (void)request;
    return -EACCES;
}

struct operation {
    int (*serve)(const struct request *request);
    bool ignores_transaction;
};

static const struct operation operations[XS_TYPE_COUNT] = {
    [XS_CONTROL] = {do_refuse, true},
    [XS_DIRECTORY] = {do_directory, false},
    [XS_READ] = {do_read, false},
    [XS_GET_PERMS] = {do_get_perms, false},
    [XS_WATCH] = {do_watch, true},
    [XS_UNWATCH] = {do_unwatch, true},
    [XS_TRANSACTION_START] = {do_transaction_start, true},
    [XS_TRANSACTION_END] = {do_transaction_end, false},
    [XS_INTRODUCE] = {do_refuse, true},
    [XS_RELEASE] = {do_refuse, true},
    [XS_GET_DOMAIN_PATH] = {do_get_domain_path, true},
    [XS_WRITE] = {do_write, false},
    [XS_MKDIR] = {do_mkdir, false},
    [XS_RM] = {do_rm, false},
    [XS_SET_PERMS] = {do_set_perms, false},
    [XS_IS_DOMAIN_INTRODUCED] = {do_is_domain_introduced, true},
    [XS_RESUME] = {do_refuse, true},
    [XS_SET_TARGET] = {do_refuse, true},
    [XS_RESET_WATCHES] = {do_reset_watches, true},
    [XS_DIRECTORY_PART] = {do_directory_part, false},
};

static int serve(struct request *request)
{
    struct store_domain *domain = request->view.domain;
    if (request->type >= XS_TYPE_COUNT ||
        operations[request->type].serve == NULL) {
        return -ENOSYS;
    }
    const struct operation *operation = &operations[request->type];
    if (!operation->ignores_transaction && domain->header.tx_id != 0) {
        request->view.transaction =
            store_transaction_find(domain, domain->header.tx_id);
        if (request->view.transaction == NULL) {
            return -ENOENT;
        }
    }
    return operation->serve(request);
}

static const char *error_name(int error)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (xsd_errors[i].errnum == -error) {
            return xsd_errors[i].errstring;
        }
    }
    return "EINVAL";
}

void store_request(struct store *store, struct store_domain *domain)
{
    /* Strings are looked for up to this NUL, which is beyond the payload. */
    memcpy(store->payload, domain->payload, domain->header.len);
    store->payload[domain->header.len] = '\0';
    struct request request = {
        .view = {.store = store, .domain = domain},
        .type = domain->header.type,
        .text = store->payload,
        .bytes = domain->header.len,
    };
    domain->counts.requests++;
    int error = serve(&request);
    if (error != 0) {
        const char *name = error_name(error);
        store_queue_reply(domain, name, strlen(name) + 1, XS_ERROR);
    }
}
