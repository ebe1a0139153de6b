/*
 * The store's page is part of queue 0's block; its server is the broker.
 */
#include <hv/kvm/kvm_internal.h>

void hv_store_notify(void)
{
    if (kvm_has_broker) {
        kvm_device_kick(BROKER_QUEUE_EVENTS);
    }
}
