/*
 * The first process: builds all others from the boot archive and its manifest,
 * and waits for the main program's end.
 *
 * main.c     reads, starts, waits
 * build.c    handles, channels, start blocks: who is connected with whom
 * image.c    memory of a process under construction
 * devices.c  finds the devices that services are for
 *
 * Trust:     the archive comes from whoever starts the machine; a mistake in it
 *            must give a clear line in the log.
 * Blocking:  calls to kernel objects only.
 */
#ifndef NUNCIO_USER_INIT_INIT_H
#define NUNCIO_USER_INIT_INIT_H

#include <abi/start.h>

#include "manifest.h"

struct archive {
    const void *data;
    size_t bytes;
};

/* A unit of the manifest as it is built. */
struct built {
    nu_handle_t purse;
    nu_handle_t process; /* of its host for an in-process service */
    nu_handle_t space; /* the same */
    uint32_t slot; /* in-process: among the services of its process */
    uint32_t region; /* kernel service: its gibibyte of the region for them */
    struct nu_start start;
    bool has_ended;
    bool has_faulted;
};

struct init {
    struct archive archive;
    struct manifest manifest;
    struct built built[MANIFEST_UNITS_MAX];
    uint32_t region_count;
    nu_handle_t port; /* EXIT and FAULT; badge: index of the unit + 1 */
};

/* Stops the machine with (status), or 125 if the purses do not add up. */
_Noreturn void init_power_off(int status);

/* One line in the log, then the machine stops with status 125. */
_Noreturn void init_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The unit in whose process (index) lives: itself unless it is in-process. */
uint32_t init_host(const struct init *init, uint32_t index);

/* Builds everything, up to sealing and starting. Fails by init_fail(). */
void build_all(struct init *init);

/* Device (index) of (kind); fails by init_fail(). */
nu_handle_t device_find(const char *kind, uint32_t index, const char *who);

/* Memory of (pages) paid by (purse), for (space), with contents: the first
 * (bytes) of (data). At (addr), with SPACE_PROTECTION_* (protection). */
struct target {
    nu_handle_t purse;
    nu_handle_t space;
    const char *name; /* for messages */
};
void target_map(const struct target *t, uint64_t addr, uint64_t pages,
                uint32_t protection, const void *data, size_t bytes);

/* Maps image (name) of the archive at (base). Gives the addresses of its entry
 * and of its local start, 0 where it has none. */
void target_load(const struct target *t, const struct archive *archive,
                 const char *name, uint64_t base, uint64_t *entry,
                 uint64_t *local_start);

#endif /* NUNCIO_USER_INIT_INIT_H */
