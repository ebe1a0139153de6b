/*
 * A domain of a run: its plan, its machine with all that the machine is given,
 * and the files that are made of it. A machine that has ended can be started
 * again; it has the same archive, and new descriptors.
 *
 * Order: guest_plan(), guest_open(), then guest_command() and the start for each
 * life, with guest_reopen() before the second and later ones, guest_close().
 */
#ifndef NUNCIO_TOOL_GUEST_H
#define NUNCIO_TOOL_GUEST_H

#include "libvirt_run.h"
#include "machine.h"
#include "options.h"
#include "split.h"

struct guest {
    const struct options *options;
    const struct domain *domain;
    const char *name; /* by which the system knows it */
    struct qemu_plan plan;
    struct libvirt_domain libvirt;
    struct machine machine;
    int trace; /* where trace records go, or -1 */
    unsigned lives; /* begun */
};

/* The plan but for what guest_command() fills in. Mistakes go to (report). */
void guest_plan(struct guest *guest, const struct options *options,
                const struct domain *domain, const char *build_dir,
                struct report *report);

/* The name of a file for this domain, where the command line has (file) for the
 * main one: FILE.NAME for another. */
const char *guest_file(const struct guest *guest, const char *file);

/* Makes the archive, and the trace if there is to be one. */
bool guest_open(struct guest *guest, const char *build_dir,
                struct report *report);
/* For another life; the trace of each is a file of its own, FILE.NAME.2, ... */
bool guest_reopen(struct guest *guest, struct report *report);
/* The command that runs the machine on its descriptors. */
bool guest_command(struct guest *guest, struct strings *argv,
                   struct report *report);
/* What the command made besides, once it has ended. */
void guest_discard(struct guest *guest);
/* Kills the machine if it runs. */
void guest_close(struct guest *guest);

#endif /* NUNCIO_TOOL_GUEST_H */
