/*
 * The service `block`: the contract block on one virtio disk.
 *
 * Handles: device (a virtio disk), purse. Options: pool=KIB of memory for data
 * on its way, 128 to 4096, otherwise 1024.
 */
#include <block/blk.h>
#include <contract/block.h>
#include <contract/device.h>
#include <contract/interrupt.h>
#include <rt/service.h>

#define POOL_KIB_DEFAULT 1024u
#define POOL_KIB_MIN     128u
#define POOL_KIB_MAX     (POOL_PAGES_MAX * (POOL_PAGE_BYTES / 1024u))

/* The one object: it is the disk, all clients hold the same. */
struct disk {
    struct svc_object object;
    struct blk blk;
    nu_handle_t interrupt;
};

static int disk_info(void *self, struct nu_serve *call,
                     struct block_info_rep *rep)
{
    const struct disk *disk = self;

    (void)call;
    rep->sectors = disk->blk.sectors;
    rep->sector_bytes = BLK_SECTOR_BYTES;
    rep->read_only = disk->blk.read_only;
    rep->bytes_max = disk->blk.bytes_max;
    return 0;
}

static int disk_read(void *self, struct nu_serve *call,
                     const struct block_read_req *req,
                     struct block_read_rep *rep)
{
    struct disk *disk = self;
    struct blk *b = &disk->blk;
    struct blk_read *read;

    (void)rep; /* filled in when the data is here */
    if (req->sectors == 0 || req->sectors > b->bytes_max / BLK_SECTOR_BYTES ||
        req->first >= b->sectors || req->sectors > b->sectors - req->first)
        return NU_RANGE;
    if (b->dead)
        return NU_IO;
    read = blk_read_get(b);
    if (read == NULL)
        return NU_BUSY;
    read->cookie = svc_defer(call);
    if (read->cookie == NULL) {
        blk_read_put(b, read);
        return NU_BUSY;
    }
    read->first = req->first;
    read->bytes = req->sectors * BLK_SECTOR_BYTES;
    blk_read_start(b, read);
    return NU_SERVE_PENDING;
}

/* Answers the call behind (read). The pieces are copied by svc_finish(). */
static void disk_read_done(void *arg, struct blk_read *read)
{
    struct disk *disk = arg;
    struct nu_serve *call = svc_resume(read->cookie);
    struct block_read_rep rep = {0};
    uint32_t left = read->status == 0 ? read->bytes : 0;
    uint64_t tag;

    for (uint32_t i = 0; i < read->runs && left > 0; i++) {
        const struct blk_run *run = &read->run[i];
        uint32_t bytes = run->pages * POOL_PAGE_BYTES;

        if (bytes > left)
            bytes = left;
        /* Cannot fail: BLK_RUNS_MAX pieces fit in a reply. */
        (void)nu_serve_bytes(
            call, disk->blk.pool.memory + (size_t)run->page * POOL_PAGE_BYTES,
            bytes);
        left -= bytes;
    }
    tag = block_read_reply(call, read->status, &rep);
    svc_finish(read->cookie, tag);
}

static const struct block_ops disk_ops = {
    .info = disk_info,
    .read = disk_read,
};

static uint64_t disk_dispatch(struct svc_object *self, struct nu_serve *call)
{
    return block_dispatch(&disk_ops, self, call);
}

static const struct svc_class disk_class = {
    .name = "disk",
    .dispatch = disk_dispatch,
};

/*
 * On a line an edge that comes between our look and the end of the mask would
 * be lost, so look again after the end. Before it too: a level would come back
 * at once.
 */
static void on_interrupt(void *arg, uint64_t count)
{
    struct disk *disk = arg;

    (void)count;
    blk_interrupt(&disk->blk);
    (void)interrupt_ack(disk->interrupt);
    blk_interrupt(&disk->blk);
}

/* Memory for the device, mapped for us. */
static int get_dma(nu_handle_t device, size_t pages, struct blk_dma *dma)
{
    nu_handle_t memory;
    int status;

    status = device_dma(device, pages, svc_handle("purse"), &memory, &dma->bus);
    if (status == 0) {
        dma->pages = pages;
        dma->memory = svc_map(memory, pages * NU_PAGE_BYTES, true);
        if (dma->memory == NULL)
            status = NU_NOMEM;
    }
    if (status != 0)
        svc_log("block: %lu pages for the device: %s", (unsigned long)pages,
                nu_error_text(status));
    return status;
}

/* The option (pool) in pages, or 0 after a line in the log. */
static size_t pool_pages(void)
{
    const char *text = svc_option("pool");
    size_t kib = text != NULL ? 0 : POOL_KIB_DEFAULT;

    for (; text != NULL && *text >= '0' && *text <= '9'; text++) {
        kib = kib * 10 + (size_t)(*text - '0');
        if (kib > POOL_KIB_MAX)
            break;
    }
    if ((text != NULL && *text != '\0') || kib < POOL_KIB_MIN) {
        svc_log("block: option pool=%s: KiB from %u to %u expected",
                svc_option("pool"), POOL_KIB_MIN, POOL_KIB_MAX);
        return 0;
    }
    return kib * 1024 / POOL_PAGE_BYTES;
}

static int disk_open(struct disk *disk)
{
    nu_handle_t device = svc_handle("device");
    struct blk_dma control, data;
    size_t pages = pool_pages();
    int status;

    if (pages == 0)
        return NU_INVAL;
    status = transport_open(&disk->blk.transport, device);
    if (status != 0)
        return status;
    status = device_interrupt(device, 0, &disk->interrupt);
    if (status == 0)
        status = svc_on_interrupt(disk->interrupt, on_interrupt, disk);
    if (status != 0) {
        svc_log("block: interrupt of the device: %s", nu_error_text(status));
        return status;
    }
    status = get_dma(device, BLK_CONTROL_PAGES, &control);
    if (status == 0)
        status = get_dma(device, pages, &data);
    if (status == 0)
        status = blk_start(&disk->blk, &control, &data, disk_read_done, disk);
    return status;
}

static int block_start(struct svc_object **root)
{
    struct disk *disk = svc_alloc(sizeof(*disk));
    int status;

    if (disk == NULL)
        return NU_NOMEM;
    disk->object.class = &disk_class;
    status = disk_open(disk);
    if (status == 0)
        *root = &disk->object;
    return status; /* an error ends the service, and with it its memory */
}

const struct service block_service = {
    .name = "block",
    .start = block_start,
};
