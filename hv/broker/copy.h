/*
 * GNTTABOP_copy between the memories of domains, under the pin bits of the
 * granter's own table.
 *
 * Answers: GNTST_*, those of Xen's gnttab_copy_one():
 *          bad_domain         no such domain, or it has not said hello;
 *          permission_denied  a frame of another domain, not by reference;
 *          bad_gntref         a reference beyond the granter's table;
 *          general_error      the entry does not permit this, or its owner
 *                             keeps changing it;
 *          bad_page           the frame is not in its owner's memory;
 *          bad_copy_arg       beyond the end of the page.
 * Trust:   the operation is a copy that nobody else can change. An entry is
 *          its owner's memory: it is pinned by one compare-and-swap of flags
 *          and domid, and its frame is read once, while pinned.
 * Context: one thread; never blocks. Aligned 8 bytes move in one access, so
 *          that an index can be copied while its reader looks.
 * Spec:    Xen public/grant_table.h, version 1 entries.
 */
#ifndef NUNCIO_BROKER_COPY_H
#define NUNCIO_BROKER_COPY_H

#include "domain.h"

int16_t copy_grants(const struct broker *broker, struct domain *domain,
                    const struct gnttab_copy *copy);

#endif /* NUNCIO_BROKER_COPY_H */
