/* Page tables: mm/pagetable.h. */
#include <mm/pagetable.h>

#include <arch_mmu.h>
#include <kassert.h>
#include <nlib/string.h>

#define ENTRIES 512u
#define TABLE_FLAGS(va) \
    (PTE_PRESENT | PTE_WRITE | ((int64_t)(va) >= 0 ? PTE_USER : 0))

static uint32_t index_at(uint64_t va, int level)
{
    return (uint32_t)(va >> (12 + 9 * level)) & (ENTRIES - 1);
}

paddr_t pt_create_root(struct purse *purse, paddr_t kernel_root)
{
    paddr_t root = purse_page_alloc(purse);
    uint64_t *table;

    if (root == FRAME_NONE)
        return FRAME_NONE;
    table = phys_to_virt(root);
    memcpy(table + ENTRIES / 2,
           (const uint64_t *)phys_to_virt(kernel_root) + ENTRIES / 2,
           ENTRIES / 2 * sizeof(*table));
    return root;
}

/* Frees a table's children down to level 1; its own page last. */
static uint64_t free_table(struct purse *purse, paddr_t page, int level,
                           uint32_t entries)
{
    const uint64_t *table = phys_to_virt(page);
    uint64_t freed = 1;

    for (uint32_t i = 0; level > 0 && i < entries; i++) {
        if (table[i] & PTE_PRESENT)
            freed += free_table(purse, table[i] & PTE_ADDR, level - 1, ENTRIES);
    }
    purse_page_free(purse, page);
    return freed;
}

uint64_t pt_destroy_root(struct purse *purse, paddr_t root)
{
    return free_table(purse, root, 3, ENTRIES / 2);
}

uint64_t pt_destroy_gib(struct purse *purse, paddr_t root, uint64_t va)
{
    uint64_t *table = phys_to_virt(root);
    uint64_t *entry = &table[index_at(va, 3)];
    uint64_t freed;

    KASSERT(*entry & PTE_PRESENT);
    table = phys_to_virt(*entry & PTE_ADDR);
    entry = &table[index_at(va, 2)];
    if (!(*entry & PTE_PRESENT))
        return 0;
    freed = free_table(purse, *entry & PTE_ADDR, 1, ENTRIES);
    *entry = 0;
    return freed;
}

bool pt_prepare(struct purse *purse, paddr_t root, uint64_t va, uint64_t bytes,
                uint64_t *added)
{
    for (uint64_t at = va & ~((1ull << 21) - 1); at < va + bytes;
         at += 1ull << 21) {
        uint64_t *table = phys_to_virt(root);

        for (int level = 3; level > 0; level--) {
            uint64_t *entry = &table[index_at(at, level)];

            if (!(*entry & PTE_PRESENT)) {
                paddr_t page = purse_page_alloc(purse);

                if (page == FRAME_NONE)
                    return false;
                *entry = page | TABLE_FLAGS(va);
                ++*added;
            }
            KASSERT(!(*entry & PTE_LARGE));
            table = phys_to_virt(*entry & PTE_ADDR);
        }
    }
    return true;
}

uint64_t *pt_entry(paddr_t root, uint64_t va)
{
    uint64_t *table = phys_to_virt(root);

    for (int level = 3; level > 0; level--) {
        uint64_t entry = table[index_at(va, level)];

        if (!(entry & PTE_PRESENT) || (entry & PTE_LARGE))
            return NULL;
        table = phys_to_virt(entry & PTE_ADDR);
    }
    return &table[index_at(va, 0)];
}

static inline uint64_t entry_in(paddr_t table, uint64_t va, int level)
{
    return ((const uint64_t *)phys_to_virt(table))[index_at(va, level)];
}

/* What (entry) maps (va) to. (granted): what all levels say, NX turned round. */
static inline uint64_t leaf(uint64_t entry, uint64_t granted, uint64_t va,
                            int level)
{
    uint64_t within = (1ull << (12 + 9 * level)) - 1;

    if (!(entry & PTE_PRESENT))
        return 0;
    return (((entry & PTE_ADDR & ~within) | (va & within)) & ~PAGE_MASK) |
           (granted & (PTE_PRESENT | PTE_WRITE | PTE_USER)) |
           (~granted & PTE_NX);
}

/* Not a loop: every page of a message comes by here, and constant levels halve
 * the instructions. */
uint64_t pt_lookup(paddr_t root, uint64_t va)
{
    uint64_t entry = entry_in(root, va, 3);
    uint64_t granted = entry ^ PTE_NX;

    if (!(entry & PTE_PRESENT))
        return 0;
    entry = entry_in(entry & PTE_ADDR, va, 2);
    granted &= entry ^ PTE_NX;
    if ((entry & (PTE_PRESENT | PTE_LARGE)) != PTE_PRESENT)
        return leaf(entry, granted, va, 2);
    entry = entry_in(entry & PTE_ADDR, va, 1);
    granted &= entry ^ PTE_NX;
    if ((entry & (PTE_PRESENT | PTE_LARGE)) != PTE_PRESENT)
        return leaf(entry, granted, va, 1);
    entry = entry_in(entry & PTE_ADDR, va, 0);
    granted &= entry ^ PTE_NX;
    return leaf(entry, granted, va, 0);
}
