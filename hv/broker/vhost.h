/*
 * One vhost-user connection: what its front-end has said, and the two queues
 * of hypercall/broker_abi.h that come out of it.
 *
 * Ownership: files that come with a message belong to vhost_handle() from then
 *            on: it keeps or closes each.
 * Trust:     a message is an enemy's: its size, order, numbers and files are
 *            checked here, its memory table in guest_memory.c.
 * Context:   one thread; never blocks.
 * Spec:      QEMU docs/interop/vhost-user.rst (7.2); carrier: broker_abi.h.
 */
#ifndef NUNCIO_BROKER_VHOST_H
#define NUNCIO_BROKER_VHOST_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_memory.h"
#include "vhost_abi.h"

#define VHOST_QUEUES 2u

struct vhost_queue {
    uint64_t user; /* the block's address as the front-end says it */
    uint32_t size;
    uint32_t base;
    bool has_address;
    bool enabled;
    int kick; /* files, or -1 */
    int call;
    int error;
    uint64_t phys; /* of (block) */
    void *block; /* BROKER_BLOCK_BYTES of the guest's; NULL: not live */
};

struct vhost {
    int epoll; /* watches the kicks */
    uint64_t tags[VHOST_QUEUES]; /* epoll's data for each kick */
    uint64_t features;
    uint64_t protocol_features;
    struct guest_memory memory;
    struct vhost_queue queues[VHOST_QUEUES];
};

struct vhost_message {
    struct vhost_header header;
    union vhost_payload payload;
    uint32_t file_count;
    int files[VHOST_FDS_MAX];
};

/* Ready for a front-end. Kicks come out of (epoll) with (tags), edges only:
 * a kick is never read, so no file of the front-end's can block. */
void vhost_open(struct vhost *vhost, int epoll, const uint64_t *tags);
/* Nothing of the front-end's is left: files closed, memory unmapped. */
void vhost_close(struct vhost *vhost);

/*
 * Obeys (message). Returns NULL, or a sentence about what is wrong with it:
 * then the connection is to be closed. If (reply->header.size) is not 0 then
 * (reply) is to be sent.
 */
const char *vhost_handle(struct vhost *vhost, struct vhost_message *message,
                         struct vhost_message *reply);

/* Both queues are live. */
bool vhost_is_live(const struct vhost *vhost);

/* Raises the interrupt of queue (index). False: the front-end's file is not
 * what it should be. */
bool vhost_call(const struct vhost *vhost, uint32_t index);

/* The bytes that follow the header of (request); -1: not to be sent to us. */
int vhost_payload_bytes(uint32_t request);

void vhost_close_files(struct vhost_message *message);

#endif /* NUNCIO_BROKER_VHOST_H */
