/*
 * What all of hv/kvm shares: the page that is Xen's shared page, the options,
 * and the pending bits in the page. Between domains the broker sets bits there
 * at any moment, so every access is a locked one.
 *
 * Spec: Xen public/xen.h, struct shared_info.
 */
#include <hv/kvm/kvm_internal.h>

#define WORD_BITS 64u

struct broker_shared kvm_shared __attribute__((aligned(BROKER_BLOCK_BYTES)));
union kvm_mailbox_block kvm_mailbox
    __attribute__((aligned(BROKER_BLOCK_BYTES)));
struct hv_options kvm_options;
struct hv_counts kvm_counts;
uint32_t kvm_timer_port;
bool kvm_has_broker;

void kvm_select_port(uint32_t port)
{
    struct vcpu_info *vcpu = &kvm_shared.events.vcpu_info[0];

    (void)__atomic_fetch_or(&vcpu->evtchn_pending_sel, 1ul << port / WORD_BITS,
                            __ATOMIC_SEQ_CST);
    __atomic_store_n(&vcpu->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
}

void kvm_event_set(uint32_t port)
{
    xen_ulong_t bit = 1ul << port % WORD_BITS;
    uint32_t word = port / WORD_BITS;

    if (__atomic_fetch_or(&kvm_shared.events.evtchn_pending[word], bit,
                          __ATOMIC_SEQ_CST) &
        bit) {
        return;
    }
    if (!(__atomic_load_n(&kvm_shared.events.evtchn_mask[word],
                          __ATOMIC_SEQ_CST) &
          bit)) {
        kvm_select_port(port);
    }
}

bool kvm_upcall_pending(void)
{
    return __atomic_load_n(
               &kvm_shared.events.vcpu_info[0].evtchn_upcall_pending,
               __ATOMIC_SEQ_CST) != 0;
}
