/*
 * What the loader told us, from PVH's hvm_start_info or from multiboot2.
 *
 * The parsers are pure functions over a bounded window of physical memory, so
 * unit tests and the fuzzer run the same code on the build machine.
 *
 * Units:     bytes, physical addresses.
 * Ownership: struct boot_info holds copies; the loader's memory may be reused
 *            (but for the archive).
 * Trust:     everything in the window may be wrong: each field is read once,
 *            copied and checked.
 * Errors:    NU_INVAL with the name of the field in (*error).
 * Spec:      Xen public/arch-x86/hvm/start_info.h; Multiboot2 2.0, chapter 3.
 */
#ifndef NUNCIO_BOOT_BOOT_INFO_H
#define NUNCIO_BOOT_BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>
#include <boot/boot_memory.h>

#define BOOT_CMDLINE_BYTES 2048 /* with its NUL */
#define BOOT_RSDP_BYTES    36

/* Physical memory [begin, begin + bytes) seen at (base). */
struct boot_window {
    const uint8_t *base;
    uint64_t begin;
    uint64_t bytes;
};

enum boot_protocol { BOOT_PVH = 1, BOOT_MULTIBOOT2 = 2 };

struct boot_info {
    uint32_t protocol; /* enum boot_protocol */
    uint32_t range_count;
    struct boot_range ranges[BOOT_RANGES_MAX]; /* sorted, disjoint */
    char cmdline[BOOT_CMDLINE_BYTES];
    uint64_t archive_begin; /* page aligned; 0: no archive */
    uint64_t archive_bytes; /* exact length */
    uint64_t rsdp; /* address of ACPI's root pointer, or 0 */
    uint8_t rsdp_copy[BOOT_RSDP_BYTES]; /* multiboot2 hands over a copy */
    uint32_t rsdp_copy_bytes; /* 0, 20 or 36 */
    uint64_t epoch_s; /* wall clock at boot, seconds since 1970, or 0 */
};

/* Which field is wrong and how: a line for the panic message. */
struct boot_error {
    char text[112];
};

/* Reads (bytes) at physical (at) into (to); 0 or NU_RANGE. */
int boot_window_read(const struct boot_window *window, uint64_t at, void *to,
                     size_t bytes);

/* Dispatches on the loader's magic number: PVH or multiboot2. */
int boot_info_parse(struct boot_info *info, const struct boot_window *window,
                    uint32_t magic, uint64_t at, struct boot_error *error);
int boot_info_parse_pvh(struct boot_info *info,
                        const struct boot_window *window, uint64_t at,
                        struct boot_error *error);
int boot_info_parse_multiboot2(struct boot_info *info,
                               const struct boot_window *window, uint64_t at,
                               struct boot_error *error);

const char *boot_protocol_name(uint32_t protocol);

#endif /* NUNCIO_BOOT_BOOT_INFO_H */
