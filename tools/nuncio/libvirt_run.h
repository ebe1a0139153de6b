/*
 * A run under libvirt: what its stand-in for QEMU (libvirt_main.c) is given.
 * The stand-in has the descriptors and the manners of a QEMU, so that nobody
 * else has to know.
 */
#ifndef NUNCIO_TOOL_LIBVIRT_RUN_H
#define NUNCIO_TOOL_LIBVIRT_RUN_H

#include <stdbool.h>

#include "machine.h"
#include "qemu.h"

#define LIBVIRT_PROGRAM "nuncio-libvirt"

/* One domain; it keeps its UUID when it is started again. Begin with zeros. */
struct libvirt_domain {
    const char *uri; /* "": what libvirt chooses, see its manual */
    const char *name; /* libvirt's for the domain */
    const char *uuid;
    const char *directory; /* of this life; NULL: none */
};

/* The group of QEMUs that a libvirtd of the host starts, where that is not our
 * user: when we are root, and libvirt is as distributions make it. Else NULL. */
const char *libvirt_group(void);

/* What cannot be had by libvirt's ordinary means is told to (report). */
bool libvirt_can_run(const struct qemu_plan *plan, struct report *report);

/*
 * Makes a directory with the domain's description, as (plan) says, and its boot
 * archive, and the command (argv) that starts it on the descriptors of
 * (machine), which is open. Memory is the plan's system's.
 */
bool libvirt_prepare(struct libvirt_domain *domain,
                     const struct qemu_plan *plan,
                     const struct machine *machine, struct strings *argv,
                     struct report *report);
/* Removes the directory, once the command has ended. */
void libvirt_discard(struct libvirt_domain *domain);

#endif /* NUNCIO_TOOL_LIBVIRT_RUN_H */
