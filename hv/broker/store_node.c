/* The tree of the store, and what it costs whom. See store_internal.h. */
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

struct store_node *store_find(const struct store *store, const char *path)
{
    /* The entry is the node's first member. */
    return (struct store_node *)store_table_find(&store->nodes, path);
}

struct store_node *store_node_make(const struct store_node *from)
{
    struct store_node *node = store_alloc(sizeof(*node));
    if (from != NULL) {
        node->perms = from->perms;
        node->value_bytes = from->value_bytes;
        node->names_bytes = from->names_bytes;
        node->value = store_copy(from->value, from->value_bytes);
        node->names = store_copy(from->names, from->names_bytes);
    }
    return node;
}

void store_node_free(struct store_node *node)
{
    if (node != NULL) {
        free(node->value);
        free(node->names);
        free(node);
    }
}

uint32_t store_node_bytes(const struct store_node *node, const char *path)
{
    return (uint32_t)(sizeof(*node) + strlen(path) + 1) + node->value_bytes +
           node->names_bytes;
}

void store_node_set_value(struct store_node *node, const void *value,
                          size_t bytes)
{
    free(node->value);
    node->value = store_copy(value, bytes);
    node->value_bytes = (uint32_t)bytes;
}

void store_node_add_name(struct store_node *node, const char *name,
                         size_t bytes)
{
    node->names = store_resize(node->names, node->names_bytes + bytes + 1);
    memcpy(node->names + node->names_bytes, name, bytes);
    node->names_bytes += (uint32_t)bytes + 1;
    node->names[node->names_bytes - 1] = '\0';
}

void store_node_remove_name(struct store_node *node, const char *name)
{
    uint32_t bytes = (uint32_t)strlen(name) + 1;
    for (uint32_t at = 0; at < node->names_bytes;
         at += (uint32_t)strlen(node->names + at) + 1) {
        if (strcmp(node->names + at, name) == 0) {
            node->names_bytes -= bytes;
            memmove(node->names + at, node->names + at + bytes,
                    node->names_bytes - at);
            return;
        }
    }
}

void store_change_begin(struct store *store, struct store_node *node)
{
    struct store_domain *owner = &store->domains[node->perms.entries[0].domid];
    owner->counts.nodes--;
    owner->counts.memory_bytes -= store_node_bytes(node, node->entry.path);
    *node->owned_link = node->owned_next;
    if (node->owned_next != NULL) {
        node->owned_next->owned_link = node->owned_link;
    }
}

void store_change_end(struct store *store, struct store_node *node)
{
    struct store_domain *owner = &store->domains[node->perms.entries[0].domid];
    owner->counts.nodes++;
    owner->counts.memory_bytes += store_node_bytes(node, node->entry.path);
    node->owned_next = owner->owned;
    node->owned_link = &owner->owned;
    if (owner->owned != NULL) {
        owner->owned->owned_link = &node->owned_next;
    }
    owner->owned = node;
    node->generation = ++store->generation;
}

void store_link(struct store *store, struct store_node *node, const char *path)
{
    store_table_add(&store->nodes, &node->entry, path);
    store_change_end(store, node);
}

void store_unlink(struct store *store, struct store_node *node)
{
    store_change_begin(store, node);
    store_table_remove(&store->nodes, &node->entry);
}

bool store_may_have(const struct store_domain *domain, uint32_t bytes)
{
    return domain->domid == STORE_ROOT ||
           (bytes <= STORE_MEMORY_MAX &&
            domain->counts.memory_bytes <= STORE_MEMORY_MAX - bytes);
}
