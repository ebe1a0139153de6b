/*
 * A virtio device on PCI: finds its register windows through the vendor
 * capabilities, then speaks through them.
 */
#include <block/transport.h>
#include <block/virtio_abi.h>
#include <contract/device.h>
#include <nlib/string.h>
#include <rt/service.h>

/* Where a capability says that one structure lies. */
struct pci_place {
    bool found;
    uint32_t bar;
    uint32_t offset;
    uint32_t bytes;
    uint32_t multiplier; /* of the notification structure */
};

/* While the capabilities are read: a failed read makes all later ones 0. */
struct pci_probe {
    nu_handle_t device;
    int status;
    struct pci_place place[VIRTIO_PCI_CAP_DEVICE + 1];
    struct window bar[PCI_BARS]; /* mapped so far */
};

#define COMMON(member) offsetof(struct virtio_pci_common, member)

static uint8_t pci_get_status(struct transport *t)
{
    return window_read8(&t->common, COMMON(device_status));
}

static void pci_set_status(struct transport *t, uint8_t status)
{
    window_write8(&t->common, COMMON(device_status), status);
}

static uint64_t pci_get_features(struct transport *t)
{
    uint64_t low;

    window_write32(&t->common, COMMON(device_feature_select), 0);
    low = window_read32(&t->common, COMMON(device_feature));
    window_write32(&t->common, COMMON(device_feature_select), 1);
    return low | (uint64_t)window_read32(&t->common, COMMON(device_feature))
                     << 32;
}

static void pci_set_features(struct transport *t, uint64_t features)
{
    window_write32(&t->common, COMMON(driver_feature_select), 0);
    window_write32(&t->common, COMMON(driver_feature), (uint32_t)features);
    window_write32(&t->common, COMMON(driver_feature_select), 1);
    window_write32(&t->common, COMMON(driver_feature),
                   (uint32_t)(features >> 32));
}

static uint32_t pci_generation(struct transport *t)
{
    return window_read8(&t->common, COMMON(config_generation));
}

static uint32_t pci_read_config(struct transport *t, uint32_t offset)
{
    if (t->config.bytes < 4 || offset > t->config.bytes - 4)
        return 0;
    return window_read32(&t->config, offset);
}

static uint32_t pci_queue_size_max(struct transport *t)
{
    if (window_read16(&t->common, COMMON(num_queues)) == 0)
        return 0;
    window_write16(&t->common, COMMON(queue_select), 0);
    return window_read16(&t->common, COMMON(queue_size));
}

static int pci_queue_enable(struct transport *t,
                            const struct transport_queue *q)
{
    const struct window *c = &t->common;
    uint64_t at;

    window_write16(c, COMMON(queue_select), 0);
    window_write16(c, COMMON(config_msix_vector), VIRTIO_MSI_NO_VECTOR);
    window_write16(c, COMMON(queue_msix_vector), 0);
    if (window_read16(c, COMMON(queue_msix_vector)) != 0) {
        svc_log("block: the device has no MSI-X message for its queue");
        return NU_IO;
    }
    at = (uint64_t)window_read16(c, COMMON(queue_notify_off)) *
         t->notify_multiplier;
    if (t->notify.bytes < 2 || at > t->notify.bytes - 2) {
        svc_log("block: notification address lies outside its window");
        return NU_IO;
    }
    t->notify_offset = at;
    window_write16(c, COMMON(queue_size), q->size);
    window_write64(c, COMMON(queue_desc), q->desc);
    window_write64(c, COMMON(queue_driver), q->avail);
    window_write64(c, COMMON(queue_device), q->used);
    window_write16(c, COMMON(queue_enable), 1);
    return 0;
}

static void pci_notify(struct transport *t)
{
    window_write16(&t->notify, t->notify_offset, 0);
}

static uint32_t pci_take_interrupt(struct transport *t)
{
    (void)t; /* MSI-X: no line to be lowered, so nothing to ask (4.1.5.1.2) */
    return VIRTIO_INTERRUPT_QUEUE;
}

static const struct transport_ops pci_ops = {
    .name = "PCI",
    .get_status = pci_get_status,
    .set_status = pci_set_status,
    .get_features = pci_get_features,
    .set_features = pci_set_features,
    .generation = pci_generation,
    .read_config = pci_read_config,
    .queue_size_max = pci_queue_size_max,
    .queue_enable = pci_queue_enable,
    .notify = pci_notify,
    .take_interrupt = pci_take_interrupt,
};

static uint32_t config_read(struct pci_probe *p, uint32_t offset,
                            uint32_t width)
{
    uint32_t value = 0;

    if (p->status == 0)
        p->status = device_config_read(p->device, offset, width, &value);
    return p->status == 0 ? value : 0;
}

/* Notes what the vendor capability at (at) tells; the first of a kind counts
 * (4.1.4.1). */
