/*
 * PCI configuration space: pci.h.
 */
#include <pci.h>

#include <boot_paging.h>
#include <io.h>
#include <nlib/string.h>

#define PORT_ADDRESS   0xcf8u
#define PORT_DATA      0xcfcu
#define ADDRESS_ENABLE 0x80000000u

#define BUSES               256u
#define SLOTS_PER_BUS       256u
#define ECAM_FUNCTION_BYTES 4096u
#define MICROVM_ECAM        0xe0000000u
#define MICROVM_HOST_BRIDGE 0x00081b36u

#define HEADER_MULTI    0x80u
#define HEADER_BRIDGE   1u
#define STATUS_HAS_CAPS 0x10u
#define CAPS_MAX        48u

#define BAR_IO        1u
#define BAR_TYPE_64   4u
#define BAR_TYPE_MASK 6u

#define MSIX_CONTROL  2u
#define MSIX_TABLE    4u
#define MSIX_ENABLE   0x8000u
#define MSIX_MASK_ALL 0x4000u

static uint8_t *ecam_window; /* one function's page; NULL: ports */
static uint64_t ecam_base;
static uint32_t ecam_buses;
static uint32_t ecam_slot;

static bool ports_answer(void)
{
    uint32_t before = io_read32(PORT_ADDRESS);
    uint32_t after;

    io_write32(PORT_ADDRESS, ADDRESS_ENABLE);
    after = io_read32(PORT_ADDRESS);
    io_write32(PORT_ADDRESS, before);
    return after == ADDRESS_ENABLE;
}

static bool ecam_open(uint64_t phys, uint32_t buses)
{
    ecam_base = phys;
    ecam_buses = buses;
    ecam_slot = 0;
    ecam_window = mmio_map(phys, ECAM_FUNCTION_BYTES);
    return ecam_window != NULL;
}

bool pci_init(uint64_t ecam_phys, uint32_t ecam_last_bus)
{
    ecam_window = NULL;
    if (ports_answer()) {
        return true;
    }
    if (ecam_phys != 0 && ecam_last_bus < BUSES) {
        return ecam_open(ecam_phys, ecam_last_bus + 1);
    }
    /* QEMU's microvm tells of its window in AML only. */
    if (ecam_open(MICROVM_ECAM, BUSES) &&
        pci_read(0, PCI_VENDOR, 4) == MICROVM_HOST_BRIDGE) {
        return true;
    }
    ecam_window = NULL;
    return false;
}

bool pci_is_ecam(void)
{
    return ecam_window != NULL;
}

/* Moves the window to (slot); false if there is no such bus. */
static bool ecam_select(uint32_t slot)
{
    if (slot >> 8 >= ecam_buses) {
        return false;
    }
    if (slot != ecam_slot) {
        if (mmio_remap(ecam_window,
                       ecam_base + (uint64_t)slot * ECAM_FUNCTION_BYTES) != 0) {
            return false;
        }
        ecam_slot = slot;
    }
    return true;
}

static uint32_t ecam_read(uint32_t slot, uint32_t offset, uint32_t width)
{
    volatile uint8_t *at = ecam_window + offset;

    if (!ecam_select(slot)) {
        return UINT32_MAX;
    }
    switch (width) {
    case 1:
        return *at;
    case 2:
        return *(volatile uint16_t *)(volatile void *)at;
    default:
        return *(volatile uint32_t *)(volatile void *)at;
    }
}

static void ecam_write(uint32_t slot, uint32_t offset, uint32_t width,
                       uint32_t value)
{
    volatile uint8_t *at = ecam_window + offset;

    if (!ecam_select(slot)) {
        return;
    }
    switch (width) {
    case 1:
        *at = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)(volatile void *)at = (uint16_t)value;
        break;
    default:
        *(volatile uint32_t *)(volatile void *)at = value;
        break;
    }
}

