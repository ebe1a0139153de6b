/* A guest of the broker: its memory, batches, grants and events. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "guest_internal.h"

#define NS_PER_MS 1000000u
#define SPINS     500
#define WORD_BITS 64u

uint64_t guest_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t guest_deadline_ns(int after_ms)
{
    return guest_now_ns() + (uint64_t)(unsigned)after_ms * NS_PER_MS;
}

void *guest_page(struct guest *guest, uint32_t frame)
{
    return guest->memory + (size_t)frame * GUEST_PAGE_BYTES;
}

static int make_memory(struct guest *guest)
{
    size_t bytes = GUEST_PAGES * GUEST_PAGE_BYTES;

    guest->memory_file = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (guest->memory_file < 0 ||
        ftruncate(guest->memory_file, (off_t)bytes) != 0 ||
        fcntl(guest->memory_file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) !=
            0)
        return -1;
    guest->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                         guest->memory_file, 0);
    if (guest->memory == MAP_FAILED) {
        guest->memory = NULL;
        return -1;
    }
    guest->shared = guest_page(guest, GUEST_SHARED_FRAME);
    guest->mailbox = guest_page(guest, GUEST_MAILBOX_FRAME);
    guest->grants = guest_page(guest, GUEST_GRANTS_FRAME);
    guest->wire.page =
        (struct xenstore_domain_interface *)(void *)guest->shared->store;
    return 0;
}

static int make_files(struct guest *guest, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
        (int)sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (uint32_t i = 0; i < BROKER_QUEUES; i++) {
        guest->kick[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        guest->call[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (guest->kick[i] < 0 || guest->call[i] < 0)
            return -1;
    }
    guest->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (guest->socket < 0)
        return -1;
    return connect(guest->socket, (const struct sockaddr *)&address,
                   sizeof(address));
}

struct guest *guest_start(const char *path)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    if (guest == NULL)
        return NULL;
    guest->patience_ms = 20000;
    guest->socket = guest->memory_file = -1;
    for (uint32_t i = 0; i < BROKER_QUEUES; i++)
        guest->kick[i] = guest->call[i] = -1;
    if (make_memory(guest) != 0 || make_files(guest, path) != 0 ||
        guest_vhost_start(guest) != 0) {
        int error = errno;

        guest_die(guest);
        errno = error;
        return NULL;
    }
    return guest;
}

static void close_file(int file)
{
    if (file >= 0)
        close(file);
}

void guest_die(struct guest *guest)
{
    if (guest == NULL)
        return;
    close_file(guest->socket);
    close_file(guest->memory_file);
    for (uint32_t i = 0; i < BROKER_QUEUES; i++) {
        close_file(guest->kick[i]);
        close_file(guest->call[i]);
    }
    if (guest->memory != NULL)
        munmap(guest->memory, GUEST_PAGES * GUEST_PAGE_BYTES);
    while (guest->event_count > 0)
        free(guest->events[--guest->event_count]);
    free(guest);
}

bool guest_is_cut(const struct guest *guest)
{
    struct pollfd poller = {guest->socket, 0, 0};

    return poll(&poller, 1, 0) == 1 && (poller.revents & POLLHUP) != 0;
}

/* ---- hypercalls ---- */

void guest_kick(struct guest *guest, uint32_t queue)
{
    const uint64_t one = 1;

    /* Full is as good as kicked. */
    if (write(guest->kick[queue], &one, sizeof(one)) < 0 && errno != EAGAIN)
        perror("kick");
}

int guest_sleep(struct guest *guest, uint64_t deadline_ns)
{
    struct pollfd pollers[2] = {{guest->call[BROKER_QUEUE_EVENTS], POLLIN, 0},
                                {guest->socket, 0, 0}};
    uint64_t now = guest_now_ns();
    uint64_t calls;

    if (now >= deadline_ns)
        return -ETIMEDOUT;
    (void)poll(pollers, 2, (int)((deadline_ns - now) / NS_PER_MS) + 1);
    if ((pollers[1].revents & POLLHUP) != 0)
        return -EPIPE;
    if (read(guest->call[BROKER_QUEUE_EVENTS], &calls, sizeof(calls)) < 0 &&
        errno != EAGAIN)
        return -errno;
    return 0;
}

void guest_post(struct guest *guest, const struct broker_op *ops,
                uint32_t count)
{
    struct broker_mailbox *mailbox = guest->mailbox;

    memcpy(mailbox->ops, ops, count * sizeof(*ops));
    __atomic_store_n(&mailbox->want_call, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&mailbox->count, count, __ATOMIC_RELAXED);
    __atomic_store_n(&mailbox->request, ++guest->requests, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&mailbox->polling, __ATOMIC_SEQ_CST) == 0)
        guest_kick(guest, BROKER_QUEUE_MAILBOX);
}

static bool is_done(const struct guest *guest)
{
    return __atomic_load_n(&guest->mailbox->done, __ATOMIC_SEQ_CST) ==
           guest->requests;
}

int guest_finish(struct guest *guest)
{
    uint64_t deadline = guest_deadline_ns(guest->patience_ms);

    for (int i = 0; i < SPINS && !is_done(guest); i++)
        __builtin_ia32_pause();
    if (is_done(guest))
        return 0;
    __atomic_store_n(&guest->mailbox->want_call, 1, __ATOMIC_SEQ_CST);
    while (!is_done(guest)) {
        int error = guest_sleep(guest, deadline);

        if (error != 0 && !is_done(guest))
            return error;
    }
    return 0;
}

int guest_batch(struct guest *guest, struct broker_op *ops, uint32_t count)
{
    int error;

    guest_post(guest, ops, count);
    error = guest_finish(guest);
    if (error == 0)
        memcpy(ops, guest->mailbox->ops, count * sizeof(*ops));
    return error;
}