static void note_capability(struct pci_probe *p, uint32_t at)
{
    uint32_t bytes = config_read(p, at + VIRTIO_PCI_CAP_LEN, 1);
    uint32_t type = config_read(p, at + VIRTIO_PCI_CAP_TYPE, 1);
    struct pci_place *place;

    if (type < VIRTIO_PCI_CAP_COMMON || type > VIRTIO_PCI_CAP_DEVICE)
        return;
    if (bytes < VIRTIO_PCI_CAP_BYTES || bytes > PCI_CONFIG_BYTES - at)
        return;
    place = &p->place[type];
    if (place->found)
        return;
    place->bar = config_read(p, at + VIRTIO_PCI_CAP_BAR, 1);
    place->offset = config_read(p, at + VIRTIO_PCI_CAP_OFFSET, 4);
    place->bytes = config_read(p, at + VIRTIO_PCI_CAP_LENGTH, 4);
    if (place->bar >= PCI_BARS || place->offset % 4 != 0)
        return; /* reserved values: not for us (4.1.4.1) */
    if (type == VIRTIO_PCI_CAP_NOTIFY) {
        if (bytes < VIRTIO_PCI_NOTIFY_BYTES)
            return;
        place->multiplier = config_read(p, at + VIRTIO_PCI_NOTIFY_MULT, 4);
    }
    place->found = true;
}

/* Walks the capability list, which may be a circle. */
static void read_capabilities(struct pci_probe *p)
{
    uint32_t left = (PCI_CONFIG_BYTES - PCI_CAP_FIRST) / 4;
    uint32_t at;

    if (!(config_read(p, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
        return;
    at = config_read(p, PCI_CAP_POINTER, 1) & ~3u;
    while (at >= PCI_CAP_FIRST && left > 0) {
        if (config_read(p, at + VIRTIO_PCI_CAP_ID, 1) == PCI_CAP_ID_VENDOR &&
            at <= PCI_CONFIG_BYTES - VIRTIO_PCI_CAP_BYTES)
            note_capability(p, at);
        at = config_read(p, at + VIRTIO_PCI_CAP_NEXT, 1) & ~3u;
        left--;
    }
}

static int map_bar(struct pci_probe *p, uint32_t bar)
{
    nu_handle_t memory;
    uint64_t bytes, offset;
    uint8_t *at;
    int status;

    if (p->bar[bar].base != NULL)
        return 0;
    status = device_region(p->device, bar, &memory, &bytes, &offset);
    if (status != 0)
        return status;
    at = svc_map(memory, (size_t)(offset + bytes), true);
    if (at == NULL)
        return NU_NOMEM;
    p->bar[bar].base = at + offset;
    p->bar[bar].bytes = bytes;
    return 0;
}

/* The window of structure (type), of at least (least) bytes. */
static int open_window(struct pci_probe *p, enum virtio_pci_cap_type type,
                       uint32_t least, struct window *w)
{
    const struct pci_place *place = &p->place[type];
    const struct window *bar = &p->bar[place->bar];
    int status = map_bar(p, place->bar);

    if (status != 0) {
        svc_log("block: window %u of the device: %s", place->bar,
                nu_error_text(status));
        return status;
    }
    if (place->bytes < least || place->offset > bar->bytes ||
        place->bytes > bar->bytes - place->offset) {
        svc_log("block: structure %u lies outside window %u", (unsigned)type,
                place->bar);
        return NU_IO;
    }
    w->base = bar->base + place->offset;
    w->bytes = place->bytes;
    return 0;
}

static int enable_device(struct pci_probe *p)
{
    uint32_t command = config_read(p, PCI_COMMAND, 2);

    if (p->status != 0)
        return p->status;
    command |= PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER;
    return device_config_write(p->device, PCI_COMMAND, 2, command);
}

int transport_open_pci(struct transport *t, nu_handle_t device)
{
    struct pci_probe p = {.device = device};
    struct transport out = {.ops = &pci_ops};
    int status;

    read_capabilities(&p);
    if (p.status != 0)
        return p.status;
    if (!p.place[VIRTIO_PCI_CAP_COMMON].found ||
        !p.place[VIRTIO_PCI_CAP_NOTIFY].found ||
        !p.place[VIRTIO_PCI_CAP_DEVICE].found) {
        svc_log("block: the device speaks only legacy virtio (before 1.0); "
                "give it disable-legacy=on or a newer hypervisor");
        return NU_UNSUP;
    }
    out.notify_multiplier = p.place[VIRTIO_PCI_CAP_NOTIFY].multiplier;
    status = enable_device(&p);
    if (status == 0)
        status = open_window(&p, VIRTIO_PCI_CAP_COMMON,
                             sizeof(struct virtio_pci_common), &out.common);
    if (status == 0)
        status = open_window(&p, VIRTIO_PCI_CAP_NOTIFY, 2, &out.notify);
    if (status == 0)
        status = open_window(&p, VIRTIO_PCI_CAP_DEVICE, 8, &out.config);
    if (status == 0)
        *t = out;
    return status;
}
