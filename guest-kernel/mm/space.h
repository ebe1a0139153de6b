/*
 * Address spaces: mappings of memory objects, and the page tables made from
 * them. A kernel service has one too: its own GiB of the kernel's half.
 *
 * Units:     addresses and lengths in bytes, page aligned.
 * Ownership: a space owns its mappings and tables and holds a reference on each
 *            mapped memory object; its purse pays.
 * Errors:    negative nu_error values, as contracts/space.contract says.
 * Context:   kernel, interrupts off; never blocks.
 */
#ifndef NUNCIO_MM_SPACE_H
#define NUNCIO_MM_SPACE_H

#include <mm/memory.h>
#include <mm/pagetable.h>

#define SPACE_USER_BEGIN   0x10000ull
#define SPACE_KERNEL_BEGIN 0xffffa00000000000ull
#define SPACE_KERNEL_BYTES (1ull << 30) /* of each kernel service */
#define SPACE_KERNEL_COUNT 64u
#define SPACE_MAPPINGS_MAX 512u

/* Protection bits, those of contracts/space.contract. */
#define PROT_READ  1u
#define PROT_WRITE 2u
#define PROT_EXEC  4u

struct mapping {
    struct list_node link; /* in space->mappings, by address */
    struct space *space;
    struct memory *memory; /* NULL: a single page of the kernel's (below) */
    uint64_t begin;
    uint64_t end;
    uint64_t first_page; /* of the memory, at (begin) */
    uint32_t prot;
    bool fixed; /* the kernel's own: cannot be unmapped or changed */
};

struct space {
    struct object object;
    struct purse *purse; /* referenced */
    paddr_t root;
    uint64_t begin; /* what may be mapped: [begin, end) */
    uint64_t end;
    uint64_t leaf_flags; /* PTE_USER, or 0 in the kernel's half */
    struct list_node mappings;
    uint32_t mapping_count;
    uint64_t table_pages;
    bool sealed;
    bool gone; /* its process has ended */
};

void space_init(paddr_t kernel_root);
paddr_t space_kernel_root(void);

struct space *space_create(struct purse *purse);
struct space *space_create_kernel(struct purse *purse);

/* Unmaps everything and frees the tables; the object stays while referenced. */
void space_clear(struct space *space);

int space_map(struct space *space, struct memory *memory, uint64_t offset,
              uint64_t addr, uint64_t bytes, uint32_t prot);
/* Maps one frame that stays the kernel's: call page, message buffer. */
int space_map_frame(struct space *space, paddr_t frame, uint64_t addr,
                    uint32_t prot);
/* Removes such a mapping. */
void space_drop_frame(struct space *space, uint64_t addr);
int space_unmap(struct space *space, uint64_t addr);
int space_protect(struct space *space, uint64_t addr, uint32_t prot);

/*
 * Makes the page of (addr) present if a mapping allows (access: PROT_* bits).
 * Returns 0, -NU_FAULT where nothing allows it, -NU_NOMEM.
 */
int space_touch(struct space *space, uint64_t addr, uint32_t access);

/* The same for all pages of a mapped range, at most SPACE_COMMIT_MAX bytes. */
#define SPACE_COMMIT_MAX (1ull << 20)
int space_commit(struct space *space, uint64_t addr, uint64_t bytes);

/* The frame behind (addr) if it is present and allows (access); else NONE. */
paddr_t space_frame(const struct space *space, uint64_t addr, uint32_t access);

struct mapping *space_find(const struct space *space, uint64_t addr);
/* Drops the page-table entry of (addr), if any, and its cached translation. */
void space_forget_page(struct space *space, uint64_t addr);

#endif /* NUNCIO_MM_SPACE_H */
