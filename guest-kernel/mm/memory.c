/* Memory objects: mm/memory.h. */
#include <mm/memory.h>

#include <arch_mmu.h>
#include <kassert.h>

#define INDEX_ENTRIES 512u

static void free_index(struct purse *purse, paddr_t page, int levels)
{
    const paddr_t *index = phys_to_virt(page);

    for (uint32_t i = 0; i < INDEX_ENTRIES; i++) {
        if (index[i] == FRAME_NONE)
            continue;
        if (levels > 1)
            free_index(purse, index[i], levels - 1);
        else
            purse_page_free(purse, index[i]);
    }
    purse_page_free(purse, page);
}

static void memory_destroy(struct object *object)
{
    struct memory *memory = (struct memory *)object;
    struct purse *purse = memory->purse;

    KASSERT(memory->mapping == NULL);
    if (memory->kind == MEMORY_DMA) {
        for (uint64_t i = 0; i < memory->pages; i++)
            purse_page_free(purse, memory->base + i * PAGE_BYTES);
    } else if (memory->kind == MEMORY_ANONYMOUS && memory->levels > 0) {
        free_index(purse, memory->base, memory->levels);
    } else if (memory->kind == MEMORY_ANONYMOUS) {
        for (uint64_t i = 0; i < memory->pages; i++) {
            if (memory->direct[i] != FRAME_NONE)
                purse_page_free(purse, memory->direct[i]);
        }
    }
    purse_object_free(memory);
    object_put(&purse->object);
}

void memory_init(void)
{
    object_set_destroy(OBJECT_MEMORY, memory_destroy);
}

static struct memory *memory_make(struct purse *purse, uint64_t pages,
                                  enum memory_kind kind)
{
    struct memory *memory = purse_object_alloc(purse, sizeof(*memory));

    if (memory == NULL)
        return NULL;
    object_init(&memory->object, OBJECT_MEMORY);
    memory->purse = purse;
    object_get(&purse->object);
    memory->pages = pages;
    memory->kind = (uint8_t)kind;
    return memory;
}

/* Undoes memory_make() where the rest could not be had. */
static struct memory *memory_unmake(struct memory *memory)
{
    struct purse *purse = memory->purse;

    purse_object_free(memory);
    object_put(&purse->object);
    return NULL;
}

struct memory *memory_create(struct purse *purse, uint64_t pages)
{
    struct memory *memory = memory_make(purse, pages, MEMORY_ANONYMOUS);

    if (memory == NULL)
        return NULL;
    if (pages > 8) {
        memory->levels = pages > INDEX_ENTRIES ? 2 : 1;
        memory->base = purse_page_alloc(purse);
        if (memory->base == FRAME_NONE)
            return memory_unmake(memory);
    }
    return memory;
}

struct memory *memory_create_fixed(struct purse *purse, paddr_t base,
                                   uint64_t pages, bool uncached)
{
    struct memory *memory = memory_make(purse, pages, MEMORY_FIXED);

    if (memory == NULL)
        return NULL;
    memory->base = base;
    memory->uncached = uncached;
    memory->resident = pages;
    return memory;
}

struct memory *memory_create_dma(struct purse *purse, uint64_t pages)
{
    struct memory *memory = memory_make(purse, pages, MEMORY_DMA);

    if (memory == NULL)
        return NULL;
    memory->base = purse_run_alloc(purse, pages);
    if (memory->base == FRAME_NONE)
        return memory_unmake(memory);
    memory->resident = pages;
    return memory;
}

/* The index entry of (page); makes index pages when (make). */
static paddr_t *entry_of(struct memory *memory, uint64_t page, bool make)
{
    paddr_t *index;

    if (memory->levels == 0)
        return &memory->direct[page];
    index = phys_to_virt(memory->base);
    if (memory->levels == 1)
        return &index[page];
    index += page / INDEX_ENTRIES;
    if (*index == FRAME_NONE && make)
        *index = purse_page_alloc(memory->purse);
    if (*index == FRAME_NONE)
        return NULL;
    return (paddr_t *)phys_to_virt(*index) + page % INDEX_ENTRIES;
}

paddr_t memory_page_if(const struct memory *memory, uint64_t page)
{
    const paddr_t *entry;

    KASSERT(page < memory->pages);
    if (memory->kind != MEMORY_ANONYMOUS)
        return memory->base + page * PAGE_BYTES;
    if (memory->levels == 0)
        return memory->direct[page];
    entry = phys_to_virt(memory->base);
    if (memory->levels == 1)
        return entry[page];
    if (entry[page / INDEX_ENTRIES] == FRAME_NONE)
        return FRAME_NONE;
    entry = phys_to_virt(entry[page / INDEX_ENTRIES]);
    return entry[page % INDEX_ENTRIES];
}

bool memory_page_prepare(struct memory *memory, uint64_t page)
{
    return entry_of(memory, page, true) != NULL;
}

paddr_t memory_page(struct memory *memory, uint64_t page)
{
    paddr_t frame = memory_page_if(memory, page);
    paddr_t *entry;

    if (frame != FRAME_NONE)
        return frame;
    entry = entry_of(memory, page, true);
    if (entry == NULL)
        return FRAME_NONE;
    *entry = purse_page_alloc(memory->purse);
    if (*entry != FRAME_NONE)
        memory->resident++;
    return *entry;
}

bool memory_can_move_pages(const struct memory *memory)
{
    return memory->kind == MEMORY_ANONYMOUS && memory->pins == 0;
}

void memory_pin(struct memory *memory)
{
    memory->pins++;
    object_get(&memory->object);
}

void memory_unpin(struct memory *memory)
{
    memory->pins--;
    object_put(&memory->object);
}

paddr_t memory_page_take(struct memory *memory, uint64_t page)
{
    paddr_t *entry = entry_of(memory, page, false);
    paddr_t frame = entry == NULL ? FRAME_NONE : *entry;

    if (frame != FRAME_NONE) {
        *entry = FRAME_NONE;
        memory->resident--;
    }
    return frame;
}

void memory_page_put(struct memory *memory, uint64_t page, paddr_t frame)
{
    paddr_t *entry = entry_of(memory, page, false);

    KASSERT(entry != NULL && *entry == FRAME_NONE);
    *entry = frame;
    memory->resident++;
}
