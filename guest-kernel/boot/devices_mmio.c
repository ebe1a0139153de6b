/*
 * Virtio devices in memory windows: devices.h.
 *
 * Spec: Virtio 1.1, 4.2 "Virtio Over MMIO"; Linux kernel parameters,
 *       virtio_mmio.device=SIZE@BASE:IRQ.
 */
#include <boot/devices_internal.h>

#include <abi/error.h>
#include <boot/cmdline.h>
#include <boot/klog.h>
#include <boot_paging.h>
#include <hypercall/hypercall.h>

#define REG_MAGIC   0
#define REG_VERSION 1 /* in words of 4 bytes */
#define REG_DEVICE  2
#define REG_VENDOR  3
#define MAGIC       0x74726976u

#define WINDOW_MIN 0x100u
#define WINDOW_MAX 0x1000u
#define LINES_MAX  128u
#define WORDS_MAX  32u

/* QEMU's microvm, which names its windows in AML only. */
#define MICROVM_BASE             0xfeb00000ull
#define MICROVM_BYTES            512u
#define MICROVM_COUNT            24u
#define MICROVM_COUNT_ONE_IOAPIC 8u
#define MICROVM_LINE_NO_ACPI     5u
#define MICROVM_LINE_ONE_IOAPIC  16u

static bool is_known(uint64_t base)
{
    for (uint32_t i = 0; i < device_count(); i++) {
        if (device_get(i)->bus == DEVICE_MMIO && device_get(i)->slot == base) {
            return true;
        }
    }
    return false;
}

/* Looks at a window; adds the device if there is one. */
static void probe(uint64_t base, uint64_t bytes, uint32_t line)
{
    const volatile uint32_t *registers = mmio_map(base, bytes);
    struct platform_device *device;

    if (registers == NULL || is_known(base) || registers[REG_MAGIC] != MAGIC ||
        registers[REG_VERSION] < 1 || registers[REG_VERSION] > 2 ||
        registers[REG_DEVICE] == 0) {
        return;
    }
    device = device_add();
    if (device != NULL) {
        device->bus = DEVICE_MMIO;
        device->slot = base;
        device->product = registers[REG_DEVICE];
        device->vendor = registers[REG_VENDOR];
        device->regions[0] = (struct device_region){base, bytes, false, false};
        device->interrupt_count = 1;
        device->line = line;
        (void)hypercall_physdev_setup_gsi((int)line, 1, 0);
    }
}

/* SIZE@BASE:IRQ, SIZE with K perhaps, and perhaps :ID behind. */
static bool parse(const char *text, uint64_t *bytes, uint64_t *base,
                  uint64_t *line)
{
    if (cmdline_number(&text, bytes) != 0) {
        return false;
    }
    if (*text == 'K' || *text == 'k') {
        *bytes = *bytes > WINDOW_MAX ? *bytes : *bytes * 1024;
        text++;
    }
    return *text++ == '@' && cmdline_number(&text, base) == 0 &&
           *text++ == ':' && cmdline_number(&text, line) == 0 &&
           (*text == '\0' || *text == ':') && *bytes >= WINDOW_MIN &&
           *bytes <= WINDOW_MAX && *base % 16 == 0 &&
           *base <= UINT64_MAX - *bytes && *line < LINES_MAX;
}

static bool find_by_cmdline(void)
{
    char word[80];
    uint32_t index;

    for (index = 0; index < WORDS_MAX; index++) {
        uint64_t bytes;
        uint64_t base;
        uint64_t line;
        int rc =
            cmdline_get_nth("virtio_mmio.device", index, word, sizeof(word));

        if (rc == NU_NOENT) {
            break;
        }
        if (rc < 0 || !parse(word, &bytes, &base, &line)) {
            klog(KLOG_WARN,
                 "virtio_mmio.device word %u is not "
                 "SIZE@BASE:IRQ: ignored",
                 index);
            continue;
        }
        probe(base, bytes, (uint32_t)line);
    }
    return index > 0;
}

/* Reading there is safe only where no PCI window can be. */
static void find_by_probing(const struct acpi_info *acpi)
{
    uint32_t count = MICROVM_COUNT;
    uint32_t line;

    if (acpi->ioapic_count > 1) {
        line = acpi->ioapics[1].gsi_base;
    } else {
        line = acpi->found ? MICROVM_LINE_ONE_IOAPIC : MICROVM_LINE_NO_ACPI;
        count = MICROVM_COUNT_ONE_IOAPIC;
    }
    for (uint32_t i = 0; i < count; i++) {
        probe(MICROVM_BASE + (uint64_t)i * MICROVM_BYTES, MICROVM_BYTES,
              line + i);
    }
}

void devices_find_mmio(const struct acpi_info *acpi, bool has_pci_ports)
{
    if (!find_by_cmdline() && !has_pci_ports) {
        find_by_probing(acpi);
    }
}
