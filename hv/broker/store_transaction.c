/*
 * Transactions: a table of what one has used, laid over the tree.
 *
 * Of each path that a transaction looks at, the generation of the node is kept
 * (0: it was not there). What it changes is a copy here. At the end, if every
 * generation is still the same, the copies become the tree; if not, somebody
 * else was faster. What one transaction sees may so be torn, but then it fails.
 *
 * A parent's list of names belongs to the parent: two transactions that each
 * make a node in one directory cannot both succeed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

/* A path that was used. */
struct store_access {
    struct store_entry entry;
    struct store_access *later;
    uint64_t generation;
    bool is_changed; /* then (node) is what it shall be, NULL: gone */
    struct store_node *node;
    bool fires;
    bool is_exact;
    bool had_perms;
    struct store_perms before;
};

struct store_transaction {
    struct store_transaction *next;
    uint32_t id;
    uint32_t bytes_used; /* that its domain is charged for all this */
    int broken; /* 0, or why it cannot succeed any more */
    struct store_table accesses;
    struct store_access *first;
    struct store_access **end;
    int32_t owned[BROKER_DOMAINS_MAX]; /* nodes more or less, by owner */
    int64_t bytes[BROKER_DOMAINS_MAX]; /* the same; only while it ends */
};

static void charge(struct store_domain *domain,
                   struct store_transaction *transaction, uint32_t bytes)
{
    transaction->bytes_used += bytes;
    domain->counts.memory_bytes += bytes;
}

static void discharge(struct store_domain *domain,
                      struct store_transaction *transaction, uint32_t bytes)
{
    transaction->bytes_used -= bytes;
    domain->counts.memory_bytes -= bytes;
}

struct store_transaction *store_transaction_find(struct store_domain *domain,
                                                 uint32_t id)
{
    struct store_transaction *transaction = domain->transactions;
    while (transaction != NULL && transaction->id != id) {
        transaction = transaction->next;
    }
    return transaction;
}

int store_transaction_start(struct store_domain *domain, uint32_t *id)
{
    struct store_transaction *transaction;
    if (domain->counts.transactions >= STORE_TRANSACTIONS_MAX) {
        return -ENOSPC;
    }
    if (!store_may_have(domain, sizeof(*transaction))) {
        return -ENOMEM;
    }
    transaction = store_alloc(sizeof(*transaction));
    transaction->end = &transaction->first;
    do {
        transaction->id = ++domain->last_transaction;
    } while (transaction->id == 0 ||
             store_transaction_find(domain, transaction->id) != NULL);
    transaction->next = domain->transactions;
    domain->transactions = transaction;
    domain->counts.transactions++;
    charge(domain, transaction, (uint32_t)sizeof(*transaction));
    *id = transaction->id;
    return 0;
}

static void drop(struct store_domain *domain,
                 struct store_transaction *transaction)
{
    struct store_transaction **link = &domain->transactions;
    while (*link != transaction) {
        link = &(*link)->next;
    }
    *link = transaction->next;
    while (transaction->first != NULL) {
        struct store_access *access = transaction->first;
        transaction->first = access->later;
        store_table_remove(&transaction->accesses, &access->entry);
        store_node_free(access->node);
        free(access);
    }
    store_table_free(&transaction->accesses);
    domain->counts.transactions--;
    domain->counts.memory_bytes -= transaction->bytes_used;
    free(transaction);
}

void store_transaction_clear(struct store_domain *domain)
{
    while (domain->transactions != NULL) {
        drop(domain, domain->transactions);
    }
}

