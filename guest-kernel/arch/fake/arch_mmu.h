/*
 * arch_mmu.h for the build machine: physical memory is an array that the test
 * supplies, so page-table and message code runs under sanitizers.
 */
#ifndef NUNCIO_ARCH_MMU_H
#define NUNCIO_ARCH_MMU_H

#include <stdint.h>

#define USER_END 0x00007ffffffff000ull

extern uint8_t *fake_ram; /* 4 KiB aligned; physical address 0 */
extern uint64_t fake_root; /* what mmu_load_root() was given last */
extern uint64_t fake_forgotten; /* calls of mmu_forget_page() */

static inline void *phys_to_virt(uint64_t paddr)
{
    return fake_ram + paddr;
}

static inline uint64_t virt_to_phys(const void *p)
{
    return (uint64_t)((const uint8_t *)p - fake_ram);
}

static inline void mmu_load_root(uint64_t root)
{
    fake_root = root;
}

static inline uint64_t mmu_active_root(void)
{
    return fake_root;
}

static inline void mmu_forget_page(uint64_t va)
{
    (void)va;
    fake_forgotten++;
}

#endif /* NUNCIO_ARCH_MMU_H */
