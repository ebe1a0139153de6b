/*
 * Reply objects: hold one call whose server answers later.
 */
#ifndef NUNCIO_IPC_REPLY_H
#define NUNCIO_IPC_REPLY_H

#include <mm/purse.h>

struct thread;

struct reply {
    struct object object;
    struct thread *client; /* waiting; NULL: none saved, or it is gone */
};

void reply_init(void);
struct reply *reply_create(struct purse *purse);
/* Moves the call that (server) received last. 0, BUSY, NOENT. */
int reply_save(struct reply *reply, struct thread *server);

#endif /* NUNCIO_IPC_REPLY_H */
