/*
 * A domain's memory as the broker sees it: the regions that the front-end
 * shares, mapped.
 *
 * Units:     bytes; guest-physical addresses, and addresses in the front-end's
 *            own address space ("user").
 * Ownership: what is mapped stays so until guest_memory_remove(). Files are
 *            the caller's and may be closed afterwards.
 * Trust:     the table is an enemy's. A file must be a memfd that is sealed
 *            against shrinking, or memory could vanish under a copy. Where it
 *            vanishes all the same (no room on the host), the guard puts zeros
 *            in its place and the memory is marked (hurt).
 * Context:   one thread; never blocks.
 */
#ifndef NUNCIO_BROKER_GUEST_MEMORY_H
#define NUNCIO_BROKER_GUEST_MEMORY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vhost_abi.h"

#define GUEST_PAGE_BYTES    4096u
#define GUEST_MEMORY_MAX    (1ull << 42) /* all regions together */
#define GUEST_REFUSAL_BYTES 160

struct guest_region {
    uint64_t guest_phys;
    uint64_t bytes;
    uint64_t user;
    uint8_t *at;
    void *mapped; /* what munmap() gets */
    size_t mapped_bytes;
};

struct guest_memory {
    uint32_t count;
    struct guest_region regions[VHOST_REGIONS_MAX];
    volatile sig_atomic_t hurt;
};

/*
 * Replaces the memory by what (table) and (files), of which there are
 * (file_count), say. Returns NULL, or a sentence that says why not; then
 * (memory) is as before. The sentence lives until the next call.
 */
const char *guest_memory_set(struct guest_memory *memory,
                             const struct vhost_memory_table *table,
                             const int *files, uint32_t file_count);
void guest_memory_remove(struct guest_memory *memory);

/* Where [phys, phys + bytes) is; NULL unless it all lies in one region. */
void *guest_memory_at(const struct guest_memory *memory, uint64_t phys,
                      uint64_t bytes);
/* The guest-physical address of the front-end's (user); false: not there. */
bool guest_memory_phys(const struct guest_memory *memory, uint64_t user,
                       uint64_t *phys);

/* Survives SIGBUS in memory of any domain. Once, at the start. */
void guest_memory_guard(void);

#endif /* NUNCIO_BROKER_GUEST_MEMORY_H */
