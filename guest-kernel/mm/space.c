/* Address spaces: mm/space.h. */
#include <mm/space.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <kassert.h>

static paddr_t kernel_root;
static uint64_t kernel_spaces; /* bit n: GiB n of the service region is taken */

static void space_destroy(struct object *object)
{
    struct space *space = (struct space *)object;
    struct purse *purse = space->purse;

    space_clear(space);
    purse_object_free(space);
    object_put(&purse->object);
}

void space_init(paddr_t root)
{
    kernel_root = root;
    object_set_destroy(OBJECT_SPACE, space_destroy);
}

paddr_t space_kernel_root(void)
{
    return kernel_root;
}

static struct space *space_make(struct purse *purse)
{
    struct space *space = purse_object_alloc(purse, sizeof(*space));

    if (space == NULL)
        return NULL;
    object_init(&space->object, OBJECT_SPACE);
    list_init(&space->mappings);
    space->purse = purse;
    object_get(&purse->object);
    return space;
}

struct space *space_create(struct purse *purse)
{
    struct space *space = space_make(purse);

    if (space == NULL)
        return NULL;
    space->root = pt_create_root(purse, kernel_root);
    if (space->root == FRAME_NONE) {
        purse_object_free(space);
        object_put(&purse->object);
        return NULL;
    }
    space->table_pages = 1;
    space->begin = SPACE_USER_BEGIN;
    space->end = USER_END;
    space->leaf_flags = PTE_USER;
    return space;
}

struct space *space_create_kernel(struct purse *purse)
{
    struct space *space;
    uint32_t n = 0;

    while (n < SPACE_KERNEL_COUNT && (kernel_spaces & (1ull << n)))
        n++;
    if (n == SPACE_KERNEL_COUNT)
        return NULL;
    space = space_make(purse);
    if (space == NULL)
        return NULL;
    kernel_spaces |= 1ull << n;
    space->root = kernel_root;
    space->begin = SPACE_KERNEL_BEGIN + n * SPACE_KERNEL_BYTES;
    space->end = space->begin + SPACE_KERNEL_BYTES;
    return space;
}

static bool is_kernel(const struct space *space)
{
    return space->root == kernel_root;
}

void space_forget_page(struct space *space, uint64_t addr)
{
    uint64_t *entry = pt_entry(space->root, addr);

    if (entry == NULL || !(*entry & PTE_PRESENT))
        return;
    *entry = 0;
    if (is_kernel(space) || mmu_active_root() == space->root)
        mmu_forget_page(addr);
}

static void mapping_remove(struct mapping *mapping)
{
    struct space *space = mapping->space;

    for (uint64_t at = mapping->begin; at < mapping->end; at += PAGE_BYTES)
        space_forget_page(space, at);
    list_del(&mapping->link);
    space->mapping_count--;
    if (mapping->memory != NULL) {
        mapping->memory->mapping = NULL;
        object_put(&mapping->memory->object);
    }
    purse_object_free(mapping);
}

void space_clear(struct space *space)
{
    if (space->gone)
        return;
    space->gone = true;
    while (!list_is_empty(&space->mappings))
        mapping_remove(list_entry(space->mappings.next, struct mapping, link));
    if (is_kernel(space)) {
        pt_destroy_gib(space->purse, kernel_root, space->begin);
        mmu_load_root(mmu_active_root()); /* forgets cached tables */
        kernel_spaces &= ~(
            1ull << ((space->begin - SPACE_KERNEL_BEGIN) / SPACE_KERNEL_BYTES));
    } else {
        if (mmu_active_root() == space->root)
            mmu_load_root(kernel_root);
        pt_destroy_root(space->purse, space->root);
    }
    space->root = FRAME_NONE;
}

struct mapping *space_find(const struct space *space, uint64_t addr)
{
    const struct list_node *n = space->mappings.next;

    for (; n != &space->mappings; n = n->next) {
        struct mapping *m = list_entry(n, struct mapping, link);

        if (addr >= m->begin && addr < m->end)
            return m;
    }
    return NULL;
}

/* The node after which [begin, end) belongs, or NULL if something is there. */
static struct list_node *find_place(struct space *space, uint64_t begin,
                                    uint64_t end)
{
    struct list_node *n = &space->mappings;

    while (n->next != &space->mappings) {
        struct mapping *m = list_entry(n->next, struct mapping, link);

        if (m->begin >= end)
            break;
        if (m->end > begin)
            return NULL;
        n = n->next;
    }
    return n;
}

static int check_range(const struct space *space, uint64_t addr, uint64_t bytes,
                       uint32_t prot)
{
    if (space->gone)
        return NU_GONE;
    if ((addr & PAGE_MASK) || (bytes & PAGE_MASK) || bytes == 0 ||
        (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) || prot == 0)
        return NU_INVAL;
    if ((prot & PROT_WRITE) && (prot & PROT_EXEC))
        return NU_INVAL;
    if (addr < space->begin || addr >= space->end || bytes > space->end - addr)
        return NU_RANGE;
    if ((prot & PROT_EXEC) && space->sealed)
        return NU_SEALED;
    return space->mapping_count < SPACE_MAPPINGS_MAX ? 0 : NU_NOMEM;
}

