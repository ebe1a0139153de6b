#include "vhost_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <hypercall/broker_abi.h>

void vhost_drop_file(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

/* A closed file stays in the epoll set while others hold it open. */
static void drop_kick(struct vhost *vhost, struct vhost_queue *queue)
{
    if (queue->kick >= 0)
        (void)epoll_ctl(vhost->epoll, EPOLL_CTL_DEL, queue->kick, NULL);
    vhost_drop_file(&queue->kick);
}

void vhost_stop_queue(struct vhost *vhost, struct vhost_queue *queue)
{
    drop_kick(vhost, queue);
    vhost_drop_file(&queue->call);
    queue->block = NULL;
}

/* The queue that a vring message names, or NULL. */
static struct vhost_queue *queue_of(struct vhost *vhost, uint64_t index)
{
    return index < VHOST_QUEUES ? &vhost->queues[index] : NULL;
}

const char *vhost_set_vring_num(struct vhost *vhost,
                                struct vhost_message *message,
                                struct vhost_message *reply)
{
    struct vhost_queue *queue = queue_of(vhost, message->payload.state.index);
    uint32_t size = message->payload.state.value;

    (void)reply;
    if (queue == NULL)
        return "no such queue";
    if (size == 0 || size > BROKER_QUEUE_SIZE || (size & (size - 1)) != 0)
        return "a queue cannot be of this size";
    queue->size = size;
    return NULL;
}

const char *vhost_set_vring_addr(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    struct vhost_queue *queue = queue_of(vhost, message->payload.address.index);

    (void)reply;
    if (queue == NULL)
        return "no such queue";
    if (message->payload.address.flags != 0)
        return "logging was not offered";
    queue->user = message->payload.address.descriptors;
    queue->has_address = true;
    return NULL;
}

const char *vhost_set_vring_base(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    struct vhost_queue *queue = queue_of(vhost, message->payload.state.index);

    (void)reply;
    if (queue == NULL)
        return "no such queue";
    if (message->payload.state.value > UINT16_MAX)
        return "no such place in a queue";
    queue->base = message->payload.state.value;
    return NULL;
}

/* This also stops the queue ("Starting and stopping rings"). */
const char *vhost_get_vring_base(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    struct vhost_queue *queue = queue_of(vhost, message->payload.state.index);

    if (queue == NULL)
        return "no such queue";
    vhost_stop_queue(vhost, queue);
    reply->payload.state.index = message->payload.state.index;
    reply->payload.state.value = queue->base;
    reply->header.size = sizeof(reply->payload.state);
    return NULL;
}

const char *vhost_set_vring_enable(struct vhost *vhost,
                                   struct vhost_message *message,
                                   struct vhost_message *reply)
{
    struct vhost_queue *queue = queue_of(vhost, message->payload.state.index);

    (void)reply;
    if (queue == NULL)
        return "no such queue";
    if ((vhost->features & VHOST_F_PROTOCOL_FEATURES) == 0)
        return "protocol features were not agreed on";
    if (message->payload.state.value > 1)
        return "a queue is enabled or not";
    queue->enabled = message->payload.state.value == 1;
    return NULL;
}

/*
 * The queue and the file of SET_VRING_KICK, CALL or ERR; the file is the
 * caller's then. It is -1 where the front-end would rather be polled.
 */
static const char *take_file(struct vhost *vhost, struct vhost_message *message,
                             struct vhost_queue **queue, int *file)
{
    uint64_t value = message->payload.value;
    bool has_file = (value & VHOST_VRING_NO_FD) == 0;

    if ((value & ~(uint64_t)(VHOST_VRING_INDEX | VHOST_VRING_NO_FD)) != 0)
        return "bits that mean nothing";
    *queue = queue_of(vhost, value & VHOST_VRING_INDEX);
    if (*queue == NULL)
        return "no such queue";
    if (message->file_count != (has_file ? 1 : 0))
        return "not the number of files that it says";
    *file = has_file ? message->files[0] : -1;
    message->file_count = 0;
    return NULL;
}

const char *vhost_set_vring_kick(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    struct vhost_queue *queue;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int file;
    const char *problem = take_file(vhost, message, &queue, &file);

    (void)reply;
    if (problem != NULL)
        return problem;
    drop_kick(vhost, queue);
    if (file < 0)
        return "a queue without a kick is not served";
    event.data.u64 = vhost->tags[queue - vhost->queues];
    if (epoll_ctl(vhost->epoll, EPOLL_CTL_ADD, file, &event) != 0) {
        close(file);
        return "a file that cannot be waited for";
    }
    queue->kick = file;
    return NULL;
}

/* Writes to an eventfd must not wait for who holds the other end. */
static bool is_callable(int file)
{
    char path[32];
    char target[32];
    ssize_t bytes;
    int flags = fcntl(file, F_GETFL);

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    bytes = readlink(path, target, sizeof(target) - 1);
    if (bytes <= 0 || flags < 0)
        return false;
    target[bytes] = '\0';
    return strcmp(target, "anon_inode:[eventfd]") == 0 &&
           fcntl(file, F_SETFL, flags | O_NONBLOCK) == 0;
}

const char *vhost_set_vring_call(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    struct vhost_queue *queue;
    int file;
    const char *problem = take_file(vhost, message, &queue, &file);

    (void)reply;
    if (problem != NULL)
        return problem;
    if (file >= 0 && !is_callable(file)) {
        close(file);
        return "a file that is no eventfd";
    }
    vhost_drop_file(&queue->call);
    queue->call = file;
    return NULL;
}

const char *vhost_set_vring_err(struct vhost *vhost,
                                struct vhost_message *message,
                                struct vhost_message *reply)
{
    struct vhost_queue *queue;
    int file;
    const char *problem = take_file(vhost, message, &queue, &file);

    (void)reply;
    if (problem != NULL)
        return problem;
    vhost_drop_file(&queue->error);
    queue->error = file;
    return NULL;
}
