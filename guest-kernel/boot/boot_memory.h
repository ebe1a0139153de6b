/*
 * Physical memory as boot found it and as boot leaves it.
 *
 * Units:     bytes; every begin and end is a multiple of 4096.
 * Ownership: filled once at boot; read-only afterwards.
 * Trust:     checked and made consistent by boot_info.c.
 */
#ifndef NUNCIO_BOOT_BOOT_MEMORY_H
#define NUNCIO_BOOT_BOOT_MEMORY_H

#include <stdint.h>

#define BOOT_RANGES_MAX 128

enum boot_range_kind {
    BOOT_RANGE_USABLE = 1,
    BOOT_RANGE_RESERVED = 2,
    BOOT_RANGE_ACPI = 3, /* tables and NVS */
};

/* [begin, end) of physical addresses. */
struct boot_range {
    uint64_t begin;
    uint64_t end;
    uint32_t kind; /* enum boot_range_kind */
    uint32_t reserved;
};

/*
 * What boot leaves to the frame allocator. All ranges of (free) lie in the
 * direct map, writable, sorted, disjoint, above 1 MiB. The image, boot's page
 * tables and the archive are not in them.
 */
struct boot_memory {
    struct boot_range free[BOOT_RANGES_MAX];
    uint32_t free_count;
    uint64_t usable_bytes; /* all RAM the machine gave us */
    uint64_t image_bytes; /* of it: the kernel image with its bss */
    uint64_t table_bytes; /* of it: page tables made at boot */
    uint64_t archive_bytes; /* of it: the boot archive, whole pages */
    uint64_t kernel_root; /* physical address of the kernel's PML4: every
                           * entry of its upper half that will ever be used
                           * is present, so a process copies 256..511 once */
};

#endif /* NUNCIO_BOOT_BOOT_MEMORY_H */
