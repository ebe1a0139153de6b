#include <rt/flavour.h>
#include <rt/kservice.h>
#include <nlib/string.h>

void rt_kernel_enter(void);

void (*rt_enter(void))(void)
{
    return rt_kernel_enter;
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
