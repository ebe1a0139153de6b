/*
 * How a virtio device is reached: PCI or memory-mapped registers behind one
 * table of functions. Both are in every image, chosen by what the device is.
 *
 * Ownership: a transport belongs to the driver that opened it, until it ends.
 * Trust:     what the functions return is the device's word and may be a lie.
 * Errors:    NU_UNSUP not a modern virtio device, NU_IO it does not behave,
 *            or what the device contract answered; each with a line in the log.
 * Blocking:  open calls the kernel (device contract); the rest only touches
 *            registers.
 * Spec:      virtio 1.2, sections 2.1-2.5, 4.1 (PCI), 4.2 (MMIO).
 */
#ifndef DRIVERS_BLOCK_TRANSPORT_H
#define DRIVERS_BLOCK_TRANSPORT_H

#include <abi/message.h>
#include <block/window.h>
#include <stdint.h>

struct transport;

/* Bus addresses of the three parts of a queue. */
struct transport_queue {
    uint16_t size;
    uint64_t desc;
    uint64_t avail;
    uint64_t used;
};

struct transport_ops {
    const char *name;
    uint8_t (*get_status)(struct transport *t);
    void (*set_status)(struct transport *t, uint8_t status);
    uint64_t (*get_features)(struct transport *t);
    void (*set_features)(struct transport *t, uint64_t features);
    /* Changes whenever the configuration does: read it before and after. */
    uint32_t (*generation)(struct transport *t);
    /* 32 bits of the device's configuration at (offset), a multiple of 4; 0
     * where the device has none. */
    uint32_t (*read_config)(struct transport *t, uint32_t offset);
    /* Largest size of queue 0 that the device takes; 0 if it has none. */
    uint32_t (*queue_size_max)(struct transport *t);
    int (*queue_enable)(struct transport *t, const struct transport_queue *q);
    /* There is something new in queue 0. */
    void (*notify)(struct transport *t);
    /* Why it interrupted (VIRTIO_INTERRUPT_*), and takes the request back. A
     * message-signalled device cannot tell and answers QUEUE every time. */
    uint32_t (*take_interrupt)(struct transport *t);
};

struct transport {
    const struct transport_ops *ops;
    struct window common; /* MMIO: all registers */
    struct window config;
    struct window notify; /* PCI only */
    uint64_t notify_offset; /* of queue 0, within (notify) */
    uint32_t notify_multiplier;
};

/*
 * Finds the registers of the block device behind the handle (device) and maps
 * them. Returns 0 with (*t) filled in, or an error.
 */
int transport_open(struct transport *t, nu_handle_t device);

/* Stops the device: it does nothing any more when this has returned 0. NU_IO,
 * after a line in the log: it does not obey. */
int transport_reset(struct transport *t);

/* The two implementations, for transport_open() alone. */
int transport_open_pci(struct transport *t, nu_handle_t device);
int transport_open_mmio(struct transport *t, nu_handle_t device);

#endif /* DRIVERS_BLOCK_TRANSPORT_H */
