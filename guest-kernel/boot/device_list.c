/*
 * The list of devices: devices.h.
 */
#include <boot/devices_internal.h>

#include <boot/boot_ranges.h>
#include <boot/klog.h>
#include <nlib/string.h>

static struct platform_device devices[DEVICE_COUNT_MAX];
static uint32_t devices_count;
static const struct boot_info *devices_boot_info;

struct platform_device *device_add(void)
{
    struct platform_device *device = &devices[devices_count];

    if (devices_count == DEVICE_COUNT_MAX) {
        klog(KLOG_WARN, "more than %d devices: the rest is ignored",
             DEVICE_COUNT_MAX);
        return NULL;
    }
    devices_count++;
    memset(device, 0, sizeof(*device));
    return device;
}

bool device_overlaps_ram(uint64_t phys, uint64_t bytes)
{
    return phys + bytes < phys ||
           boot_ranges_touch(devices_boot_info->ranges,
                             devices_boot_info->range_count, BOOT_RANGE_USABLE,
                             phys, phys + bytes);
}

void device_list_init(const struct boot_info *info)
{
    devices_boot_info = info;
    devices_count = 0;
}

uint32_t device_count(void)
{
    return devices_count;
}

const struct platform_device *device_get(uint32_t index)
{
    return index < devices_count ? &devices[index] : NULL;
}
