/*
 * The kernel's page tables: boot_paging.h. Tables are written through the
 * direct map, which the temporary tables of boot.S have too, up to 4 GiB.
 */
#include <boot_paging.h>

#include <arch_mmu.h>
#include <boot/boot_ranges.h>
#include <image.h>
#include <nlib/string.h>
#include <page_entry.h>

#define GIB4        0x100000000ull
#define MIB1        0x100000ull
#define MMIO_TABLES 2u
#define MMIO_PAGES  (MMIO_TABLES * PAGE_TABLE_ENTRIES)

#define LEAF_READ   (PAGE_ENTRY_PRESENT | PAGE_ENTRY_GLOBAL | PAGE_ENTRY_NX)
#define LEAF_WRITE  (LEAF_READ | PAGE_ENTRY_WRITE)
#define LEAF_EXEC   (PAGE_ENTRY_PRESENT | PAGE_ENTRY_GLOBAL)
#define LEAF_DEVICE (LEAF_WRITE | PAGE_ENTRY_UNCACHED | PAGE_ENTRY_WRITE_THRU)
#define TABLE       (PAGE_ENTRY_PRESENT | PAGE_ENTRY_WRITE)

static const struct boot_paging_request *paging_request;
static struct boot_memory *paging_memory;
static uint64_t *paging_root;
static uint64_t *mmio_entries[MMIO_TABLES];
static uint32_t mmio_used;
static const char *paging_failure;

/* The register itself: the kernel core remembers what it loaded, later. */
static void load_root(uint64_t root)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

static uint64_t loaded_root(void)
{
    uint64_t root;

    __asm__ volatile("mov %%cr3, %0" : "=r"(root));
    return root & PAGE_ENTRY_ADDR;
}

/* A zeroed page for a table, from the lowest free memory; 0 if there is none
 * that the temporary tables reach. */
static uint64_t take_page(void)
{
    struct boot_range *first = &paging_memory->free[0];
    uint64_t page;

    if (paging_memory->free_count == 0 || first->begin >= GIB4) {
        paging_failure = "memory below 4 GiB for page tables";
        return 0;
    }
    page = first->begin;
    memset(phys_to_virt(page), 0, PAGE_SMALL_BYTES);
    paging_memory->table_bytes += PAGE_SMALL_BYTES;
    (void)boot_ranges_subtract(paging_memory->free, &paging_memory->free_count,
                               page, page + PAGE_SMALL_BYTES);
    return page;
}

/* The table behind entry (index) of (table), made if there is none. */
static uint64_t *enter(uint64_t *table, uint64_t index)
{
    if (!(table[index] & PAGE_ENTRY_PRESENT)) {
        uint64_t page = take_page();

        if (page == 0) {
            return NULL;
        }
        table[index] = page | TABLE;
    }
    return phys_to_virt(table[index] & PAGE_ENTRY_ADDR);
}

/* The table of (level) for (va): 2 PDPT, 1 PD, 0 page table. */
static uint64_t *table_for(uint64_t va, unsigned level)
{
    uint64_t *table = paging_root;

    for (unsigned l = 3; l > level && table != NULL; l--) {
        table = enter(table, PAGE_INDEX(va, l));
    }
    return table;
}

static void map_page(uint64_t va, uint64_t entry, unsigned level)
{
    uint64_t *table = table_for(va, level);

    if (table != NULL) {
        table[PAGE_INDEX(va, level)] = entry;
    }
}

static void map_image(const uint8_t *begin, const uint8_t *end, uint64_t leaf)
{
    for (; begin < end; begin += PAGE_SMALL_BYTES) {
        if (begin != boot_stack_guard && begin != trap_stack_guard &&
            begin != nmi_stack_guard && begin != fault_stack_guard) {
            map_page((uint64_t)(uintptr_t)begin, image_phys(begin) | leaf, 0);
        }
    }
}

/* RAM [at, end): what the image forbids to write stays so in this alias. */
static void map_direct(uint64_t at, uint64_t end)
{
    uint64_t low = image_phys(image_begin);
    uint64_t high = image_phys(image_rodata_end);

    while (at < end && paging_failure == NULL) {
        bool large = (at & (PAGE_LARGE_BYTES - 1)) == 0 &&
                     end - at >= PAGE_LARGE_BYTES &&
                     (at >= high || at + PAGE_LARGE_BYTES <= low);
        bool fixed = at >= low && at < high;

        if (large) {
            map_page(LAYOUT_DIRECT_BASE + at,
                     at | LEAF_WRITE | PAGE_ENTRY_LARGE, 1);
            at += PAGE_LARGE_BYTES;
        } else {
            map_page(LAYOUT_DIRECT_BASE + at,
                     at | (fixed ? LEAF_READ : LEAF_WRITE), 0);
            at += PAGE_SMALL_BYTES;
        }
    }
}

static uint64_t free_bytes(void)
{
    return boot_ranges_bytes(paging_memory->free, paging_memory->free_count,
                             BOOT_RANGE_USABLE);
}

/* Takes [begin, end) out of the free memory; says how much of it was RAM. */
static uint64_t take_out(uint64_t begin, uint64_t end)
{
    uint64_t before = free_bytes();

    if (boot_ranges_subtract(paging_memory->free, &paging_memory->free_count,
                             begin, end) != 0) {
        paging_failure = "a shorter memory map";
    }
    return before - free_bytes();
}

/* All usable memory above 1 MiB (below lives firmware, and physical page 0). */
static void find_free(const struct boot_paging_request *request,
                      struct boot_memory *memory)
{
    uint64_t archive_end = request->archive_begin + request->archive_bytes;

