/*
 * A guest's end of the store's rings: messages in and out of a page. It sends
 * what it is told to send, right or wrong.
 *
 * Ownership: the page is the caller's. Nothing here blocks.
 * Spec: Xen public/io/xs_wire.h.
 */
#ifndef NUNCIO_TESTS_WIRE_H
#define NUNCIO_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hypercall/xen_abi.h>

struct wire {
    struct xenstore_domain_interface *page;
    uint32_t taken; /* bytes of the message that comes in */
    struct xsd_sockmsg header;
    char payload[XENSTORE_PAYLOAD_MAX + 1]; /* a NUL follows it */
};

/* Puts as many of (bytes) as fit; says how many. */
size_t wire_put(struct wire *wire, const void *data, size_t bytes);

/*
 * Takes what there is. True: (header) and (payload) are a message. (*made_room)
 * is set if the ring was full: the other side wants to know.
 */
bool wire_take(struct wire *wire, bool *made_room);

/* Is there anything to take? */
bool wire_has_more(const struct wire *wire);

/* As they are in a message: strings up to a NULL, each with its NUL. Returns
 * the bytes, or 0 if (room) is too small. */
size_t wire_strings(char *to, size_t room, const char *const *strings);

/* The negative errno of an XS_ERROR's text. */
int wire_error(const char *text);

#endif /* NUNCIO_TESTS_WIRE_H */
