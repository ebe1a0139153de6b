/*
 * The model of a virtio disk: its queue.
 */
#include "block_console_svc.h"
#include "virtio_model.h"

#include <string.h>

struct virtq_used *model_used_ring(void)
{
    return (void *)fake_bus(model.queue.used, 4 + 8 * (size_t)model.queue.size);
}

static void take_chain(uint16_t head)
{
    struct virtq_desc *table =
        (void *)fake_bus(model.queue.desc, 16 * (size_t)model.queue.size);
    struct model_chain *c = &model.chain[model.chain_count];
    uint16_t at = head;
    bool more = true;

    model_rule(model.chain_count < MODEL_CHAINS, "too many requests");
    c->head = head;
    for (c->count = 0; more; c->count++) {
        const struct virtq_desc *d = &table[at];
        struct model_segment *s = &c->segment[c->count];

        model_rule(at < model.queue.size, "descriptor outside the table");
        model_rule(c->count < MODEL_SEGMENTS && c->count < model.queue.size,
                   "chain too long, or a circle");
        s->bus = d->addr;
        s->bytes = d->len;
        s->writable = (d->flags & VIRTQ_DESC_F_WRITE) != 0;
        model_rule(d->len > 0 && fake_bus(d->addr, d->len) != NULL,
                   "not memory for the device");
        model_rule(c->count == 0 || s->writable || !s[-1].writable,
                   "readable after writable");
        more = (d->flags & VIRTQ_DESC_F_NEXT) != 0;
        at = d->next;
    }
    model_rule(c->count >= 3, "request without data");
    model_rule(c->segment[0].bytes == 16 && !c->segment[0].writable, "header");
    model_rule(c->segment[1].writable, "data");
    model_rule(c->segment[c->count - 1].bytes == 1, "status");
    if (model.driver_features & VIRTIO_BLK_F_SEG_MAX)
        model_rule(c->count - 2 <= 1 || c->count - 2 <= model.config.seg_max,
                   "seg_max");
    for (uint32_t i = 1; i + 1 < c->count; i++)
        model_rule(!(model.driver_features & VIRTIO_BLK_F_SIZE_MAX) ||
                       c->segment[i].bytes <= model.config.size_max,
                   "size_max");
    model.chain_count++;
}

void model_poll(void)
{
    uint8_t *avail;
    uint16_t idx;

    if (!model.queue.enabled || !(model.status & VIRTIO_STATUS_DRIVER_OK))
        return;
    avail = fake_bus(model.queue.avail, 4 + 2 * (size_t)model.queue.size);
    model_rule(avail != NULL, "available ring");
    memcpy(&idx, avail + 2, 2);
    model_rule((uint16_t)(idx - model.avail_seen) <= model.queue.size,
               "available index runs away");
    while (model.avail_seen != idx) {
        uint16_t head;
        size_t slot = model.avail_seen % model.queue.size;

        memcpy(&head, avail + 4 + 2 * slot, 2);
        take_chain(head);
        model.avail_seen++;
    }
}

void model_interrupt(uint32_t reason)
{
    bool was_low = model.isr == 0;

    if (model.silent)
        return;
    if (!model.mmio) {
        fake_edge();
        return;
    }
    model.isr |= reason;
    if (was_low)
        fake_edge();
}

void model_push_used(uint32_t id, uint32_t len, uint16_t step)
{
    struct virtq_used *used = model_used_ring();
    struct virtq_used_elem *ring = (void *)(used + 1);

    ring[model.used_idx % model.queue.size].id = id;
    ring[model.used_idx % model.queue.size].len = len;
    model.used_idx = (uint16_t)(model.used_idx + step);
    used->idx = model.used_idx;
    model_interrupt(VIRTIO_INTERRUPT_QUEUE);
}

void model_answer(uint32_t index, uint8_t status, uint32_t missing)
{
    struct model_chain c = model.chain[index];
    struct virtio_blk_header header;
    uint64_t offset;
    uint32_t data = 0, done = 0, i;

    memcpy(&header, fake_bus(c.segment[0].bus, 16), 16);
    model_rule(header.type == VIRTIO_BLK_T_IN, "type of request");
    for (i = 1; i + 1 < c.count; i++)
        data += c.segment[i].bytes;
    model_rule(data % 512 == 0 && header.sector <= model.config.capacity &&
                   data / 512 <= model.config.capacity - header.sector,
               "range of sectors");
    offset = header.sector * 512;
    if (status == 0)
        data -= missing;
    for (i = 1; i + 1 < c.count && status == 0; i++) {
        uint8_t *to = fake_bus(c.segment[i].bus, c.segment[i].bytes);

        for (uint32_t k = 0; k < c.segment[i].bytes && done < data; k++)
            to[k] = model_byte(offset + done++);
    }
    *fake_bus(c.segment[c.count - 1].bus, 1) = status;
    model.chain_count--;
    memmove(&model.chain[index], &model.chain[index + 1],
            (model.chain_count - index) * sizeof(c));
    model_push_used(c.head, status == 0 ? data + 1 : 1, 1);
}

void model_answer_all(void)
{
    while (model.chain_count > 0)
        model_answer(0, 0, 0);
}
