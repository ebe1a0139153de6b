/*
 * The model of a virtio disk: its registers.
 */
#include "virtio_model.h"

#include "block_console_svc.h"
#include <block/window.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model model;
_Noreturn void model_rule_broken(const char *what)
{
    fprintf(stderr, "the driver broke a rule: %s\n", what);
    abort();
}

uint8_t model_byte(uint64_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 9) * 31 + (offset >> 17));
}

static void set_status(uint32_t value)
{
    if (value == 0) {
        model.resets++;
        model.queue.enabled = false;
        model.queue.size = model.queues > 0 ? model.queue_max : 0;
        model.chain_count = 0;
        model.avail_seen = 0;
        model.used_idx = 0;
        model.isr = 0;
        model.driver_features = 0;
        if (!model.no_reset)
            model.status = 0;
        return;
    }
    model_rule((value & model.status) == model.status ||
                   (value & VIRTIO_STATUS_FAILED),
               "status bits are only ever added");
    if (model.refuse_features)
        value &= ~VIRTIO_STATUS_FEATURES_OK;
    model.status = (uint8_t)value;
}

static void set_features(uint32_t value)
{
    uint64_t mask = 0xffffffffull;

    model_rule(!(model.status & VIRTIO_STATUS_FEATURES_OK),
               "features are fixed");
    if (model.select_driver == 0)
        model.driver_features = (model.driver_features & ~mask) | value;
    else if (model.select_driver == 1)
        model.driver_features = (model.driver_features & mask) | (uint64_t)value
                                                                     << 32;
    model_rule((model.driver_features & ~model.features) == 0,
               "features that were not offered");
}

static uint32_t get_features(void)
{
    if (model.select_device > 1)
        return 0;
    return (uint32_t)(model.features >> (32 * model.select_device));
}

static void enable_queue(void)
{
    uint32_t size = model.queue.size;

    model_rule(model.status & VIRTIO_STATUS_FEATURES_OK,
               "queue before features");
    model_rule(!(model.status & VIRTIO_STATUS_DRIVER_OK),
               "queue after DRIVER_OK");
    model_rule(size > 0 && (size & (size - 1)) == 0 && size <= model.queue_max,
               "queue size");
    model_rule(model.queue.desc % 16 == 0 &&
                   fake_bus(model.queue.desc, 16 * size),
               "descriptor table");
    model_rule(model.queue.avail % 2 == 0 &&
                   fake_bus(model.queue.avail, 4 + 2 * size),
               "available ring");
    model_rule(model.queue.used % 4 == 0 &&
                   fake_bus(model.queue.used, 4 + 8 * size),
               "used ring");
    model.queue.enabled = true;
}

static void set_half(uint64_t *value, bool high, uint32_t half)
{
    uint64_t mask = 0xffffffffull;

    *value =
        high ? (*value & mask) | (uint64_t)half << 32 : (*value & ~mask) | half;
}

static uint32_t read_config(uint32_t offset, uint32_t width)
{
    uint8_t all[256] = {0};
    uint32_t value = 0;

    memcpy(all, &model.config, sizeof(model.config));
    if (offset <= sizeof(all) - 4)
        memcpy(&value, all + offset, width);
    return value;
}

static uint32_t read_common(uint32_t offset, uint32_t width)
{
    switch (offset) {
    case offsetof(struct virtio_pci_common, device_feature):
        return get_features();
    case offsetof(struct virtio_pci_common, num_queues):
        return model.queues;
    case offsetof(struct virtio_pci_common, device_status):
        model_rule(width == 1, "width of device_status");
        return model.status;
    case offsetof(struct virtio_pci_common, config_generation):
        model.generation += model.restless;
        return model.generation & 0xff;
    case offsetof(struct virtio_pci_common, queue_size):
        model_rule(width == 2, "width of queue_size");
        return model.queue.size;
    case offsetof(struct virtio_pci_common, queue_msix_vector):
        return model.no_vector ? VIRTIO_MSI_NO_VECTOR : 0;
    case offsetof(struct virtio_pci_common, queue_notify_off):
        return model.notify_off;
    default:
        return 0;
    }
}

