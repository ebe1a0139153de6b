#include "links_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <contract/store.h>
#include <contract/watch.h>

#include "links_host.h"

#define PATH_BYTES  160u
#define VALUE_BYTES 600u
#define CHANGES_MAX 64u

struct node {
    char path[PATH_BYTES]; /* empty: free */
    char value[VALUE_BYTES];
    size_t bytes;
};

struct watch {
    char path[PATH_BYTES]; /* empty: free */
    nu_handle_t signal;
    bool is_whole;
    uint32_t count;
    char changes[CHANGES_MAX][PATH_BYTES];
};

static struct node nodes[HOST_NODES_MAX];
static uint32_t node_end; /* behind the last that was ever used */
static struct watch watches[HOST_WATCHES_MAX];
static nu_handle_t first_watch;

static void must(bool good)
{
    if (!good)
        abort();
}

void links_store_begin(void)
{
    memset(nodes, 0, node_end * sizeof(nodes[0]));
    node_end = 0;
    memset(watches, 0, sizeof(watches));
}

/* Is (path) at or below (above)? */
static bool is_below(const char *path, const char *above)
{
    size_t bytes = strlen(above);

    return strncmp(path, above, bytes) == 0 &&
           (path[bytes] == '\0' || path[bytes] == '/');
}

static void tell(struct watch *watch, const char *path)
{
    links_store_raise(watch->signal);
    for (uint32_t i = 0; i < watch->count; i++) {
        if (strcmp(watch->changes[i], path) == 0)
            return;
    }
    if (watch->count == CHANGES_MAX) {
        watch->is_whole = true;
        watch->count = 0;
    }
    if (!watch->is_whole)
        strcpy(watch->changes[watch->count++], path);
}

/* A removed node is told to who watches it, or above, or below. */
static void changed(const char *path, bool is_removed)
{
    for (uint32_t i = 0; i < HOST_WATCHES_MAX; i++) {
        struct watch *watch = &watches[i];

        if (watch->path[0] == '\0')
            continue;
        if (is_below(path, watch->path))
            tell(watch, path);
        else if (is_removed && is_below(watch->path, path))
            tell(watch, watch->path);
    }
}

static struct node *find(const char *path)
{
    for (uint32_t i = 0; i < node_end; i++) {
        if (nodes[i].path[0] != '\0' && strcmp(nodes[i].path, path) == 0)
            return &nodes[i];
    }
    return NULL;
}

static void set(const char *path, const void *value, size_t bytes)
{
    struct node *node = find(path);

    for (uint32_t i = 0; node == NULL && i < HOST_NODES_MAX; i++) {
        if (nodes[i].path[0] == '\0')
            node = &nodes[i];
    }
    must(node != NULL && strlen(path) < PATH_BYTES && bytes < VALUE_BYTES);
    if (node >= &nodes[node_end])
        node_end = (uint32_t)(node - nodes) + 1;
    strcpy(node->path, path);
    memcpy(node->value, value, bytes);
    node->value[bytes] = '\0';
    node->bytes = bytes;
    changed(path, false);
}

void host_set(const char *path, const char *value)
{
    set(path, value, strlen(value));
}

void host_set_number(const char *path, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", (unsigned long)value);
    host_set(path, text);
}

static bool remove_all(const char *path)
{
    bool is_found = false;

    for (uint32_t i = 0; i < node_end; i++) {
        if (nodes[i].path[0] == '\0' || !is_below(nodes[i].path, path))
            continue;
        nodes[i].path[0] = '\0';
        is_found = true;
    }
    if (is_found)
        changed(path, true);
    return is_found;
}

void host_remove(const char *path)
{
    (void)remove_all(path);
}

const char *host_get(const char *path)
{
    const struct node *node = find(path);

    return node == NULL ? NULL : node->value;
}

/* ---- the service ---- */

static void text_of(char text[PATH_BYTES], const struct nu_blob *path)
{
    must(path->bytes > 0 && path->bytes < PATH_BYTES);
    memcpy(text, path->data, path->bytes);
    text[path->bytes] = '\0';
}

static int read_serve(void *self, struct nu_serve *call,
                      const struct store_read_req *req,
                      const struct nu_blob *path, struct store_read_rep *rep)
{
    char text[PATH_BYTES];
    const struct node *node;

    text_of(text, path);
    node = find(text);
    if (node == NULL)
        return NU_NOENT;
    return node->bytes > 0 ? nu_serve_bytes(call, node->value, node->bytes) : 0;
}