static int do_one(struct guest *guest, struct broker_op *op)
{
    int error = guest_batch(guest, op, 1);

    return error != 0 ? error : op->result;
}

int guest_hello(struct guest *guest)
{
    struct broker_op op = {
        .hypercall = BROKER_HYPERCALL_SETUP,
        .command = BROKER_SETUP_HELLO,
        .hello = {.version = BROKER_ABI_VERSION,
                  .grant_pages = GUEST_GRANT_PAGES,
                  .grant_frame = GUEST_GRANTS_FRAME,
                  .store_port = GUEST_STORE_PORT},
    };
    int error;

    /* As a kernel that has just booted, whatever was here before. */
    memset(guest->wire.page, 0, sizeof(*guest->wire.page));
    guest->wire.taken = 0;
    error = do_one(guest, &op);
    if (error == 0) {
        guest->domid = op.hello.domid;
        guest->epoch = op.hello.epoch;
    }
    return error;
}

/* ---- grants ---- */

void guest_grant(struct guest *guest, uint32_t ref, uint16_t domid,
                 uint32_t frame, uint16_t flags)
{
    struct grant_entry_v1 *entry = &guest->grants[ref];

    entry->domid = domid;
    entry->frame = frame;
    __atomic_store_n(&entry->flags, (uint16_t)(GTF_permit_access | flags),
                     __ATOMIC_SEQ_CST);
}

bool guest_revoke(struct guest *guest, uint32_t ref)
{
    uint16_t *flags = &guest->grants[ref].flags;
    uint16_t seen = __atomic_load_n(flags, __ATOMIC_SEQ_CST);

    return (seen & (GTF_reading | GTF_writing)) == 0 &&
           __atomic_compare_exchange_n(flags, &seen, 0, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

struct broker_op guest_op_read(uint16_t domid, uint32_t ref, uint32_t offset,
                               uint32_t frame, uint32_t bytes)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_grant_table_op,
                           .command = GNTTABOP_copy};

    op.copy.source.u.ref = ref;
    op.copy.source.domid = domid;
    op.copy.source.offset = (uint16_t)offset;
    op.copy.dest.u.gmfn = frame;
    op.copy.dest.domid = DOMID_SELF;
    op.copy.len = (uint16_t)bytes;
    op.copy.flags = GNTCOPY_source_gref;
    return op;
}

struct broker_op guest_op_write(uint16_t domid, uint32_t ref, uint32_t offset,
                                uint32_t frame, uint32_t bytes)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_grant_table_op,
                           .command = GNTTABOP_copy};

    op.copy.source.u.gmfn = frame;
    op.copy.source.domid = DOMID_SELF;
    op.copy.dest.u.ref = ref;
    op.copy.dest.domid = domid;
    op.copy.dest.offset = (uint16_t)offset;
    op.copy.len = (uint16_t)bytes;
    op.copy.flags = GNTCOPY_dest_gref;
    return op;
}

int guest_copy(struct guest *guest, struct broker_op op)
{
    int error = do_one(guest, &op);

    return error != 0 ? error - 1000 : op.copy.status;
}

/* ---- events ---- */

struct broker_op guest_op_event(uint16_t command)
{
    return (struct broker_op){.hypercall = __HYPERVISOR_event_channel_op,
                              .command = command};
}

int guest_alloc(struct guest *guest, uint32_t port, uint16_t domid)
{
    struct broker_op op = guest_op_event(EVTCHNOP_alloc_unbound);

    op.alloc.dom = DOMID_SELF;
    op.alloc.remote_dom = domid;
    op.alloc.port = port;
    return do_one(guest, &op);
}

int guest_bind(struct guest *guest, uint32_t port, uint16_t domid,
               uint32_t remote_port)
{
    struct broker_op op = guest_op_event(EVTCHNOP_bind_interdomain);

    op.bind.remote_dom = domid;
    op.bind.remote_port = remote_port;
    op.bind.local_port = port;
    return do_one(guest, &op);
}

int guest_send(struct guest *guest, uint32_t port)
{
    struct broker_op op = guest_op_event(EVTCHNOP_send);

    op.send.port = port;
    return do_one(guest, &op);
}

int guest_close(struct guest *guest, uint32_t port)
{
    struct broker_op op = guest_op_event(EVTCHNOP_close);

    op.close.port = port;
    return do_one(guest, &op);
}

int guest_status(struct guest *guest, uint32_t port)
{
    struct broker_op op = guest_op_event(EVTCHNOP_status);
    int error;

    op.status.dom = DOMID_SELF;
    op.status.port = port;
    error = do_one(guest, &op);
    return error != 0 ? error : (int)op.status.status;
}

static bool take_pending(struct guest *guest, uint32_t port)
{
    struct shared_info *info = &guest->shared->events;
    xen_ulong_t bit = (xen_ulong_t)1 << port % WORD_BITS;

    return (__atomic_fetch_and(&info->evtchn_pending[port / WORD_BITS], ~bit,
                               __ATOMIC_SEQ_CST) &
            bit) != 0;
}

bool guest_wait(struct guest *guest, uint32_t port, int timeout_ms)
{
    struct vcpu_info *vcpu = &guest->shared->events.vcpu_info[0];
    uint64_t deadline = guest_deadline_ns(timeout_ms);
    int error = 0;

    for (;;) {
        /* First these, then the bit: what is set later calls again. */
        __atomic_store_n(&vcpu->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        if (take_pending(guest, port))
            return true;
        if (error != 0)
            return false;
        error = guest_sleep(guest, deadline);
    }
}
