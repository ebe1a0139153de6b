/*
 * Intrusive doubly linked lists with a head node. A node is in one list at most;
 * a node that is in none points to itself after list_del().
 */
#ifndef NUNCIO_NLIB_LIST_H
#define NUNCIO_NLIB_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list_node {
    struct list_node *next;
    struct list_node *prev;
};

/* The struct of (type) whose member (member) is (node). */
#define list_entry(node, type, member) \
    ((type *)((uintptr_t)(node)-offsetof(type, member)))

static inline void list_init(struct list_node *node)
{
    node->next = node;
    node->prev = node;
}

static inline bool list_is_empty(const struct list_node *head)
{
    return head->next == head;
}

static inline void list_insert(struct list_node *prev, struct list_node *node)
{
    node->next = prev->next;
    node->prev = prev;
    prev->next->prev = node;
    prev->next = node;
}

static inline void list_add_tail(struct list_node *head, struct list_node *node)
{
    list_insert(head->prev, node);
}

static inline void list_add_head(struct list_node *head, struct list_node *node)
{
    list_insert(head, node);
}

static inline void list_del(struct list_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node;
    node->prev = node;
}

#endif /* NUNCIO_NLIB_LIST_H */
