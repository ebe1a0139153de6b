#include <rt/flavour.h>
#include <rt/kservice.h>
#include <nlib/string.h>

void rt_kernel_local_enter(void);

rt_enter_fn rt_enter(bool has_locals)
{
    return has_locals ? rt_kernel_local_enter : kernel_message_entry;
}

const struct nu_call_data *rt_call_data(void)
{
    return NULL;
}

rt_local_start_fn rt_find_local(const struct nu_start_local *local)
{
    for (const struct kservice *k = kservices; k->name != NULL; k++) {
        if (strcmp(k->name, local->name) == 0)
            return k->local_start;
    }
    return NULL;
}
