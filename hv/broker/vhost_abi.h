/*
 * The vhost-user protocol, as far as a front-end says it to this back-end.
 *
 * Spec: QEMU docs/interop/vhost-user.rst (version 7.2), "Communication",
 *       "Message types"; little-endian, as the machines it runs on.
 */
#ifndef NUNCIO_BROKER_VHOST_ABI_H
#define NUNCIO_BROKER_VHOST_ABI_H

#include <stdint.h>

/* "Front-end message types". Those left out are never negotiated. */
enum vhost_request {
    VHOST_GET_FEATURES = 1,
    VHOST_SET_FEATURES = 2,
    VHOST_SET_OWNER = 3,
    VHOST_RESET_OWNER = 4,
    VHOST_SET_MEM_TABLE = 5,
    VHOST_SET_VRING_NUM = 8,
    VHOST_SET_VRING_ADDR = 9,
    VHOST_SET_VRING_BASE = 10,
    VHOST_GET_VRING_BASE = 11,
    VHOST_SET_VRING_KICK = 12,
    VHOST_SET_VRING_CALL = 13,
    VHOST_SET_VRING_ERR = 14,
    VHOST_GET_PROTOCOL_FEATURES = 15,
    VHOST_SET_PROTOCOL_FEATURES = 16,
    VHOST_GET_QUEUE_NUM = 17,
    VHOST_SET_VRING_ENABLE = 18,
};

/* Header flags. */
#define VHOST_FLAG_VERSION_MASK 3u
#define VHOST_FLAG_VERSION      1u
#define VHOST_FLAG_REPLY        4u
#define VHOST_FLAG_NEED_REPLY   8u

struct vhost_header {
    uint32_t request;
    uint32_t flags;
    uint32_t size; /* of what follows */
};

/* Device features. */
#define VHOST_F_VERSION_1         (1ull << 32)
#define VHOST_F_PROTOCOL_FEATURES (1ull << 30)

/* Protocol features. */
#define VHOST_PROTOCOL_F_MQ        (1ull << 0)
#define VHOST_PROTOCOL_F_REPLY_ACK (1ull << 3)

#define VHOST_REGIONS_MAX 8u
#define VHOST_FDS_MAX     8u

struct vhost_region {
    uint64_t guest_phys;
    uint64_t bytes;
    uint64_t user; /* the same in the front-end's address space */
    uint64_t file_offset;
};

struct vhost_memory_table {
    uint32_t count;
    uint32_t padding;
    struct vhost_region regions[VHOST_REGIONS_MAX];
};

struct vhost_vring_state {
    uint32_t index;
    uint32_t value;
};

struct vhost_vring_address {
    uint32_t index;
    uint32_t flags;
    uint64_t descriptors; /* these three in the front-end's address space */
    uint64_t used;
    uint64_t available;
    uint64_t log;
};

/* SET_VRING_KICK, CALL and ERR: the queue, and whether a file comes along. */
#define VHOST_VRING_INDEX 0xffu
#define VHOST_VRING_NO_FD 0x100u

union vhost_payload {
    uint64_t value;
    struct vhost_vring_state state;
    struct vhost_vring_address address;
    struct vhost_memory_table table;
};

_Static_assert(sizeof(struct vhost_header) == 12, "wire");
_Static_assert(sizeof(struct vhost_memory_table) == 264, "wire");
_Static_assert(sizeof(struct vhost_vring_address) == 40, "wire");

#endif /* NUNCIO_BROKER_VHOST_ABI_H */
