/*
 * Reader of cpio archives in the "newc" format (magic 070701): the boot
 * archive.
 *
 * Units:     bytes.
 * Ownership: names and contents point into the archive.
 * Trust:     the archive is hostile; nothing outside of it is read.
 * Spec:      Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
#ifndef NUNCIO_NLIB_CPIO_H
#define NUNCIO_NLIB_CPIO_H

#include <stddef.h>
#include <stdint.h>

struct nl_cpio_entry {
    const char *name; /* NUL-terminated */
    const void *data;
    size_t bytes;
    uint32_t mode;
};

/*
 * The entry at (*at), 0 first, and where the next one is. Returns 1, 0 at the
 * end (trailer), or -1 when the archive is malformed at (*at).
 */
int nl_cpio_next(const void *archive, size_t bytes, size_t *at,
                 struct nl_cpio_entry *entry);

/* The entry called (name): 1, 0 if there is none, -1 malformed before it. */
int nl_cpio_find(const void *archive, size_t bytes, const char *name,
                 struct nl_cpio_entry *entry);

#endif /* NUNCIO_NLIB_CPIO_H */
