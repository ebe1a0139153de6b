/*
 * Page-table entries as the processor reads them, for the tables made at boot.
 * (mm/pagetable.h has the kernel core's names; a unit test holds them equal.)
 *
 * Spec: Intel SDM volume 3, 4.5 "4-level paging".
 */
#ifndef NUNCIO_ARCH_PAGE_ENTRY_H
#define NUNCIO_ARCH_PAGE_ENTRY_H

#define PAGE_ENTRY_PRESENT    (1ull << 0)
#define PAGE_ENTRY_WRITE      (1ull << 1)
#define PAGE_ENTRY_USER       (1ull << 2)
#define PAGE_ENTRY_WRITE_THRU (1ull << 3)
#define PAGE_ENTRY_UNCACHED   (1ull << 4)
#define PAGE_ENTRY_LARGE      (1ull << 7)
#define PAGE_ENTRY_GLOBAL     (1ull << 8)
#define PAGE_ENTRY_NX         (1ull << 63)
#define PAGE_ENTRY_ADDR       0x000ffffffffff000ull

#define PAGE_SMALL_BYTES   0x1000ull
#define PAGE_LARGE_BYTES   0x200000ull
#define PAGE_TABLE_ENTRIES 512u

/* Bits of an address that index the table of (level): 3 is the PML4. */
#define PAGE_INDEX(va, level) (((va) >> (12 + 9 * (level))) & 511u)

#endif /* NUNCIO_ARCH_PAGE_ENTRY_H */
