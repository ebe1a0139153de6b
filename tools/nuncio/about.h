/*
 * What `nuncio ps` tells of a domain and the broker does not know: a text in
 * the system's directory, written anew at each start of the domain. Lines:
 *
 *   kind main|driver        pid N           restarts N
 *   since N                 memory_mib N
 *   service NAME PLACEMENT [exported]
 *   import NAME DOMAIN
 *   program NAME
 */
#ifndef NUNCIO_TOOL_ABOUT_H
#define NUNCIO_TOOL_ABOUT_H

#include <stdint.h>
#include <sys/types.h>

#include "rundir.h"
#include "split.h"

struct about {
    const struct domain *domain;
    pid_t pid; /* of what runs its machine */
    unsigned restarts;
    uint64_t since; /* milliseconds of the wall clock */
};

void about_write(const struct rundir *dir, const char *name,
                 const struct about *about);

/* The wall clock in milliseconds. */
uint64_t about_now_ms(void);

#endif /* NUNCIO_TOOL_ABOUT_H */
