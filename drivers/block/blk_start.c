/*
 * Brings up a virtio disk.
 */
#include <block/blk.h>
#include <rt/service.h>

/* Tries to read a configuration that changes all the time. */
#define CONFIG_TRIES 16u

#define FEATURES_KNOWN                                                   \
    (VIRTIO_F_VERSION_1 | VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX | \
     VIRTIO_BLK_F_RO)

_Static_assert(sizeof(struct blk_part_dma) <= NU_PAGE_BYTES, "one page");
_Static_assert((BLK_SEGMENTS_MAX + 2) <= VQ_SIZE_MAX, "a part fits the queue");
_Static_assert(BLK_BYTES_MAX / POOL_PAGE_BYTES <= POOL_PAGES_MAX, "");
_Static_assert(BLK_RUNS_MAX <= NU_STRINGS_MAX, "a read is one reply");

/* 3.1.1, steps 1 to 3. */
static int begin(struct transport *t)
{
    int status = transport_reset(t);

    if (status != 0)
        return status;
    t->ops->set_status(t, VIRTIO_STATUS_ACKNOWLEDGE);
    t->ops->set_status(t, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    return 0;
}

/* 3.1.1, steps 4 to 6. */
static int negotiate(struct transport *t, uint64_t *features)
{
    uint64_t offered = t->ops->get_features(t);
    uint64_t taken = offered & FEATURES_KNOWN;

    if (!(offered & VIRTIO_F_VERSION_1)) {
        svc_log("block: the device does not offer virtio 1 (features %lx)",
                (unsigned long)offered);
        return NU_UNSUP;
    }
    t->ops->set_features(t, taken);
    t->ops->set_status(t, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
                              VIRTIO_STATUS_FEATURES_OK);
    if (!(t->ops->get_status(t) & VIRTIO_STATUS_FEATURES_OK)) {
        svc_log("block: the device insists on features that are not known "
                "here (it offers %lx, was asked for %lx)",
                (unsigned long)offered, (unsigned long)taken);
        return NU_UNSUP;
    }
    *features = taken;
    return 0;
}

/* 2.5.1: a value that is wider than one access is read until it stands. */
static int read_config(struct transport *t, struct virtio_blk_config *config)
{
    for (uint32_t i = 0; i < CONFIG_TRIES; i++) {
        uint32_t before = t->ops->generation(t);

        config->capacity = t->ops->read_config(t, 0);
        config->capacity |= (uint64_t)t->ops->read_config(t, 4) << 32;
        config->size_max = t->ops->read_config(t, 8);
        config->seg_max = t->ops->read_config(t, 12);
        if (t->ops->generation(t) == before)
            return 0;
    }
    svc_log("block: the device's configuration does not stand still");
    return NU_IO;
}

/* Limits from what the device says of itself, which has to make sense. */
static int set_limits(struct blk *b, uint64_t features,
                      const struct virtio_blk_config *config)
{
    /* Bytes of all sectors must fit in 63 bits, for clients' arithmetic. */
    if (config->capacity > INT64_MAX / BLK_SECTOR_BYTES) {
        svc_log("block: %lx sectors cannot be true",
                (unsigned long)config->capacity);
        return NU_IO;
    }
    b->sectors = config->capacity;
    b->read_only = (features & VIRTIO_BLK_F_RO) != 0;
    b->segments_max = 1; /* 5.2.5: also what 0 must mean */
    if ((features & VIRTIO_BLK_F_SEG_MAX) && config->seg_max > 1)
        b->segments_max = config->seg_max;
    if (b->segments_max > BLK_SEGMENTS_MAX)
        b->segments_max = BLK_SEGMENTS_MAX;
    b->segment_bytes_max = BLK_BYTES_MAX;
    if (features & VIRTIO_BLK_F_SIZE_MAX) {
        if (config->size_max < BLK_SECTOR_BYTES) {
            svc_log("block: segments of %u bytes hold no sector",
                    config->size_max);
            return NU_IO;
        }
        if (config->size_max < b->segment_bytes_max)
            b->segment_bytes_max = config->size_max & ~(BLK_SECTOR_BYTES - 1);
    }
    return 0;
}

static int start_queue(struct blk *b, const struct blk_dma *control)
{
    struct transport *t = &b->transport;
    uint32_t size_max = t->ops->queue_size_max(t);
    struct transport_queue q = {.size = vq_choose_size(size_max)};

    if (q.size == 0) {
        svc_log("block: a queue of %u entries is too short", size_max);
        return NU_IO;
    }
    if (b->segments_max > q.size - 2u)
        b->segments_max = q.size - 2u;
    vq_init(&b->vq, control->memory, q.size);
    q.desc = control->bus;
    q.avail = control->bus + vq_avail_offset(q.size);
    q.used = control->bus + vq_used_offset(q.size);
    return t->ops->queue_enable(t, &q);
}

static void init_tables(struct blk *b, const struct blk_dma *control,
                        const struct blk_dma *data)
{
    size_t headers = (BLK_CONTROL_PAGES - 1) * (size_t)NU_PAGE_BYTES;
    uint64_t data_bytes = (uint64_t)data->pages * POOL_PAGE_BYTES;

    b->dma = (void *)((uint8_t *)control->memory + headers);
    b->dma_bus = control->bus + headers;
    blk_pool_init(&b->pool, data->memory, data->bus, (uint32_t)data->pages);
    b->bytes_max = BLK_BYTES_MAX;
    if (b->bytes_max > data_bytes)
        b->bytes_max = (uint32_t)data_bytes;
    for (uint16_t i = 0; i < BLK_PARTS_MAX; i++)
        b->free_part[i] = (uint16_t)(BLK_PARTS_MAX - 1 - i);
    b->free_parts = BLK_PARTS_MAX;
    for (uint32_t i = BLK_READS_MAX; i > 0; i--)
        blk_read_put(b, &b->read[i - 1]);
}

int blk_start(struct blk *b, const struct blk_dma *control,
              const struct blk_dma *data, blk_done_fn done, void *arg)
{
    struct transport *t = &b->transport;
    struct virtio_blk_config config;
    uint64_t features = 0;
    int status;

    b->done = done;
    b->done_arg = arg;
    init_tables(b, control, data);
    status = begin(t);
    if (status == 0)
        status = negotiate(t, &features);
    if (status == 0)
        status = read_config(t, &config);
    if (status == 0)
        status = set_limits(b, features, &config);
    if (status == 0)
        status = start_queue(b, control);
    if (status != 0) {
        t->ops->set_status(t, VIRTIO_STATUS_FAILED);
        return status;
    }
    t->ops->set_status(t, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
                              VIRTIO_STATUS_FEATURES_OK |
                              VIRTIO_STATUS_DRIVER_OK);
    svc_log("block: virtio %s disk, %lu sectors%s, queue of %u", t->ops->name,
            (unsigned long)b->sectors, b->read_only ? ", read-only" : "",
            b->vq.size);
    return 0;
}
