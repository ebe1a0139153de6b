/* Timer objects, made through a purse. */
#ifndef NUNCIO_OBJ_OBJ_TIMER_H
#define NUNCIO_OBJ_OBJ_TIMER_H

#include <ipc/inbox.h>
#include <mm/purse.h>

/* A disarmed timer that will signal (port) with (badge); NULL: purse empty. */
struct object *timer_create(struct purse *purse, struct port *port,
                            uint64_t badge);

#endif /* NUNCIO_OBJ_OBJ_TIMER_H */
