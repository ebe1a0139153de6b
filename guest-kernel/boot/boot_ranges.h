/*
 * Lists of physical address ranges, sorted and disjoint.
 *
 * Pure functions over an array of BOOT_RANGES_MAX entries and its count.
 * Errors: NU_NOSPC when the list would exceed BOOT_RANGES_MAX.
 */
#ifndef NUNCIO_BOOT_BOOT_RANGES_H
#define NUNCIO_BOOT_BOOT_RANGES_H

#include <stdbool.h>
#include <stdint.h>
#include <boot/boot_memory.h>

/*
 * Makes a firmware's list usable: sorts it, resolves overlaps (what is not
 * usable for one entry is not usable), shrinks usable ranges to whole pages,
 * grows the others, joins neighbours of one kind.
 */
int boot_ranges_normalise(struct boot_range *ranges, uint32_t *count);

/* Takes [begin, end) out of the list. */
int boot_ranges_subtract(struct boot_range *ranges, uint32_t *count,
                         uint64_t begin, uint64_t end);

/* Bytes in ranges of (kind). */
uint64_t boot_ranges_bytes(const struct boot_range *ranges, uint32_t count,
                           uint32_t kind);

/* Whether [begin, end) touches, or lies within one of, the ranges of (kind). */
bool boot_ranges_touch(const struct boot_range *ranges, uint32_t count,
                       uint32_t kind, uint64_t begin, uint64_t end);
bool boot_ranges_contain(const struct boot_range *ranges, uint32_t count,
                         uint32_t kind, uint64_t begin, uint64_t end);

#endif /* NUNCIO_BOOT_BOOT_RANGES_H */
