/*
 * A virtio disk: reads, many at once, each of up to BLK_BYTES_MAX.
 *
 * A read waits in a FIFO until the pool has pages for it, is handed to the
 * device as one or more requests of as many segments as the device takes, and
 * is finished when all of them are answered.
 *
 * Units:     sectors of 512 bytes, bytes.
 * Ownership: a struct blk_read is the caller's from blk_read_get() until
 *            blk_read_start(); then the disk's; its data belongs to the (done)
 *            callback while that runs and to nobody afterwards.
 * Trust:     the device can lie in everything it says. It is believed that it
 *            writes only where it was told to: nothing here can stop it.
 * Errors:    a failed read is NU_IO. A device that breaks the protocol is
 *            reset and left alone: all reads, now and later, are NU_IO.
 * Context:   the service's thread. (done) runs inside blk_interrupt() alone,
 *            and must not call back.
 * Spec:      virtio 1.2, sections 3.1.1 and 5.2.
 */
#ifndef DRIVERS_BLOCK_BLK_H
#define DRIVERS_BLOCK_BLK_H

#include <block/pool.h>
#include <block/transport.h>
#include <block/virtqueue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLK_SECTOR_BYTES 512u
#define BLK_BYTES_MAX    131072u
#define BLK_RUNS_MAX     16u
#define BLK_READS_MAX    64u
#define BLK_PARTS_MAX    64u
#define BLK_SEGMENTS_MAX 32u /* of data, in one request to the device */

struct blk_read {
    struct blk_read *next; /* free list or FIFO */
    uint64_t first;
    uint32_t bytes;
    uint32_t handed_bytes; /* to the device so far */
    uint32_t parts; /* requests of the device not yet answered */
    uint32_t runs; /* 0: has no pages yet */
    struct blk_run run[BLK_RUNS_MAX];
    int status;
    bool active; /* started and not done */
    bool queued; /* in the FIFO */
    void *cookie; /* the caller's */
};

/* One request to the device; its index is the token in the queue. */
struct blk_part {
    struct blk_read *read; /* NULL: free */
    uint32_t bytes;
};

/* What the device reads and writes for each part, in DMA memory. */
struct blk_part_dma {
    struct virtio_blk_header header[BLK_PARTS_MAX];
    uint8_t status[BLK_PARTS_MAX];
};

/* The read is over: (read->status), and if that is 0 its data in (runs). */
typedef void (*blk_done_fn)(void *arg, struct blk_read *read);

struct blk {
    struct transport transport;
    struct virtqueue vq;
    struct blk_pool pool;
    uint64_t sectors;
    uint32_t bytes_max;
    uint32_t segments_max; /* per part */
    uint32_t segment_bytes_max; /* a multiple of a sector */
    bool read_only;
    bool dead;
    blk_done_fn done;
    void *done_arg;
    struct blk_part_dma *dma;
    uint64_t dma_bus;
    struct blk_read *free_reads;
    struct blk_read *waiting; /* FIFO: not all handed to the device */
    struct blk_read *waiting_last;
    uint32_t errors; /* answered by the device, for the log */
    struct blk_part part[BLK_PARTS_MAX];
    uint16_t free_part[BLK_PARTS_MAX];
    uint32_t free_parts;
    struct blk_read read[BLK_READS_MAX];
};

/* Memory shared with the device: for us, for it, and how much. */
struct blk_dma {
    void *memory;
    uint64_t bus;
    size_t pages;
};

/* Pages that blk_start() needs for (control). */
#define BLK_CONTROL_PAGES 3u

/*
 * Brings up the device behind (b->transport), which is open: features, limits,
 * queue. (*b) is otherwise zero. (control) is for queue and headers, (data)
 * for what is read. Returns 0 or an error, after a line in the log.
 */
int blk_start(struct blk *b, const struct blk_dma *control,
              const struct blk_dma *data, blk_done_fn done, void *arg);

/* A read to be filled in (first, bytes, cookie) and started; NULL: all are in
 * use. Its range must have been checked against (sectors, bytes_max). */
struct blk_read *blk_read_get(struct blk *b);
void blk_read_put(struct blk *b, struct blk_read *read); /* unstarted */
void blk_read_start(struct blk *b, struct blk_read *read);

/* Looks what the device has done. Call it on each interrupt. */
void blk_interrupt(struct blk *b);

#endif /* DRIVERS_BLOCK_BLK_H */
