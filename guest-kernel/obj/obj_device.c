/* Contracts `device` and `interrupt`. */
#include <obj/obj_device.h>

#include <boot/devices.h>
#include <boot_paging.h>
#include <contract/device.h>
#include <contract/interrupt.h>
#include <ipc/inbox.h>
#include <mm/memory.h>
#include <obj/kobject.h>
#include <obj/objects.h>

struct device {
    struct object object;
    const struct platform_device *platform;
    struct memory *dma; /* referenced: freed after the device has stopped */
    uint32_t index;
};

struct interrupt {
    struct object object;
    struct device *device; /* referenced: it stays open; or NULL */
    struct notice notice;
    uint32_t port; /* event channel */
};

static uint64_t opened; /* bit n: device n has an object */
_Static_assert(DEVICE_COUNT_MAX <= 64, "a bit for each device");

#define PCI_COMMAND            0x04u
#define PCI_COMMAND_BUS_MASTER 0x04u
#define VIRTIO_MMIO_STATUS     0x70u

/*
 * Its driver is gone, and so is, by the end of this kernel call, the memory it
 * gave the device to write to. The device must stop first: no bus master, or
 * reset.
 */
static void quiesce(const struct device *device)
{
    static volatile uint32_t *status_of[DEVICE_COUNT_MAX];
    const struct platform_device *platform = device->platform;
    uint32_t command;

    if (platform->bus == DEVICE_PCI) {
        if (device_config_read(platform, PCI_COMMAND, 2, &command) == 0)
            (void)device_config_write(platform, PCI_COMMAND, 2,
                                      command & ~PCI_COMMAND_BUS_MASTER);
    } else if (platform->bus == DEVICE_MMIO) {
        volatile uint32_t **status = &status_of[device->index];

        if (*status == NULL)
            *status = mmio_map(platform->regions[0].phys + VIRTIO_MMIO_STATUS,
                               sizeof(uint32_t));
        if (*status != NULL)
            **status = 0;
    }
}

static void device_destroy(struct object *object)
{
    struct device *device = (struct device *)object;

    quiesce(device);
    while (device->dma != NULL) {
        struct memory *memory = device->dma;

        device->dma = memory->next_dma;
        object_put(&memory->object);
    }
    opened &= ~(1ull << device->index);
    purse_object_free(device);
}

int device_open(struct nu_serve *call, uint32_t index, struct purse *purse)
{
    const struct platform_device *platform = device_get(index);
    struct device *device;

    if (platform == NULL)
        return NU_RANGE;
    if (opened & (1ull << index))
        return NU_BUSY;
    device = purse_object_alloc(purse, sizeof(*device));
    if (device == NULL)
        return NU_NOMEM;
    object_init(&device->object, OBJECT_DEVICE);
    device->platform = platform;
    device->index = index;
    opened |= 1ull << index;
    return kcall_give(call, &device->object, NU_RIGHTS_ALL);
}

static const struct platform_device *platform_of(void *self)
{
    return ((const struct device *)self)->platform;
}

static int device_info_serve(void *self, struct nu_serve *call,
                             struct device_info_rep *rep)
{
    const struct platform_device *platform = platform_of(self);

    (void)call;
    rep->bus = platform->bus;
    rep->vendor = platform->vendor;
    rep->product = platform->product;
    rep->class = platform->class;
    rep->slot = platform->slot;
    rep->interrupts = platform->interrupt_count;
    for (uint32_t i = 0; i < DEVICE_REGIONS_MAX; i++) {
        if (platform->regions[i].bytes != 0)
            rep->regions = i + 1;
    }
    return 0;
}

static int device_config_read_serve(void *self, struct nu_serve *call,
                                    const struct device_config_read_req *req,
                                    struct device_config_read_rep *rep)
{
    (void)call;
    return device_config_read(platform_of(self), req->offset, req->width,
                              &rep->value);
}

static int device_config_write_serve(void *self, struct nu_serve *call,
                                     const struct device_config_write_req *req)
{
    (void)call;
    return device_config_write(platform_of(self), req->offset, req->width,
                               req->value);
}

static int device_region_serve(void *self, struct nu_serve *call,
                               const struct device_region_req *req,
                               struct device_region_rep *rep)
{
    const struct device *device = self;
    const struct device_region *region;
    struct memory *memory;
    uint64_t pages;

    if (req->index >= DEVICE_REGIONS_MAX)
        return NU_RANGE;
    region = &device->platform->regions[req->index];
    if (region->bytes == 0 || region->is_io)
        return NU_RANGE;
    rep->offset = region->phys & PAGE_MASK;
    rep->bytes = region->bytes;
    pages = (rep->offset + region->bytes + PAGE_MASK) / PAGE_BYTES;
    memory = memory_create_fixed(purse_of_object(device),
                                 region->phys & ~PAGE_MASK, pages, true);
    return kcall_give(call, memory == NULL ? NULL : &memory->object,
                      NU_RIGHT_READ | NU_RIGHT_WRITE | NU_RIGHT_SEND |
                          NU_RIGHT_TRANSFER);
}

static int device_io_read_serve(void *self, struct nu_serve *call,
                                const struct device_io_read_req *req,
                                struct device_io_read_rep *rep)
{
    (void)call;
    return device_io_read(platform_of(self), req->index, req->offset,
                          req->width, &rep->value);
}

