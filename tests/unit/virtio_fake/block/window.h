/*
 * In place of drivers/block/window.h: registers are those of virtio_model.c.
 */
#ifndef DRIVERS_BLOCK_WINDOW_H
#define DRIVERS_BLOCK_WINDOW_H

#include <stdint.h>

struct window {
    uint8_t *base;
    uint64_t bytes;
};

uint32_t model_read(const uint8_t *at, uint32_t width);
void model_write(const uint8_t *at, uint32_t width, uint32_t value);

static inline uint8_t window_read8(const struct window *w, uint64_t offset)
{
    return (uint8_t)model_read(w->base + offset, 1);
}

static inline uint16_t window_read16(const struct window *w, uint64_t offset)
{
    return (uint16_t)model_read(w->base + offset, 2);
}

static inline uint32_t window_read32(const struct window *w, uint64_t offset)
{
    return model_read(w->base + offset, 4);
}

static inline void window_write8(const struct window *w, uint64_t offset,
                                 uint8_t value)
{
    model_write(w->base + offset, 1, value);
}

static inline void window_write16(const struct window *w, uint64_t offset,
                                  uint16_t value)
{
    model_write(w->base + offset, 2, value);
}

static inline void window_write32(const struct window *w, uint64_t offset,
                                  uint32_t value)
{
    model_write(w->base + offset, 4, value);
}

static inline void window_write64(const struct window *w, uint64_t offset,
                                  uint64_t value)
{
    window_write32(w, offset, (uint32_t)value);
    window_write32(w, offset + 4, (uint32_t)(value >> 32));
}

#endif /* DRIVERS_BLOCK_WINDOW_H */