    memset(memory, 0, sizeof(*memory));
    for (uint32_t i = 0; i < request->range_count; i++) {
        struct boot_range range = request->ranges[i];

        if (range.end > LAYOUT_DIRECT_BYTES) {
            range.end = LAYOUT_DIRECT_BYTES;
        }
        if (range.kind == BOOT_RANGE_USABLE && range.begin < range.end) {
            memory->free[memory->free_count++] = range;
        }
    }
    (void)take_out(0, MIB1);
    memory->usable_bytes = free_bytes();
    memory->image_bytes =
        take_out(image_phys(image_begin), image_phys(image_end));
    archive_end =
        (archive_end + PAGE_SMALL_BYTES - 1) & ~(PAGE_SMALL_BYTES - 1);
    memory->archive_bytes = take_out(request->archive_begin, archive_end);
}

static void map_all_ram(const struct boot_paging_request *request)
{
    for (uint32_t i = 0; i < request->range_count; i++) {
        uint64_t begin = request->ranges[i].begin;
        uint64_t end = request->ranges[i].end;

        begin = begin < MIB1 ? MIB1 : begin;
        end = end > LAYOUT_DIRECT_BYTES ? LAYOUT_DIRECT_BYTES : end;
        if (request->ranges[i].kind == BOOT_RANGE_USABLE) {
            map_direct(begin, end);
        }
    }
}

/* GRUB on UEFI puts the archive below 1 MiB if it fits there. */
static void map_low_archive(const struct boot_paging_request *request)
{
    uint64_t end = request->archive_begin + request->archive_bytes;

    end = (end + PAGE_SMALL_BYTES - 1) & ~(PAGE_SMALL_BYTES - 1);
    if (request->archive_bytes != 0 && request->archive_begin < MIB1) {
        map_direct(request->archive_begin, end < MIB1 ? end : MIB1);
    }
}

static void prepare_mmio(void)
{
    for (unsigned i = 0; i < MMIO_TABLES; i++) {
        mmio_entries[i] = table_for(LAYOUT_MMIO_BASE + i * PAGE_LARGE_BYTES, 0);
    }
}

const char *boot_paging_init(const struct boot_paging_request *request,
                             struct boot_memory *memory)
{
    paging_request = request;
    paging_memory = memory;
    paging_failure = NULL;
    find_free(request, memory);
    memory->kernel_root = take_page();
    if (memory->kernel_root == 0) {
        return paging_failure;
    }
    paging_root = phys_to_virt(memory->kernel_root);
    map_image(image_text_begin, image_text_end, LEAF_EXEC);
    map_image(image_rodata_begin, image_rodata_end, LEAF_READ);
    map_image(image_data_begin, image_data_end, LEAF_WRITE);
    map_all_ram(request);
    map_low_archive(request);
    prepare_mmio();
    (void)table_for(LAYOUT_SERVICE_BASE, 2);
    if (paging_failure == NULL) {
        load_root(memory->kernel_root);
    }
    return paging_failure;
}

/* Windows are for ever, so the entry of a new one was never present: nothing
 * of it can be in the TLB. */
static void mmio_set(uint32_t page, uint64_t phys)
{
    mmio_entries[page / PAGE_TABLE_ENTRIES][page % PAGE_TABLE_ENTRIES] =
        phys | LEAF_DEVICE;
}

static uint64_t mmio_address(uint32_t page)
{
    return LAYOUT_MMIO_BASE + page * PAGE_SMALL_BYTES;
}

void *mmio_map(uint64_t phys, uint64_t bytes)
{
    uint64_t offset = phys & (PAGE_SMALL_BYTES - 1);
    uint64_t begin = phys - offset;
    uint64_t pages;
    uint32_t first = mmio_used;

    if (bytes == 0 || bytes > MMIO_PAGES * PAGE_SMALL_BYTES ||
        phys > PAGE_ENTRY_ADDR - bytes) {
        return NULL;
    }
    pages = (offset + bytes + PAGE_SMALL_BYTES - 1) / PAGE_SMALL_BYTES;
    if (pages > MMIO_PAGES - mmio_used ||
        boot_ranges_touch(paging_request->ranges, paging_request->range_count,
                          BOOT_RANGE_USABLE, begin,
                          begin + pages * PAGE_SMALL_BYTES)) {
        return NULL;
    }
    for (uint64_t i = 0; i < pages; i++) {
        mmio_set(mmio_used++, begin + i * PAGE_SMALL_BYTES);
    }
    return (void *)(uintptr_t)(mmio_address(first) + offset);
}

int mmio_remap(void *window, uint64_t phys)
{
    uint64_t va = (uint64_t)(uintptr_t)window & ~(PAGE_SMALL_BYTES - 1);
    uint64_t begin = phys & ~(PAGE_SMALL_BYTES - 1);

    if (va < LAYOUT_MMIO_BASE || va >= mmio_address(mmio_used) ||
        boot_ranges_touch(paging_request->ranges, paging_request->range_count,
                          BOOT_RANGE_USABLE, begin, begin + PAGE_SMALL_BYTES)) {
        return -1;
    }
    mmio_set((uint32_t)((va - LAYOUT_MMIO_BASE) / PAGE_SMALL_BYTES), begin);
    mmu_forget_page(va);
    return 0;
}

bool boot_paging_is_mapped(uint64_t va)
{
    uint64_t entry = loaded_root();

    if ((va >> 47) != 0 && (va >> 47) != 0x1ffffu) {
        return false;
    }
    for (unsigned level = 4; level-- > 0;) {
        const uint64_t *table = phys_to_virt(entry & PAGE_ENTRY_ADDR);

        entry = table[PAGE_INDEX(va, level)];
        if (!(entry & PAGE_ENTRY_PRESENT)) {
            return false;
        }
        if (entry & PAGE_ENTRY_LARGE && level > 0) {
            return true;
        }
    }
    return true;
}
