/*
 * The manifest: what the first process shall build, a text in the boot archive
 * (docs/configuration.md). Written by the host's tool, read here.
 *
 * Ownership: names and values point into the text, which is changed in place.
 * Trust:     the text is hostile: everything is bounded and checked, and an
 *            error names its line. References between units are checked too.
 */
#ifndef NUNCIO_USER_INIT_MANIFEST_H
#define NUNCIO_USER_INIT_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_UNITS_MAX 24
#define MANIFEST_USES_MAX  12
#define MANIFEST_ARGS_MAX  32
#define MANIFEST_NAME_MAX  12 /* "client:" and it fit a handle's name */
#define MANIFEST_ERROR_MAX 120

enum placement { PLACE_PROCESS, PLACE_KERNEL, PLACE_INPROC };

/* The program that gets the far ends of imported services' channels. */
#define MANIFEST_CONNECTOR "links"

/* A service; a program: then (is_program); or a service of another domain: then
 * (is_import), with nothing but (name), (line) and (domain). */
struct unit {
    const char *name;
    const char *image;
    bool is_program;
    bool is_import;
    bool is_main;
    bool is_traced;
    enum placement placement;
    uint32_t line;
    uint64_t pages; /* limit of its purse */
    const char *device; /* kind, or NULL */
    uint32_t device_index;
    const char *domain; /* import: where the service is */
    const char *client; /* inproc: the one it is for */
    uint32_t host; /* inproc: index of the unit that is (client) */
    uint32_t use_count;
    const char *uses[MANIFEST_USES_MAX];
    uint32_t arg_count; /* a service's are its options, KEY=VALUE */
    const char *args[MANIFEST_ARGS_MAX];
};

struct manifest {
    uint32_t unit_count;
    struct unit units[MANIFEST_UNITS_MAX]; /* services before who uses them */
    uint32_t main;
    uint32_t connector; /* with imports: index of MANIFEST_CONNECTOR */
    char error[MANIFEST_ERROR_MAX];
};

/* Reads (text), which ends with a NUL at text[bytes]. False: see (error). */
bool manifest_read(struct manifest *m, char *text, size_t bytes);

/* The service called (name), here or imported, or NULL. */
struct unit *manifest_service(struct manifest *m, const char *name);

/* Does unit (a), directly or not, need (b)? It needs the services that it uses,
 * and for an imported one the connector. */
bool manifest_depends(struct manifest *m, const struct unit *a,
                      const struct unit *b);

#endif /* NUNCIO_USER_INIT_MANIFEST_H */
