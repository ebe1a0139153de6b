/*
 * This domain's grant table: which of its pages which other domain may read or
 * write, by grant copy.
 *
 * The table is Xen's version 1, in memory that the hypervisor (on KVM the
 * broker) reads. An entry is made in the order that the ABI asks for: frame and
 * domain, a barrier, then the flags that make it valid. It is ended by a
 * compare-and-swap, which fails while the hypervisor has the entry pinned for a
 * copy.
 *
 * Units:     frames are page numbers; a page is 4096 bytes.
 * Ownership: a reference belongs to who made it. The page must stay where it is
 *            until grant_end() has returned true.
 * Trust:     the other domain cannot write the table. The pin bits in it are the
 *            hypervisor's.
 * Context:   kernel, interrupts off; never blocks.
 * Spec:      Xen public/grant_table.h, "Version 1".
 */
#ifndef NUNCIO_GRANT_GRANT_H
#define NUNCIO_GRANT_GRANT_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t grant_t; /* a grant reference */

#define GRANT_NONE 0u

struct hv_domain;

/* Once, with what hv_domain_start() gave; without a table every call that
 * needs one fails. References below GNTTAB_NR_RESERVED_ENTRIES are not used. */
void grant_init(const struct hv_domain *domain);

/* Lets (domid) use the page: write too if (writable). GRANT_NONE: full. */
grant_t grant_access(uint16_t domid, uint64_t frame, bool writable);

/*
 * Revokes (ref) and frees it. False: the hypervisor is copying by it right now,
 * and nothing has changed; the caller keeps the page and tries again later.
 */
bool grant_end(grant_t ref);

/* Entries that can be had, and that are in use. */
uint32_t grant_total(void);
uint32_t grant_used(void);

#endif /* NUNCIO_GRANT_GRANT_H */
