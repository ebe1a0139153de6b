/*
 * The carrier of hypercalls between domains: a vhost-user device that QEMU
 * passes through, found on PCI and set up as virtio wants it. Its queues are
 * blocks of our memory (hypercall/broker_abi.h), not virtqueues.
 *
 * Trust: the device is the host's. Its windows were checked against RAM by the
 *        mapping; offsets in them are checked here.
 * Spec:  Virtio 1.1, 3.1 "Device Initialization", 4.1.4 "Virtio Structure PCI
 *        Capabilities"; PCI Local Bus 3.0, 6.8.2 "MSI-X".
 */
#include <hv/kvm/kvm_internal.h>

#include <boot_paging.h>
#include <cpu.h>
#include <image.h>
#include <nlib/string.h>
#include <pci.h>

/* Capabilities of the vendor's kind. */
#define CAP_TYPE       3u
#define CAP_BAR        4u
#define CAP_OFFSET     8u
#define CAP_LENGTH     12u
#define CAP_MULTIPLIER 16u
#define CAP_COMMON     1u
#define CAP_NOTIFY     2u

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define FEATURES_HIGH      1u
#define FEATURE_VERSION_1  (1u << 0) /* bit 32: in the high half */
#define NO_VECTOR          0xffffu
#define RESET_TRIES        1000000u

#define MSIX_ENTRY_WORDS 4u
#define USED_AREA        4096u /* in the scratch block; avail is at its start */

struct common {
    uint32_t device_feature_select;
    uint32_t device_feature;
    uint32_t driver_feature_select;
    uint32_t driver_feature;
    uint16_t config_vector;
    uint16_t queue_count;
    uint8_t status;
    uint8_t generation;
    uint16_t queue_select;
    uint16_t queue_size;
    uint16_t queue_vector;
    uint16_t queue_enable;
    uint16_t queue_notify_off;
    uint32_t queue_areas[6]; /* descriptors, driver, device: low, high */
};

_Static_assert(sizeof(struct common) == 56, "layout");

/* Where a structure is. */
struct window {
    uint64_t phys; /* 0: none */
    uint64_t bytes;
    uint32_t cap; /* its capability's offset */
};

static bool claimed;
static uint32_t claimed_slot;
static volatile struct common *common;
static volatile uint16_t *bells[BROKER_QUEUES];
static uint8_t scratch[BROKER_SCRATCH_BYTES]
    __attribute__((aligned(BROKER_SCRATCH_BYTES)));

/* The first one is ours; others are nobody's. */
bool hv_claims_device(uint32_t vendor, uint32_t product, uint32_t slot)
{
    if (vendor != BROKER_PCI_VENDOR || product != BROKER_PCI_DEVICE) {
        return false;
    }
    if (!claimed) {
        claimed = true;
        claimed_slot = slot;
    }
    return true;
}

static struct window find_window(const struct pci_bar *bars, uint32_t type,
                                 uint64_t bytes)
{
    struct window none = {0, 0, 0};
    uint32_t cap;

    for (uint32_t n = 0;
         (cap = pci_capability(claimed_slot, PCI_CAP_VENDOR, n)) != 0; n++) {
        uint32_t bar = pci_read(claimed_slot, cap + CAP_BAR, 1);
        struct window found = {.cap = cap};
        uint64_t offset;

        if (cap > 0x100 - CAP_MULTIPLIER - 4 ||
            pci_read(claimed_slot, cap + CAP_TYPE, 1) != type ||
            bar >= PCI_BARS || bars[bar].is_io || bars[bar].base == 0) {
            continue;
        }
        offset = pci_read(claimed_slot, cap + CAP_OFFSET, 4);
        found.bytes = pci_read(claimed_slot, cap + CAP_LENGTH, 4);
        if (found.bytes >= bytes && offset + found.bytes <= bars[bar].bytes) {
            found.phys = bars[bar].base + offset;
            return found;
        }
    }
    return none;
}

static bool reset(void)
{
    common->status = 0;
    for (unsigned tries = 0; tries < RESET_TRIES; tries++) {
        if (common->status == 0) {
            return true;
        }
        cpu_pause();
    }
    return false;
}

static bool agree(void)
{
    uint8_t status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;

    common->status = STATUS_ACKNOWLEDGE;
    common->status = status;
    common->device_feature_select = FEATURES_HIGH;
    if (!(common->device_feature & FEATURE_VERSION_1)) {
        return false;
    }
    common->driver_feature_select = 0;
    common->driver_feature = 0;
    common->driver_feature_select = FEATURES_HIGH;
    common->driver_feature = FEATURE_VERSION_1;
    common->status = status | STATUS_FEATURES_OK;
    return (common->status & STATUS_FEATURES_OK) != 0;
}

