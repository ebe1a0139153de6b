/*
 * Memory objects: pages that belong to one owner and are mapped in at most one
 * place, so that no two processes ever share one.
 *
 * A page of anonymous memory is found, zero, at its first use. Memory of a
 * device or of the boot archive is a fixed range of addresses instead.
 *
 * Units:     page numbers from 0.
 * Ownership: pages are charged to the purse of the object.
 * Errors:    FRAME_NONE when the purse is empty.
 */
#ifndef NUNCIO_MM_MEMORY_H
#define NUNCIO_MM_MEMORY_H

#include <mm/purse.h>

/* 1 GiB: an index of two levels. */
#define MEMORY_PAGES_MAX (512ull * 512)

enum memory_kind {
    MEMORY_ANONYMOUS,
    MEMORY_FIXED, /* device or archive: never charged, never freed */
    MEMORY_DMA, /* charged run of frames */
};

struct mapping;

struct memory {
    struct object object;
    struct purse *purse; /* referenced */
    uint8_t kind; /* enum memory_kind */
    uint8_t levels; /* of the index: 0: pages below, 1, 2 */
    bool uncached;
    uint64_t pages;
    uint64_t resident;
    uint32_t pins; /* other domains may be copying: pages stay where they are */
    struct mapping *mapping; /* where it is mapped, or NULL */
    struct memory *next_dma; /* of the same device, which holds it */
    paddr_t base; /* FIXED, DMA: first frame; levels > 0: the index */
    paddr_t direct[8]; /* levels == 0 */
};

void memory_init(void);

struct memory *memory_create(struct purse *purse, uint64_t pages);
struct memory *memory_create_fixed(struct purse *purse, paddr_t base,
                                   uint64_t pages, bool uncached);
struct memory *memory_create_dma(struct purse *purse, uint64_t pages);

/* The frame of page (page), found now if need be. */
paddr_t memory_page(struct memory *memory, uint64_t page);
/* The frame if there is one already. */
paddr_t memory_page_if(const struct memory *memory, uint64_t page);

/*
 * Page items. memory_page_take() removes the frame from the object, which keeps
 * its place empty; memory_page_put() installs one. Charges are the caller's
 * business (purse_page_move()).
 */
bool memory_can_move_pages(const struct memory *memory);
/* While pinned an object lives, and keeps its pages, whoever lets go of it. */
void memory_pin(struct memory *memory);
void memory_unpin(struct memory *memory);
/* Whether page (page) has an index entry to put a frame into; makes it. */
bool memory_page_prepare(struct memory *memory, uint64_t page);
paddr_t memory_page_take(struct memory *memory, uint64_t page);
void memory_page_put(struct memory *memory, uint64_t page, paddr_t frame);

#endif /* NUNCIO_MM_MEMORY_H */
