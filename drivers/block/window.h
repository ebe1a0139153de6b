/*
 * Registers of a device in a mapped window: the only place where the driver
 * touches one. Volatile accesses of exactly the width asked for, not reordered
 * with each other by the compiler; x86 keeps them in program order because the
 * window is mapped uncached.
 *
 * Ownership: the mapping belongs to who made the window and outlives it.
 * Trust:     values read are the device's; offsets are constants or checked
 *            by the caller against (bytes).
 * Context:   any. Unit tests replace this header by a model of a device.
 */
#ifndef DRIVERS_BLOCK_WINDOW_H
#define DRIVERS_BLOCK_WINDOW_H

#include <stdint.h>

struct window {
    uint8_t *base;
    uint64_t bytes;
};

static inline uint8_t window_read8(const struct window *w, uint64_t offset)
{
    return *(const volatile uint8_t *)(w->base + offset);
}

static inline uint16_t window_read16(const struct window *w, uint64_t offset)
{
    return *(const volatile uint16_t *)(const void *)(w->base + offset);
}

static inline uint32_t window_read32(const struct window *w, uint64_t offset)
{
    return *(const volatile uint32_t *)(const void *)(w->base + offset);
}

static inline void window_write8(const struct window *w, uint64_t offset,
                                 uint8_t value)
{
    *(volatile uint8_t *)(w->base + offset) = value;
}

static inline void window_write16(const struct window *w, uint64_t offset,
                                  uint16_t value)
{
    *(volatile uint16_t *)(void *)(w->base + offset) = value;
}

static inline void window_write32(const struct window *w, uint64_t offset,
                                  uint32_t value)
{
    *(volatile uint32_t *)(void *)(w->base + offset) = value;
}

/* A 64-bit register as two halves, low first (virtio 1.2, 4.1.3.1). */
static inline void window_write64(const struct window *w, uint64_t offset,
                                  uint64_t value)
{
    window_write32(w, offset, (uint32_t)value);
    window_write32(w, offset + 4, (uint32_t)(value >> 32));
}

#endif /* DRIVERS_BLOCK_WINDOW_H */
