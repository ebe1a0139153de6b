/* Watches. Spec: Xen docs/misc/xenstore.txt, "Watches". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

static struct store_spot *find_spot(const struct store *store, const char *path)
{
    /* The entry is the spot's first member. */
    return (struct store_spot *)store_table_find(&store->spots, path);
}

static uint32_t bytes_of(const char *path, const char *token)
{
    return (uint32_t)(sizeof(struct store_watch) + sizeof(struct store_spot) +
                      strlen(path) + 1 + strlen(token) + 1);
}

static struct store_watch *find(const struct store *store,
                                const struct store_domain *domain,
                                const char *path, const char *token)
{
    const struct store_spot *spot = find_spot(store, path);
    struct store_watch *watch = spot == NULL ? NULL : spot->watches;
    while (watch != NULL &&
           (watch->domain != domain || strcmp(watch->token, token) != 0)) {
        watch = watch->spot_next;
    }
    return watch;
}

static void link_watch(struct store_watch *watch)
{
    struct store_spot *spot = watch->spot;
    struct store_domain *domain = watch->domain;
    watch->spot_next = spot->watches;
    watch->spot_link = &spot->watches;
    if (spot->watches != NULL) {
        spot->watches->spot_link = &watch->spot_next;
    }
    spot->watches = watch;
    watch->domain_next = domain->watches;
    watch->domain_link = &domain->watches;
    if (domain->watches != NULL) {
        domain->watches->domain_link = &watch->domain_next;
    }
    domain->watches = watch;
}

int store_watch_add(struct store *store, struct store_domain *domain,
                    const char *path, const char *token, bool is_relative)
{
    uint32_t bytes = bytes_of(path, token);
    if (find(store, domain, path, token) != NULL) {
        return -EEXIST;
    }
    if (domain->counts.watches >= STORE_WATCHES_MAX) {
        return -E2BIG;
    }
    if (!store_may_have(domain, bytes)) {
        return -ENOMEM;
    }
    struct store_spot *spot = find_spot(store, path);
    if (spot == NULL) {
        spot = store_alloc(sizeof(*spot));
        store_table_add(&store->spots, &spot->entry, path);
    }
    struct store_watch *watch = store_alloc(sizeof(*watch));
    watch->domain = domain;
    watch->spot = spot;
    watch->token = store_copy(token, strlen(token) + 1);
    if (is_relative) {
        char home[32];
        watch->home_bytes = (uint32_t)store_path_home(domain->domid, home) + 1;
    }
    link_watch(watch);
    domain->counts.watches++;
    domain->counts.memory_bytes += bytes;
    return 0;
}

static void drop(struct store *store, struct store_watch *watch)
{
    struct store_spot *spot = watch->spot;
    struct store_domain *domain = watch->domain;
    store_queue_forget(watch);
    domain->counts.watches--;
    domain->counts.memory_bytes -= bytes_of(spot->entry.path, watch->token);
    *watch->spot_link = watch->spot_next;
    if (watch->spot_next != NULL) {
        watch->spot_next->spot_link = watch->spot_link;
    }
    *watch->domain_link = watch->domain_next;
    if (watch->domain_next != NULL) {
        watch->domain_next->domain_link = watch->domain_link;
    }
    if (spot->watches == NULL) {
        store_table_remove(&store->spots, &spot->entry);
        free(spot);
    }
    free(watch->token);
    free(watch);
}

int store_watch_remove(struct store *store, struct store_domain *domain,
                       const char *path, const char *token)
{
    struct store_watch *watch = find(store, domain, path, token);
    if (watch == NULL) {
        return -ENOENT;
    }
    drop(store, watch);
    return 0;
}

void store_watch_clear(struct store *store, struct store_domain *domain)
{
    struct store_watch *watch = domain->watches;
    while (watch != NULL) {
        struct store_watch *next = watch->domain_next;
        drop(store, watch);
        watch = next;
    }
}

void store_watch_first(struct store *store, struct store_domain *domain,
                       const char *path, const char *token)
{
    struct store_watch *watch = find(store, domain, path, token);
    store_queue_event(store, watch, path);
}

/* Who may be told of a change. */
struct readers {
    const struct store_perms *perms[3]; /* as it was, as it is, its parent's */
};

static bool may_be_told(const struct readers *readers,
                        const struct store_domain *domain)
{
    for (unsigned i = 0; i < 3; i++) {
        if (readers->perms[i] != NULL &&
            (store_perms_of(readers->perms[i], domain->domid) & STORE_READ) !=
                0) {
            return true;
        }
    }
    return false;
}

static void fire_spot(struct store *store, const char *spot_path,
                      const char *path, const struct readers *readers)
{
    const struct store_spot *spot = find_spot(store, spot_path);
    struct store_watch *watch = spot == NULL ? NULL : spot->watches;
    for (; watch != NULL; watch = watch->spot_next) {
        if (may_be_told(readers, watch->domain)) {
            store_queue_event(store, watch, path);
        }
    }
}

void store_watch_fire(struct store *store, const char *path, bool is_exact,
                      const struct store_perms *before)
{
    char *above = store->above;
    if (store->spots.count == 0) {
        return;
    }
    store_path_copy(above, path);
    store_path_to_parent(above);
    const struct store_node *node = store_find(store, path);
    const struct store_node *parent = store_find(store, above);
    struct readers readers = {{before, node == NULL ? NULL : &node->perms,
                               parent == NULL ? NULL : &parent->perms}};
    fire_spot(store, path, path, &readers);
    if (is_exact || strcmp(path, "/") == 0) {
        return;
    }
    for (;; store_path_to_parent(above)) {
        fire_spot(store, above, path, &readers);
        if (strcmp(above, "/") == 0) {
            return;
        }
    }
}
