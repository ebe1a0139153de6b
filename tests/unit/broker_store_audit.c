/* What must hold in any store, whatever guests have asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/broker_store_guest.h"

#define must(condition)                                 \
    do {                                                \
        if (!(condition)) {                             \
            fprintf(stderr, "audit: %s\n", #condition); \
            abort();                                    \
        }                                               \
    } while (0)

static uint32_t count_names(const struct store_node *node, const char *name)
{
    uint32_t count = 0;

    for (uint32_t at = 0; at < node->names_bytes;
         at += (uint32_t)strlen(node->names + at) + 1)
        count += name == NULL || strcmp(node->names + at, name) == 0;
    return count;
}

static void audit_node(const struct store *audited,
                       const struct store_node *node, uint32_t *names)
{
    const char *path = node->entry.path;
    char parent_path[STORE_PATH_ROOM];
    const struct store_node *parent;

    must(node->perms.count >= 1 && node->perms.count <= STORE_PERMS_MAX);
    must(node->perms.entries[0].domid < BROKER_DOMAINS_MAX);
    must(audited->domains[node->perms.entries[0].domid].is_up);
    must(node->generation != 0 && node->generation <= audited->generation);
    must(node->perms.entries[0].domid == 0 ||
         node->value_bytes <= STORE_ENTRY_MAX);
    *names += count_names(node, NULL);
    if (strcmp(path, "/") == 0)
        return;
    store_path_copy(parent_path, path);
    store_path_to_parent(parent_path);
    parent = store_find(audited, parent_path);
    must(parent != NULL);
    must(count_names(parent, store_path_name(path)) == 1);
}

/* Each list of nodes, watches and messages is as long as its counter says. */
static void audit_domain(const struct store *audited,
                         const struct store_domain *domain)
{
    const struct store_counts *counts = &domain->counts;
    uint32_t nodes = 0, watches = 0, folded = 0, queued = 0;
    uint32_t events = 0, replies = 0, bytes = 0;

    for (const struct store_node *n = domain->owned; n; n = n->owned_next) {
        must(n->perms.entries[0].domid == domain->domid);
        must(store_find(audited, n->entry.path) == n);
        bytes += store_node_bytes(n, n->entry.path);
        nodes++;
    }
    for (const struct store_watch *w = domain->watches; w; w = w->domain_next) {
        must(w->domain == domain);
        bytes += (uint32_t)(sizeof(*w) + sizeof(*w->spot) + 2 +
                            strlen(w->spot->entry.path) + strlen(w->token));
        folded += w->is_folded;
        queued += w->queued;
        watches++;
    }
    for (const struct store_message *m = domain->out; m; m = m->next) {
        bytes += (uint32_t)sizeof(*m) + m->bytes;
        queued -= m->watch != NULL;
        events += m->is_event;
        replies += !m->is_event;
    }
    must(nodes == counts->nodes && watches == counts->watches);
    must(folded == domain->folded && queued == 0);
    must(events == counts->events && replies == domain->replies);
    must(replies <= 1 && events <= STORE_EVENTS_MAX);
    must(watches <= STORE_WATCHES_MAX);
    must(counts->transactions <= STORE_TRANSACTIONS_MAX);
    must((counts->transactions == 0) == (domain->transactions == NULL));
    must(counts->transactions != 0 ? counts->memory_bytes > bytes
                                   : counts->memory_bytes == bytes);
    must(domain->domid == 0 || nodes <= STORE_NODES_MAX);
    must(domain->is_up || counts->memory_bytes == 0);
}

void store_audit(const struct store *audited)
{
    uint32_t nodes = 0, names = 0, owned = 0, watches = 0;

    for (uint32_t i = 0; i < audited->nodes.bucket_count; i++) {
        const struct store_entry *entry = audited->nodes.buckets[i];

        for (; entry != NULL; entry = entry->next) {
            audit_node(audited, (const struct store_node *)entry, &names);
            nodes++;
        }
    }
    /* Every name is a node's, every node but the root has one. */
    must(nodes == audited->nodes.count && names == nodes - 1);
    for (uint32_t i = 0; i < BROKER_DOMAINS_MAX; i++) {
        audit_domain(audited, &audited->domains[i]);
        owned += audited->domains[i].counts.nodes;
        watches += audited->domains[i].counts.watches;
    }
    must(owned == nodes && audited->spots.count <= watches);
}
