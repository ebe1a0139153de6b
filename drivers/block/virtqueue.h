/*
 * One split virtqueue: descriptor chains handed to the device, and taken back.
 *
 * Recipe: vq_add() as often as there is work, then vq_publish() once, and if
 * it says so the transport's notify; on an interrupt vq_take() until it
 * returns 0.
 *
 * Units:     bytes, bus addresses, ring entries.
 * Ownership: the ring memory is the caller's; between vq_add() and vq_take()
 *            what the segments name is the device's.
 * Trust:     the device writes the used ring. Its index, ids and lengths are
 *            read once and checked against a private record of what is in
 *            flight. After the first lie the queue is broken for good: every
 *            call answers NU_IO and the device has to be reset.
 * Context:   the service's thread; never blocks, never spins.
 * Spec:      virtio 1.2, section 2.7.
 */
#ifndef DRIVERS_BLOCK_VIRTQUEUE_H
#define DRIVERS_BLOCK_VIRTQUEUE_H

#include <block/virtio_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VQ_SIZE_MAX 256u /* that this driver makes use of; a power of two */
#define VQ_SIZE_MIN 4u /* header, data and status need three */

/* A stretch of memory as the device sees it. */
struct vq_segment {
    uint64_t bus;
    uint32_t bytes;
};

/* What descriptor (index) is used for: the device cannot write this. */
struct vq_private {
    uint16_t next; /* free list, or rest of the chain */
    uint16_t length; /* of the chain it heads; 0: it heads none in flight */
    uint16_t token;
    uint32_t writable_bytes; /* of the chain */
};

struct virtqueue {
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    uint16_t *avail_ring;
    struct virtq_used *used;
    struct virtq_used_elem *used_ring;
    uint16_t size;
    uint16_t free_head;
    uint16_t free_count;
    uint16_t in_flight; /* chains the device has */
    uint16_t avail_idx; /* as it will be published */
    uint16_t used_idx; /* seen up to here */
    bool broken;
    struct vq_private private[VQ_SIZE_MAX];
};

/* The largest power of two that the device (size_max) and we can use; 0 if
 * that is less than VQ_SIZE_MIN. */
uint16_t vq_choose_size(uint32_t size_max);

/* Where the parts of a queue of (size) lie in its memory, and its length. */
size_t vq_avail_offset(uint16_t size);
size_t vq_used_offset(uint16_t size);
size_t vq_bytes(uint16_t size);

/* Makes an empty queue of (size), from vq_choose_size(), in zeroed memory at
 * (memory), aligned to VIRTQ_DESC_ALIGN, of vq_bytes(size). */
void vq_init(struct virtqueue *vq, void *memory, uint16_t size);

/*
 * Puts a chain of (count) segments, of which the first (readable) are read and
 * the rest written by the device, into the queue; (token) comes back when it
 * is done. The device does not see it before vq_publish().
 * Returns 0; NU_AGAIN not enough free descriptors now; NU_IO broken.
 */
int vq_add(struct virtqueue *vq, const struct vq_segment *segment,
           uint32_t count, uint32_t readable, uint16_t token);

/* Shows the device all that was added. True: it wants to be notified. */
bool vq_publish(struct virtqueue *vq);

/*
 * Takes back one finished chain: its (*token) and how many (*bytes) the device
 * says it wrote, never more than the chain holds.
 * Returns 1; 0 none is finished; NU_IO the device lied, outputs unchanged.
 */
int vq_take(struct virtqueue *vq, uint16_t *token, uint32_t *bytes);

#endif /* DRIVERS_BLOCK_VIRTQUEUE_H */
