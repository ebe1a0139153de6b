/*
 * Devices on PCI: devices.h.
 */
#include <boot/devices_internal.h>

#include <boot/klog.h>
#include <hypercall/hv.h>
#include <nlib/string.h>
#include <pci.h>

/*
 * Where windows that the firmware left without an address go: the gap that
 * QEMU's microvm keeps for them (its firmware assigns none). Elsewhere there is
 * no telling what is free, so such a window is left out.
 */
#define ASSIGN_BEGIN 0xc0000000ull
#define ASSIGN_END   0xe0000000ull

static uint64_t assign_next;

/* An address for window (index), or 0. */
static uint64_t assign(uint32_t slot, unsigned index, const struct pci_bar *bar)
{
    uint64_t align = bar->bytes < 4096 ? 4096 : bar->bytes;
    uint64_t base = (assign_next + align - 1) & ~(align - 1);

    if (!pci_is_ecam() || bar->is_io ||
        bar->bytes > ASSIGN_END - ASSIGN_BEGIN ||
        base > ASSIGN_END - bar->bytes) {
        return 0;
    }
    assign_next = base + bar->bytes;
    pci_bar_assign(slot, index, base);
    return base;
}

static void take_regions(struct platform_device *device, uint32_t slot)
{
    struct pci_bar bars[PCI_BARS];

    pci_bars(slot, bars);
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct device_region *region = &device->regions[i];

        if (bars[i].bytes != 0 && bars[i].base == 0) {
            bars[i].base = assign(slot, i, &bars[i]);
        }
        if (bars[i].bytes == 0 || bars[i].base == 0) {
            continue;
        }
        if (!bars[i].is_io &&
            device_overlaps_ram(bars[i].base, bars[i].bytes)) {
            klog(KLOG_WARN, "pci %04x: window %u lies in RAM: left out", slot,
                 i);
            continue;
        }
        if (bars[i].is_io && bars[i].base + bars[i].bytes > 0x10000) {
            continue;
        }
        region->phys = bars[i].base;
        region->bytes = bars[i].bytes;
        region->is_io = bars[i].is_io;
        region->is_64bit = bars[i].is_64bit;
    }
}

/* The table must lie in a window that we report: others are not trusted. */
static void take_messages(struct platform_device *device, uint32_t slot)
{
    struct pci_msix msix;
    const struct device_region *region;

    if (!pci_msix_find(slot, &msix)) {
        return;
    }
    region = &device->regions[msix.bar];
    if (region->is_io || msix.table_offset > region->bytes ||
        msix.entries * 16ull > region->bytes - msix.table_offset) {
        return;
    }
    device->interrupt_count = msix.entries;
    device->msix_cap = msix.cap;
    device->msix_region = msix.bar;
    device->msix_offset = msix.table_offset;
}

/* The hypervisor's own is not in the list, so that no driver can have it. */
static void found(uint32_t slot)
{
    struct platform_device device;
    struct platform_device *entry;

    memset(&device, 0, sizeof(device));
    device.bus = DEVICE_PCI;
    device.slot = slot;
    device.vendor = pci_read(slot, PCI_VENDOR, 2);
    device.product = pci_read(slot, PCI_PRODUCT, 2);
    device.class = pci_read(slot, PCI_REVISION, 4) >> 8;
    take_regions(&device, slot);
    if (hv_claims_device(device.vendor, device.product, slot)) {
        return;
    }
    take_messages(&device, slot);
    entry = device_add();
    if (entry != NULL) {
        *entry = device;
    }
}

void devices_find_pci(void)
{
    assign_next = ASSIGN_BEGIN;
    pci_scan(found);
}
