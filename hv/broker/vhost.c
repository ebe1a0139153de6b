#include "vhost.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <hypercall/broker_abi.h>

#include "vhost_internal.h"

_Static_assert(VHOST_QUEUES == BROKER_QUEUES, "two queues");

#define FEATURES          (VHOST_F_VERSION_1 | VHOST_F_PROTOCOL_FEATURES)
#define PROTOCOL_FEATURES (VHOST_PROTOCOL_F_MQ | VHOST_PROTOCOL_F_REPLY_ACK)

/* What a message looks like, and who obeys it. */
struct rule {
    vhost_handler_fn handle;
    uint16_t bytes; /* of payload */
    bool has_files; /* it may bring any */
};

static void reply_value(struct vhost_message *reply, uint64_t value)
{
    reply->payload.value = value;
    reply->header.size = sizeof(value);
}

static const char *get_features(struct vhost *vhost,
                                struct vhost_message *message,
                                struct vhost_message *reply)
{
    (void)vhost;
    (void)message;
    reply_value(reply, FEATURES);
    return NULL;
}

static const char *set_features(struct vhost *vhost,
                                struct vhost_message *message,
                                struct vhost_message *reply)
{
    (void)reply;
    if ((message->payload.value & ~FEATURES) != 0)
        return "features that were not offered";
    vhost->features = message->payload.value;
    return NULL;
}

static const char *get_protocol_features(struct vhost *vhost,
                                         struct vhost_message *message,
                                         struct vhost_message *reply)
{
    (void)vhost;
    (void)message;
    reply_value(reply, PROTOCOL_FEATURES);
    return NULL;
}

static const char *set_protocol_features(struct vhost *vhost,
                                         struct vhost_message *message,
                                         struct vhost_message *reply)
{
    (void)reply;
    if ((message->payload.value & ~PROTOCOL_FEATURES) != 0)
        return "protocol features that were not offered";
    vhost->protocol_features = message->payload.value;
    return NULL;
}

static const char *get_queue_num(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    (void)vhost;
    (void)message;
    reply_value(reply, VHOST_QUEUES);
    return NULL;
}

static const char *set_owner(struct vhost *vhost, struct vhost_message *message,
                             struct vhost_message *reply)
{
    (void)vhost;
    (void)message;
    (void)reply;
    return NULL;
}

/* "No longer used": older front-ends say it when the device is reset. */
static const char *reset_owner(struct vhost *vhost,
                               struct vhost_message *message,
                               struct vhost_message *reply)
{
    (void)message;
    (void)reply;
    for (uint32_t i = 0; i < VHOST_QUEUES; i++)
        vhost_stop_queue(vhost, &vhost->queues[i]);
    return NULL;
}

static const char *set_mem_table(struct vhost *vhost,
                                 struct vhost_message *message,
                                 struct vhost_message *reply)
{
    (void)reply;
    return guest_memory_set(&vhost->memory, &message->payload.table,
                            message->files, message->file_count);
}

static const struct rule rules[] = {
    [VHOST_GET_FEATURES] = {get_features, 0, false},
    [VHOST_SET_FEATURES] = {set_features, 8, false},
    [VHOST_SET_OWNER] = {set_owner, 0, false},
    [VHOST_RESET_OWNER] = {reset_owner, 0, false},
    [VHOST_SET_MEM_TABLE] = {set_mem_table, sizeof(struct vhost_memory_table),
                             true},
    [VHOST_SET_VRING_NUM] = {vhost_set_vring_num, 8, false},
    [VHOST_SET_VRING_ADDR] = {vhost_set_vring_addr, 40, false},
    [VHOST_SET_VRING_BASE] = {vhost_set_vring_base, 8, false},
    [VHOST_GET_VRING_BASE] = {vhost_get_vring_base, 8, false},
    [VHOST_SET_VRING_KICK] = {vhost_set_vring_kick, 8, true},
    [VHOST_SET_VRING_CALL] = {vhost_set_vring_call, 8, true},
    [VHOST_SET_VRING_ERR] = {vhost_set_vring_err, 8, true},
    [VHOST_GET_PROTOCOL_FEATURES] = {get_protocol_features, 0, false},
    [VHOST_SET_PROTOCOL_FEATURES] = {set_protocol_features, 8, false},
    [VHOST_GET_QUEUE_NUM] = {get_queue_num, 0, false},
    [VHOST_SET_VRING_ENABLE] = {vhost_set_vring_enable, 8, false},
};

static const struct rule *rule_of(uint32_t request)
{
    if (request >= sizeof(rules) / sizeof(rules[0]) ||
        rules[request].handle == NULL)
        return NULL;
    return &rules[request];
}

