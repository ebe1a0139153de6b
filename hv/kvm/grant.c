/*
 * grant_table_op: copies by grant, done by the broker.
 *
 * Spec: Xen public/grant_table.h, GNTTABOP_copy.
 */
#include <hv/kvm/kvm_internal.h>

void kvm_grant_queue(struct gnttab_copy *list, uint64_t count, long *result)
{
    struct kvm_sink sink = {.result = result, .copies = list};

    *result = kvm_batch.is_open ? 0 : -XEN_ENOSYS;
    while (count > 0 && *result == 0) {
        uint32_t room =
            count > BROKER_OPS_MAX ? BROKER_OPS_MAX : (uint32_t)count;
        struct broker_op *op = kvm_mailbox_add(&room, &sink);

        for (const struct broker_op *end = op + room; op < end; op++) {
            op->hypercall = __HYPERVISOR_grant_table_op;
            op->command = GNTTABOP_copy;
            op->result = -XEN_EIO;
            op->copy = *list++;
        }
        sink.copies = list;
        count -= room;
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
