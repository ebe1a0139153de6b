/* What QEMU says on a vhost-user socket, in its order. See guest.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest_internal.h"
#include "hv/broker/vhost_abi.h"

static int say(const struct guest *guest, uint32_t request, const void *payload,
               size_t bytes, int file)
{
    struct vhost_header start = {request, VHOST_FLAG_VERSION, (uint32_t)bytes};
    union vhost_payload copy;
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec data[2] = {{&start, sizeof(start)}, {&copy, bytes}};
    struct msghdr header = {.msg_iov = data, .msg_iovlen = 2};

    if (bytes != 0)
        memcpy(&copy, payload, bytes);
    if (file >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof(control);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &file, sizeof(int));
    }
    return sendmsg(guest->socket, &header, MSG_NOSIGNAL) ==
                   (ssize_t)(sizeof(start) + bytes)
               ? 0
               : -1;
}

static int say_value(const struct guest *guest, uint32_t request,
                     uint64_t value, int file)
{
    return say(guest, request, &value, sizeof(value), file);
}

static int say_state(const struct guest *guest, uint32_t request,
                     uint32_t index, uint32_t value)
{
    struct vhost_vring_state state = {index, value};

    return say(guest, request, &state, sizeof(state), -1);
}

/* Asks a question whose answer is a number. */
static int ask(const struct guest *guest, uint32_t request, uint64_t *value)
{
    char reply[sizeof(struct vhost_header) + sizeof(*value)];
    size_t have = 0;

    if (say(guest, request, NULL, 0, -1) != 0)
        return -1;
    while (have < sizeof(reply)) {
        struct pollfd poller = {guest->socket, POLLIN, 0};
        if (poll(&poller, 1, guest->patience_ms) != 1) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t got = recv(guest->socket, reply + have, sizeof(reply) - have,
                           MSG_DONTWAIT);
        if (got <= 0) {
            errno = got == 0 ? EPIPE : errno;
            return -1;
        }
        have += (size_t)got;
    }
    memcpy(value, reply + sizeof(struct vhost_header), sizeof(*value));
    return 0;
}

static int agree(const struct guest *guest)
{
    uint64_t features;

    if (say(guest, VHOST_SET_OWNER, NULL, 0, -1) != 0 ||
        ask(guest, VHOST_GET_FEATURES, &features) != 0)
        return -1;
    if (ask(guest, VHOST_GET_PROTOCOL_FEATURES, &features) != 0 ||
        say_value(guest, VHOST_SET_PROTOCOL_FEATURES,
                  features & VHOST_PROTOCOL_F_MQ, -1) != 0)
        return -1;
    if ((features & VHOST_PROTOCOL_F_MQ) != 0 &&
        ask(guest, VHOST_GET_QUEUE_NUM, &features) != 0)
        return -1;
    return say_value(guest, VHOST_SET_FEATURES,
                     VHOST_F_VERSION_1 | VHOST_F_PROTOCOL_FEATURES, -1);
}

static int share_memory(const struct guest *guest)
{
    struct vhost_memory_table table = {
        .count = 1,
        .regions = {{.guest_phys = 0,
                     .bytes = GUEST_PAGES * GUEST_PAGE_BYTES,
                     .user = (uintptr_t)guest->memory,
                     .file_offset = 0}},
    };

    return say(guest, VHOST_SET_MEM_TABLE, &table,
               offsetof(struct vhost_memory_table, regions) +
                   sizeof(table.regions[0]),
               guest->memory_file);
}

static int start_queue(const struct guest *guest, uint32_t index,
                       const void *block)
{
    const uint8_t *scratch =
        guest->memory + (size_t)GUEST_FREE_FRAME * GUEST_PAGE_BYTES;
    struct vhost_vring_address address = {
        .index = index,
        .descriptors = (uintptr_t)block,
        .used = (uintptr_t)scratch,
        .available = (uintptr_t)scratch,
    };

    if (say_state(guest, VHOST_SET_VRING_NUM, index, BROKER_QUEUE_SIZE) != 0 ||
        say_state(guest, VHOST_SET_VRING_BASE, index, 0) != 0 ||
        say(guest, VHOST_SET_VRING_ADDR, &address, sizeof(address), -1) != 0 ||
        say_value(guest, VHOST_SET_VRING_KICK, index, guest->kick[index]) !=
            0 ||
        say_value(guest, VHOST_SET_VRING_CALL, index, guest->call[index]) != 0)
        return -1;
    return say_state(guest, VHOST_SET_VRING_ENABLE, index, 1);
}

int guest_vhost_start(struct guest *guest)
{
    if (agree(guest) != 0 || share_memory(guest) != 0 ||
        start_queue(guest, BROKER_QUEUE_EVENTS, guest->shared) != 0)
        return -1;
    return start_queue(guest, BROKER_QUEUE_MAILBOX, guest->mailbox);
}
