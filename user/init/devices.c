#include "init.h"

#include <contract/device.h>
#include <contract/handle.h>
#include <contract/system.h>
#include <nlib/string.h>
#include <user.h>

/* Virtio 1.1: 4.1.2 (PCI) and 5 (device types). */
#define VIRTIO_VENDOR   0x1af4u
#define VIRTIO_BLK_OLD  0x1001u
#define VIRTIO_BLK      0x1042u
#define VIRTIO_BLK_TYPE 2u

#define DEVICES_MAX 64

/* Devices of kinds we know, all opened at the first question: an opened device
 * cannot be opened again to be looked at. */
static struct {
    bool is_listed;
    uint32_t count;
    struct {
        const char *kind;
        nu_handle_t handle; /* NONE once it is given away */
    } items[DEVICES_MAX];
} devices;

/* NULL for a device that no service is for. */
static const char *kind_of(nu_handle_t device)
{
    uint32_t bus;
    uint32_t vendor;
    uint32_t product;

    if (device_info(device, &bus, &vendor, &product, NULL, NULL, NULL, NULL) !=
        0)
        return NULL;
    if (bus == DEVICE_BUS_IO)
        return "serial";
    if (bus == DEVICE_BUS_PCI && vendor == VIRTIO_VENDOR &&
        (product == VIRTIO_BLK_OLD || product == VIRTIO_BLK))
        return "virtio-blk";
    if (bus == DEVICE_BUS_MMIO && product == VIRTIO_BLK_TYPE)
        return "virtio-blk";
    return NULL;
}

static void list_devices(void)
{
    nu_handle_t system = user_handle("system");
    uint32_t count = 0;

    (void)system_device_count(system, &count);
    for (uint32_t i = 0; i < count && devices.count < DEVICES_MAX; i++) {
        nu_handle_t device;
        const char *kind;

        if (system_device(system, i, &device) != 0)
            continue;
        kind = kind_of(device);
        if (kind == NULL) {
            (void)handle_close(device);
            continue;
        }
        devices.items[devices.count].kind = kind;
        devices.items[devices.count].handle = device;
        devices.count++;
    }
    devices.is_listed = true;
}

nu_handle_t device_find(const char *kind, uint32_t index, const char *who)
{
    uint32_t seen = 0;

    if (!devices.is_listed)
        list_devices();
    for (uint32_t i = 0; i < devices.count; i++) {
        nu_handle_t device = devices.items[i].handle;

        if (strcmp(devices.items[i].kind, kind) != 0 || seen++ != index)
            continue;
        if (device == NU_HANDLE_NONE)
            init_fail("%s: device %s:%u has another user", who, kind, index);
        devices.items[i].handle = NU_HANDLE_NONE;
        return device;
    }
    init_fail("%s: the machine has no device %s:%u", who, kind, index);
}
