/*
 * Reading and changing the tree, with permissions and quotas as xenstored has
 * them. Everything is checked before anything is changed: a request that fails
 * changes nothing (of a transaction: nothing that others will see).
 */
#include <errno.h>
#include <string.h>

#include "store_internal.h"

static unsigned access_of(const struct store_view *view,
                          const struct store_node *node)
{
    return store_perms_of(&node->perms, view->domain->domid);
}

/* The nearest node above (path) that is there; its path is in (parent). */
static int find_above(const struct store_view *view, const char *path,
                      char *parent, const struct store_node **node)
{
    store_path_copy(parent, path);
    do {
        store_path_to_parent(parent);
        int error = store_view_get(view, parent, node);
        if (error != 0) {
            return error;
        }
    } while (*node == NULL); /* the root is always there */
    return 0;
}

int store_get(const struct store_view *view, const char *path, unsigned access,
              const struct store_node **node)
{
    const struct store_node *found;
    if (store_path_is_special(path)) {
        return view->domain->domid == STORE_ROOT ? -ENOENT : -EACCES;
    }
    int error = store_view_get(view, path, &found);
    if (error != 0) {
        return error;
    }
    if (found != NULL && (access_of(view, found) & access) == access) {
        *node = found;
        return 0;
    }
    /* Who may not see what is here is not told whether it is. */
    int reason = found == NULL ? -ENOENT : -EACCES;
    if (strcmp(path, "/") == 0) {
        return reason;
    }
    error = find_above(view, path, view->store->parent, &found);
    if (error != 0) {
        return error;
    }
    return (access_of(view, found) & access) != 0 ? reason : -EACCES;
}

/* What counts against STORE_ENTRY_MAX. */
static size_t entry_bytes(const struct store_node *node)
{
    return node->value_bytes + node->names_bytes +
           node->perms.count * sizeof(node->perms.entries[0]);
}

static bool is_entry_too_large(const struct store_view *view, size_t bytes)
{
    return view->domain->domid != STORE_ROOT && bytes > STORE_ENTRY_MAX;
}

/* The end of the component that begins after (at) bytes and a slash. */
static size_t component_end(const char *path, size_t at)
{
    return at + 1 + strcspn(path + at + 1, "/");
}

/* Room for what is missing of (path) below (above), whose path has (have)
 * bytes, and for a value of (bytes) at its end? */
static int may_create(const struct store_view *view,
                      const struct store_node *above, const char *path,
                      size_t have, size_t bytes)
{
    size_t perms_bytes = above->perms.count * sizeof(above->perms.entries[0]);
    size_t entry = entry_bytes(above);
    size_t memory = bytes;
    size_t first_bytes = component_end(path, have) - have;
    uint32_t nodes = 0;
    while (path[have] != '\0') {
        size_t end = component_end(path, have);
        if (is_entry_too_large(view, entry + end - have)) {
            return -ENOSPC;
        }
        memory += sizeof(*above) + end + 1 + (end - have);
        entry = perms_bytes;
        have = end;
        nodes++;
    }
    if (is_entry_too_large(view, entry + bytes)) {
        return -ENOSPC;
    }
    int error = store_view_may_own(view, nodes);
    if (error == 0) {
        error = store_view_may_have(view, view->domain->domid, memory);
    }
    if (error == 0) {
        error = store_view_may_have(view, above->perms.entries[0].domid,
                                    first_bytes);
    }
    return error;
}

/* Makes (path), which is not there, and what is missing above it. */
static int create(const struct store_view *view, const char *path,
                  const void *value, size_t bytes)
{
    char *parent = view->store->parent;
    const struct store_node *above;
    struct store_node *node;
    int error = find_above(view, path, parent, &above);
    if (error != 0) {
        return error;
    }
    size_t have = strcmp(parent, "/") == 0 ? 0 : strlen(parent);
    struct store_perms perms = above->perms;
    error = may_create(view, above, path, have, bytes);
    if (view->domain->domid != STORE_ROOT) {
        perms.entries[0].domid = view->domain->domid;
    }
    while (error == 0 && path[have] != '\0') {
        size_t end = component_end(path, have);
        error = store_view_edit(view, parent, &node);
        if (error != 0) {
            break;
        }
        store_node_add_name(node, path + have + 1, end - have - 1);
        store_view_put(view, parent, node);
        memcpy(parent + have, path + have, end - have);
        parent[end] = '\0';
        /* New, so this does not fail. */
        error = store_view_edit(view, parent, &node);
        if (error == 0) {
            node->perms = perms;
            store_node_set_value(node, value, path[end] == '\0' ? bytes : 0);
            store_view_put(view, parent, node);
        }
        have = end;
    }
    return error;
}

