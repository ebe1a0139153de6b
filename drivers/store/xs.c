#include "xs.h"

#include <abi/error.h>
#include <nlib/string.h>

#define HEAD_BYTES ((uint32_t)sizeof(struct xsd_sockmsg))

/* The server's name for an error, and ours. */
static const struct {
    const char *name;
    int status;
} errors[] = {
    {"EINVAL", NU_INVAL}, {"EACCES", NU_DENIED}, {"EEXIST", NU_EXIST},
    {"EISDIR", NU_INVAL}, {"ENOENT", NU_NOENT},  {"ENOMEM", NU_NOSPC},
    {"ENOSPC", NU_NOSPC}, {"EIO", NU_IO},        {"ENOTEMPTY", NU_BUSY},
    {"ENOSYS", NU_UNSUP}, {"EROFS", NU_DENIED},  {"EBUSY", NU_BUSY},
    {"EAGAIN", NU_BUSY},  {"EISCONN", NU_BUSY},  {"E2BIG", NU_TOOLONG},
    {"EPERM", NU_DENIED}, {"EDQUOT", NU_NOSPC},  {"ENAMETOOLONG", NU_TOOLONG},
};

int xs_error(const char *name)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].status;
    }
    return NU_IO;
}

void xs_begin(struct xs *xs, struct xenstore_domain_interface *page)
{
    memset(xs, 0, sizeof(*xs));
    xs->page = page;
    xs->request_at = __atomic_load_n(&page->req_prod, __ATOMIC_RELAXED);
    xs->response_at = __atomic_load_n(&page->rsp_cons, __ATOMIC_RELAXED);
}

/* How much of (bytes) lies before the ring's end, from (index) on. */
static uint32_t before_end(uint32_t index, uint32_t bytes)
{
    uint32_t rest = XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(index);

    return bytes < rest ? bytes : rest;
}

size_t xs_send(struct xs *xs, const void *data, size_t bytes)
{
    uint32_t taken = __atomic_load_n(&xs->page->req_cons, __ATOMIC_ACQUIRE);
    uint32_t used = xs->request_at - taken;
    const char *from = data;
    uint32_t count;
    uint32_t first;

    if (xs->problem != NULL)
        return 0;
    if (used > XENSTORE_RING_SIZE) {
        xs->problem = "it took requests that were not sent";
        return 0;
    }
    count = XENSTORE_RING_SIZE - used;
    if (count > bytes)
        count = (uint32_t)bytes;
    first = before_end(xs->request_at, count);
    memcpy(xs->page->req + MASK_XENSTORE_IDX(xs->request_at), from, first);
    memcpy(xs->page->req, from + first, count - first);
    xs->request_at += count;
    __atomic_store_n(&xs->page->req_prod, xs->request_at, __ATOMIC_RELEASE);
    return count;
}

/* Up to (bytes) of what the server has put into its ring. */
static uint32_t take(struct xs *xs, void *to, uint32_t bytes)
{
    uint32_t put = __atomic_load_n(&xs->page->rsp_prod, __ATOMIC_ACQUIRE);
    uint32_t count = put - xs->response_at;
    uint32_t first;

    if (count > XENSTORE_RING_SIZE) {
        xs->problem = "its ring holds more than it can";
        return 0;
    }
    if (count > bytes)
        count = bytes;
    first = before_end(xs->response_at, count);
    memcpy(to, xs->page->rsp + MASK_XENSTORE_IDX(xs->response_at), first);
    memcpy((char *)to + first, xs->page->rsp, count - first);
    xs->response_at += count;
    __atomic_store_n(&xs->page->rsp_cons, xs->response_at, __ATOMIC_RELEASE);
    return count;
}

/* Each turn takes at least one byte of the one message: this ends. */
bool xs_receive(struct xs *xs, struct xs_message *message)
{
    while (xs->problem == NULL) {
        uint32_t all = HEAD_BYTES;
        uint32_t got;

        if (xs->have >= HEAD_BYTES) {
            if (xs->head.len > XENSTORE_PAYLOAD_MAX) {
                xs->problem = "a message is longer than allowed";
                return false;
            }
            all += xs->head.len;
        }
        if (xs->have >= HEAD_BYTES && xs->have == all) {
            xs->data[xs->head.len] = '\0';
            message->type = xs->head.type;
            message->id = xs->head.req_id;
            message->bytes = xs->head.len;
            message->data = xs->data;
            xs->have = 0;
            return true;
        }
        if (xs->have < HEAD_BYTES)
            got = take(xs, (char *)&xs->head + xs->have, all - xs->have);
        else
            got = take(xs, xs->data + (xs->have - HEAD_BYTES), all - xs->have);
        if (got == 0)
            return false;
        xs->have += got;
    }
    return false;
}
