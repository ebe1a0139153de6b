/*
 * Handle tables: a flat array for each process. A number is slot and
 * generation; the generation of a slot grows each time it is freed, and a slot
 * whose generations are used up is retired. So a stale number finds nothing,
 * ever.
 *
 * Units:     slots of 16 bytes; a table is 2^n whole pages of them.
 * Ownership: a used slot holds one reference on its object.
 * Trust:     numbers and rights masks come from processes.
 */
#ifndef NUNCIO_IPC_HANDLE_H
#define NUNCIO_IPC_HANDLE_H

#include <abi/error.h>
#include <abi/message.h>
#include <mm/purse.h>
#include <object/object.h>

struct handle_slot {
    struct object *object; /* of a free slot: one of type OBJECT_NONE */
    uint32_t number; /* free: what its next handle will be */
    uint16_t rights;
    uint16_t next_free; /* while free */
};

struct handle_table {
    struct handle_slot *slots;
    uint32_t mask; /* slot count - 1 */
    uint32_t free_count;
    uint16_t first_free;
    uint16_t last_free; /* freed slots are reused last */
};

/* (slots) is rounded up to a power of two from 256 to 4096. False: no memory. */
bool handle_table_create(struct handle_table *table, struct purse *purse,
                         uint32_t slots);
/* Closes all; frees the array. */
void handle_table_destroy(struct handle_table *table, struct purse *purse);

/* The slot of (handle), or NULL. The hot path has this inline. */
static inline struct handle_slot *handle_find(const struct handle_table *table,
                                              uint64_t handle)
{
    struct handle_slot *slot = &table->slots[handle & table->mask];

    if (slot->number != handle || slot->object->type == OBJECT_NONE)
        return 0;
    return slot;
}

/* The object of (type) behind (handle) with all of (rights), or a status:
 * BADH no such handle, INVAL another type, DENIED. */
int handle_get(const struct handle_table *table, uint64_t handle,
               enum object_type type, uint32_t rights, struct object **object);

/* Puts the caller's reference on (object) into a free slot. Needs free_count. */
nu_handle_t handle_put(struct handle_table *table, struct object *object,
                       uint32_t rights);

/* Empties the slot; its reference goes to the caller. */
struct object *handle_take(struct handle_table *table,
                           struct handle_slot *slot);

#endif /* NUNCIO_IPC_HANDLE_H */
