#include <rt/flavour.h>

rt_enter_fn rt_enter(bool has_locals)
{
    return (rt_enter_fn)(NU_CALL_PAGE +
                         (has_locals ? NU_CALL_LOCAL : NU_CALL_ENTRY));
}

const struct nu_call_data *rt_call_data(void)
{
    return (const struct nu_call_data *)(NU_CALL_PAGE + NU_CALL_DATA);
}

rt_local_start_fn rt_find_local(const struct nu_start_local *local)
{
    return (rt_local_start_fn)local->entry;
}