static uint16_t port_select(uint32_t slot, uint32_t offset)
{
    io_write32(PORT_ADDRESS, ADDRESS_ENABLE | slot << 8 | (offset & 0xfcu));
    return (uint16_t)(PORT_DATA + (offset & 3u));
}

uint32_t pci_read(uint32_t slot, uint32_t offset, uint32_t width)
{
    uint16_t port;

    if (ecam_window != NULL) {
        return ecam_read(slot, offset, width);
    }
    port = port_select(slot, offset);
    switch (width) {
    case 1:
        return io_read8(port);
    case 2:
        return io_read16(port);
    default:
        return io_read32(port);
    }
}

void pci_write(uint32_t slot, uint32_t offset, uint32_t width, uint32_t value)
{
    uint16_t port;

    if (ecam_window != NULL) {
        ecam_write(slot, offset, width, value);
        return;
    }
    port = port_select(slot, offset);
    switch (width) {
    case 1:
        io_write8(port, (uint8_t)value);
        break;
    case 2:
        io_write16(port, (uint16_t)value);
        break;
    default:
        io_write32(port, value);
        break;
    }
}

static uint32_t header_type(uint32_t slot)
{
    return pci_read(slot, PCI_HEADER_TYPE, 1);
}

static bool is_present(uint32_t slot)
{
    uint32_t vendor = pci_read(slot, PCI_VENDOR, 2);

    return vendor != 0xffffu && vendor != 0;
}

/* Buses still to be looked at; a bit once set is never set again. */
struct bus_set {
    bool queued[BUSES];
    uint8_t queue[BUSES];
    unsigned count;
};

static void queue_bus(struct bus_set *set, uint32_t bus)
{
    if (!set->queued[bus & 0xffu]) {
        set->queued[bus & 0xffu] = true;
        set->queue[set->count++] = (uint8_t)bus;
    }
}

static void scan_function(uint32_t slot, struct bus_set *set,
                          pci_found_fn found)
{
    if ((header_type(slot) & ~HEADER_MULTI) == HEADER_BRIDGE) {
        uint32_t bus = pci_read(slot, PCI_SECONDARY_BUS, 1);

        if (bus != 0) {
            queue_bus(set, bus);
        }
    }
    found(slot);
}

void pci_scan(pci_found_fn found)
{
    static struct bus_set set;

    memset(&set, 0, sizeof(set));
    queue_bus(&set, 0);
    for (unsigned i = 0; i < set.count; i++) {
        uint32_t first = (uint32_t)set.queue[i] << 8;

        for (uint32_t slot = first; slot < first + SLOTS_PER_BUS; slot++) {
            bool single = (slot & 7u) == 0;

            if (!is_present(slot)) {
                slot += single ? 7u : 0;
                continue;
            }
            single = single && !(header_type(slot) & HEADER_MULTI);
            scan_function(slot, &set, found);
            slot += single ? 7u : 0;
        }
    }
}

/* Sizes register (index); returns how many registers the window takes. */
static unsigned size_bar(uint32_t slot, unsigned index, struct pci_bar *bar)
{
    uint32_t at = PCI_BAR0 + 4 * index;
    uint32_t low = pci_read(slot, at, 4);
    uint32_t flags = low & BAR_IO ? 3u : 15u;
    uint64_t mask;

    bar->is_io = (low & BAR_IO) != 0;
    bar->is_64bit = !bar->is_io && (low & BAR_TYPE_MASK) == BAR_TYPE_64 &&
                    index + 1 < PCI_BARS;
    bar->base = low & ~flags;
    pci_write(slot, at, 4, UINT32_MAX);
    mask = pci_read(slot, at, 4) & ~flags;
    pci_write(slot, at, 4, low);
    if (bar->is_64bit) {
        uint32_t high = pci_read(slot, at + 4, 4);

        bar->base |= (uint64_t)high << 32;
        pci_write(slot, at + 4, 4, UINT32_MAX);
        mask |= (uint64_t)pci_read(slot, at + 4, 4) << 32;
        pci_write(slot, at + 4, 4, high);
    } else if (mask != 0) {
        mask |= bar->is_io ? 0xffffffffffff0000ull : 0xffffffff00000000ull;
    }
    bar->bytes = mask == 0 ? 0 : ~mask + 1;
    if (bar->is_io) {
        bar->bytes &= 0xffffu;
    }
    return bar->is_64bit ? 2 : 1;
}

