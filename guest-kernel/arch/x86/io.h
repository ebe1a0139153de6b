/*
 * Port input and output.
 */
#ifndef NUNCIO_ARCH_IO_H
#define NUNCIO_ARCH_IO_H

#include <stddef.h>
#include <stdint.h>

static inline void io_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void io_write16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void io_write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t io_read8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t io_read16(uint16_t port)
{
    uint16_t value;

    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t io_read32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* All of (data) to one port, byte by byte. */
static inline void io_write_bytes(uint16_t port, const void *data, size_t bytes)
{
    __asm__ volatile("rep outsb"
                     : "+S"(data), "+c"(bytes)
                     : "d"(port)
                     : "memory");
}

#endif /* NUNCIO_ARCH_IO_H */