static void set_area(unsigned area, const void *block)
{
    uint64_t phys = image_phys(block);

    common->queue_areas[2 * area] = (uint32_t)phys;
    common->queue_areas[2 * area + 1] = (uint32_t)(phys >> 32);
}

static const char *set_queue(uint16_t queue, const void *block, uint16_t vector,
                             const struct window *notify)
{
    uint32_t multiplier =
        pci_read(claimed_slot, notify->cap + CAP_MULTIPLIER, 4);
    uint64_t offset;

    common->queue_select = queue;
    if (common->queue_size < BROKER_QUEUE_SIZE) {
        return "the broker's device needs queue-size=1024";
    }
    common->queue_size = BROKER_QUEUE_SIZE;
    common->queue_vector = vector;
    if (common->queue_vector != vector) {
        return "the broker's device has no interrupt for us";
    }
    set_area(0, block);
    set_area(1, scratch);
    set_area(2, scratch + USED_AREA);
    offset = (uint64_t)common->queue_notify_off * multiplier;
    if (offset + sizeof(uint16_t) > notify->bytes) {
        return "the broker's device's bells lie outside of it";
    }
    bells[queue] = mmio_map(notify->phys + offset, sizeof(uint16_t));
    if (bells[queue] == NULL) {
        return "the broker's device's bells cannot be reached";
    }
    common->queue_enable = 1;
    return NULL;
}

/* Message 0, for queue 0's interrupt. */
static const char *set_message(void)
{
    struct pci_msix msix;
    volatile uint32_t *entry;

    if (!pci_msix_find(claimed_slot, &msix)) {
        return "the broker's device has no messages (MSI-X)";
    }
    entry = mmio_map(msix.table_phys, MSIX_ENTRY_WORDS * sizeof(uint32_t));
    if (entry == NULL) {
        return "the broker's device's messages cannot be reached";
    }
    entry[0] = (uint32_t)kvm_lapic_message_address();
    entry[1] = 0;
    entry[2] = KVM_VECTOR_UPCALL;
    entry[3] = 0;
    pci_msix_enable(claimed_slot, &msix);
    return NULL;
}

static const char *set_up(void)
{
    struct pci_bar bars[PCI_BARS];
    struct window window;
    struct window notify;
    const char *problem;

    pci_bars(claimed_slot, bars);
    window = find_window(bars, CAP_COMMON, sizeof(struct common));
    notify = find_window(bars, CAP_NOTIFY, sizeof(uint16_t));
    if (window.phys == 0 || notify.phys == 0) {
        return "the broker's device is not virtio 1";
    }
    common = mmio_map(window.phys, sizeof(struct common));
    if (common == NULL) {
        return "the broker's device's registers cannot be reached";
    }
    pci_write(claimed_slot, PCI_COMMAND, 2,
              pci_read(claimed_slot, PCI_COMMAND, 2) | PCI_COMMAND_MEMORY |
                  PCI_COMMAND_MASTER);
    if (!reset() || !agree() || common->queue_count < BROKER_QUEUES) {
        return "the broker's device cannot be agreed with";
    }
    problem = set_message();
    common->config_vector = NO_VECTOR;
    if (problem == NULL) {
        problem = set_queue(BROKER_QUEUE_EVENTS, &kvm_shared, 0, &notify);
    }
    if (problem == NULL) {
        problem =
            set_queue(BROKER_QUEUE_MAILBOX, &kvm_mailbox, NO_VECTOR, &notify);
    }
    if (problem == NULL) {
        common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER |
                         STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    }
    return problem;
}

int kvm_device_open(const char **problem)
{
    const char *found;

    if (!claimed) {
        return -XEN_ENODEV;
    }
    found = set_up();
    if (found == NULL) {
        return 0;
    }
    kvm_device_close();
    *problem = found;
    return -XEN_EIO;
}

void kvm_device_close(void)
{
    if (common != NULL) {
        (void)reset();
    }
    pci_write(claimed_slot, PCI_COMMAND, 2,
              pci_read(claimed_slot, PCI_COMMAND, 2) & ~PCI_COMMAND_MASTER);
}

void kvm_device_kick(uint32_t queue)
{
    kvm_counts.doorbells++;
    *bells[queue] = (uint16_t)queue;
}