/* Everything that can fail about a new mapping; on success it is linked. */
static int mapping_make(struct space *space, uint64_t addr, uint64_t bytes,
                        uint32_t prot, struct mapping **made)
{
    int status = check_range(space, addr, bytes, prot);
    struct list_node *place;
    struct mapping *mapping;

    if (status != 0)
        return status;
    place = find_place(space, addr, addr + bytes);
    if (place == NULL)
        return NU_EXIST;
    if (!pt_prepare(space->purse, space->root, addr, bytes,
                    &space->table_pages))
        return NU_NOMEM;
    mapping = purse_object_alloc(space->purse, sizeof(*mapping));
    if (mapping == NULL)
        return NU_NOMEM;
    mapping->space = space;
    mapping->begin = addr;
    mapping->end = addr + bytes;
    mapping->prot = prot;
    list_insert(place, &mapping->link);
    space->mapping_count++;
    *made = mapping;
    return 0;
}

static uint64_t leaf_of(const struct space *space, const struct mapping *m,
                        paddr_t frame)
{
    uint64_t entry = frame | PTE_PRESENT | space->leaf_flags;

    if (m->prot & PROT_WRITE)
        entry |= PTE_WRITE;
    if (!(m->prot & PROT_EXEC))
        entry |= PTE_NX;
    if (m->memory != NULL && m->memory->uncached)
        entry |= PTE_UNCACHED;
    return entry;
}

int space_map(struct space *space, struct memory *memory, uint64_t offset,
              uint64_t addr, uint64_t bytes, uint32_t prot)
{
    struct mapping *mapping;
    int status;

    if (memory->mapping != NULL)
        return NU_BUSY;
    if (offset & PAGE_MASK)
        return NU_INVAL;
    if (offset / PAGE_BYTES > memory->pages ||
        bytes / PAGE_BYTES > memory->pages - offset / PAGE_BYTES)
        return NU_RANGE;
    status = mapping_make(space, addr, bytes, prot, &mapping);
    if (status != 0)
        return status;
    mapping->memory = memory;
    mapping->first_page = offset / PAGE_BYTES;
    memory->mapping = mapping;
    object_get(&memory->object);
    return 0;
}

int space_map_frame(struct space *space, paddr_t frame, uint64_t addr,
                    uint32_t prot)
{
    struct mapping *mapping;
    int status = mapping_make(space, addr, PAGE_BYTES, prot, &mapping);

    if (status != 0)
        return status;
    mapping->fixed = true;
    *pt_entry(space->root, addr) = leaf_of(space, mapping, frame);
    return 0;
}

void space_drop_frame(struct space *space, uint64_t addr)
{
    struct mapping *mapping;

    if (space->gone)
        return;
    mapping = space_find(space, addr);
    KASSERT(mapping != NULL && mapping->fixed);
    mapping_remove(mapping);
}

/* The mapping that begins at (addr) if a process may change it. */
static int find_own(struct space *space, uint64_t addr, struct mapping **found)
{
    struct mapping *mapping;

    if (space->gone)
        return NU_GONE;
    mapping = space_find(space, addr);
    if (mapping == NULL || mapping->begin != addr || mapping->fixed)
        return NU_NOENT;
    /* What was executable when it was sealed stays as it was. */
    if (space->sealed && (mapping->prot & PROT_EXEC))
        return NU_SEALED;
    *found = mapping;
    return 0;
}

int space_unmap(struct space *space, uint64_t addr)
{
    struct mapping *mapping;
    int status = find_own(space, addr, &mapping);

    if (status == 0)
        mapping_remove(mapping);
    return status;
}

int space_protect(struct space *space, uint64_t addr, uint32_t prot)
{
    struct mapping *mapping;
    int status = find_own(space, addr, &mapping);

    if (status != 0)
        return status;
    if (prot == 0 || (prot & ~mapping->prot) != 0)
        return NU_INVAL;
    mapping->prot = prot;
    for (uint64_t at = mapping->begin; at < mapping->end; at += PAGE_BYTES)
        space_forget_page(space, at);
    return 0;
}

int space_touch(struct space *space, uint64_t addr, uint32_t access)
{
    struct mapping *mapping;
    uint64_t *entry;
    paddr_t frame;

    if (space->gone)
        return NU_FAULT;
    mapping = space_find(space, addr);
    if (mapping == NULL || (access & ~mapping->prot) != 0)
        return NU_FAULT;
    entry = pt_entry(space->root, addr);
    KASSERT(entry != NULL);
    if (*entry & PTE_PRESENT)
        return 0;
    if (mapping->memory == NULL)
        return NU_FAULT;
    frame =
        memory_page(mapping->memory,
                    mapping->first_page + (addr - mapping->begin) / PAGE_BYTES);
    if (frame == FRAME_NONE)
        return NU_NOMEM;
    *entry = leaf_of(space, mapping, frame);
    return 0;
}

int space_commit(struct space *space, uint64_t addr, uint64_t bytes)
{
    if (space->gone)
        return NU_GONE;
    if ((addr & PAGE_MASK) || (bytes & PAGE_MASK))
        return NU_INVAL;
    if (bytes > SPACE_COMMIT_MAX || addr >= space->end ||
        bytes > space->end - addr)
        return NU_RANGE;
    for (uint64_t at = addr; at < addr + bytes; at += PAGE_BYTES) {
        int status = space_touch(space, at, PROT_READ);

        if (status != 0)
            return status;
    }
    return 0;
}

paddr_t space_frame(const struct space *space, uint64_t addr, uint32_t access)
{
    uint64_t entry;

    if (space->gone)
        return FRAME_NONE;
    entry = pt_lookup(space->root, addr);
    if (!(entry & PTE_PRESENT) ||
        (entry & space->leaf_flags) != space->leaf_flags ||
        ((access & PROT_WRITE) && !(entry & PTE_WRITE)) ||
        ((access & PROT_EXEC) && (entry & PTE_NX)))
        return FRAME_NONE;
    return entry & PTE_ADDR;
}