/* This domain writes below its own directory only. */
static void must_be_own(const char *path)
{
    char own[PATH_BYTES];

    snprintf(own, sizeof(own), "/local/domain/%u/data/", HOST_DOMID);
    must(strncmp(path, own, strlen(own)) == 0);
}

static int write_serve(void *self, struct nu_serve *call,
                       const struct store_write_req *req,
                       const struct nu_blob *path, const struct nu_blob *value)
{
    char text[PATH_BYTES];

    text_of(text, path);
    must_be_own(text);
    set(text, value->data, value->bytes);
    return 0;
}

static int remove_serve(void *self, struct nu_serve *call,
                        const struct store_remove_req *req,
                        const struct nu_blob *path)
{
    char text[PATH_BYTES];

    text_of(text, path);
    must_be_own(text);
    return remove_all(text) ? 0 : NU_NOENT;
}

/* Names of children, each once, with their NULs. */
static int list_serve(void *self, struct nu_serve *call,
                      const struct store_list_req *req,
                      const struct nu_blob *path, struct store_list_rep *rep)
{
    static char names[4096];
    char text[PATH_BYTES];
    size_t bytes = 0;
    size_t skip;

    text_of(text, path);
    skip = strlen(text) + 1;
    for (uint32_t i = 0; i < node_end; i++) {
        char name[PATH_BYTES];
        bool is_new = true;

        if (strlen(nodes[i].path) <= skip || !is_below(nodes[i].path, text))
            continue;
        snprintf(name, sizeof(name), "%.*s",
                 (int)strcspn(nodes[i].path + skip, "/"), nodes[i].path + skip);
        for (size_t at = 0; at < bytes; at += strlen(names + at) + 1)
            is_new = is_new && strcmp(names + at, name) != 0;
        if (!is_new || bytes + strlen(name) + 1 > sizeof(names))
            continue;
        strcpy(names + bytes, name);
        bytes += strlen(name) + 1;
    }
    return bytes > 0 ? nu_serve_bytes(call, names, bytes) : NU_NOENT;
}

static int permissions_serve(void *self, struct nu_serve *call,
                             const struct store_set_permissions_req *req,
                             const struct nu_blob *path,
                             const struct nu_blob *permissions)
{
    const char *text = permissions->data;

    must(permissions->bytes >= 3 && text[permissions->bytes - 1] == '\0');
    must(strcmp(text, "n5") == 0 || strcmp(text, "r5") == 0);
    return 0;
}

static int watch_serve(void *self, struct nu_serve *call,
                       const struct store_watch_req *req,
                       const struct nu_blob *path, nu_handle_t signal)
{
    for (uint32_t i = 0; i < HOST_WATCHES_MAX; i++) {
        struct watch *watch = &watches[i];

        if (watch->path[0] != '\0')
            continue;
        memset(watch, 0, sizeof(*watch));
        text_of(watch->path, path);
        watch->signal = signal;
        tell(watch, watch->path);
        return nu_serve_handle(call, first_watch + i, NU_RIGHTS_ALL, 0);
    }
    return NU_NOSPC;
}

static const struct store_ops store_ops = {
    .read = read_serve,
    .write = write_serve,
    .remove = remove_serve,
    .list = list_serve,
    .set_permissions = permissions_serve,
    .watch = watch_serve,
};

uint64_t links_store_dispatch(struct nu_serve *call, int status,
                              nu_handle_t first)
{
    first_watch = first;
    if (status != 0)
        return nu_serve_error(call, status);
    return store_dispatch(&store_ops, NULL, call);
}

static int next_serve(void *self, struct nu_serve *call,
                      struct watch_next_rep *rep)
{
    static char given[PATH_BYTES];
    struct watch *watch = self;

    if (watch->is_whole) {
        watch->is_whole = false;
        return nu_serve_bytes(call, watch->path, strlen(watch->path));
    }
    if (watch->count == 0)
        return NU_AGAIN;
    strcpy(given, watch->changes[0]);
    watch->count--;
    memmove(watch->changes[0], watch->changes[1],
            watch->count * sizeof(watch->changes[0]));
    return nu_serve_bytes(call, given, strlen(given));
}

static const struct watch_ops watch_ops = {.next = next_serve};

uint64_t links_store_watch_dispatch(uint32_t watch, struct nu_serve *call)
{
    must(watch < HOST_WATCHES_MAX && watches[watch].path[0] != '\0');
    return watch_dispatch(&watch_ops, &watches[watch], call);
}

void links_store_unwatch(uint32_t watch)
{
    must(watch < HOST_WATCHES_MAX);
    watches[watch].path[0] = '\0';
}
