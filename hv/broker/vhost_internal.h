/*
 * The vring messages of vhost.c: each handler obeys one message, whose size and
 * number of files are those of its rule, and answers NULL or what is wrong.
 */
#ifndef NUNCIO_BROKER_VHOST_INTERNAL_H
#define NUNCIO_BROKER_VHOST_INTERNAL_H

#include "vhost.h"

typedef const char *(*vhost_handler_fn)(struct vhost *vhost,
                                        struct vhost_message *message,
                                        struct vhost_message *reply);

const char *vhost_set_vring_num(struct vhost *vhost,
                                struct vhost_message *message,
                                struct vhost_message *reply);
const char *vhost_set_vring_addr(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply);
const char *vhost_set_vring_base(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply);
const char *vhost_get_vring_base(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply);
const char *vhost_set_vring_enable(struct vhost *vhost,
                                   struct vhost_message *message,
                                   struct vhost_message *reply);
const char *vhost_set_vring_kick(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply);
const char *vhost_set_vring_call(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply);
const char *vhost_set_vring_err(struct vhost *vhost,
                                struct vhost_message *message,
                                struct vhost_message *reply);

/* No kicks and no interrupts any more. */
void vhost_stop_queue(struct vhost *vhost, struct vhost_queue *queue);
/* Closes (*file) if it is one. */
void vhost_drop_file(int *file);

#endif /* NUNCIO_BROKER_VHOST_INTERNAL_H */
