/*
 * A virtio disk whose every word is the fuzzer's: configuration space,
 * features, limits, and then the used ring while reads are in flight.
 *
 * Oracle: no trap; the driver keeps the rules of virtio (the model aborts);
 * no read is answered twice; once the device has answered all, or is given up,
 * nothing is left waiting.
 */
#include "../unit/block_client.h"
#include "../unit/virtio_model.h"

#include <stdlib.h>
#include <string.h>

#define CALLS 32u

struct input {
    const uint8_t *at;
    size_t left;
};

static void take(struct input *in, void *to, size_t bytes)
{
    size_t n = bytes < in->left ? bytes : in->left;

    memset(to, 0, bytes);
    if (n > 0)
        memcpy(to, in->at, n);
    in->at += n;
    in->left -= n;
}

static uint8_t take8(struct input *in)
{
    uint8_t value;

    take(in, &value, sizeof(value));
    return value;
}

static uint32_t take32(struct input *in)
{
    uint32_t value;

    take(in, &value, sizeof(value));
    return value;
}

static void check(bool good)
{
    if (!good)
        abort();
}

/* What the device is. Each bit of the first byte spoils one thing, so that the
 * rest is reached too. */
static void choose_device(struct input *in)
{
    uint8_t spoil = take8(in);

    model_init(spoil & 1, 100000);
    if (spoil & 2)
        take(in, model.pci, sizeof(model.pci));
    if (spoil & 4) {
        uint32_t features = take32(in);

        model.features = (uint64_t)(take8(in) & 3) << 32 | features;
    }
    if (spoil & 8)
        take(in, &model.config, sizeof(model.config));
    if (spoil & 16)
        model.queue_max = take32(in) & 0xffff;
    if (spoil & 32)
        model.notify_off = (uint16_t)take32(in);
    if (spoil & 64)
        model.bar_bytes = take32(in) & 0xffff;
    if (spoil & 128) {
        uint8_t more = take8(in);

        model.no_vector = more & 1;
        model.restless = more & 2;
        model.refuse_features = more & 4;
        model.silent = more & 8;
        model.magic += more & 16;
        model.version -= (more & 32) != 0;
    }
}

static void read_something(struct input *in, struct fake_call *call)
{
    uint64_t first = take32(in);
    uint32_t sectors = (uint32_t)take8(in) + 1;

    if (call->deferred && !call->done)
        return;
    fake_call_free(call);
    (void)client_read(call, first % 100000, sectors);
}

static void device_acts(struct input *in, uint8_t op)
{
    if (model.status == 0)
        return;
    switch (op % 6) {
    case 0:
    case 1:
        if (model.chain_count > 0)
            model_answer(take8(in) % model.chain_count, op & 8 ? 0 : op >> 4,
                         0);
        break;
    case 2:
        model_answer_all();
        break;
    case 3: {
        uint32_t id = take8(in);
        uint32_t len = take32(in);

        model_push_used(id, len, op & 8 ? 1 : (uint16_t)take32(in));
        break;
    }
    case 4:
        model_interrupt(op >> 4);
        break;
    default:
        if (op & 8)
            model.status |= VIRTIO_STATUS_NEEDS_RESET;
        model_used_ring()->flags = op >> 4;
        break;
    }
}

/* The device answers all that it has, until the driver wants no more. If it
 * has moved its index back and forth the driver cannot know what is done: then
 * it says something that cannot be, and all must be over. */
static void come_to_an_end(void)
{
    model.silent = false;
    for (unsigned i = 0; i < 10000 && model.status != 0; i++) {
        model_poll();
        if (model.chain_count == 0)
            break;
        model_answer_all();
        fake_edge();
        check(fake_run_events());
    }
    for (unsigned i = 0; i < 4 && fake.deferred > 0; i++) {
        check(model.status != 0);
        model_push_used(UINT32_MAX, 0, 0x1000);
        model.isr = 0;
        fake_edge();
        check(fake_run_events());
    }
    check(fake.deferred == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const struct fake_option small_pool[] = {{"pool", "128"},
                                                    {NULL, NULL}};
    static struct fake_call call[CALLS];
    struct input in = {.at = data, .left = bytes};

    choose_device(&in);
    fake.options = small_pool;
    if (client_start() != 0)
        return 0;
    memset(call, 0, sizeof(call));
    while (in.left > 0) {
        uint8_t op = take8(&in);

        if (op & 1)
            read_something(&in, &call[(op >> 1) % CALLS]);
        else
            device_acts(&in, op >> 1);
        if (op & 0x40)
            check(fake_run_events());
    }
    come_to_an_end();
    for (unsigned i = 0; i < CALLS; i++) {
        check(call[i].done || !call[i].deferred);
        fake_call_free(&call[i]);
    }
    return 0;
}