int vhost_payload_bytes(uint32_t request)
{
    const struct rule *rule = rule_of(request);

    return rule != NULL ? rule->bytes : -1;
}

/*
 * A table has as many regions as it says; other messages have one size. 7.2's
 * table ends with the last region that is used, others send all eight.
 */
static bool is_size_right(const struct vhost_message *message,
                          const struct rule *rule)
{
    uint32_t bytes = message->header.size;

    if (message->header.request != VHOST_SET_MEM_TABLE)
        return bytes == rule->bytes;
    return bytes >= 8 && bytes <= rule->bytes &&
           message->payload.table.count <=
               (bytes - 8) / sizeof(struct vhost_region);
}

static const char *check(const struct vhost_message *message,
                         const struct rule *rule)
{
    uint32_t flags = message->header.flags;

    if (rule == NULL)
        return "a message that was not agreed on";
    if ((flags & VHOST_FLAG_VERSION_MASK) != VHOST_FLAG_VERSION ||
        (flags & VHOST_FLAG_REPLY) != 0)
        return "not a request of version 1";
    if (!is_size_right(message, rule))
        return "not of the size that it should have";
    if (message->file_count != 0 && !rule->has_files)
        return "files that nobody asked for";
    return NULL;
}

/* Finds the queues' blocks anew: any message may have moved them. */
static const char *find_blocks(struct vhost *vhost)
{
    for (uint32_t i = 0; i < VHOST_QUEUES; i++) {
        struct vhost_queue *q = &vhost->queues[i];
        bool enabled =
            q->enabled || (vhost->features & VHOST_F_PROTOCOL_FEATURES) == 0;

        q->block = NULL;
        if (!q->has_address || q->kick < 0 || q->size == 0 || !enabled ||
            (vhost->features & VHOST_F_VERSION_1) == 0 ||
            vhost->memory.count == 0)
            continue;
        if (!guest_memory_phys(&vhost->memory, q->user, &q->phys) ||
            q->phys % GUEST_PAGE_BYTES != 0)
            return "a queue's block is not at a page of the guest's memory";
        q->block = guest_memory_at(&vhost->memory, q->phys, BROKER_BLOCK_BYTES);
        if (q->block == NULL)
            return "a queue's block is not all in the guest's memory";
    }
    return NULL;
}

const char *vhost_handle(struct vhost *vhost, struct vhost_message *message,
                         struct vhost_message *reply)
{
    const struct rule *rule = rule_of(message->header.request);
    const char *problem = check(message, rule);

    memset(reply, 0, sizeof(*reply));
    reply->header.request = message->header.request;
    reply->header.flags = VHOST_FLAG_VERSION | VHOST_FLAG_REPLY;
    if (problem == NULL)
        problem = rule->handle(vhost, message, reply);
    if (problem == NULL)
        problem = find_blocks(vhost);
    vhost_close_files(message);
    if (problem == NULL && reply->header.size == 0 &&
        (message->header.flags & VHOST_FLAG_NEED_REPLY) != 0 &&
        (vhost->protocol_features & VHOST_PROTOCOL_F_REPLY_ACK) != 0)
        reply_value(reply, 0);
    return problem;
}

bool vhost_is_live(const struct vhost *vhost)
{
    for (uint32_t i = 0; i < VHOST_QUEUES; i++) {
        if (vhost->queues[i].block == NULL)
            return false;
    }
    return true;
}

bool vhost_call(const struct vhost *vhost, uint32_t index)
{
    static const uint64_t one = 1;
    int file = vhost->queues[index].call;

    if (file < 0)
        return true;
    /* Full is as good as raised: the front-end has yet to look. But one that
     * blocks has been tampered with (EINTR; see deadman.h). */
    return write(file, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN;
}

void vhost_close_files(struct vhost_message *message)
{
    for (uint32_t i = 0; i < message->file_count; i++)
        close(message->files[i]);
    message->file_count = 0;
}

void vhost_open(struct vhost *vhost, int epoll, const uint64_t *tags)
{
    memset(vhost, 0, sizeof(*vhost));
    vhost->epoll = epoll;
    for (uint32_t i = 0; i < VHOST_QUEUES; i++) {
        struct vhost_queue *q = &vhost->queues[i];

        vhost->tags[i] = tags[i];
        q->kick = q->call = q->error = -1;
    }
}

void vhost_close(struct vhost *vhost)
{
    for (uint32_t i = 0; i < VHOST_QUEUES; i++) {
        vhost_stop_queue(vhost, &vhost->queues[i]);
        vhost_drop_file(&vhost->queues[i].error);
    }
    guest_memory_remove(&vhost->memory);
}
