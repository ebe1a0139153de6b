/*
 * A virtio device behind memory-mapped registers, as microvm machines have.
 */
#include <block/transport.h>
#include <block/virtio_abi.h>
#include <contract/device.h>
#include <rt/service.h>

static uint8_t mmio_get_status(struct transport *t)
{
    return (uint8_t)window_read32(&t->common, VIRTIO_MMIO_STATUS);
}

static void mmio_set_status(struct transport *t, uint8_t status)
{
    window_write32(&t->common, VIRTIO_MMIO_STATUS, status);
}

static uint64_t mmio_get_features(struct transport *t)
{
    uint64_t low;

    window_write32(&t->common, VIRTIO_MMIO_DEVICE_FEAT_SEL, 0);
    low = window_read32(&t->common, VIRTIO_MMIO_DEVICE_FEATURES);
    window_write32(&t->common, VIRTIO_MMIO_DEVICE_FEAT_SEL, 1);
    return low |
           (uint64_t)window_read32(&t->common, VIRTIO_MMIO_DEVICE_FEATURES)
               << 32;
}

static void mmio_set_features(struct transport *t, uint64_t features)
{
    window_write32(&t->common, VIRTIO_MMIO_DRIVER_FEAT_SEL, 0);
    window_write32(&t->common, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
    window_write32(&t->common, VIRTIO_MMIO_DRIVER_FEAT_SEL, 1);
    window_write32(&t->common, VIRTIO_MMIO_DRIVER_FEATURES,
                   (uint32_t)(features >> 32));
}

static uint32_t mmio_generation(struct transport *t)
{
    return window_read32(&t->common, VIRTIO_MMIO_GENERATION);
}

static uint32_t mmio_read_config(struct transport *t, uint32_t offset)
{
    if (t->config.bytes < 4 || offset > t->config.bytes - 4)
        return 0;
    return window_read32(&t->config, offset);
}

static uint32_t mmio_queue_size_max(struct transport *t)
{
    window_write32(&t->common, VIRTIO_MMIO_QUEUE_SEL, 0);
    if (window_read32(&t->common, VIRTIO_MMIO_QUEUE_READY) != 0)
        return 0; /* in use: then the reset did nothing (4.2.3.2) */
    return window_read32(&t->common, VIRTIO_MMIO_QUEUE_NUM_MAX);
}

static int mmio_queue_enable(struct transport *t,
                             const struct transport_queue *q)
{
    window_write32(&t->common, VIRTIO_MMIO_QUEUE_SEL, 0);
    window_write32(&t->common, VIRTIO_MMIO_QUEUE_NUM, q->size);
    window_write64(&t->common, VIRTIO_MMIO_QUEUE_DESC, q->desc);
    window_write64(&t->common, VIRTIO_MMIO_QUEUE_DRIVER, q->avail);
    window_write64(&t->common, VIRTIO_MMIO_QUEUE_DEVICE, q->used);
    window_write32(&t->common, VIRTIO_MMIO_QUEUE_READY, 1);
    return 0;
}

static void mmio_notify(struct transport *t)
{
    window_write32(&t->common, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static uint32_t mmio_take_interrupt(struct transport *t)
{
    uint32_t why = window_read32(&t->common, VIRTIO_MMIO_INTERRUPT_STATUS) &
                   (VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG);

    if (why != 0)
        window_write32(&t->common, VIRTIO_MMIO_INTERRUPT_ACK, why);
    return why;
}

static const struct transport_ops mmio_ops = {
    .name = "MMIO",
    .get_status = mmio_get_status,
    .set_status = mmio_set_status,
    .get_features = mmio_get_features,
    .set_features = mmio_set_features,
    .generation = mmio_generation,
    .read_config = mmio_read_config,
    .queue_size_max = mmio_queue_size_max,
    .queue_enable = mmio_queue_enable,
    .notify = mmio_notify,
    .take_interrupt = mmio_take_interrupt,
};

/* Is it virtio, and of a version that has the registers used above? */
static int check_identity(const struct window *w)
{
    uint32_t version;

    if (window_read32(w, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE) {
        svc_log("block: there is no virtio device in this window");
        return NU_UNSUP;
    }
    version = window_read32(w, VIRTIO_MMIO_VERSION);
    if (version == VIRTIO_MMIO_VERSION_LEGACY) {
        svc_log("block: the virtio-mmio device speaks only legacy virtio "
                "(version 1); QEMU: -global virtio-mmio.force-legacy=false");
        return NU_UNSUP;
    }
    if (version != VIRTIO_MMIO_VERSION_MODERN) {
        svc_log("block: virtio-mmio version %u is not known", version);
        return NU_UNSUP;
    }
    if (window_read32(w, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_BLOCK) {
        svc_log("block: the virtio-mmio device is not a disk");
        return NU_UNSUP;
    }
    return 0;
}

int transport_open_mmio(struct transport *t, nu_handle_t device)
{
    struct transport out = {.ops = &mmio_ops};
    nu_handle_t memory;
    uint64_t bytes, offset;
    uint8_t *at;
    int status = device_region(device, 0, &memory, &bytes, &offset);

    if (status != 0)
        return status;
    if (bytes < VIRTIO_MMIO_CONFIG + 8) {
        svc_log("block: a window of %lu bytes is too small for virtio-mmio",
                (unsigned long)bytes);
        return NU_IO;
    }
    at = svc_map(memory, (size_t)(offset + bytes), true);
    if (at == NULL)
        return NU_NOMEM;
    out.common.base = at + offset;
    out.common.bytes = bytes;
    out.config.base = out.common.base + VIRTIO_MMIO_CONFIG;
    out.config.bytes = bytes - VIRTIO_MMIO_CONFIG;
    status = check_identity(&out.common);
    if (status == 0)
        *t = out;
    return status;
}
