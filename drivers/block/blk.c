/*
 * Reads on a running virtio disk: FIFO, requests to the device, answers.
 * blk_start.c brings the disk up.
 */
#include <block/blk.h>
#include <rt/service.h>

/* What the status byte is before the device has answered: none of its own. */
#define STATUS_UNANSWERED 0xffu

struct blk_read *blk_read_get(struct blk *b)
{
    struct blk_read *read = b->free_reads;

    if (read != NULL)
        b->free_reads = read->next;
    return read;
}

void blk_read_put(struct blk *b, struct blk_read *read)
{
    read->next = b->free_reads;
    b->free_reads = read;
}

static void finish(struct blk *b, struct blk_read *read)
{
    read->active = false;
    b->done(b->done_arg, read);
    blk_pool_give(&b->pool, read->run, read->runs);
    read->runs = 0;
    blk_read_put(b, read);
}

/* The data of (read) not yet handed over, as segments for one part: how many,
 * and (*bytes) in all. */
static uint32_t data_segments(const struct blk *b, const struct blk_read *read,
                              struct vq_segment *segment, uint32_t *bytes)
{
    uint32_t left = read->bytes - read->handed_bytes;
    uint32_t skip = read->handed_bytes;
    uint32_t count = 0;

    *bytes = 0;
    for (uint32_t i = 0; i < read->runs; i++) {
        uint32_t end = read->run[i].pages * POOL_PAGE_BYTES;
        uint64_t bus =
            b->pool.bus + (uint64_t)read->run[i].page * POOL_PAGE_BYTES;
        uint32_t at = skip < end ? skip : end;

        skip -= at;
        while (at < end && left > 0 && count < b->segments_max) {
            uint32_t n = end - at < left ? end - at : left;

            if (n > b->segment_bytes_max)
                n = b->segment_bytes_max;
            segment[count].bus = bus + at;
            segment[count].bytes = n;
            count++;
            at += n;
            left -= n;
            *bytes += n;
        }
    }
    return count;
}

/* Hands the next part of (read) to the queue; false: no room now. */
static bool hand_part(struct blk *b, struct blk_read *read)
{
    struct vq_segment segment[BLK_SEGMENTS_MAX + 2];
    struct virtio_blk_header *header;
    uint32_t bytes, count;
    uint16_t slot;

    if (b->free_parts == 0)
        return false;
    slot = b->free_part[b->free_parts - 1];
    count = data_segments(b, read, segment + 1, &bytes);
    header = &b->dma->header[slot];
    segment[0].bus =
        b->dma_bus + (uint64_t)((uint8_t *)header - (uint8_t *)b->dma);
    segment[0].bytes = sizeof(*header);
    segment[count + 1].bus =
        b->dma_bus + offsetof(struct blk_part_dma, status) + slot;
    segment[count + 1].bytes = 1;
    header->type = VIRTIO_BLK_T_IN;
    header->reserved = 0;
    header->sector = read->first + read->handed_bytes / BLK_SECTOR_BYTES;
    b->dma->status[slot] = STATUS_UNANSWERED;
    if (vq_add(&b->vq, segment, count + 2, 1, slot) != 0)
        return false;
    b->free_parts--;
    b->part[slot].read = read;
    b->part[slot].bytes = bytes;
    read->parts++;
    read->handed_bytes += bytes;
    return true;
}

/* Hands over all that there is room for of (read); true: all of it. */
static bool hand_read(struct blk *b, struct blk_read *read, bool *handed)
{
    if (read->runs == 0) {
        uint32_t pages = (read->bytes + POOL_PAGE_BYTES - 1) / POOL_PAGE_BYTES;

        read->runs = blk_pool_take(&b->pool, pages, read->run, BLK_RUNS_MAX);
        if (read->runs == 0)
            return false;
    }
    while (read->handed_bytes < read->bytes) {
        if (!hand_part(b, read))
            return false;
        *handed = true;
    }
    return true;
}

/* Works on the FIFO as far as pool and queue have room. In order: a large read
 * is not passed by small ones for ever. */
static void pump(struct blk *b)
{
    struct blk_read *read;
    bool handed = false;

    while ((read = b->waiting) != NULL) {
        /* What failed in part need not be read to its end. */
        if (read->status == 0 && !hand_read(b, read, &handed))
            break;
        b->waiting = read->next;
        read->queued = false;
        if (read->parts == 0)
            finish(b, read);
    }
    if (handed && vq_publish(&b->vq))
        b->transport.ops->notify(&b->transport);
}

void blk_read_start(struct blk *b, struct blk_read *read)
{
    read->handed_bytes = 0;
    read->parts = 0;
    read->runs = 0;
    read->status = 0;
    read->active = true;
    read->queued = true;
    read->next = NULL;
    if (b->waiting == NULL)
        b->waiting = read;
    else
        b->waiting_last->next = read;
    b->waiting_last = read;
    pump(b);
}

/* A line for the first error and then ever fewer: a dying disk must not drown
 * the log. */
static void log_error(struct blk *b, const struct blk_read *read,
                      uint8_t status, uint32_t bytes)
{
    b->errors++;
    if ((b->errors & (b->errors - 1)) == 0)
        svc_log("block: read of %u bytes at sector %lu failed: status %u, "
                "%u bytes came (error %u)",
                read->bytes, (unsigned long)read->first, status, bytes,
                b->errors);
}

/* The device answered part (slot), having written (bytes), status included. */
static void part_done(struct blk *b, uint16_t slot, uint32_t bytes)
{
    struct blk_part *part = &b->part[slot];
    struct blk_read *read = part->read;
    uint8_t status = __atomic_load_n(&b->dma->status[slot], __ATOMIC_RELAXED);

    /* Less than was asked for would show what an earlier read left there. */
    if (status != VIRTIO_BLK_S_OK || bytes != part->bytes + 1) {
        log_error(b, read, status, bytes);
        read->status = NU_IO;
    }
    part->read = NULL;
    b->free_part[b->free_parts++] = slot;
    read->parts--;
    if (read->parts == 0 && !read->queued)
        finish(b, read);
}

/* The device cannot be trusted with anything any more: stops it and answers
 * all that waits. Nothing is handed to it again, so that a device which goes
 * on writing finds nobody's data. */
static void give_up(struct blk *b, const char *why)
{
    svc_log("block: %s; the disk is given up", why);
    b->dead = true;
    (void)transport_reset(&b->transport);
    b->waiting = NULL;
    for (uint32_t i = 0; i < BLK_READS_MAX; i++) {
        struct blk_read *read = &b->read[i];

        if (!read->active)
            continue;
        read->status = NU_IO;
        finish(b, read);
    }
}

void blk_interrupt(struct blk *b)
{
    struct transport *t = &b->transport;
    uint32_t why, bytes;
    uint16_t slot;
    int got;

    if (b->dead)
        return;
    why = t->ops->take_interrupt(t);
    while ((got = vq_take(&b->vq, &slot, &bytes)) == 1)
        part_done(b, slot, bytes);
    if (got < 0) {
        give_up(b, "the device breaks the rules of its queue");
        return;
    }
    if ((why & VIRTIO_INTERRUPT_CONFIG) &&
        (t->ops->get_status(t) & VIRTIO_STATUS_NEEDS_RESET)) {
        give_up(b, "the device reports an error of its own");
        return;
    }
    pump(b);
}
