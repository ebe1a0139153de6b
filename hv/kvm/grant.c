/*
 * grant_table_op: copies by grant, done by the broker.
 *
 * Spec: Xen public/grant_table.h, GNTTABOP_copy.
 */
#include <hv/kvm/kvm_internal.h>

void kvm_grant_queue(struct gnttab_copy *list, uint64_t count, long *result)
{
    struct kvm_sink sink = {.result = result};

    *result = kvm_mailbox_is_open() ? 0 : -XEN_ENOSYS;
    for (uint64_t i = 0; i < count && *result == 0; i++) {
        sink.status = &list[i].status;
        kvm_mailbox_add(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &sink)
            ->copy = list[i];
    }
}

long kvm_grant_table_op(uint64_t command, uint64_t arg, uint64_t count)
{
    long result;

    if (command != GNTTABOP_copy) {
        return -XEN_ENOSYS;
    }
    kvm_grant_queue((struct gnttab_copy *)(uintptr_t)arg, count, &result);
    kvm_mailbox_flush();
    return result;
}
