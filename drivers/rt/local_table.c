#include <rt/local_table.h>

#include <enter.h>
#include <abi/error.h>
#include <rt/flavour.h>

#define GENERATIONS_MASK ((NU_HANDLE_LOCAL >> NU_LOCAL_GENERATION_SHIFT) - 1u)

/* Where there are none: one entry that no handle fits. */
static struct nu_local no_locals[1];

static uint32_t slot_count(const struct nu_msgbuf *buf)
{
    return buf->local_mask / NU_LOCAL_BYTES + 1;
}

struct nu_local *rt_local_put(uint32_t slot, void (*dispatch)(void), void *self)
{
    struct nu_msgbuf *buf = nu_buffer();
    uint32_t count = slot_count(buf);
    struct nu_local *entry;

    if (slot == RT_LOCAL_ANY) {
        for (slot = NU_START_LOCALS_MAX; slot < count; slot++) {
            if (buf->local[slot].handle == NU_HANDLE_NONE)
                break;
        }
    }
    if (slot >= count || buf->local[slot].handle != NU_HANDLE_NONE)
        return NULL;
    entry = &buf->local[slot];
    entry->dispatch = dispatch;
    entry->self = self;
    entry->word_tag = 0;
    entry->handle = NU_HANDLE_LOCAL |
                    (entry->generation << NU_LOCAL_GENERATION_SHIFT) |
                    (slot * NU_LOCAL_BYTES);
    return entry;
}

void rt_local_drop(struct nu_local *entry)
{
    entry->handle = NU_HANDLE_NONE;
    entry->word_tag = 0;
    entry->generation = (entry->generation + 1) & GENERATIONS_MASK;
}

struct nu_local *rt_local_find(nu_handle_t handle)
{
    struct nu_msgbuf *buf = nu_buffer();
    uint32_t at = handle & buf->local_mask;
    struct nu_local *entry = &buf->local[at / NU_LOCAL_BYTES];

    return handle != NU_HANDLE_NONE && entry->handle == handle ? entry : NULL;
}

int rt_locals_begin(const struct nu_start *start)
{
    struct nu_msgbuf *buf = nu_buffer();
    int status = 0;

    buf->local = no_locals;
    buf->local_mask = 0;
    if (start->local_count == 0)
        return 0;
    if (start->local_count > NU_START_LOCALS_MAX || start->local_table == 0 ||
        start->local_slots < NU_START_LOCALS_MAX ||
        start->local_slots > NU_LOCAL_SLOTS_MAX ||
        (start->local_slots & (start->local_slots - 1)) != 0)
        return NU_INVAL;
    buf->local = (struct nu_local *)start->local_table;
    buf->local_mask = (uint32_t)(start->local_slots - 1) * NU_LOCAL_BYTES;
    for (uint32_t i = 0; i < start->local_count && status == 0; i++) {
        const struct nu_start_local *local = &start->locals[i];
        rt_local_start_fn begin = rt_find_local(local);

        status = begin == NULL
                     ? NU_NOENT
                     : begin((const struct nu_start *)local->start, i);
    }
    return status;
}
