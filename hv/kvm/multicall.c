/*
 * multicall: several hypercalls in one. What goes to the broker and comes one
 * after the other goes as one batch, so that a message (copies, then an event)
 * costs one wait.
 *
 * Spec: Xen public/xen.h, struct multicall_entry.
 */
#include <hv/kvm/kvm_internal.h>

#include <hypercall/page.h>

static bool is(const struct multicall_entry *entry, unsigned op,
               unsigned command)
{
    return entry->op == op && entry->args[0] == command;
}

long kvm_multicall(uint64_t list, uint64_t count)
{
    struct multicall_entry *entries = (struct multicall_entry *)(uintptr_t)list;

    for (uint64_t i = 0; i < count; i++) {
        struct multicall_entry *e = &entries[i];
        /* Unsigned in the ABI; errors are negative in it. */
        long *result = (long *)&e->result;

        if (is(e, __HYPERVISOR_grant_table_op, GNTTABOP_copy)) {
            kvm_grant_queue((struct gnttab_copy *)(uintptr_t)e->args[1],
                            e->args[2], result);
        } else if (is(e, __HYPERVISOR_event_channel_op, EVTCHNOP_send)) {
            const struct evtchn_send *send =
                (const struct evtchn_send *)(uintptr_t)e->args[1];

            kvm_event_queue_send(send->port, result);
        } else if (e->op >= HYPERCALL_COUNT ||
                   e->op == __HYPERVISOR_multicall) {
            *result = -XEN_ENOSYS;
        } else {
            kvm_mailbox_flush();
            *result = hypercall_call((unsigned)e->op, e->args[0], e->args[1],
                                     e->args[2]);
        }
    }
    kvm_mailbox_flush();
    return 0;
}
