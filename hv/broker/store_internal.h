/*
 * What the files of the store share. Each of them uses only what is declared
 * above its own part here:
 *
 *   store_table.c        memory, and tables of things that have a path
 *   store_path.c         paths
 *   store_perms.c        permissions
 *   store_node.c         the tree, and what it costs whom
 *   store_queue.c        replies and events that wait for room
 *   store_watch.c        watches
 *   store_transaction.c  the tree as a transaction sees it
 *   store_change.c       reading and changing, with permissions and quotas
 *   store_request.c      requests of the wire protocol
 *   store_ring.c         rings
 *   store_domain.c       domains, names, and access for domain 0
 *
 * The tree is flat: a table of nodes by path, each with its children's names.
 * So a transaction is a second, small table laid over the first.
 */
#ifndef NUNCIO_BROKER_STORE_INTERNAL_H
#define NUNCIO_BROKER_STORE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hypercall/broker_abi.h>

#include "store.h"

#define STORE_ROOT 0u /* domain 0 */

/* ---- store_table.c ---- */

/* These do not fail: without memory they say so and abort. */
void *store_alloc(size_t bytes); /* zeroed */
void *store_resize(void *old, size_t bytes);
void *store_copy(const void *data, size_t bytes);

/* The first member of what is in a table. */
struct store_entry {
    struct store_entry *next;
    uint64_t hash;
    char *path; /* owned */
};

struct store_table {
    struct store_entry **buckets;
    uint32_t bucket_count; /* a power of two, or 0 */
    uint32_t count;
};

struct store_entry *store_table_find(const struct store_table *table,
                                     const char *path);
/* Takes a copy of (path), which must not be there. */
void store_table_add(struct store_table *table, struct store_entry *entry,
                     const char *path);
/* Frees the entry's path, not the entry. */
void store_table_remove(struct store_table *table, struct store_entry *entry);
/* Any entry, or NULL: to empty a table. */
struct store_entry *store_table_any(const struct store_table *table);
void store_table_free(struct store_table *table);

/* ---- store_path.c ---- */

#define STORE_PATH_ROOM (XENSTORE_ABS_PATH_MAX + 1u)

/*
 * Makes (*path) absolute in (room): what does not begin with / or @ is below
 * the home of (domid). -EINVAL: it is no path, or too long.
 */
int store_path_resolve(uint16_t domid, const char *path,
                       char room[STORE_PATH_ROOM]);
bool store_path_is_special(const char *path);
/* One component of a path. */
bool store_path_is_name(const char *name);
/* No node's path is longer than the room. */
void store_path_copy(char room[STORE_PATH_ROOM], const char *path);
void store_path_to_child(char room[STORE_PATH_ROOM], const char *name);
/* Cuts off the last component; / stays. */
void store_path_to_parent(char *path);
const char *store_path_name(const char *path);
/* Writes /local/domain/N, and says how long that is. */
size_t store_path_home(uint16_t domid, char room[32]);

/* ---- store_perms.c ---- */

#define STORE_READ  1u
#define STORE_WRITE 2u
#define STORE_OWNER 4u

struct store_perms {
    uint16_t count; /* 1..STORE_PERMS_MAX; the first names the owner */
    struct {
        uint16_t domid;
        uint16_t access; /* of STORE_READ, STORE_WRITE; the first's: others' */
    } entries[STORE_PERMS_MAX];
};

unsigned store_perms_of(const struct store_perms *perms, uint16_t domid);
/* (bytes) of strings like "r5", each terminated. -EINVAL, -ENOSPC. */
int store_perms_parse(const char *text, size_t bytes,
                      struct store_perms *perms);
#define STORE_PERMS_TEXT (STORE_PERMS_MAX * 8u)
size_t store_perms_print(const struct store_perms *perms,
                         char text[STORE_PERMS_TEXT]);
/* Takes the rights of (domid) away, unless it is the owner. */
bool store_perms_revoke(struct store_perms *perms, uint16_t domid);

