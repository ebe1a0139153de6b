/*
 * What memory management needs of the processor: the direct map and the root
 * of the active page tables.
 *
 * Spec: Intel SDM volume 3, 4.10 "Caching translation information".
 */
#ifndef NUNCIO_ARCH_MMU_H
#define NUNCIO_ARCH_MMU_H

#include <stdint.h>

#define DIRECT_MAP_BASE 0xffff800000000000ull

/* User addresses lie below this; the last page stays unmapped, so that no
 * `syscall` can leave a return address that is not canonical. */
#define USER_END 0x00007ffffffff000ull

static inline void *phys_to_virt(uint64_t paddr)
{
    return (void *)(DIRECT_MAP_BASE + paddr);
}

/* Only for addresses in the direct map. */
static inline uint64_t virt_to_phys(const void *p)
{
    return (uint64_t)(uintptr_t)p - DIRECT_MAP_BASE;
}

/* The root that is loaded; only mmu_load_root() writes it. */
extern uint64_t mmu_root;

static inline void mmu_load_root(uint64_t root)
{
    mmu_root = root;
    __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

static inline uint64_t mmu_active_root(void)
{
    return mmu_root;
}

static inline void mmu_forget_page(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

#endif /* NUNCIO_ARCH_MMU_H */
