/* Domains and names of the store, and what domain 0 does in it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

static struct store_view root_view(struct store *store)
{
    return (struct store_view){.store = store,
                               .domain = &store->domains[STORE_ROOT]};
}

/* Gives the node to (domid) alone, or lets all read it. */
static void set_access(struct store *store, const char *path, uint16_t domid,
                       unsigned access)
{
    struct store_node *node = store_find(store, path);
    store_change_begin(store, node);
    node->perms.count = 1;
    node->perms.entries[0].domid = domid;
    node->perms.entries[0].access = (uint16_t)access;
    store_change_end(store, node);
}

static void no_wake(void *context, uint16_t domid)
{
    (void)context;
    (void)domid;
}

struct store *store_create(store_wake_fn wake, void *context)
{
    struct store *store = store_alloc(sizeof(*store));
    store->wake = wake == NULL ? no_wake : wake;
    store->context = context;
    for (uint16_t i = 0; i < BROKER_DOMAINS_MAX; i++) {
        store->domains[i].domid = i;
        store->domains[i].out_end = &store->domains[i].out;
    }
    store->domains[STORE_ROOT].is_up = true;
    struct store_node *root = store_node_make(NULL);
    root->perms.count = 1;
    root->perms.entries[0].access = STORE_READ;
    store_link(store, root, "/");
    struct store_view view = root_view(store);
    store_mkdir(&view, "/nuncio/domain");
    store_mkdir(&view, "/local/domain");
    return store;
}

void store_destroy(struct store *store)
{
    if (store == NULL) {
        return;
    }
    for (uint16_t i = 0; i < BROKER_DOMAINS_MAX; i++) {
        store_domain_down(store, i);
        free(store->domains[i].name);
    }
    struct store_entry *entry;
    while ((entry = store_table_any(&store->nodes)) != NULL) {
        struct store_node *node = (struct store_node *)entry;
        store_unlink(store, node);
        store_node_free(node);
    }
    store_table_free(&store->nodes);
    store_table_free(&store->spots);
    free(store);
}

static bool is_guest(uint16_t domid)
{
    return domid != STORE_ROOT && domid < BROKER_DOMAINS_MAX;
}

/* Nodes that named (domid) meant who had it then. */
static void revoke_all(struct store *store, uint16_t domid)
{
    for (uint32_t i = 0; i < store->nodes.bucket_count; i++) {
        struct store_entry *entry = store->nodes.buckets[i];
        for (; entry != NULL; entry = entry->next) {
            struct store_node *node = (struct store_node *)entry;
            struct store_perms perms = node->perms;
            if (store_perms_revoke(&perms, domid)) {
                store_change_begin(store, node);
                node->perms = perms;
                store_change_end(store, node);
            }
        }
    }
}

static void name_path(struct store *store, const char *name)
{
    snprintf(store->path, sizeof(store->path), "/nuncio/domain/%s", name);
}

int store_name_add(struct store *store, const char *name, uint16_t domid)
{
    struct store_view view = root_view(store);
    char value[8];
    if (!is_guest(domid) || !store_path_is_name(name)) {
        return -EINVAL;
    }
    name_path(store, name);
    if (store_find(store, store->path) != NULL ||
        store->domains[domid].name != NULL) {
        return -EEXIST;
    }
    revoke_all(store, domid);
    store->domains[domid].name = store_copy(name, strlen(name) + 1);
    int bytes = snprintf(value, sizeof(value), "%u", domid);
    return store_write(&view, store->path, value, (size_t)bytes);
}

void store_name_remove(struct store *store, const char *name, uint16_t domid)
{
    struct store_view view = root_view(store);
    if (!is_guest(domid) || store->domains[domid].name == NULL ||
        strcmp(store->domains[domid].name, name) != 0) {
        return;
    }
    store_domain_down(store, domid);
    name_path(store, name);
    store_rm(&view, store->path);
    revoke_all(store, domid);
    free(store->domains[domid].name);
    store->domains[domid].name = NULL;
}