/* ---- store_node.c ---- */

struct store_node {
    struct store_entry entry;
    struct store_node *owned_next; /* of the same owner */
    struct store_node **owned_link;
    uint64_t generation; /* of the last change, from 1 */
    struct store_perms perms;
    uint32_t value_bytes;
    uint32_t names_bytes; /* of names of children, each terminated */
    char *value;
    char *names;
};

struct store_watch {
    struct store_domain *domain;
    struct store_spot *spot; /* what it watches */
    struct store_watch *spot_next;
    struct store_watch **spot_link;
    struct store_watch *domain_next;
    struct store_watch **domain_link;
    uint32_t queued; /* events */
    uint32_t home_bytes; /* not told to who watches by a relative path */
    bool is_folded; /* an event had no room */
    char *token;
};

/* A path that is watched. */
struct store_spot {
    struct store_entry entry;
    struct store_watch *watches;
};

/* What goes to a ring: a header and what follows it. */
struct store_message {
    struct store_message *next;
    struct store_watch *watch; /* of an event; NULL: it is gone */
    bool is_event;
    uint32_t bytes;
    char data[];
};

struct store_domain {
    uint16_t domid;
    bool is_up;
    bool is_open; /* its page has been met */
    bool is_ignored; /* its page broke the protocol */
    char *name; /* under /nuncio/domain; NULL: none */

    /* What it has, and how much. */
    struct store_node *owned;
    struct store_watch *watches;
    struct store_transaction *transactions;
    uint32_t last_transaction;
    struct store_counts counts;

    /* What goes out: first to last; (sent) bytes of the first are. */
    struct store_message *out;
    struct store_message **out_end;
    uint32_t sent;
    uint32_t replies;
    uint32_t folded; /* watches */

    /* The request that comes in: (taken) bytes of it are here. */
    uint32_t taken;
    struct xsd_sockmsg header;
    char payload[XENSTORE_PAYLOAD_MAX];
};

struct store {
    struct store_table nodes;
    struct store_table spots;
    uint64_t generation;
    store_wake_fn wake;
    void *context;
    struct store_domain *served; /* gets no wake() */
    /* Too large for the stack; each is one function's at a time. */
    char path[STORE_PATH_ROOM]; /* of the request */
    char above[STORE_PATH_ROOM]; /* of store_watch_fire() */
    char parent[STORE_PATH_ROOM]; /* of store_change.c */
    char below[STORE_PATH_ROOM]; /* of store_rm() */
    char payload[XENSTORE_PAYLOAD_MAX + 1]; /* of the request, terminated */
    char reply[XENSTORE_PAYLOAD_MAX];
    struct store_domain domains[BROKER_DOMAINS_MAX];
};

struct store_node *store_find(const struct store *store, const char *path);
/* A node outside the tree, as a copy of (from) or, if that is NULL, empty. */
struct store_node *store_node_make(const struct store_node *from);
void store_node_free(struct store_node *node); /* not in the tree */
uint32_t store_node_bytes(const struct store_node *node, const char *path);
void store_node_set_value(struct store_node *node, const void *value,
                          size_t bytes);
void store_node_add_name(struct store_node *node, const char *name,
                         size_t bytes);
void store_node_remove_name(struct store_node *node, const char *name);

/* Into and out of the tree, with what its owner is charged. */
void store_link(struct store *store, struct store_node *node, const char *path);
void store_unlink(struct store *store, struct store_node *node);
/* Around a change of a node in the tree. */
void store_change_begin(struct store *store, struct store_node *node);
void store_change_end(struct store *store, struct store_node *node);

/* May (domain) have (bytes) more? Domain 0 may. */
bool store_may_have(const struct store_domain *domain, uint32_t bytes);

/* ---- store_queue.c ---- */

void store_queue_reply(struct store_domain *domain, const void *data,
                       size_t bytes, uint32_t type);
/* An event for (watch), or its path if (path) does not fit; folded if there is
 * no room for more events. Wakes its domain. */
