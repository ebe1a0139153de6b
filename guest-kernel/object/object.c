/* Counted objects and their deferred end: object.h. */
#include <object/object.h>

#include <stddef.h>

static object_destroy_fn destroy_of[OBJECT_TYPE_COUNT];
struct object *object_dead;

void object_set_destroy(enum object_type type, object_destroy_fn destroy)
{
    destroy_of[type] = destroy;
}

void object_put(struct object *object)
{
    if (--object->refs == 0)
        object_retry(object);
}

void object_retry(struct object *object)
{
    if (object->is_queued)
        return;
    object->is_queued = true;
    object->next_dead = object_dead;
    object_dead = object;
}

void object_reap_queue(void)
{
    while (object_dead != NULL) {
        struct object *object = object_dead;

        object_dead = object->next_dead;
        object->next_dead = NULL;
        object->is_queued = false;
        if (destroy_of[object->type] != NULL)
            destroy_of[object->type](object);
    }
}
