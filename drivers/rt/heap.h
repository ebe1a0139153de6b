/*
 * Memory of a process, from its purse. One heap an image.
 *
 * Small pieces come from size classes in pages of their own; pages from chunks
 * of memory objects mapped from the image's heap base upward. A page is
 * touched, and so paid for, before it is given out: an empty purse gives NULL
 * here and never a fault later.
 *
 * Units:     bytes, or pages where a name says so.
 * Ownership: what is given belongs to the caller until freed; chunks stay with
 *            the heap.
 * Blocking:  calls to kernel objects only.
 */
#ifndef NUNCIO_DRIVERS_RT_HEAP_H
#define NUNCIO_DRIVERS_RT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/message.h>

/* Before any other: (base) is the first address it may use. */
void rt_heap_begin(nu_handle_t purse, nu_handle_t space, uint64_t base);

/* Zeroed; 16-byte aligned. NULL when the purse is empty. */
void *rt_alloc(size_t bytes);
void rt_free(void *p); /* NULL is nothing */

/* Zeroed, page aligned. */
void *rt_alloc_pages(size_t pages);
void rt_free_pages(void *p, size_t pages);

/* Maps (memory) where there is room; NULL when it cannot. The handle stays the
 * caller's, who may close it: the mapping keeps the memory. */
void *rt_map(nu_handle_t memory, size_t bytes, bool is_writable);

#endif /* NUNCIO_DRIVERS_RT_HEAP_H */
