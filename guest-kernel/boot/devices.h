/*
 * The devices of the platform, found once at boot: PCI functions, virtio-mmio
 * windows, COM1.
 *
 * Units:   bytes; windows are physical addresses or port numbers.
 * Trust:   configuration space is the host's: sizes and capabilities are
 *          bounded, a window that overlaps RAM is not reported.
 * Errors:  negative nu_error values, as contracts/device.contract says.
 * Context: kernel; never blocks.
 */
#ifndef NUNCIO_BOOT_DEVICES_H
#define NUNCIO_BOOT_DEVICES_H

#include <stdbool.h>
#include <stdint.h>
#include <boot/acpi.h>
#include <event/event.h>

#define DEVICE_COUNT_MAX   64
#define DEVICE_REGIONS_MAX 6

/* As `enum bus` of contracts/device.contract. */
enum platform_bus { DEVICE_PCI = 1, DEVICE_MMIO = 2, DEVICE_IO = 3 };

struct device_region {
    uint64_t phys; /* or the first port; 0 bytes: no such region */
    uint64_t bytes;
    bool is_io;
    bool is_64bit;
};

struct platform_device {
    uint32_t bus; /* enum platform_bus */
    uint32_t vendor;
    uint32_t product; /* MMIO: virtio device id */
    uint32_t class; /* PCI: class code, 24 bits */
    uint64_t slot; /* PCI: bus << 8 | device << 3 | function; or address */
    struct device_region regions[DEVICE_REGIONS_MAX];
    uint32_t interrupt_count; /* MSI-X messages, or lines */
    uint32_t line; /* MMIO, IO: the line's number (GSI) */
    uint32_t msix_cap; /* PCI: offset of the MSI-X capability, or 0 */
    uint32_t msix_region;
    uint32_t msix_offset; /* of the table in that region */
};

/* Once, from boot/start.c. */
void devices_init(const struct boot_info *info, const struct acpi_info *acpi);

uint32_t device_count(void);
/* NULL if (index) is too large. The object is constant and lives for ever. */
const struct platform_device *device_get(uint32_t index);

/*
 * PCI configuration space; (width) 1, 2 or 4, (offset) aligned to it. Writes:
 * the command register (memory, IO, bus master, INTx off), the status register,
 * and the bodies of vendor-specific capabilities; NU_DENIED elsewhere.
 */
int device_config_read(const struct platform_device *device, uint32_t offset,
                       uint32_t width, uint32_t *value);
int device_config_write(const struct platform_device *device, uint32_t offset,
                        uint32_t width, uint32_t value);

/* Port window (region): (width) 1, 2 or 4. */
int device_io_read(const struct platform_device *device, uint32_t region,
                   uint32_t offset, uint32_t width, uint32_t *value);
int device_io_write(const struct platform_device *device, uint32_t region,
                    uint32_t offset, uint32_t width, uint32_t value);

/*
 * Binds interrupt (index) to (fn): see event_bind_pirq(). NU_RANGE; NU_BUSY if
 * it is bound already; NU_NOMEM when ports or vectors are out.
 */
int device_irq_bind(const struct platform_device *device, uint32_t index,
                    event_fn fn, void *arg, uint32_t *port);

#endif /* NUNCIO_BOOT_DEVICES_H */
