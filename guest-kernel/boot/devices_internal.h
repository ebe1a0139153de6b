/*
 * Shared by the files that find devices (devices.h).
 */
#ifndef NUNCIO_BOOT_DEVICES_INTERNAL_H
#define NUNCIO_BOOT_DEVICES_INTERNAL_H

#include <boot/devices.h>

/* device_list.c: an empty list; (info) knows where RAM is and must stay. */
void device_list_init(const struct boot_info *info);

/* A new, zeroed entry of the list, or NULL when it is full. */
struct platform_device *device_add(void);

bool device_overlaps_ram(uint64_t phys, uint64_t bytes);

/* Each adds what it finds. */
void devices_find_pci(void);
void devices_find_mmio(const struct acpi_info *acpi, bool has_pci_ports);
void devices_find_serial(const struct acpi_info *acpi);

#endif /* NUNCIO_BOOT_DEVICES_INTERNAL_H */
