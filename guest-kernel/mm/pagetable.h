/*
 * Page tables of four levels, as x86-64 walks them.
 *
 * A change is made in two steps: pt_prepare() finds all table pages a range
 * needs, charged to a purse; after that pt_set() cannot fail. Nothing here
 * touches memory through the tables: they are read through the direct map.
 *
 * Units:     addresses and lengths in bytes, page aligned.
 * Ownership: table pages below the root's user half belong to the space.
 * Context:   kernel, interrupts off. pt_set() leaves the TLB to the caller.
 * Spec:      Intel SDM volume 3, 4.5 "4-level paging".
 */
#ifndef NUNCIO_MM_PAGETABLE_H
#define NUNCIO_MM_PAGETABLE_H

#include <mm/purse.h>

#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITE    (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_UNCACHED (1ull << 4) /* PCD: for device memory */
#define PTE_LARGE    (1ull << 7)
#define PTE_GLOBAL   (1ull << 8)
#define PTE_NX       (1ull << 63)
#define PTE_ADDR     0x000ffffffffff000ull

/* A new root: lower half empty, upper half the kernel's. */
paddr_t pt_create_root(struct purse *purse, paddr_t kernel_root);
/* Frees the root and all tables of its lower half; returns how many pages. */
uint64_t pt_destroy_root(struct purse *purse, paddr_t root);

/* Frees the tables of the GiB that begins at (va); returns how many pages. */
uint64_t pt_destroy_gib(struct purse *purse, paddr_t root, uint64_t va);

/* Makes all tables for [va, va + bytes); (*added) grows by the pages taken.
 * false: purse empty; what was made stays and is reused or freed with the root. */
bool pt_prepare(struct purse *purse, paddr_t root, uint64_t va, uint64_t bytes,
                uint64_t *added);

/* The last-level entry for (va), or NULL if tables are missing or it lies in
 * a large page. */
uint64_t *pt_entry(paddr_t root, uint64_t va);

/* The leaf that maps (va), of any size, as an entry for its 4 KiB page: address,
 * and the rights that all levels grant. 0 if not present. */
uint64_t pt_lookup(paddr_t root, uint64_t va);

#endif /* NUNCIO_MM_PAGETABLE_H */