void pci_bars(uint32_t slot, struct pci_bar bars[PCI_BARS])
{
    uint32_t command = pci_read(slot, PCI_COMMAND, 2);

    memset(bars, 0, sizeof(bars[0]) * PCI_BARS);
    if ((header_type(slot) & ~HEADER_MULTI) != 0) {
        return;
    }
    pci_write(slot, PCI_COMMAND, 2,
              command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    for (unsigned i = 0; i < PCI_BARS;) {
        i += size_bar(slot, i, &bars[i]);
    }
    pci_write(slot, PCI_COMMAND, 2, command);
}

void pci_bar_assign(uint32_t slot, unsigned index, uint64_t base)
{
    uint32_t at = PCI_BAR0 + 4 * index;
    uint32_t low = pci_read(slot, at, 4);

    pci_write(slot, at, 4, (uint32_t)base);
    if (!(low & BAR_IO) && (low & BAR_TYPE_MASK) == BAR_TYPE_64) {
        pci_write(slot, at + 4, 4, (uint32_t)(base >> 32));
    }
}

uint32_t pci_capability(uint32_t slot, uint32_t id, uint32_t nth)
{
    uint32_t at;

    if (!(pci_read(slot, PCI_STATUS, 2) & STATUS_HAS_CAPS)) {
        return 0;
    }
    at = pci_read(slot, PCI_CAPABILITIES, 1) & 0xfcu;
    /* A list that loops ends here too. */
    for (uint32_t i = 0; at >= 0x40 && i < CAPS_MAX; i++) {
        if (pci_read(slot, at, 1) == id && nth-- == 0) {
            return at;
        }
        at = pci_read(slot, at + 1, 1) & 0xfcu;
    }
    return 0;
}

bool pci_msix_find(uint32_t slot, struct pci_msix *msix)
{
    uint32_t cap = pci_capability(slot, PCI_CAP_MSIX, 0);
    uint32_t table;
    uint32_t low;

    if (cap == 0 || cap > 0x100 - 12) {
        return false;
    }
    table = pci_read(slot, cap + MSIX_TABLE, 4);
    msix->cap = cap;
    msix->entries = (pci_read(slot, cap + MSIX_CONTROL, 2) & 0x7ffu) + 1;
    msix->bar = table & 7u;
    msix->table_offset = table & ~7u;
    if (msix->bar >= PCI_BARS) {
        return false;
    }
    low = pci_read(slot, PCI_BAR0 + 4 * msix->bar, 4);
    if (low & BAR_IO) {
        return false;
    }
    msix->table_phys = low & ~15u;
    if ((low & BAR_TYPE_MASK) == BAR_TYPE_64 && msix->bar + 1 < PCI_BARS) {
        msix->table_phys |=
            (uint64_t)pci_read(slot, PCI_BAR0 + 4 * msix->bar + 4, 4) << 32;
    }
    if (msix->table_phys == 0) {
        return false;
    }
    msix->table_phys += msix->table_offset;
    return true;
}

void pci_msix_enable(uint32_t slot, const struct pci_msix *msix)
{
    uint32_t command = pci_read(slot, PCI_COMMAND, 2);
    uint32_t control = pci_read(slot, msix->cap + MSIX_CONTROL, 2);

    pci_write(slot, PCI_COMMAND, 2,
              command | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_OFF);
    pci_write(slot, msix->cap + MSIX_CONTROL, 2,
              (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
}
