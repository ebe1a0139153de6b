/*
 * A system of several domains, split into them: which services and programs
 * live where, what each domain imports from others and exports to them.
 *
 * The main domain has the system's name and its main program. A program is in
 * the domain that it names, else in the main one. A service is in the domain
 * where it is placed; one that is not placed in a domain is where its users
 * are, with an instance in each of their domains. A domain's disks are those
 * that its services drive.
 *
 * Each domain is a struct system of its own, with all that joins it to others
 * among its units: the service SYSTEM_STORE and the program SYSTEM_LINKS, which
 * is a driver domain's main program. Manifest, archive, QEMU's command line and
 * libvirt's XML are made of it as of a system that is alone.
 *
 * Ownership: a domain's strings are the whole system's, which must outlive it.
 */
#ifndef NUNCIO_TOOL_SPLIT_H
#define NUNCIO_TOOL_SPLIT_H

#include "system.h"

struct domain {
    const char *name;
    struct system *part;
    struct strings exports; /* names of services that other domains import */
    bool is_main;
};

/*
 * Driver domains come first, each behind those driver domains that it imports
 * from, and the main domain is the last.
 */
struct domains {
    struct system *sys;
    struct domain items[SYSTEM_DOMAINS_MAX];
    size_t count;
};

/*
 * Splits (sys), which has passed system_check(). True, or false with the
 * reasons in (report), and (domains) is empty.
 */
bool domains_split(struct system *sys, struct domains *domains,
                   struct report *report);
void domains_free(struct domains *domains);

/* By name; NULL if there is none. */
struct domain *domains_find(struct domains *domains, const char *name);
struct domain *domains_main(struct domains *domains);

#endif /* NUNCIO_TOOL_SPLIT_H */
