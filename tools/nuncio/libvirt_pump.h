/*
 * Bytes between the launcher and a domain's ports, in libvirt's event loop.
 * QEMU connects to a Unix socket that we listen on; what comes from it goes to
 * the launcher's descriptor, and the other way round.
 *
 * Nothing is lost and nothing grows: who does not read is not read for.
 */
#ifndef NUNCIO_TOOL_LIBVIRT_PUMP_H
#define NUNCIO_TOOL_LIBVIRT_PUMP_H

#include <stdbool.h>
#include <stddef.h>

#define PUMP_BYTES 16384

struct pump_end {
    int fd; /* -1: not there yet, or closed */
    int watch; /* of the event loop, or -1 */
    bool is_gone; /* closed, and nobody will come */
    struct pump_end *peer;
    size_t bytes; /* waiting to be written to (fd) */
    char data[PUMP_BYTES];
};

struct pump {
    int listener;
    int listener_watch;
    struct pump_end launcher;
    struct pump_end domain;
};

/*
 * Listens at (path), which must not be there, for the one connection of the
 * domain; (fd), which becomes the pump's, is the launcher's end. False with
 * errno set; then nothing is left behind, and (fd) is the caller's.
 */
bool pump_open(struct pump *pump, const char *path, int fd);
/* Has the domain's end closed, and the launcher got all that came from it? */
bool pump_is_dry(const struct pump *pump);
void pump_close(struct pump *pump);

#endif /* NUNCIO_TOOL_LIBVIRT_PUMP_H */
