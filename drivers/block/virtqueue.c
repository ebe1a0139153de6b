/*
 * One split virtqueue, and all that is believed of the device about it.
 */
#include <abi/error.h>
#include <block/virtqueue.h>

/*
 * Order between us and the device, which reads and writes normal memory:
 * - what a chain holds is written before the index that publishes it;
 * - that index is written before the device's wish for silence is read;
 * - the used index is read before the elements that it covers.
 */
static void dma_publish_index(uint16_t *index, uint16_t value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

static uint16_t dma_observe_index(const uint16_t *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void dma_full_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* One read, not two, of something that the device can change. */
static uint32_t dma_read32_once(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static uint16_t dma_read16_once(const uint16_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

uint16_t vq_choose_size(uint32_t size_max)
{
    uint16_t size = VQ_SIZE_MAX;

    while (size >= VQ_SIZE_MIN && size > size_max)
        size /= 2;
    return size >= VQ_SIZE_MIN ? size : 0;
}

size_t vq_avail_offset(uint16_t size)
{
    return (size_t)size * sizeof(struct virtq_desc);
}

size_t vq_used_offset(uint16_t size)
{
    size_t end = vq_avail_offset(size) + sizeof(struct virtq_avail) +
                 (size_t)size * sizeof(uint16_t);

    return (end + VIRTQ_USED_ALIGN - 1) & ~(size_t)(VIRTQ_USED_ALIGN - 1);
}

size_t vq_bytes(uint16_t size)
{
    return vq_used_offset(size) + sizeof(struct virtq_used) +
           (size_t)size * sizeof(struct virtq_used_elem);
}

void vq_init(struct virtqueue *vq, void *memory, uint16_t size)
{
    uint8_t *base = memory;

    vq->desc = memory;
    vq->avail = (void *)(base + vq_avail_offset(size));
    vq->avail_ring =
        (void *)(base + vq_avail_offset(size) + sizeof(struct virtq_avail));
    vq->used = (void *)(base + vq_used_offset(size));
    vq->used_ring =
        (void *)(base + vq_used_offset(size) + sizeof(struct virtq_used));
    vq->size = size;
    vq->free_head = 0;
    vq->free_count = size;
    vq->in_flight = 0;
    vq->avail_idx = 0;
    vq->used_idx = 0;
    vq->broken = false;
    for (uint16_t i = 0; i < size; i++) {
        vq->private[i].next = (uint16_t)(i + 1);
        vq->private[i].length = 0;
    }
}

int vq_add(struct virtqueue *vq, const struct vq_segment *segment,
           uint32_t count, uint32_t readable, uint16_t token)
{
    struct vq_private *head;
    uint16_t first = vq->free_head;
    uint16_t at = first;

    if (vq->broken)
        return NU_IO;
    if (count > vq->free_count)
        return NU_AGAIN;
    head = &vq->private[first];
    head->writable_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct virtq_desc *d = &vq->desc[at];
        uint16_t next = vq->private[at].next;
        unsigned flags = i >= readable ? VIRTQ_DESC_F_WRITE : 0;

        if (i >= readable)
            head->writable_bytes += segment[i].bytes;
        if (i + 1 < count)
            flags |= VIRTQ_DESC_F_NEXT;
        d->addr = segment[i].bus;
        d->len = segment[i].bytes;
        d->flags = (uint16_t)flags;
        d->next = i + 1 < count ? next : 0;
        vq->free_head = next;
        at = next;
    }
    vq->free_count = (uint16_t)(vq->free_count - count);
    head->length = (uint16_t)count;
    head->token = token;
    vq->avail_ring[vq->avail_idx % vq->size] = first;
    vq->avail_idx++;
    vq->in_flight++;
    return 0;
}

bool vq_publish(struct virtqueue *vq)
{
    dma_publish_index(&vq->avail->idx, vq->avail_idx);
    dma_full_barrier();
    return !(dma_read16_once(&vq->used->flags) & VIRTQ_USED_F_NO_NOTIFY);
}

/* Gives the descriptors of the chain at (first) back to the free list. */
static void free_chain(struct virtqueue *vq, uint16_t first)
{
    uint16_t length = vq->private[first].length;
    uint16_t last = first;

    for (uint16_t i = 1; i < length; i++)
        last = vq->private[last].next;
    vq->private[last].next = vq->free_head;
    vq->free_head = first;
    vq->free_count = (uint16_t)(vq->free_count + length);
    vq->private[first].length = 0;
    vq->in_flight--;
}

static int break_queue(struct virtqueue *vq)
{
    vq->broken = true;
    return NU_IO;
}

int vq_take(struct virtqueue *vq, uint16_t *token, uint32_t *bytes)
{
    const struct virtq_used_elem *elem;
    uint32_t id, len;
    uint16_t ready;

    if (vq->broken)
        return NU_IO;
    ready = (uint16_t)(dma_observe_index(&vq->used->idx) - vq->used_idx);
    if (ready == 0)
        return 0;
    if (ready > vq->in_flight)
        return break_queue(vq); /* more done than was asked for */
    elem = &vq->used_ring[vq->used_idx % vq->size];
    id = dma_read32_once(&elem->id);
    len = dma_read32_once(&elem->len);
    if (id >= vq->size || vq->private[id].length == 0)
        return break_queue(vq); /* heads no chain in flight */
    if (len > vq->private[id].writable_bytes)
        return break_queue(vq);
    *token = vq->private[id].token;
    *bytes = len;
    free_chain(vq, (uint16_t)id);
    vq->used_idx++;
    return 1;
}
