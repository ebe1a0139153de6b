#include "broker_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "hv/broker/life.h"
#include "hv/broker/mailbox.h"
#include "hv/broker/rounds.h"
#include "hv/broker/store.h"

struct broker fixture_broker;
static unsigned files_before;

unsigned fixture_open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

int fixture_setup(void **state)
{
    (void)state;
    log_open(-1);
    files_before = fixture_open_files();
    memset(&fixture_broker, 0, sizeof(fixture_broker));
    fixture_broker.epoll = epoll_create1(EPOLL_CLOEXEC);
    fixture_broker.directory = "/nowhere";
    fixture_broker.store = store_create(rounds_wake_store, &fixture_broker);
    return 0;
}

/* What a front-end leaves when it goes, as connection_end() does it. */
static void disconnect(struct domain *domain)
{
    life_end(&fixture_broker, domain, "test");
    vhost_close(&domain->vhost);
    close(domain->connection);
    domain->connection = -1;
}

int fixture_teardown(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        struct domain *domain = fixture_broker.domains[i];

        if (domain == NULL)
            continue;
        if (domain->connection >= 0)
            disconnect(domain);
        store_name_remove(fixture_broker.store, domain->name, domain->domid);
        broker_remove(&fixture_broker, domain);
    }
    store_destroy(fixture_broker.store);
    close(fixture_broker.epoll);
    assert_int_equal(fixture_open_files(), files_before);
    return 0;
}

int fixture_memfd(uint32_t pages, bool sealed)
{
    int file = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)pages * GUEST_PAGE_BYTES), 0);
    if (sealed)
        assert_int_equal(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW),
                         0);
    return file;
}

const char *fixture_send(struct vhost *vhost, enum vhost_request request,
                         const union vhost_payload *payload, size_t bytes,
                         const int *files, uint32_t file_count)
{
    static struct vhost_message message;
    static struct vhost_message reply;

    memset(&message, 0, sizeof(message));
    message.header.request = request;
    message.header.flags = VHOST_FLAG_VERSION;
    message.header.size = (uint32_t)bytes;
    if (bytes > 0)
        memcpy(&message.payload, payload, bytes);
    message.file_count = file_count;
    /* As received: files of its own. */
    for (uint32_t i = 0; i < file_count; i++)
        message.files[i] = fcntl(files[i], F_DUPFD_CLOEXEC, 0);
    return vhost_handle(vhost, &message, &reply);
}

const char *fixture_send_state(struct vhost *vhost, enum vhost_request request,
                               uint32_t index, uint32_t value)
{
    union vhost_payload payload = {.state = {index, value}};

    return fixture_send(vhost, request, &payload, sizeof(payload.state), NULL,
                        0);
}

const char *fixture_send_value(struct vhost *vhost, enum vhost_request request,
                               uint64_t value, int file)
{
    union vhost_payload payload = {.value = value};

    return fixture_send(vhost, request, &payload, sizeof(payload.value), &file,
                        file >= 0 ? 1 : 0);
}

const char *fixture_send_table(struct vhost *vhost,
                               const struct vhost_memory_table *table,
                               const int *files)
{
    union vhost_payload payload = {.table = *table};

    return fixture_send(vhost, VHOST_SET_MEM_TABLE, &payload,
                        8 + table->count * sizeof(struct vhost_region), files,
                        table->count);
}

void fixture_add(struct guest *guest, const char *name)
{
    memset(guest, 0, sizeof(*guest));
    guest->domain = broker_add(&fixture_broker, name);
    assert_non_null(guest->domain);
    assert_int_equal(
        store_name_add(fixture_broker.store, name, guest->domain->domid), 0);
}

static void start_queue(struct guest *guest, uint32_t index, uint32_t frame)
{
    struct vhost *vhost = &guest->domain->vhost;
    uint64_t user = FIXTURE_USER + (uint64_t)frame * GUEST_PAGE_BYTES;
    union vhost_payload payload = {
        .address = {.index = index, .descriptors = user}};
    int call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    assert_null(fixture_send_state(vhost, VHOST_SET_VRING_NUM, index,
                                   BROKER_QUEUE_SIZE));
    assert_null(fixture_send_state(vhost, VHOST_SET_VRING_BASE, index, 0));
    assert_null(fixture_send(vhost, VHOST_SET_VRING_ADDR, &payload,
                             sizeof(payload.address), NULL, 0));
    guest->kick[index] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_null(fixture_send_value(vhost, VHOST_SET_VRING_KICK, index,
                                   guest->kick[index]));
    assert_null(fixture_send_value(vhost, VHOST_SET_VRING_CALL, index, call));
    assert_null(fixture_send_state(vhost, VHOST_SET_VRING_ENABLE, index, 1));
    if (index == BROKER_QUEUE_EVENTS)
        guest->call = call;
    else
        close(call);
}