int store_write(const struct store_view *view, const char *path,
                const void *value, size_t bytes)
{
    const struct store_node *found;
    struct store_node *node;
    int error = store_get(view, path, STORE_WRITE, &found);
    if (error == 0) {
        size_t grown = bytes > found->value_bytes ? bytes : found->value_bytes;
        if (is_entry_too_large(view, entry_bytes(found) - found->value_bytes +
                                         bytes)) {
            return -ENOSPC;
        }
        error = store_view_may_have(view, found->perms.entries[0].domid,
                                    grown - found->value_bytes);
        if (error == 0) {
            error = store_view_edit(view, path, &node);
        }
        if (error == 0) {
            store_node_set_value(node, value, bytes);
            store_view_put(view, path, node);
        }
    } else if (error == -ENOENT && !store_path_is_special(path)) {
        error = create(view, path, value, bytes);
    }
    if (error == 0) {
        store_view_fire(view, path, false, NULL);
    }
    return error;
}

int store_mkdir(const struct store_view *view, const char *path)
{
    const struct store_node *found;
    int error = store_get(view, path, STORE_WRITE, &found);
    if (error != -ENOENT || store_path_is_special(path)) {
        return error;
    }
    error = create(view, path, NULL, 0);
    if (error == 0) {
        store_view_fire(view, path, false, NULL);
    }
    return error;
}

/* Deletes a node without children. */
static int delete_one(const struct store_view *view, const char *path,
                      const struct store_node *found, bool is_exact)
{
    struct store_perms before = found->perms;
    const struct store_node *above;
    struct store_node *node;
    char *parent = view->store->parent;
    store_path_copy(parent, path);
    store_path_to_parent(parent);
    int error = store_view_must_get(view, parent, &above);
    if (error == 0) {
        error = store_view_edit(view, parent, &node);
    }
    if (error != 0) {
        return error;
    }
    store_node_remove_name(node, store_path_name(path));
    store_view_put(view, parent, node);
    error = store_view_delete(view, path);
    if (error == 0) {
        store_view_fire(view, path, is_exact, &before);
    }
    return error;
}

/*
 * The children first, each by going down to the first that has none: paths may
 * be a thousand levels deep, so this does not recurse.
 */
static int delete_all(const struct store_view *view, const char *path)
{
    char *below = view->store->below;
    size_t top_bytes = strlen(path);
    store_path_copy(below, path);
    for (;;) {
        const struct store_node *node;
        int error = store_view_must_get(view, below, &node);
        if (error != 0) {
            return error;
        }
        if (node->names_bytes != 0) {
            store_path_to_child(below, node->names);
            continue;
        }
        bool is_top = strlen(below) == top_bytes;
        error = delete_one(view, below, node, !is_top);
        if (error != 0 || is_top) {
            return error;
        }
        store_path_to_parent(below);
    }
}

int store_rm(const struct store_view *view, const char *path)
{
    const struct store_node *node;
    int error = store_get(view, path, STORE_WRITE, &node);
    if (error == -ENOENT && !store_path_is_special(path)) {
        /* It is gone already, which is well if it could have been there. */
        char *parent = view->store->parent;
        store_path_copy(parent, path);
        store_path_to_parent(parent);
        error = store_view_get(view, parent, &node);
        return error != 0 ? error : node == NULL ? -ENOENT : 0;
    }
    if (error != 0) {
        return error;
    }
    return strcmp(path, "/") == 0 ? -EINVAL : delete_all(view, path);
}

int store_set_perms(const struct store_view *view, const char *path,
                    const struct store_perms *perms)
{
    const struct store_node *found;
    struct store_node *node;
    int error = store_get(view, path, STORE_WRITE | STORE_OWNER, &found);
    if (error != 0) {
        return error;
    }
    if (perms->entries[0].domid != found->perms.entries[0].domid) {
        return -EPERM;
    }
    if (is_entry_too_large(view, entry_bytes(found) +
                                     perms->count * sizeof(perms->entries[0]) -
                                     found->perms.count *
                                         sizeof(found->perms.entries[0]))) {
        return -ENOSPC;
    }
    struct store_perms before = found->perms;
    error = store_view_edit(view, path, &node);
    if (error != 0) {
        return error;
    }
    node->perms = *perms;
    store_view_put(view, path, node);
    store_view_fire(view, path, false, &before);
    return 0;
}
