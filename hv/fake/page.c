/*
 * The hypercall page of the model: dispatch, and failure by count.
 */
#include <hv/fake/fake.h>

#include <hypercall_call.h>

void fake_fail_nth(uint64_t n, long failure)
{
    fake_hv.fail_at = fake_hv.calls + n;
    fake_hv.failure = failure;
}

bool fake_failed(void)
{
    return fake_hv.fail_at != 0 && fake_hv.calls >= fake_hv.fail_at;
}

long fake_dispatch(unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case __HYPERVISOR_console_io:
        return fake_console_io(a, b, c);
    case __HYPERVISOR_set_timer_op:
        return fake_set_timer_op(a);
    case __HYPERVISOR_xen_version:
        return fake_xen_version(a, b);
    case __HYPERVISOR_sched_op:
        return fake_sched_op(a, b);
    case __HYPERVISOR_event_channel_op:
        return fake_event_channel_op(a, b);
    case __HYPERVISOR_physdev_op:
        return fake_physdev_op(a, b);
    case __HYPERVISOR_grant_table_op:
        return fake_grant_table_op(a, b, c);
    case __HYPERVISOR_multicall:
        return fake_multicall(a, b);
    default:
        return -XEN_ENOSYS;
    }
}

long hypercall_call(unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    fake_hv.calls++;
    if (fake_hv.calls == fake_hv.fail_at) {
        return fake_hv.failure;
    }
    return fake_dispatch(op, a, b, c);
}
