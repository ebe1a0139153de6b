/*
 * A virtio disk for tests, on PCI or on memory-mapped registers: keeps the
 * rules unless told otherwise, and aborts when the driver breaks one.
 *
 * It takes requests when notified (or by model_poll) and answers when the test
 * says so. The byte at offset N of its disk is model_byte(N).
 */
#ifndef TESTS_UNIT_VIRTIO_MODEL_H
#define TESTS_UNIT_VIRTIO_MODEL_H

#include <block/virtio_abi.h>
#include <stdbool.h>
#include <stdint.h>

#define MODEL_SEGMENTS  64u
#define MODEL_CHAINS    256u
#define MODEL_BAR       4u /* where the structures really are */
#define MODEL_COMMON    0x0000u
#define MODEL_CONFIG    0x2000u
#define MODEL_NOTIFY    0x3000u
#define MODEL_BAR_BYTES 0x4000u

struct model_segment {
    uint64_t bus;
    uint32_t bytes;
    bool writable;
};

/* One request that the device has and has not answered. */
struct model_chain {
    uint16_t head;
    uint32_t count;
    struct model_segment segment[MODEL_SEGMENTS];
};

struct model {
    /* What it is: set after model_init() and before the driver starts. */
    bool mmio;
    uint32_t vendor, product;
    uint32_t magic, version, device_id;
    uint8_t pci[256];
    uint32_t bar_bytes; /* as device.region tells */
    uint64_t features;
    uint32_t queue_max;
    uint16_t queues;
    uint16_t notify_off;
    struct virtio_blk_config config;
    /* Misbehaviour. */
    bool refuse_features;
    bool no_vector;
    bool restless; /* the configuration changes all the time */
    bool no_reset; /* status never becomes 0 */
    bool silent; /* makes no interrupts */
    /* State. */
    uint8_t *bar[PCI_BARS]; /* windows given out; MMIO: the first */
    uint8_t status;
    uint32_t select_device, select_driver;
    uint64_t driver_features;
    uint32_t generation;
    uint32_t isr;
    uint32_t command; /* PCI */
    struct {
        uint32_t size;
        bool enabled;
        uint64_t desc, avail, used;
    } queue;
    uint16_t avail_seen;
    uint16_t used_idx;
    unsigned notifies;
    unsigned resets;
    uint32_t chain_count;
    struct model_chain chain[MODEL_CHAINS]; /* in the order they came */
};

extern struct model model;

/* A good disk of (sectors), and a fresh fake runtime with it as device. */
void model_init(bool mmio, uint64_t sectors);

uint8_t model_byte(uint64_t offset);

_Noreturn void model_rule_broken(const char *what);

/* Aborts, with (what), unless the driver has (kept) a rule. */
static inline void model_rule(bool kept, const char *what)
{
    if (!kept)
        model_rule_broken(what);
}

/* Takes new requests from the queue. */
void model_poll(void);
/* Answers request (index) of (chain): its data if (status) is 0, less the last
 * (missing) bytes; and interrupts. */
void model_answer(uint32_t index, uint8_t status, uint32_t missing);
void model_answer_all(void);

/* A used element of any content; published, with the index moved by (step). */
void model_push_used(uint32_t id, uint32_t len, uint16_t step);
void model_interrupt(uint32_t reason);
struct virtq_used *model_used_ring(void);

/* Adds a virtio capability to configuration space at (at). */
void model_capability(uint32_t at, uint32_t next, uint32_t type, uint32_t bar,
                      uint32_t offset, uint32_t length);

#endif /* TESTS_UNIT_VIRTIO_MODEL_H */