/* The access to (path), made if this is the first. -ENOSPC, -ENOMEM. */
static int use(const struct store_view *view, const char *path,
               struct store_access **used)
{
    struct store_transaction *transaction = view->transaction;
    /* The entry is the access's first member. */
    struct store_access *access =
        (struct store_access *)store_table_find(&transaction->accesses, path);
    if (access == NULL) {
        uint32_t bytes = (uint32_t)(sizeof(*access) + strlen(path) + 1);
        if (transaction->accesses.count >= STORE_TRANSACTION_NODES_MAX) {
            transaction->broken = -ENOSPC;
            return -ENOSPC;
        }
        if (!store_may_have(view->domain, bytes)) {
            transaction->broken = -ENOMEM;
            return -ENOMEM;
        }
        const struct store_node *node = store_find(view->store, path);
        access = store_alloc(sizeof(*access));
        access->generation = node == NULL ? 0 : node->generation;
        store_table_add(&transaction->accesses, &access->entry, path);
        *transaction->end = access;
        transaction->end = &access->later;
        charge(view->domain, transaction, bytes);
    }
    *used = access;
    return 0;
}

int store_view_get(const struct store_view *view, const char *path,
                   const struct store_node **node)
{
    struct store_access *access = NULL;
    if (view->transaction != NULL) {
        int error = use(view, path, &access);
        if (error != 0) {
            return error;
        }
    }
    *node = access != NULL && access->is_changed
                ? access->node
                : store_find(view->store, path);
    return 0;
}

int store_view_must_get(const struct store_view *view, const char *path,
                        const struct store_node **node)
{
    int error = store_view_get(view, path, node);
    if (error == 0 && *node == NULL) {
        view->transaction->broken = -EAGAIN;
        error = -EAGAIN;
    }
    return error;
}

static uint16_t owner_of(const struct store_node *node)
{
    return node->perms.entries[0].domid;
}

/* What store_view_edit() does in a transaction. */
static int edit_copy(const struct store_view *view, const char *path,
                     struct store_node **node)
{
    struct store_access *access;
    int error = use(view, path, &access);
    if (error != 0) {
        return error;
    }
    if (!access->is_changed) {
        const struct store_node *there = store_find(view->store, path);
        if (there != NULL &&
            !store_may_have(view->domain, store_node_bytes(there, path))) {
            view->transaction->broken = -ENOMEM;
            return -ENOMEM;
        }
        access->is_changed = true;
        access->node = store_node_make(there);
    } else if (access->node == NULL) {
        access->node = store_node_make(NULL);
    } else {
        discharge(view->domain, view->transaction,
                  store_node_bytes(access->node, path));
    }
    *node = access->node;
    if ((*node)->perms.count != 0) {
        view->transaction->owned[owner_of(*node)]--;
    }
    return 0;
}

int store_view_edit(const struct store_view *view, const char *path,
                    struct store_node **node)
{
    if (view->transaction != NULL) {
        return edit_copy(view, path, node);
    }
    *node = store_find(view->store, path);
    if (*node == NULL) {
        *node = store_node_make(NULL);
    } else {
        store_change_begin(view->store, *node);
    }
    return 0;
}

void store_view_put(const struct store_view *view, const char *path,
                    struct store_node *node)
{
    if (view->transaction != NULL) {
        view->transaction->owned[owner_of(node)]++;
        charge(view->domain, view->transaction, store_node_bytes(node, path));
    } else if (node->entry.path == NULL) {
        store_link(view->store, node, path);
    } else {
        store_change_end(view->store, node);
    }
}

int store_view_delete(const struct store_view *view, const char *path)
{
    struct store_node *there = store_find(view->store, path);
    if (view->transaction == NULL) {
        store_unlink(view->store, there);
        store_node_free(there);
        return 0;
    }
    struct store_access *access;
    int error = use(view, path, &access);
    if (error != 0) {
        return error;
    }
    if (access->is_changed) {
        there = access->node;
        discharge(view->domain, view->transaction,
                  store_node_bytes(there, path));
    }
    view->transaction->owned[owner_of(there)]--;
    store_node_free(access->node);
    access->node = NULL;
    access->is_changed = true;
    return 0;
}

int store_view_may_own(const struct store_view *view, uint32_t nodes)
{
    const struct store_domain *domain = view->domain;
    int64_t owned = domain->counts.nodes;
    if (view->transaction != NULL) {
        owned += view->transaction->owned[domain->domid];
    }
    return domain->domid == STORE_ROOT ||
                   owned + nodes <= (int64_t)STORE_NODES_MAX
               ? 0
               : -ENOSPC;
}