void fixture_connect(struct guest *guest)
{
    static const uint64_t tags[VHOST_QUEUES] = {1, 2};
    struct vhost *vhost = &guest->domain->vhost;
    struct vhost_memory_table table = {
        .count = 1,
        .regions = {{0, FIXTURE_PAGES * GUEST_PAGE_BYTES, FIXTURE_USER, 0}}};

    guest->memfd = fixture_memfd(FIXTURE_PAGES, true);
    guest->memory = mmap(NULL, FIXTURE_PAGES * GUEST_PAGE_BYTES,
                         PROT_READ | PROT_WRITE, MAP_SHARED, guest->memfd, 0);
    assert_ptr_not_equal(guest->memory, MAP_FAILED);
    guest->shared = (void *)(guest->memory + FRAME_SHARED * GUEST_PAGE_BYTES);
    guest->mailbox = (void *)(guest->memory + FRAME_MAILBOX * GUEST_PAGE_BYTES);
    guest->grants = (void *)(guest->memory + FRAME_GRANTS * GUEST_PAGE_BYTES);
    vhost_open(vhost, fixture_broker.epoll, tags);
    guest->domain->connection = eventfd(0, EFD_CLOEXEC); /* stands for it */
    assert_null(
        fixture_send_value(vhost, VHOST_SET_FEATURES,
                           VHOST_F_VERSION_1 | VHOST_F_PROTOCOL_FEATURES, -1));
    assert_null(fixture_send_table(vhost, &table, &guest->memfd));
    start_queue(guest, BROKER_QUEUE_EVENTS, FRAME_SHARED);
    assert_false(vhost_is_live(vhost));
    start_queue(guest, BROKER_QUEUE_MAILBOX, FRAME_MAILBOX);
    assert_true(vhost_is_live(vhost));
    mailbox_open(guest->domain);
}

void fixture_leave(struct guest *guest)
{
    munmap(guest->memory, FIXTURE_PAGES * GUEST_PAGE_BYTES);
    close(guest->memfd);
    close(guest->call);
    for (uint32_t i = 0; i < VHOST_QUEUES; i++)
        close(guest->kick[i]);
    if (guest->domain->connection >= 0)
        disconnect(guest->domain);
}

void fixture_run(struct guest *guest, const char *name)
{
    struct broker_hello hello = {.version = BROKER_ABI_VERSION,
                                 .grant_pages = 1,
                                 .grant_frame = FRAME_GRANTS,
                                 .store_port = STORE_PORT};

    fixture_add(guest, name);
    fixture_connect(guest);
    assert_int_equal(fixture_hello(guest, &hello), 0);
}

void fixture_batch(struct guest *guest, uint32_t count)
{
    guest->mailbox->count = count;
    guest->mailbox->request++;
    assert_true(mailbox_serve(&fixture_broker, guest->domain));
    assert_int_equal(guest->mailbox->done, guest->mailbox->request);
}

int32_t fixture_op(struct guest *guest, const struct broker_op *op)
{
    guest->mailbox->ops[0] = *op;
    guest->mailbox->ops[0].result = 12345;
    fixture_batch(guest, 1);
    return guest->mailbox->ops[0].result;
}

int32_t fixture_hello(struct guest *guest, const struct broker_hello *hello)
{
    struct broker_op op = {.hypercall = BROKER_HYPERCALL_SETUP,
                           .command = BROKER_SETUP_HELLO,
                           .hello = *hello};

    return fixture_op(guest, &op);
}

int32_t fixture_alloc(struct guest *guest, uint32_t port, domid_t remote)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_event_channel_op,
                           .command = EVTCHNOP_alloc_unbound,
                           .alloc = {DOMID_SELF, remote, port}};

    return fixture_op(guest, &op);
}

int32_t fixture_bind(struct guest *guest, uint32_t port, domid_t remote,
                     uint32_t remote_port)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_event_channel_op,
                           .command = EVTCHNOP_bind_interdomain,
                           .bind = {remote, remote_port, port}};

    return fixture_op(guest, &op);
}

int32_t fixture_port(struct guest *guest, uint16_t command, uint32_t port)
{
    /* send, close: the port is their only word. */
    struct broker_op op = {.hypercall = __HYPERVISOR_event_channel_op,
                           .command = command,
                           .send = {port}};

    return fixture_op(guest, &op);
}

bool fixture_pending(const struct guest *guest, uint32_t port)
{
    return (guest->shared->events.evtchn_pending[port / 64] >> (port % 64) &
            1) != 0;
}

uint64_t fixture_calls(const struct guest *guest)
{
    uint64_t count = 0;

    return read(guest->call, &count, sizeof(count)) == sizeof(count) ? count
                                                                     : 0;
}
