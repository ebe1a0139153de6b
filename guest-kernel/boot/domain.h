/*
 * This domain among the domains of its system: number, grant table, store.
 *
 * Context: kernel; never blocks but in domain_start().
 */
#ifndef NUNCIO_BOOT_DOMAIN_H
#define NUNCIO_BOOT_DOMAIN_H

struct hv_domain;

/* Once, from boot/start.c, after the search for devices: says hello and sets
 * the grant table up. A machine without other domains goes on alone. */
void domain_start(void);

/* NULL: alone. Otherwise constant, and lives for ever. */
const struct hv_domain *domain_self(void);

#endif /* NUNCIO_BOOT_DOMAIN_H */
