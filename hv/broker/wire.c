#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(VHOST_FDS_MAX * sizeof(int))];
};

/* Files belong to the message from here on. False: they are too many. */
static bool keep_files(struct vhost_message *message, struct cmsghdr *control)
{
    const unsigned char *data = CMSG_DATA(control);
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    bool fits = true;

    for (size_t i = 0; i < count; i++) {
        int file;

        memcpy(&file, data + i * sizeof(int), sizeof(int));
        if (message->file_count < VHOST_FDS_MAX) {
            message->files[message->file_count++] = file;
        } else {
            close(file);
            fits = false;
        }
    }
    return fits;
}

static bool take_files(struct vhost_message *message, struct msghdr *header)
{
    bool fits = (header->msg_flags & MSG_CTRUNC) == 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
         c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
            !keep_files(message, c))
            fits = false;
    }
    return fits;
}

/* What is missing of header or payload, as far as it is known. */
static struct iovec next_piece(struct wire *wire)
{
    struct iovec piece = {0};

    if (wire->have < sizeof(wire->message.header)) {
        piece.iov_base = (char *)&wire->message.header + wire->have;
        piece.iov_len = sizeof(wire->message.header) - wire->have;
    } else {
        size_t at = wire->have - sizeof(wire->message.header);

        piece.iov_base = (char *)&wire->message.payload + at;
        piece.iov_len = wire->message.header.size - at;
    }
    return piece;
}

static const char *check_header(const struct vhost_header *header)
{
    int most = vhost_payload_bytes(header->request);

    if (most < 0)
        return "a message that was not agreed on";
    if (header->size > (uint32_t)most)
        return "longer than such a message can be";
    return NULL;
}

enum wire_result wire_read(struct wire *wire, int socket, const char **problem)
{
    const size_t head = sizeof(wire->message.header);

    for (;;) {
        union control control;
        struct iovec piece = next_piece(wire);
        struct msghdr header = {.msg_iov = &piece,
                                .msg_iovlen = 1,
                                .msg_control = control.room,
                                .msg_controllen = sizeof(control.room)};
        ssize_t bytes;

        if (piece.iov_len == 0)
            return WIRE_MESSAGE;
        bytes = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (bytes < 0)
            return errno == EAGAIN || errno == EINTR ? WIRE_WAIT : WIRE_END;
        *problem = NULL;
        if (!take_files(&wire->message, &header))
            *problem = "more files than a message may have";
        else if (bytes == 0)
            return WIRE_END;
        wire->have += (size_t)bytes;
        if (*problem == NULL && wire->have >= head)
            *problem = check_header(&wire->message.header);
        if (*problem != NULL)
            return WIRE_BAD;
    }
}

void wire_reset(struct wire *wire)
{
    vhost_close_files(&wire->message);
    memset(wire, 0, sizeof(*wire));
}

bool wire_reply(int socket, const struct vhost_message *reply)
{
    char bytes[sizeof(reply->header) + sizeof(uint64_t)];
    size_t length = sizeof(reply->header) + reply->header.size;

    if (length > sizeof(bytes))
        return false;
    memcpy(bytes, &reply->header, sizeof(reply->header));
    memcpy(bytes + sizeof(reply->header), &reply->payload, reply->header.size);
    return send(socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)length;
}
