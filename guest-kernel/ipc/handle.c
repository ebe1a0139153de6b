/* Handle tables: ipc/handle.h. */
#include <ipc/handle.h>

#include <arch_mmu.h>
#include <kassert.h>

#define NO_SLOT     0xffffu
#define SLOTS_MIN   256u
#define GENERATION  (1u << NU_HANDLE_SLOT_BITS)
#define LAST_NUMBER (NU_HANDLE_LOCAL - 1)

/* What free slots point to, so that a lookup needs no test for NULL. */
static struct object no_object = {.refs = 1, .type = OBJECT_NONE};

static uint64_t table_pages(uint32_t slots)
{
    return slots * sizeof(struct handle_slot) / PAGE_BYTES;
}

static void free_slot(struct handle_table *table, uint32_t index)
{
    struct handle_slot *slot = &table->slots[index];

    slot->object = &no_object;
    slot->rights = 0;
    slot->next_free = NO_SLOT;
    if (table->first_free == NO_SLOT)
        table->first_free = (uint16_t)index;
    else
        table->slots[table->last_free].next_free = (uint16_t)index;
    table->last_free = (uint16_t)index;
    table->free_count++;
}

bool handle_table_create(struct handle_table *table, struct purse *purse,
                         uint32_t slots)
{
    uint32_t count = SLOTS_MIN;
    paddr_t base;

    while (count < slots && count < NU_HANDLE_SLOTS_MAX)
        count *= 2;
    base = purse_run_alloc(purse, table_pages(count));
    if (base == FRAME_NONE)
        return false;
    table->slots = phys_to_virt(base);
    table->mask = count - 1;
    table->free_count = 0;
    table->first_free = NO_SLOT;
    for (uint32_t i = 0; i < count; i++) {
        /* Number 0 is NU_HANDLE_NONE, so generations begin at 1. */
        table->slots[i].number = GENERATION | i;
        free_slot(table, i);
    }
    return true;
}

void handle_table_destroy(struct handle_table *table, struct purse *purse)
{
    paddr_t base = virt_to_phys(table->slots);

    for (uint32_t i = 0; i <= table->mask; i++) {
        if (table->slots[i].object->type != OBJECT_NONE)
            object_put(table->slots[i].object);
    }
    for (uint64_t i = 0; i < table_pages(table->mask + 1); i++)
        purse_page_free(purse, base + i * PAGE_BYTES);
    table->slots = NULL;
}

int handle_get(const struct handle_table *table, uint64_t handle,
               enum object_type type, uint32_t rights, struct object **object)
{
    struct handle_slot *slot = handle_find(table, handle);

    if (slot == NULL)
        return NU_BADH;
    if (slot->object->type != type)
        return NU_INVAL;
    if ((slot->rights & rights) != rights)
        return NU_DENIED;
    *object = slot->object;
    return 0;
}

nu_handle_t handle_put(struct handle_table *table, struct object *object,
                       uint32_t rights)
{
    struct handle_slot *slot = &table->slots[table->first_free];

    KASSERT(table->free_count > 0);
    table->first_free = slot->next_free;
    table->free_count--;
    slot->object = object;
    slot->rights = (uint16_t)rights;
    return slot->number;
}

struct object *handle_take(struct handle_table *table, struct handle_slot *slot)
{
    struct object *object = slot->object;
    uint32_t index = slot->number & table->mask;

    if (slot->number <= LAST_NUMBER - GENERATION) {
        slot->number += GENERATION;
        free_slot(table, index);
    } else {
        slot->object = &no_object; /* retired */
        slot->number = NU_HANDLE_NONE;
    }
    return object;
}
