/*
 * libvirt's description of a domain, as a function of what shall run: nothing
 * is asked of the host here, so that tests can look at every case.
 *
 * Ownership: the writer keeps nothing; all strings stay the caller's.
 * Spec:      libvirt, "Domain XML format" (formatdomain), version 9.
 */
#ifndef NUNCIO_TOOL_XML_H
#define NUNCIO_TOOL_XML_H

#include <stdbool.h>

#include "qemu.h"
#include "report.h"

/* Of the panic device (QEMU's pvpanic); the kernel's command line says it. */
#define XML_PORT_PANIC 0x505

enum xml_serial_kind {
    XML_SERIAL_NONE,
    XML_SERIAL_PTY, /* libvirt makes it; `virsh console` finds it */
    XML_SERIAL_FILE,
    XML_SERIAL_SOCKET, /* a Unix socket that somebody listens on */
};

struct xml_serial {
    /* Of the panic device (QEMU's pvpanic); the kernel's command line says it. */
#define XML_PORT_PANIC 0x505

    enum xml_serial_kind kind;
    const char *path; /* absolute; of a pty: NULL */
    bool keep; /* a file: write behind what it has */
};

struct xml_disk {
    const char *name;
    const char *path; /* absolute */
    enum disk_format format;
    bool is_device; /* a block device of the host, not a file */
    bool writable;
};

struct xml_domain {
    const char *name; /* libvirt's, unique on its host */
    const char *title; /* for people */
    const char *uuid; /* NULL: libvirt chooses */
    enum accel accel;
    enum machine_kind machine; /* not microvm: libvirt gives it no PCI */
    unsigned memory_mib;
    const char *kernel; /* absolute paths */
    const char *archive;
    const char *line; /* the kernel's command line */
    struct xml_disk disks[SYSTEM_DISKS_MAX];
    size_t disk_count;
    struct xml_serial terminal;
    struct xml_serial log;
    struct xml_serial trace;
    const char *broker; /* its socket for this domain; NULL: alone */
    /* Serves others: a crash restarts it. Else the domain ends. */
    bool is_driver;
};

/* Mistakes: a value that XML cannot carry, a machine without PCI. */
bool xml_write_domain(const struct xml_domain *domain, struct text *out,
                      struct report *report);

#endif /* NUNCIO_TOOL_XML_H */
