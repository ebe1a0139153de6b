/* Device objects: at most one for each device of the platform. */
#ifndef NUNCIO_OBJ_OBJ_DEVICE_H
#define NUNCIO_OBJ_OBJ_DEVICE_H

#include <mm/purse.h>

struct nu_serve;
struct object;

/* Gives the caller the handle on device (index), charged to (purse). RANGE;
 * BUSY: somebody has it. */
int device_open(struct nu_serve *call, uint32_t index, struct purse *purse);

/* An interrupt object for the events of (port), bound since before we came. One
 * reference, in (*object); 0, NOMEM, BUSY. */
int interrupt_attach(struct purse *purse, uint32_t port,
                     struct object **object);

#endif /* NUNCIO_OBJ_OBJ_DEVICE_H */
