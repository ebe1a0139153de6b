/* What the files of the test guest share; see guest.h. */
#ifndef NUNCIO_TESTS_GUEST_INTERNAL_H
#define NUNCIO_TESTS_GUEST_INTERNAL_H

#include "guest.h"

/* guest_vhost.c: what QEMU says. 0, or -1 with errno. */
int guest_vhost_start(struct guest *guest);

/* guest.c: sleeps until the interrupt of queue 0, or the end of the
 * connection, or (deadline_ns). 0, -ETIMEDOUT, -EPIPE. */
int guest_sleep(struct guest *guest, uint64_t deadline_ns);

#endif /* NUNCIO_TESTS_GUEST_INTERNAL_H */
