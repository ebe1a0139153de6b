/*
 * What all of hv/kvm shares: the page that is Xen's shared page, the options,
 * and the pending bits in the page.
 *
 * Spec: Xen public/xen.h, struct shared_info.
 */
#include <hv/kvm/kvm_internal.h>

#define WORD_BITS 64u

struct shared_info kvm_shared __attribute__((aligned(4096)));
struct hv_options kvm_options;

void kvm_select_port(uint32_t port)
{
    struct vcpu_info *vcpu = &kvm_shared.vcpu_info[0];

    vcpu->evtchn_pending_sel |= 1ul << port / WORD_BITS;
    vcpu->evtchn_upcall_pending = 1;
}

void kvm_event_set(uint32_t port)
{
    xen_ulong_t bit = 1ul << port % WORD_BITS;
    uint32_t word = port / WORD_BITS;

    if (kvm_shared.evtchn_pending[word] & bit) {
        return;
    }
    kvm_shared.evtchn_pending[word] |= bit;
    if (!(kvm_shared.evtchn_mask[word] & bit)) {
        kvm_select_port(port);
    }
}
