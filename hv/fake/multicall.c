/*
 * multicall: one hypercall for the count, whatever is in it. A failure that a
 * test asks for hits the list as a whole, or fake_copy_fail_nth() a copy in it.
 */
#include <hv/fake/fake.h>

long fake_multicall(uint64_t list, uint64_t count)
{
    struct multicall_entry *entries = (void *)(uintptr_t)list;

    for (uint64_t i = 0; i < count; i++) {
        struct multicall_entry *e = &entries[i];

        if (e->op == __HYPERVISOR_multicall) {
            return -XEN_EINVAL;
        }
        fake_hv.counts.operations++;
        e->result = (xen_ulong_t)fake_dispatch((unsigned)e->op, e->args[0],
                                               e->args[1], e->args[2]);
    }
    return 0;
}