void store_queue_event(struct store *store, struct store_watch *watch,
                       const char *path);
/* The first message is sent. */
void store_queue_pop(struct store_domain *domain);
/* (watch) is going. */
void store_queue_forget(struct store_watch *watch);
void store_queue_clear(struct store_domain *domain);

/* ---- store_watch.c ---- */

/* (path) is absolute; is_relative: it was not said so. -EEXIST, -E2BIG,
 * -ENOMEM. */
int store_watch_add(struct store *store, struct store_domain *domain,
                    const char *path, const char *token, bool is_relative);
int store_watch_remove(struct store *store, struct store_domain *domain,
                       const char *path, const char *token);
/* The first event of a watch that is there. */
void store_watch_first(struct store *store, struct store_domain *domain,
                       const char *path, const char *token);
void store_watch_clear(struct store *store, struct store_domain *domain);
/*
 * The node (path) has changed, or is gone: tells who watches it, and unless
 * (is_exact) who watches what is above it, if they may read it as it is, or as
 * it was (before, may be NULL), or its parent.
 */
void store_watch_fire(struct store *store, const char *path, bool is_exact,
                      const struct store_perms *before);

/* ---- store_transaction.c ---- */

/* The tree as (domain) sees it, in a transaction unless that is NULL. */
struct store_view {
    struct store *store;
    struct store_domain *domain;
    struct store_transaction *transaction;
};

/* NULL: there is no such transaction. */
struct store_transaction *store_transaction_find(struct store_domain *domain,
                                                 uint32_t id);
/* The new one's number; -ENOSPC. */
int store_transaction_start(struct store_domain *domain, uint32_t *id);
/* It is gone afterwards. -EAGAIN: something else has changed what it used;
 * -ENOSPC: an owner would have too much; what it was refused before. */
int store_transaction_end(struct store *store, struct store_domain *domain,
                          struct store_transaction *transaction,
                          bool is_commit);
void store_transaction_clear(struct store_domain *domain);

/* The node, or NULL in (*node): it is not there. -ENOSPC, -ENOMEM. */
int store_view_get(const struct store_view *view, const char *path,
                   const struct store_node **node);
/* A node that is there by what others say. -EAGAIN: they are out of date, and
 * the transaction cannot succeed any more. */
int store_view_must_get(const struct store_view *view, const char *path,
                        const struct store_node **node);
/* A node that may be changed, up to store_view_put(). Made if it is not there.
 * -ENOSPC, -ENOMEM. */
int store_view_edit(const struct store_view *view, const char *path,
                    struct store_node **node);
void store_view_put(const struct store_view *view, const char *path,
                    struct store_node *node);
int store_view_delete(const struct store_view *view, const char *path);
/* May the acting domain own (nodes) more; may who pays for what (owner) owns
 * have (bytes) more? -ENOSPC, -ENOMEM. */
int store_view_may_own(const struct store_view *view, uint32_t nodes);
int store_view_may_have(const struct store_view *view, uint16_t owner,
                        size_t bytes);
/* Watches fire, now or when the transaction has been committed. */
void store_view_fire(const struct store_view *view, const char *path,
                     bool is_exact, const struct store_perms *before);

/* ---- store_change.c ---- */

/* The node, if the domain has all of (access). -ENOENT, -EACCES, ... */
int store_get(const struct store_view *view, const char *path, unsigned access,
              const struct store_node **node);
int store_write(const struct store_view *view, const char *path,
                const void *value, size_t bytes);
int store_mkdir(const struct store_view *view, const char *path);
int store_rm(const struct store_view *view, const char *path);
int store_set_perms(const struct store_view *view, const char *path,
                    const struct store_perms *perms);

/* ---- store_request.c ---- */

/* Serves the request that (domain) has taken in, and queues its reply. */
void store_request(struct store *store, struct store_domain *domain);

#endif /* NUNCIO_BROKER_STORE_INTERNAL_H */
