/*
 * The list of devices and what a driver may do with one: devices.h.
 */
#include <boot/devices_internal.h>

#include <abi/error.h>
#include <hypercall/hypercall.h>
#include <io.h>
#include <pci.h>

#define CONFIG_BYTES 256u
#define COMMAND_WRITABLE                                        \
    (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
     PCI_COMMAND_INTX_OFF)
#define CAP_VENDOR_HEADER 3u

#define COM1_PORT    0x3f8u
#define COM1_PORTS   8u
#define COM1_LINE    4u
#define UART_SCRATCH 7u

/* COM1, if a scratch register is where it should be. */
void devices_find_serial(const struct acpi_info *acpi)
{
    struct acpi_override line = acpi_isa_line(acpi, COM1_LINE);
    struct platform_device *device;

    io_write8(COM1_PORT + UART_SCRATCH, 0x5a);
    if (io_read8(COM1_PORT + UART_SCRATCH) != 0x5a) {
        return;
    }
    device = device_add();
    if (device != NULL) {
        device->bus = DEVICE_IO;
        device->slot = COM1_PORT;
        device->regions[0] =
            (struct device_region){COM1_PORT, COM1_PORTS, true, false};
        device->interrupt_count = 1;
        device->line = line.gsi;
        (void)hypercall_physdev_setup_gsi((int)line.gsi, line.level, line.low);
    }
}

void devices_init(const struct boot_info *info, const struct acpi_info *acpi)
{
    bool pci = pci_init(acpi->ecam_phys, acpi->ecam_last_bus);

    device_list_init(info);
    devices_find_serial(acpi);
    if (pci) {
        devices_find_pci();
    }
    devices_find_mmio(acpi, pci && !pci_is_ecam());
}

static bool is_width(uint32_t width)
{
    return width == 1 || width == 2 || width == 4;
}

static int check_config(const struct platform_device *device, uint32_t offset,
                        uint32_t width)
{
    if (device->bus != DEVICE_PCI) {
        return NU_UNSUP;
    }
    if (!is_width(width) || offset % width != 0 ||
        offset > CONFIG_BYTES - width) {
        return NU_RANGE;
    }
    return 0;
}

int device_config_read(const struct platform_device *device, uint32_t offset,
                       uint32_t width, uint32_t *value)
{
    int rc = check_config(device, offset, width);

    if (rc == 0) {
        *value = pci_read((uint32_t)device->slot, offset, width);
    }
    return rc;
}

/* Whether all of it lies in the body of a vendor's own capability: what else
 * is in configuration space could move windows or messages. */
static bool is_in_vendor_cap(uint32_t slot, uint32_t offset, uint32_t width)
{
    uint32_t cap;

    for (uint32_t n = 0; (cap = pci_capability(slot, PCI_CAP_VENDOR, n)) != 0;
         n++) {
        uint32_t bytes = pci_read(slot, cap + 2, 1);

        if (offset >= cap + CAP_VENDOR_HEADER &&
            offset + width <= cap + bytes) {
            return true;
        }
    }
    return false;
}

int device_config_write(const struct platform_device *device, uint32_t offset,
                        uint32_t width, uint32_t value)
{
    int rc = check_config(device, offset, width);
    uint32_t slot = (uint32_t)device->slot;
    uint32_t now;

    if (rc != 0) {
        return rc;
    }
    if (offset == PCI_COMMAND && width == 2) {
        now = pci_read(slot, PCI_COMMAND, 2);
        if ((value ^ now) & ~COMMAND_WRITABLE & 0xffffu) {
            return NU_DENIED;
        }
    } else if (!(offset == PCI_STATUS && width == 2) &&
               !is_in_vendor_cap(slot, offset, width)) {
        return NU_DENIED;
    }
    pci_write(slot, offset, width, value);
    return 0;
}

/* The port for an access, in (*port). */
static int find_port(const struct platform_device *device, uint32_t region,
                     uint32_t offset, uint32_t width, uint16_t *port)
{
    const struct device_region *r;

    if (region >= DEVICE_REGIONS_MAX) {
        return NU_RANGE;
    }
    r = &device->regions[region];
    if (!r->is_io) {
        return NU_UNSUP;
    }
    if (!is_width(width) || offset % width != 0 || width > r->bytes ||
        offset > r->bytes - width) {
        return NU_RANGE;
    }
    *port = (uint16_t)(r->phys + offset);
    return 0;
}

int device_io_read(const struct platform_device *device, uint32_t region,
                   uint32_t offset, uint32_t width, uint32_t *value)
{
    uint16_t port;
    int rc = find_port(device, region, offset, width, &port);

    if (rc != 0) {
        return rc;
    }
    if (width == 1) {
        *value = io_read8(port);
    } else if (width == 2) {
        *value = io_read16(port);
    } else {
        *value = io_read32(port);
    }
    return 0;
}

int device_io_write(const struct platform_device *device, uint32_t region,
                    uint32_t offset, uint32_t width, uint32_t value)
{
    uint16_t port;
    int rc = find_port(device, region, offset, width, &port);

    if (rc != 0) {
        return rc;
    }
    if (width == 1) {
        io_write8(port, (uint8_t)value);
    } else if (width == 2) {
        io_write16(port, (uint16_t)value);
    } else {
        io_write32(port, value);
    }
    return 0;
}

/* The same message always has the same number. */
static int message_pirq(const struct platform_device *device, uint32_t index,
                        uint32_t *pirq)
{
    struct physdev_map_pirq map = {
        .domid = DOMID_SELF,
        .type = MAP_PIRQ_TYPE_MSI,
        .pirq = -1,
        .bus = (int)(device->slot >> 8),
        .devfn = (int)(device->slot & 0xffu),
        .entry_nr = (int)index,
        .table_base =
            device->regions[device->msix_region].phys + device->msix_offset,
    };
    long rc = hypercall_physdev_map_pirq(&map);

    if (rc == 0) {
        *pirq = (uint32_t)map.pirq;
        return 0;
    }
    return rc == -XEN_ENOSPC || rc == -XEN_ENOMEM ? NU_NOMEM : NU_UNSUP;
}

int device_irq_bind(const struct platform_device *device, uint32_t index,
                    event_fn fn, void *arg, uint32_t *port)
{
    uint32_t pirq = device->line;
    int rc = 0;

    if (index >= device->interrupt_count) {
        return NU_RANGE;
    }
    if (device->bus == DEVICE_PCI) {
        rc = message_pirq(device, index, &pirq);
    }
    return rc == 0 ? event_bind_pirq(pirq, fn, arg, port) : rc;
}
