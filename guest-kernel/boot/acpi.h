/*
 * What boot wants of ACPI's tables: I/O APICs, rerouted lines, the PCI
 * configuration window, the power and timer ports. No AML is interpreted.
 *
 * Trust: tables are the host's; lengths and checksums are checked, a bad table
 *        is as good as none.
 * Spec:  ACPI 6.4, chapter 5; PCI Firmware 3.0, 4.1.2 (MCFG).
 */
#ifndef NUNCIO_BOOT_ACPI_H
#define NUNCIO_BOOT_ACPI_H

#include <stdbool.h>
#include <boot/boot_info.h>
#include <hypercall/hv.h>

#define ACPI_OVERRIDES_MAX 16

/* ISA line (source) is line (gsi). */
struct acpi_override {
    uint32_t source;
    uint32_t gsi;
    bool level;
    bool low;
};

struct acpi_info {
    bool found;
    uint32_t ioapic_count;
    struct hv_ioapic ioapics[HV_IOAPICS_MAX];
    uint32_t override_count;
    struct acpi_override overrides[ACPI_OVERRIDES_MAX];
    uint64_t ecam_phys; /* 0: none */
    uint32_t ecam_last_bus;
    uint16_t pm_control_port;
    uint16_t pm_timer_port;
};

/* Fills (*acpi) from the tables, or, where there are none, with what a PC has.
 * Returns NULL, or what is wrong with the tables. */
const char *acpi_parse(struct acpi_info *acpi, const struct boot_info *info,
                       const struct boot_window *window);

/* The line that ISA line (source) goes to. */
struct acpi_override acpi_isa_line(const struct acpi_info *acpi,
                                   uint32_t source);

#endif /* NUNCIO_BOOT_ACPI_H */
