/*
 * A front-end whose every byte is the fuzzer's: messages on a socket, in
 * pieces, with files that fit or do not.
 *
 * Oracle: no trap; a message that is refused leaves blocks that lie in mapped
 * memory or none; no file and no mapping is left when the connection ends.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hypercall/broker_abi.h>

#include "hv/broker/vhost.h"
#include "hv/broker/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 32u
#define FILES 5

static int epoll = -1;
static int files[FILES]; /* memory, unsealed memory, eventfd, pipe, /dev/null */

static void check(bool good)
{
    if (!good)
        abort();
}

static void open_files(void)
{
    int pipes[2];

    if (epoll >= 0)
        return;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        files[i] = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        check(ftruncate(files[i], PAGES * GUEST_PAGE_BYTES) == 0);
    }
    check(fcntl(files[0], F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    files[2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(pipe(pipes) == 0);
    files[3] = pipes[1];
    files[4] = open("/dev/null", O_RDWR | O_CLOEXEC);
}

static unsigned count_files(void)
{
    unsigned count = 0;

    for (int file = 0; file < 128; file++)
        count += fcntl(file, F_GETFD) >= 0;
    return count;
}

/* Sends (bytes) with (count) files, each chosen by a byte of (choice). */
static bool send_piece(int socket, const uint8_t *bytes, size_t length,
                       uint8_t count, uint8_t choice)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(10 * sizeof(int))];
    } control = {0};
    struct iovec piece = {(void *)(uintptr_t)bytes, length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    int sent[10];

    for (int i = 0; i < count; i++)
        sent[i] = files[(choice + i * (choice >> 4)) % FILES];
    if (count > 0) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.header), sent, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)length;
}

static void check_blocks(const struct vhost *vhost)
{
    for (uint32_t i = 0; i < VHOST_QUEUES; i++) {
        const struct vhost_queue *queue = &vhost->queues[i];
        volatile uint8_t *block = queue->block;

        if (block == NULL)
            continue;
        check(queue->kick >= 0);
        check((uintptr_t)block % GUEST_PAGE_BYTES == 0);
        check(block ==
              guest_memory_at(&vhost->memory, queue->phys, BROKER_BLOCK_BYTES));
        block[0] = block[BROKER_BLOCK_BYTES - 1];
        block[BROKER_BLOCK_BYTES - 1] = 0;
    }
    (void)vhost_call(vhost, 0);
}

/* Takes what has come. False: the connection is to end. */
static bool receive(struct vhost *vhost, struct wire *wire, int socket)
{
    static struct vhost_message reply;
    const char *problem = NULL;

    for (;;) {
        enum wire_result result = wire_read(wire, socket, &problem);

        if (result == WIRE_WAIT)
            return true;
        if (result != WIRE_MESSAGE) {
            check(result != WIRE_BAD || problem != NULL);
            return false;
        }
        problem = vhost_handle(vhost, &wire->message, &reply);
        check(wire->message.file_count == 0);
        check(reply.header.size <= 8);
        if (problem != NULL)
            return false;
        check_blocks(vhost);
        if (reply.header.size > 0)
            check(wire_reply(socket, &reply));
        wire_reset(wire);
    }
}

/*
 * A message of the input: kind, flags, files, and as much payload as its kind
 * has, of which some words may be chosen among those that matter.
 */
static size_t one_message(const uint8_t *data, size_t size, int socket)
{
    static const uint64_t words[] = {0,
                                     1,
                                     4096,
                                     0x7f0000000000,
                                     0x7f0000004000,
                                     1ull << 32 | 1ull << 30,
                                     PAGES * GUEST_PAGE_BYTES,
                                     1ull << 40,
                                     8,
                                     ~0ull,
                                     1024};
    uint8_t bytes[300] = {0};
    struct vhost_header header = {.flags = VHOST_FLAG_VERSION};
    size_t used = 4;
    int payload;

    if (size < used)
        return size;
    header.request = data[0] & 31;
    header.flags ^= (uint32_t)(data[1] >> 4);
    payload = vhost_payload_bytes(header.request);
    if (payload < 0)
        payload = 8;
    if (data[0] & 128)
        payload = data[1] & 15;
    header.size = (uint32_t)payload;
    memcpy(bytes, &header, sizeof(header));
    for (int i = 0; i + 8 <= payload && used < size; i += 8) {
        uint8_t choice = data[used++];
        uint64_t word = words[choice % (sizeof(words) / sizeof(words[0]))];

        if (choice & 128)
            word = (uint64_t)choice << (choice % 57);
        /* The first word is an index and a value, or a count. */
        if (i == 0 && (choice & 64) != 0)
            word = (choice & 1) | (uint64_t)(choice >> 1 & 15) << 32;
        memcpy(bytes + sizeof(header) + i, &word, sizeof(word));
    }
    (void)send_piece(socket, bytes, sizeof(header) + (size_t)payload,
                     data[2] % 10, data[3]);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t tags[VHOST_QUEUES] = {1, 2};
    static struct wire wire;
    static struct vhost vhost;
    int ends[2];
    unsigned before;
    bool raw;

    if (size < 1)
        return 0;
    open_files();
    before = count_files();
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    vhost_open(&vhost, epoll, tags);
    raw = (data[0] & 1) != 0;
    data++;
    size--;
    while (size > 0) {
        size_t used = raw ? (data[0] % 32u) + 1 : 0;
        char answers[512];

        if (raw) {
            used = used < size ? used : size;
            (void)send_piece(ends[1], data, used, data[0] >> 6, data[0]);
        } else {
            used = one_message(data, size, ends[1]);
        }
        data += used;
        size -= used;
        if (!receive(&vhost, &wire, ends[0]))
            break;
        while (recv(ends[1], answers, sizeof(answers), MSG_DONTWAIT) > 0)
            ;
    }
    vhost_close(&vhost);
    wire_reset(&wire);
    check(vhost.memory.count == 0 && !vhost_is_live(&vhost));
    close(ends[0]);
    close(ends[1]);
    check(count_files() == before);
    return 0;
}
