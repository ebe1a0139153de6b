/*
 * The model of a virtio disk: the contract device, and how it looks on PCI.
 */
#include "block_console_svc.h"
#include "virtio_model.h"

#include <stddef.h>
#include <string.h>

static int device_info_op(void *self, struct nu_serve *call,
                          struct device_info_rep *rep)
{
    rep->bus = model.mmio ? DEVICE_BUS_MMIO : DEVICE_BUS_PCI;
    rep->vendor = model.vendor;
    rep->product = model.product;
    rep->regions = model.mmio ? 1 : PCI_BARS;
    rep->interrupts = 1;
    return 0;
}

static int config_read_op(void *self, struct nu_serve *call,
                          const struct device_config_read_req *req,
                          struct device_config_read_rep *rep)
{
    if (req->width != 1 && req->width != 2 && req->width != 4)
        return NU_RANGE;
    if (req->offset > 256 - req->width || req->offset % req->width != 0)
        return NU_RANGE;
    memcpy(&rep->value, model.pci + req->offset, req->width);
    return 0;
}

static int config_write_op(void *self, struct nu_serve *call,
                           const struct device_config_write_req *req)
{
    if (req->offset != PCI_COMMAND)
        return NU_DENIED;
    model.command = req->value;
    return 0;
}

static int region_op(void *self, struct nu_serve *call,
                     const struct device_region_req *req,
                     struct device_region_rep *rep)
{
    nu_handle_t h;

    if (req->index >= (model.mmio ? 1 : PCI_BARS) || model.bar_bytes == 0)
        return NU_RANGE;
    /* On microvm several devices share a page. */
    rep->offset = model.mmio ? 0x600 : 0;
    rep->bytes = model.bar_bytes;
    h = fake_memory_new((size_t)(rep->offset + rep->bytes), 0);
    model.bar[req->index] = fake.memory[h - FAKE_MEMORY].at + rep->offset;
    return nu_serve_handle(call, h, NU_RIGHTS_ALL, 0);
}

static int dma_op(void *self, struct nu_serve *call,
                  const struct device_dma_req *req, nu_handle_t purse,
                  struct device_dma_rep *rep)
{
    if (purse != FAKE_PURSE)
        return NU_INVAL;
    /* Far apart and above 4 GiB: addresses must not be mixed up or cut. */
    rep->addr = 0x123450000000ull + ((uint64_t)fake.memories << 28);
    return nu_serve_handle(
        call, fake_memory_new(req->pages * NU_PAGE_BYTES, rep->addr),
        NU_RIGHTS_ALL, 0);
}

static int interrupt_op(void *self, struct nu_serve *call,
                        const struct device_interrupt_req *req)
{
    if (req->index != 0)
        return NU_RANGE;
    return nu_serve_handle(call, FAKE_INTERRUPT, NU_RIGHTS_ALL, 0);
}

static const struct device_ops model_ops = {
    .info = device_info_op,
    .config_read = config_read_op,
    .config_write = config_write_op,
    .region = region_op,
    .dma = dma_op,
    .interrupt = interrupt_op,
};

void model_capability(uint32_t at, uint32_t next, uint32_t type, uint32_t bar,
                      uint32_t offset, uint32_t length)
{
    uint8_t *p = model.pci + at;

    p[VIRTIO_PCI_CAP_ID] = PCI_CAP_ID_VENDOR;
    p[VIRTIO_PCI_CAP_NEXT] = (uint8_t)next;
    p[VIRTIO_PCI_CAP_LEN] = 16;
    p[VIRTIO_PCI_CAP_TYPE] = (uint8_t)type;
    p[VIRTIO_PCI_CAP_BAR] = (uint8_t)bar;
    memcpy(p + VIRTIO_PCI_CAP_OFFSET, &offset, 4);
    memcpy(p + VIRTIO_PCI_CAP_LENGTH, &length, 4);
}

/* As QEMU lays a modern virtio-blk-pci out, behind an MSI-X capability. */
static void init_pci(void)
{
    uint32_t multiplier = 4;

    model.vendor = VIRTIO_PCI_VENDOR;
    model.product = VIRTIO_PCI_MODERN_BASE + VIRTIO_ID_BLOCK;
    model.bar_bytes = MODEL_BAR_BYTES;
    model.pci[PCI_STATUS] = PCI_STATUS_CAP_LIST;
    model.pci[PCI_CAP_POINTER] = 0x98;
    model.pci[0x98] = 0x11; /* MSI-X */
    model.pci[0x99] = 0x84;
    model_capability(0x84, 0x70, 5, 0, 0, 0); /* access through config space */
    model_capability(0x70, 0x60, VIRTIO_PCI_CAP_NOTIFY, MODEL_BAR, MODEL_NOTIFY,
                     0x1000);
    model.pci[0x70 + VIRTIO_PCI_CAP_LEN] = 20;
    memcpy(model.pci + 0x70 + VIRTIO_PCI_NOTIFY_MULT, &multiplier, 4);
    model_capability(0x60, 0x50, VIRTIO_PCI_CAP_DEVICE, MODEL_BAR, MODEL_CONFIG,
                     0x1000);
    model_capability(0x50, 0x40, VIRTIO_PCI_CAP_ISR, MODEL_BAR, 0x1000, 0x1000);
    model_capability(0x40, 0, VIRTIO_PCI_CAP_COMMON, MODEL_BAR, MODEL_COMMON,
                     0x1000);
}

void model_init(bool mmio, uint64_t sectors)
{
    memset(&model, 0, offsetof(struct model, chain)); /* counted: large */
    model.mmio = mmio;
    model.magic = VIRTIO_MMIO_MAGIC_VALUE;
    model.version = VIRTIO_MMIO_VERSION_MODERN;
    model.device_id = VIRTIO_ID_BLOCK;
    model.status = VIRTIO_STATUS_DRIVER_OK; /* a loader used it before */
    model.features = VIRTIO_F_VERSION_1 | VIRTIO_BLK_F_SEG_MAX | 1ull << 29 |
                     1ull << 28 | 1ull << 6;
    model.queue_max = 256;
    model.queues = 1;
    model.config.capacity = sectors;
    model.config.seg_max = 254;
    if (mmio) {
        model.product = VIRTIO_ID_BLOCK;
        model.bar_bytes = 0x200;
    } else {
        init_pci();
    }
    fake_reset(&model_ops, NULL);
    fake.latched = !mmio;
}
