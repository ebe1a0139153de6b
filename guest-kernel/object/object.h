/*
 * Kernel objects: what handles name. Each begins with a struct object.
 *
 * Ownership: counted. The last object_put() does not destroy the object but
 *            queues it; object_reap() destroys queued objects one by one. So
 *            however deep a chain of objects that hold each other is, the
 *            kernel's stack stays flat.
 * Context:   kernel, interrupts off.
 */
#ifndef NUNCIO_OBJECT_OBJECT_H
#define NUNCIO_OBJECT_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

/* Types are the numbers of the contracts that the kernel serves. */
enum object_type {
    OBJECT_NONE = 0, /* a free handle slot */
    OBJECT_PROCESS = 1,
    OBJECT_THREAD = 2,
    OBJECT_SPACE = 3,
    OBJECT_MEMORY = 4,
    OBJECT_CHANNEL = 5,
    OBJECT_PORT = 6,
    OBJECT_REPLY = 7,
    OBJECT_CLOCK = 8,
    OBJECT_INTERRUPT = 9,
    OBJECT_PURSE = 10,
    OBJECT_DEVICE = 11,
    OBJECT_TRACE = 12,
    OBJECT_LOG = 13,
    OBJECT_SYSTEM = 14,
    OBJECT_TIMER = 15,
    OBJECT_DOMAIN = 16,
    OBJECT_LINK = 17,
    OBJECT_SIGNAL = 18,
    OBJECT_TYPE_COUNT
};

struct object {
    uint32_t refs;
    uint8_t type; /* enum object_type */
    bool is_queued; /* for object_reap() */
    uint8_t reserved[2];
    struct object *next_dead; /* while queued for object_reap() */
};

/* Called with refs == 0, once; frees the object. */
typedef void (*object_destroy_fn)(struct object *object);

/* One reference, the caller's. */
static inline void object_init(struct object *object, enum object_type type)
{
    object->refs = 1;
    object->type = (uint8_t)type;
    object->is_queued = false;
    object->next_dead = 0;
}

static inline void object_get(struct object *object)
{
    object->refs++;
}

void object_put(struct object *object);

/* Queues an object without references, whose end had to wait, once more. */
void object_retry(struct object *object);

/* Destroys what is queued and what that queues in turn. */
extern struct object *object_dead;
void object_reap_queue(void);
static inline void object_reap(void)
{
    if (__builtin_expect(object_dead != 0, 0))
        object_reap_queue();
}

/* Says how objects of (type) are destroyed; static objects need none. */
void object_set_destroy(enum object_type type, object_destroy_fn destroy);

#endif /* NUNCIO_OBJECT_OBJECT_H */
