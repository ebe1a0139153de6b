/*
 * A system: what one configuration describes. Read by config.c, changed by the
 * command line's options, checked by system_check(), and then read by all that
 * makes something of it.
 *
 * Ownership: everything is in system.pool; system_free() frees all of it.
 */
#ifndef NUNCIO_TOOL_SYSTEM_H
#define NUNCIO_TOOL_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include "pool.h"
#include "report.h"

/* The limits of user/init, which reads the manifest. */
#define SYSTEM_NAME_MAX      12 /* bytes */
#define SYSTEM_UNITS_MAX     16 /* services and programs of a configuration */
#define SYSTEM_UNITS_ROOM    (SYSTEM_UNITS_MAX + 1) /* a domain has one more */
#define SYSTEM_DOMAINS_MAX   8
#define SYSTEM_USES_MAX      12
#define SYSTEM_ARGS_MAX      32 /* arguments; also a service's options */
#define SYSTEM_DISKS_MAX     8 /* microvm's virtio-mmio slots */
#define SYSTEM_ARGS_BYTES    1024 /* NU_START_ARGS_BYTES, with their NULs */
#define SYSTEM_PAGES_DEFAULT 1024

/* Where a service is that is placed in a domain, and nobody says in which. */
#define SYSTEM_DOMAIN_DEFAULT "driver"
/* What joins a domain to others (split.h); nobody else may have the names. */
#define SYSTEM_STORE "store"
#define SYSTEM_LINKS "links"

enum placement {
    PLACEMENT_INPROC,
    PLACEMENT_KERNEL,
    PLACEMENT_PROCESS,
    PLACEMENT_DOMAIN,
};

enum disk_format { DISK_RAW, DISK_QCOW2 };

struct disk {
    const char *name;
    const char *image; /* path as QEMU shall open it */
    enum disk_format format;
    bool writable;
    unsigned line;
};

struct option {
    const char *key;
    const char *value;
};

struct service {
    const char *name;
    const char *image;
    enum placement placement;
    const char *domain; /* where it is if placed in a domain */
    enum placement inside; /* its placement there: any but PLACEMENT_DOMAIN */
    unsigned pages; /* of its purse */
    struct strings uses;
    const char *disk; /* name of the disk it drives, or NULL */
    bool has_serial; /* drives serial port 0 */
    const char *client; /* set by system_check() when inproc */
    struct option *options;
    size_t option_count;
    unsigned line;
};

struct program {
    const char *name;
    const char *image;
    unsigned pages;
    struct strings uses;
    struct strings args;
    bool is_main;
    bool traced;
    const char *domain; /* NULL: the main one */
    unsigned line;
};

/* What `domains` says of a domain. */
struct domain_setting {
    const char *name;
    unsigned memory_mib;
    unsigned line;
};

/* A service that others of these programs and services use, elsewhere. */
struct import {
    const char *name;
    const char *domain;
};

struct system {
    struct pool pool;
    const char *file; /* where it was read, for messages */
    const char *name;
    unsigned memory_mib;
    struct disk disks[SYSTEM_DISKS_MAX];
    size_t disk_count;
    struct service services[SYSTEM_UNITS_ROOM];
    size_t service_count;
    struct program programs[SYSTEM_UNITS_ROOM];
    size_t program_count;
    struct domain_setting domains[SYSTEM_DOMAINS_MAX];
    size_t domain_count;
    /* Of one domain of several, made by split.c; a configuration has none. */
    struct import imports[SYSTEM_UNITS_MAX];
    size_t import_count;
};

const char *placement_name(enum placement placement);
bool placement_parse(const char *text, enum placement *placement);
/* All of them, for messages. */
#define PLACEMENT_NAMES "inproc, kernel, process or domain"

/* By name; NULL when there is none. */
struct service *system_service(struct system *sys, const char *name);
struct program *system_main(struct system *sys);
/* The position of the disk (name), or -1. */
int system_disk(const struct system *sys, const char *name);
/* True for what the kernel offers by name in a `use` list. */
bool system_is_kernel_object(const char *name);
/* Is (name) in the list? */
bool system_uses(const struct strings *uses, const char *name);
/* Is anything of the system in a domain other than the main one? */
bool system_has_domains(const struct system *sys);
/* 1 to SYSTEM_NAME_MAX of a-z 0-9 _ -, beginning with a letter. */
bool system_is_name(const char *name);

/*
 * The command line's changes: "SERVICE=PLACEMENT" ("domain:NAME" is a placement
 * too), "DISK=IMAGE", and a command for the main program. Mistakes go to (report) and change nothing.
 */
void system_place(struct system *sys, const char *text, struct report *report);
void system_set_disk(struct system *sys, const char *text,
                     struct report *report);
/*
 * Makes the main program run (command), words quoted as in a shell. The first
 * word is a program if (image_dir) has an image of that name, and the command's
 * arguments are the other words; else all words are arguments of the main
 * program, as the configuration has it.
 */
void system_exec(struct system *sys, const char *command, const char *image_dir,
                 struct report *report);

/*
 * Checks what can be known from the system alone: names, what uses what,
 * devices, and unless it has several domains system_check_clients(). Returns
 * true if (report) got nothing new.
 */
bool system_check(struct system *sys, struct report *report);
/* That an in-process service has exactly one client. Sets service.client. */
void system_check_clients(struct system *sys, struct report *report);
/* Checks that the images of the disks are there and can be read. */
void system_check_disks(struct system *sys, struct report *report);

void system_free(struct system *sys);

#endif /* NUNCIO_TOOL_SYSTEM_H */
