/*
 * The hypercall page on KVM: each stub jumps to a C function of this guest.
 *
 * A stub is entered with the hypercall convention (rdi, rsi, rdx, r10, r8); up
 * to three arguments that is C's convention too, and none here takes more.
 */
#include <hv/kvm/kvm_internal.h>

#include <hypercall/page.h>
#include <nlib/string.h>

struct provided {
    unsigned op;
    const void *function;
};

static long not_provided(void)
{
    return -XEN_ENOSYS;
}

/* A pointer to function in a table of data, as the jump wants it. */
#define AT(function) ((const void *)(uintptr_t)(function))

/* movabs $function, %rax; jmp *%rax */
static void write_stub(uint8_t *stub, const void *function)
{
    static const uint8_t movabs[2] = {0x48, 0xb8};
    static const uint8_t jmp[2] = {0xff, 0xe0};

    memcpy(stub, movabs, sizeof(movabs));
    memcpy(stub + 2, &function, sizeof(function));
    memcpy(stub + 10, jmp, sizeof(jmp));
}

void kvm_page_fill(uint8_t *page)
{
    const struct provided table[] = {
        {__HYPERVISOR_set_timer_op, AT(kvm_set_timer_op)},
        {__HYPERVISOR_xen_version, AT(kvm_xen_version)},
        {__HYPERVISOR_console_io, AT(kvm_console_io)},
        {__HYPERVISOR_sched_op, AT(kvm_sched_op)},
        {__HYPERVISOR_event_channel_op, AT(kvm_event_channel_op)},
        {__HYPERVISOR_physdev_op, AT(kvm_physdev_op)},
        {__HYPERVISOR_grant_table_op, AT(kvm_grant_table_op)},
        {__HYPERVISOR_multicall, AT(kvm_multicall)},
    };

    for (unsigned op = 0; op < HYPERCALL_COUNT; op++) {
        write_stub(page + op * HYPERCALL_STUB_BYTES, AT(not_provided));
    }
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        write_stub(page + table[i].op * HYPERCALL_STUB_BYTES,
                   table[i].function);
    }
}
