/* Signals, made through a purse. */
#ifndef NUNCIO_OBJ_OBJ_SIGNAL_H
#define NUNCIO_OBJ_OBJ_SIGNAL_H

#include <ipc/inbox.h>
#include <mm/purse.h>

/* A signal for (port), told with (badge); NULL: purse empty. */
struct object *signal_create(struct purse *purse, struct port *port,
                             uint64_t badge);

#endif /* NUNCIO_OBJ_OBJ_SIGNAL_H */
