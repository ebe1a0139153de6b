/*
 * The client's side of the automata: one state a kernel handle, kept by slot.
 * A number that is new in its slot is a new channel, in its first state.
 */
#include <contract/handle.h>

static struct {
    nu_handle_t handle;
    uint8_t state;
} channels[NU_HANDLE_SLOTS_MAX];

uint8_t *nu_channel_state(nu_handle_t handle)
{
    uint32_t slot = handle & NU_HANDLE_SLOT_MASK;

    if (handle & NU_HANDLE_LOCAL)
        return NULL; /* the service's own check is in the same process */
    if (channels[slot].handle != handle) {
        channels[slot].handle = handle;
        channels[slot].state = 0;
    }
    return &channels[slot].state;
}

void nu_channel_broken(nu_handle_t handle)
{
    (void)handle_close(handle);
}
