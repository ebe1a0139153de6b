/*
 * The kernel's page tables, made once at boot, and windows on device registers.
 *
 *   0xffff800000000000  direct map of RAM: NX; writable but for the kernel's
 *                       text and rodata
 *   0xffffa00000000000  kernel services (empty; tables are the kernel core's)
 *   0xffffc00000000000  device registers, uncached
 *   0xffffffff80000000  the image: text RX, rodata R, data RW; guard pages
 *                       below each stack
 *
 * Nothing else is mapped: no identity map, no physical page 0.
 *
 * Units:   bytes.
 * Context: boot; mmio_map() also later. Never blocks.
 */
#ifndef NUNCIO_ARCH_BOOT_PAGING_H
#define NUNCIO_ARCH_BOOT_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <boot/boot_memory.h>

#define LAYOUT_DIRECT_BASE  0xffff800000000000ull
#define LAYOUT_DIRECT_BYTES 0x0000200000000000ull
#define LAYOUT_SERVICE_BASE 0xffffa00000000000ull
#define LAYOUT_MMIO_BASE    0xffffc00000000000ull
#define LAYOUT_IMAGE_BASE   0xffffffff80000000ull

/* Physical ranges that boot must leave alone, and all of memory. */
struct boot_paging_request {
    const struct boot_range *ranges; /* sorted, disjoint */
    uint32_t range_count;
    uint64_t archive_begin;
    uint64_t archive_bytes;
};

/*
 * Makes the tables, switches to them, and says in (*memory) what is left.
 * (request) and its ranges must stay.
 * Returns NULL, or what is missing.
 */
const char *boot_paging_init(const struct boot_paging_request *request,
                             struct boot_memory *memory);

/*
 * A window on device registers [phys, phys + bytes), uncached, NX, for ever.
 * NULL if it overlaps RAM, wraps, or the window area (4 MiB) is used up. The
 * same page asked for twice is mapped twice.
 */
void *mmio_map(uint64_t phys, uint64_t bytes);

/* Points the page of (window), from mmio_map(), at another page of registers.
 * 0, or -1 if there is RAM or (window) is none. */
int mmio_remap(void *window, uint64_t phys);

/* Whether the kernel can read (va) under the active tables: for the panic
 * screen, which follows frame pointers that may be anything. */
bool boot_paging_is_mapped(uint64_t va);

#endif /* NUNCIO_ARCH_BOOT_PAGING_H */