static int device_io_write_serve(void *self, struct nu_serve *call,
                                 const struct device_io_write_req *req)
{
    (void)call;
    return device_io_write(platform_of(self), req->index, req->offset,
                           req->width, req->value);
}

static int
device_io_write_bytes_serve(void *self, struct nu_serve *call,
                            const struct device_io_write_bytes_req *req,
                            const struct nu_blob *data)
{
    const uint8_t *bytes = data->data;
    int status = 0;

    (void)call;
    for (size_t i = 0; i < data->bytes && status == 0; i++)
        status = device_io_write(platform_of(self), req->index, req->offset, 1,
                                 bytes[i]);
    return status;
}

static int device_dma_serve(void *self, struct nu_serve *call,
                            const struct device_dma_req *req, nu_handle_t purse,
                            struct device_dma_rep *rep)
{
    struct device *device = self;
    struct object *pays;
    struct memory *memory;
    int status = kcall_object(call, purse, OBJECT_PURSE, NU_RIGHT_WRITE, &pays);

    if (status != 0)
        return status;
    if (req->pages == 0 || req->pages > MEMORY_PAGES_MAX)
        return NU_RANGE;
    memory = memory_create_dma((struct purse *)pays, req->pages);
    if (memory == NULL)
        return NU_NOMEM;
    object_get(&memory->object);
    memory->next_dma = device->dma;
    device->dma = memory;
    rep->addr = memory->base;
    return kcall_give(call, &memory->object, NU_RIGHTS_ALL & ~NU_RIGHT_EXEC);
}

static void interrupt_fired(void *arg, uint32_t port)
{
    struct interrupt *interrupt = arg;

    (void)port;
    notice_post(&interrupt->notice);
}

static void interrupt_destroy(struct object *object)
{
    struct interrupt *interrupt = (struct interrupt *)object;

    event_close(interrupt->port);
    notice_unbind(&interrupt->notice);
    if (interrupt->device != NULL)
        object_put(&interrupt->device->object);
    purse_object_free(interrupt);
}

int interrupt_attach(struct purse *purse, uint32_t port, struct object **object)
{
    struct interrupt *interrupt = purse_object_alloc(purse, sizeof(*interrupt));
    int status;

    if (interrupt == NULL)
        return NU_NOMEM;
    object_init(&interrupt->object, OBJECT_INTERRUPT);
    interrupt->port = port;
    status = event_attach(port, interrupt_fired, interrupt);
    if (status != 0) {
        purse_object_free(interrupt);
        return status;
    }
    *object = &interrupt->object;
    return 0;
}

static int device_interrupt_serve(void *self, struct nu_serve *call,
                                  const struct device_interrupt_req *req)
{
    struct device *device = self;
    struct interrupt *interrupt =
        purse_object_alloc(purse_of_object(device), sizeof(*interrupt));
    int status;

    if (interrupt == NULL)
        return NU_NOMEM;
    object_init(&interrupt->object, OBJECT_INTERRUPT);
    status = device_irq_bind(device->platform, req->index, interrupt_fired,
                             interrupt, &interrupt->port);
    if (status != 0) {
        purse_object_free(interrupt);
        return status;
    }
    interrupt->device = device;
    object_get(&device->object);
    return kcall_give(call, &interrupt->object, NU_RIGHTS_ALL);
}

static int interrupt_bind_serve(void *self, struct nu_serve *call,
                                const struct interrupt_bind_req *req,
                                nu_handle_t port)
{
    struct interrupt *interrupt = self;
    struct object *object;
    int status = kcall_object(call, port, OBJECT_PORT, NU_RIGHT_RECV, &object);

    if (status != 0)
        return status;
    if (interrupt->notice.port != NULL)
        return NU_BUSY;
    notice_bind(&interrupt->notice, NU_EVENT_SIGNAL, (struct port *)object,
                req->badge);
    event_unmask(interrupt->port);
    return 0;
}

static int interrupt_ack_serve(void *self, struct nu_serve *call)
{
    const struct interrupt *interrupt = self;

    (void)call;
    event_unmask(interrupt->port);
    return 0;
}

static const struct device_ops device_ops = {
    .info = device_info_serve,
    .config_read = device_config_read_serve,
    .config_write = device_config_write_serve,
    .region = device_region_serve,
    .io_read = device_io_read_serve,
    .io_write = device_io_write_serve,
    .io_write_bytes = device_io_write_bytes_serve,
    .dma = device_dma_serve,
    .interrupt = device_interrupt_serve,
};

static const struct interrupt_ops interrupt_ops = {
    .bind = interrupt_bind_serve,
    .ack = interrupt_ack_serve,
};

static uint64_t dispatch_device(struct object *object, struct nu_serve *call)
{
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    return status != 0 ? (uint32_t)status
                       : device_dispatch(&device_ops, object, call);
}

static uint64_t dispatch_interrupt(struct object *object, struct nu_serve *call)
{
    return interrupt_dispatch(&interrupt_ops, object, call);
}

void obj_device_init(void)
{
    kobject_serve(OBJECT_DEVICE, dispatch_device);
    kobject_serve(OBJECT_INTERRUPT, dispatch_interrupt);
    object_set_destroy(OBJECT_DEVICE, device_destroy);
    object_set_destroy(OBJECT_INTERRUPT, interrupt_destroy);
}
