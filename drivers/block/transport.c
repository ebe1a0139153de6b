/*
 * Chooses the transport by what the kernel says the device is.
 */
#include <block/transport.h>
#include <block/virtio_abi.h>
#include <contract/device.h>
#include <rt/service.h>

/* Looks at a status that does not become 0: seconds, where each look leaves the
 * virtual machine. */
#define RESET_POLLS 100000u

int transport_reset(struct transport *t)
{
    t->ops->set_status(t, 0);
    for (uint32_t i = 0; i < RESET_POLLS; i++) {
        if (t->ops->get_status(t) == 0)
            return 0;
    }
    svc_log("block: the device does not obey a reset");
    return NU_IO;
}

int transport_open(struct transport *t, nu_handle_t device)
{
    struct device_info_rep info;
    int status =
        device_info(device, &info.bus, &info.vendor, &info.product, &info.class,
                    &info.slot, &info.regions, &info.interrupts);

    if (status != 0) {
        svc_log("block: no device: %s", nu_error_text(status));
        return status;
    }
    if (info.bus == DEVICE_BUS_MMIO)
        return transport_open_mmio(t, device);
    if (info.bus == DEVICE_BUS_PCI && info.vendor == VIRTIO_PCI_VENDOR &&
        (info.product == VIRTIO_PCI_MODERN_BASE + VIRTIO_ID_BLOCK ||
         info.product == VIRTIO_PCI_TRANSITION_BLK))
        return transport_open_pci(t, device);
    svc_log("block: device %x:%x is not a virtio disk", info.vendor,
            info.product);
    return NU_UNSUP;
}