/* Writes a line of the home of (domid); all may read it. */
static void write_home(struct store *store, uint16_t domid, const char *below,
                       const char *value)
{
    struct store_view view = root_view(store);
    snprintf(store->path, sizeof(store->path), "/local/domain/%u/%s", domid,
             below);
    store_write(&view, store->path, value, strlen(value));
}

int store_domain_up(struct store *store, uint16_t domid, const char *name,
                    uint64_t epoch)
{
    char number[24];
    if (!is_guest(domid) || !store_path_is_name(name)) {
        return -EINVAL;
    }
    store_domain_down(store, domid);
    store->domains[domid].is_up = true;
    snprintf(number, sizeof(number), "%u", domid);
    write_home(store, domid, "data", "");
    set_access(store, store->path, domid, 0);
    write_home(store, domid, "domid", number);
    snprintf(number, sizeof(number), "%" PRIu64, epoch);
    write_home(store, domid, "nuncio/epoch", number);
    /* Who sees the name sees it all. */
    write_home(store, domid, "name", name);
    return 0;
}

/* The topmost nodes that (domain) owns outside its home go with it. */
static void remove_owned(struct store *store, struct store_domain *domain)
{
    struct store_view view = root_view(store);
    while (domain->owned != NULL) {
        store_path_copy(store->path, domain->owned->entry.path);
        store_rm(&view, store->path);
    }
}

void store_domain_down(struct store *store, uint16_t domid)
{
    if (!is_guest(domid) || !store->domains[domid].is_up) {
        return;
    }
    struct store_domain *domain = &store->domains[domid];
    struct store_view view = root_view(store);
    char home[32];
    store_watch_clear(store, domain);
    store_transaction_clear(domain);
    store_queue_clear(domain);
    store_path_home(domid, home);
    store_rm(&view, home);
    remove_owned(store, domain);
    domain->is_up = false;
    domain->is_open = false;
    domain->is_ignored = false;
    domain->taken = 0;
    domain->last_transaction = 0;
    domain->counts.requests = 0;
}

void store_domain_counts(const struct store *store, uint16_t domid,
                         struct store_counts *counts)
{
    *counts = domid < BROKER_DOMAINS_MAX ? store->domains[domid].counts
                                         : (struct store_counts){0};
}

static int resolve(struct store *store, const char *path)
{
    return path[0] != '/' ? -EINVAL
                          : store_path_resolve(STORE_ROOT, path, store->path);
}

int store_root_read(struct store *store, const char *path, void *value,
                    size_t room, size_t *bytes)
{
    int error = resolve(store, path);
    if (error != 0) {
        return error;
    }
    const struct store_node *node = store_find(store, store->path);
    if (node == NULL) {
        return -ENOENT;
    }
    if (node->value_bytes > room) {
        return -E2BIG;
    }
    if (node->value_bytes != 0) {
        memcpy(value, node->value, node->value_bytes);
    }
    *bytes = node->value_bytes;
    return 0;
}

int store_root_list(struct store *store, const char *path,
                    void (*each)(void *context, const char *name),
                    void *context)
{
    int error = resolve(store, path);
    if (error != 0) {
        return error;
    }
    const struct store_node *node = store_find(store, store->path);
    if (node == NULL) {
        return -ENOENT;
    }
    for (uint32_t at = 0; at < node->names_bytes;
         at += (uint32_t)strlen(node->names + at) + 1) {
        each(context, node->names + at);
    }
    return 0;
}

int store_root_write(struct store *store, const char *path, const void *value,
                     size_t bytes)
{
    struct store_view view = root_view(store);
    int error = resolve(store, path);
    if (error == 0 && bytes > STORE_ENTRY_MAX) {
        error = -E2BIG;
    }
    return error != 0 ? error : store_write(&view, store->path, value, bytes);
}