int store_view_may_have(const struct store_view *view, uint16_t owner,
                        size_t bytes)
{
    const struct store_domain *owning =
        view->transaction != NULL ? view->domain : &view->store->domains[owner];
    return view->domain->domid == STORE_ROOT ||
                   store_may_have(owning, (uint32_t)bytes)
               ? 0
               : -ENOMEM;
}

void store_view_fire(const struct store_view *view, const char *path,
                     bool is_exact, const struct store_perms *before)
{
    struct store_access *access;
    if (view->transaction == NULL) {
        store_watch_fire(view->store, path, is_exact, before);
        return;
    }
    /* What fires has been changed, so it has been used. */
    if (use(view, path, &access) != 0) {
        return;
    }
    access->is_exact = is_exact && (access->is_exact || !access->fires);
    access->fires = true;
    if (before != NULL && !access->had_perms) {
        access->had_perms = true;
        access->before = *before;
    }
}

/* Adds what (node) costs to what its owner has in the end; or takes it off. */
static void count(struct store_transaction *transaction, const char *path,
                  const struct store_node *node, int sign)
{
    if (node != NULL) {
        transaction->owned[owner_of(node)] += sign;
        transaction->bytes[owner_of(node)] +=
            sign * (int64_t)store_node_bytes(node, path);
    }
}

static int check(const struct store *store, const struct store_domain *domain,
                 struct store_transaction *transaction)
{
    memset(transaction->owned, 0, sizeof(transaction->owned));
    memset(transaction->bytes, 0, sizeof(transaction->bytes));
    const struct store_access *access = transaction->first;
    for (; access != NULL; access = access->later) {
        const char *path = access->entry.path;
        const struct store_node *there = store_find(store, path);
        if (access->generation != (there == NULL ? 0 : there->generation)) {
            return -EAGAIN;
        }
        if (access->is_changed) {
            count(transaction, path, there, -1);
            count(transaction, path, access->node, 1);
        }
    }
    for (uint32_t i = STORE_ROOT + 1; i < BROKER_DOMAINS_MAX; i++) {
        const struct store_counts *has = &store->domains[i].counts;
        int64_t nodes = transaction->owned[i];
        int64_t bytes = transaction->bytes[i];
        if (bytes > 0 && i == domain->domid) {
            bytes -= transaction->bytes_used;
        }
        if ((nodes > 0 && has->nodes + nodes > STORE_NODES_MAX) ||
            (bytes > 0 && has->memory_bytes + bytes > STORE_MEMORY_MAX)) {
            return -ENOSPC;
        }
    }
    return 0;
}

static void apply(struct store *store, struct store_domain *domain,
                  struct store_transaction *transaction)
{
    struct store_access *access = transaction->first;
    for (; access != NULL; access = access->later) {
        const char *path = access->entry.path;
        struct store_node *there = store_find(store, path);
        if (!access->is_changed) {
            continue;
        }
        if (there != NULL) {
            store_unlink(store, there);
            store_node_free(there);
        }
        if (access->node != NULL) {
            discharge(domain, transaction,
                      store_node_bytes(access->node, path));
            store_link(store, access->node, path);
            access->node = NULL;
        }
    }
    for (access = transaction->first; access != NULL; access = access->later) {
        if (access->fires) {
            store_watch_fire(store, access->entry.path, access->is_exact,
                             access->had_perms ? &access->before : NULL);
        }
    }
}

int store_transaction_end(struct store *store, struct store_domain *domain,
                          struct store_transaction *transaction, bool is_commit)
{
    int error = 0;
    if (is_commit) {
        error = transaction->broken != 0 ? transaction->broken
                                         : check(store, domain, transaction);
    }
    if (is_commit && error == 0) {
        apply(store, domain, transaction);
    }
    drop(domain, transaction);
    return error;
}