static void write_common(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case offsetof(struct virtio_pci_common, device_feature_select):
        model.select_device = value;
        break;
    case offsetof(struct virtio_pci_common, driver_feature_select):
        model.select_driver = value;
        break;
    case offsetof(struct virtio_pci_common, driver_feature):
        set_features(value);
        break;
    case offsetof(struct virtio_pci_common, device_status):
        set_status(value);
        break;
    case offsetof(struct virtio_pci_common, queue_size):
        model.queue.size = value;
        break;
    case offsetof(struct virtio_pci_common, queue_desc):
    case offsetof(struct virtio_pci_common, queue_desc) + 4:
        set_half(&model.queue.desc, offset % 8 != 0, value);
        break;
    case offsetof(struct virtio_pci_common, queue_driver):
    case offsetof(struct virtio_pci_common, queue_driver) + 4:
        set_half(&model.queue.avail, offset % 8 != 0, value);
        break;
    case offsetof(struct virtio_pci_common, queue_device):
    case offsetof(struct virtio_pci_common, queue_device) + 4:
        set_half(&model.queue.used, offset % 8 != 0, value);
        break;
    case offsetof(struct virtio_pci_common, queue_enable):
        if (value == 1)
            enable_queue();
        break;
    default:
        break;
    }
}

static uint32_t read_mmio(uint32_t offset)
{
    switch (offset) {
    case VIRTIO_MMIO_MAGIC:
        return model.magic;
    case VIRTIO_MMIO_VERSION:
        return model.version;
    case VIRTIO_MMIO_DEVICE_ID:
        return model.device_id;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return get_features();
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        return model.queues > 0 ? model.queue_max : 0;
    case VIRTIO_MMIO_QUEUE_READY:
        return model.queue.enabled;
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        return model.isr;
    case VIRTIO_MMIO_STATUS:
        return model.status;
    case VIRTIO_MMIO_GENERATION:
        model.generation += model.restless;
        return model.generation;
    default:
        return offset >= VIRTIO_MMIO_CONFIG
                   ? read_config(offset - VIRTIO_MMIO_CONFIG, 4)
                   : 0;
    }
}

static void notified(void)
{
    model.notifies++;
    model_poll();
}

static void write_mmio(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEAT_SEL:
        model.select_device = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEAT_SEL:
        model.select_driver = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        set_features(value);
        break;
    case VIRTIO_MMIO_QUEUE_NUM:
        model.queue.size = value;
        break;
    case VIRTIO_MMIO_QUEUE_READY:
        if (value == 1)
            enable_queue();
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        notified();
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        model.isr &= ~value;
        break;
    case VIRTIO_MMIO_STATUS:
        set_status(value);
        break;
    case VIRTIO_MMIO_QUEUE_DESC:
    case VIRTIO_MMIO_QUEUE_DESC + 4:
        set_half(&model.queue.desc, offset % 8 != 0, value);
        break;
    case VIRTIO_MMIO_QUEUE_DRIVER:
    case VIRTIO_MMIO_QUEUE_DRIVER + 4:
        set_half(&model.queue.avail, offset % 8 != 0, value);
        break;
    case VIRTIO_MMIO_QUEUE_DEVICE:
    case VIRTIO_MMIO_QUEUE_DEVICE + 4:
        set_half(&model.queue.used, offset % 8 != 0, value);
        break;
    default:
        break;
    }
}

/* Which window (at) is in; aborts if in none, or not wholly. */
static uint32_t find_bar(const uint8_t *at, uint32_t width, uint32_t *offset)
{
    for (uint32_t i = 0; i < PCI_BARS; i++) {
        if (model.bar[i] == NULL || at < model.bar[i] ||
            at + width > model.bar[i] + model.bar_bytes)
            continue;
        *offset = (uint32_t)(at - model.bar[i]);
        return i;
    }
    model_rule(false, "register outside all windows");
    return 0;
}

uint32_t model_read(const uint8_t *at, uint32_t width)
{
    uint32_t offset;
    uint32_t bar = find_bar(at, width, &offset);

    if (model.mmio) {
        model_rule(width == 4, "MMIO registers have 32 bits");
        return read_mmio(offset);
    }
    model_rule(model.command & PCI_COMMAND_MEMORY, "memory decoding is off");
    if (bar == MODEL_BAR && offset < sizeof(struct virtio_pci_common))
        return read_common(offset, width);
    if (bar == MODEL_BAR && offset >= MODEL_CONFIG && offset < MODEL_NOTIFY)
        return read_config(offset - MODEL_CONFIG, width);
    return 0xffffffffu >> (32 - 8 * width);
}

void model_write(const uint8_t *at, uint32_t width, uint32_t value)
{
    uint32_t offset;
    uint32_t bar = find_bar(at, width, &offset);

    if (model.mmio) {
        model_rule(width == 4, "MMIO registers have 32 bits");
        write_mmio(offset, value);
    } else if (bar == MODEL_BAR && offset < sizeof(struct virtio_pci_common)) {
        write_common(offset, value);
    } else if (bar == MODEL_BAR &&
               offset == MODEL_NOTIFY + 4u * model.notify_off) {
        model_rule(width == 2, "width of the notification");
        model_rule(model.command & PCI_COMMAND_BUS_MASTER, "no bus mastering");
        notified();
    }
}
