/*
 * PCI configuration space, by ports CF8/CFC or by ECAM, and what is read from
 * it: base address registers, the MSI-X capability.
 *
 * A function is named by its slot: bus << 8 | device << 3 | function.
 *
 * Trust:   configuration space is the host's; walks are bounded.
 * Context: kernel; never blocks.
 * Spec:    PCI Local Bus 3.0, chapter 6; PCI Express 3.0, 7.2.
 */
#ifndef NUNCIO_ARCH_PCI_H
#define NUNCIO_ARCH_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_BARS 6

#define PCI_VENDOR        0x00u
#define PCI_PRODUCT       0x02u
#define PCI_COMMAND       0x04u
#define PCI_STATUS        0x06u
#define PCI_REVISION      0x08u /* and the class, 24 bits above it */
#define PCI_HEADER_TYPE   0x0eu
#define PCI_BAR0          0x10u
#define PCI_SECONDARY_BUS 0x19u
#define PCI_CAPABILITIES  0x34u

#define PCI_COMMAND_IO       0x0001u
#define PCI_COMMAND_MEMORY   0x0002u
#define PCI_COMMAND_MASTER   0x0004u
#define PCI_COMMAND_INTX_OFF 0x0400u

#define PCI_CAP_VENDOR 0x09u
#define PCI_CAP_MSIX   0x11u

struct pci_bar {
    uint64_t base; /* address or port; 0: not assigned */
    uint64_t bytes; /* 0: no such window */
    bool is_io;
    bool is_64bit;
};

struct pci_msix {
    uint32_t cap; /* offset of the capability */
    uint32_t entries;
    uint32_t bar;
    uint32_t table_offset; /* in that window */
    uint64_t table_phys;
};

/* Finds out how to reach configuration space; (ecam_phys) for buses 0..(last)
 * is used when the ports do not answer. 0: none known. false: no PCI. */
bool pci_init(uint64_t ecam_phys, uint32_t ecam_last_bus);
bool pci_is_ecam(void);

/* (width) 1, 2 or 4; (offset) aligned to it and below 256. */
uint32_t pci_read(uint32_t slot, uint32_t offset, uint32_t width);
void pci_write(uint32_t slot, uint32_t offset, uint32_t width, uint32_t value);

/* Calls (found) for each function of bus 0 and the buses that bridges lead to. */
typedef void (*pci_found_fn)(uint32_t slot);
void pci_scan(pci_found_fn found);

/* Reads and sizes all base address registers of a function; its decoding is
 * off meanwhile. Bridges have none here. */
void pci_bars(uint32_t slot, struct pci_bar bars[PCI_BARS]);
/* Gives window (index) an address. */
void pci_bar_assign(uint32_t slot, unsigned index, uint64_t base);

/* Offset of the (nth) capability (id), from 0, or 0. */
uint32_t pci_capability(uint32_t slot, uint32_t id, uint32_t nth);

bool pci_msix_find(uint32_t slot, struct pci_msix *msix);
/* Turns messages on and the INTx line off. */
void pci_msix_enable(uint32_t slot, const struct pci_msix *msix);

#endif /* NUNCIO_ARCH_PCI_H */
