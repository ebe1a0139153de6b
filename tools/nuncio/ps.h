/*
 * What runs: a system's domains, services and links at one moment, from the
 * broker's list, from the texts in its directory, and from what each domain's
 * connector writes into the store.
 *
 * Ownership: everything is in the pool it was read into.
 * Trust:     what comes from the store was written by guests: it is bounded,
 *            and has no byte that does not print.
 */
#ifndef NUNCIO_TOOL_PS_H
#define NUNCIO_TOOL_PS_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

#define PS_DOMAINS_MAX 64
#define PS_LINKS_MAX   64

struct ps_link {
    const char *peer; /* its name, or its domid if it has none any more */
    const char *words; /* "KEY=VALUE KEY=VALUE", as the connector has it */
    uint64_t calls; /* that the domain made through it */
    uint64_t served; /* that it served */
};

struct ps_domain {
    const char *object; /* the broker's words: a JSON object */
    const char *name;
    const char *state;
    uint64_t domid;
    uint64_t epoch;
    uint64_t uptime_ms;
    const char *about; /* the text of about.h, "" if there is none */
    struct ps_link links[PS_LINKS_MAX];
    size_t link_count;
};

struct ps_system {
    const char *dir;
    uint64_t read_ms; /* when; a clock that never goes back */
    struct ps_domain domains[PS_DOMAINS_MAX];
    size_t domain_count;
};

/* Reads the system in (dir); false, and errno, if none runs there. */
bool ps_read(struct pool *pool, const char *dir, struct ps_system *system);

/*
 * Prints (now); rates are the differences from (before), the same system some
 * time ago. As JSON: an object of its own.
 */
void ps_print_text(const struct ps_system *now, const struct ps_system *before,
                   struct text *out);
void ps_print_json(const struct ps_system *now, const struct ps_system *before,
                   struct text *out);

#endif /* NUNCIO_TOOL_PS_H */
