/*
 * The one place where the kernel touches memory of a process: it resolves each
 * address through the tables of that process and copies through the direct map.
 * No address a process gave is ever dereferenced; there is no other such code,
 * and a test holds that.
 *
 * Trust:   addresses and lengths are the process's, hostile.
 * Context: kernel, interrupts off. Nothing can change between ucopy_prepare()
 *          and ucopy(): one CPU, no preemption.
 */
#ifndef NUNCIO_MM_UCOPY_H
#define NUNCIO_MM_UCOPY_H

#include <mm/space.h>

/* An address: in a process, or, with (space) NULL, in the kernel. */
struct ucopy_at {
    struct space *space;
    uint64_t addr;
};

/* All of [addr, addr + bytes) is present and allows (access: PROT_READ or
 * PROT_WRITE), demand-zero pages found on the way. 0, -NU_FAULT, -NU_NOMEM. */
int ucopy_prepare(struct ucopy_at at, uint64_t bytes, uint32_t access);

/* The frame that (at), which has been prepared, lies in: for the hypervisor, who
 * copies; the kernel does not look at it. */
paddr_t ucopy_frame(struct ucopy_at at, uint32_t access);

/* Copies (bytes) that both sides have prepared. Cannot fail. */
void ucopy(struct ucopy_at to, struct ucopy_at from, uint64_t bytes);

#endif /* NUNCIO_MM_UCOPY_H */
