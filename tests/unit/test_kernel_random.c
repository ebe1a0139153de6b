/*
 * A hostile process: a million random messages, every bit of them chosen by it,
 * beside two processes that go on with their work. Nothing it does may touch
 * them, break the charges, or stop the kernel.
 */
#include "kernel_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <ipc/channel.h>

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Addresses that make trouble, and some that do not. */
static uint64_t random_address(void)
{
    static const uint64_t interesting[] = {0,
                                           FIXTURE_HEAP,
                                           FIXTURE_RO,
                                           FIXTURE_BUFFER,
                                           0x7ffffffff000ull,
                                           0xffff800000000000ull,
                                           0xffffffff80000000ull,
                                           ~0ull,
                                           0x7ffff000ull,
                                           FIXTURE_HEAP + FIXTURE_HEAP_BYTES};
    uint64_t base = interesting[random64() % 10];

    switch (random64() % 4) {
    case 0:
        return base;
    case 1:
        return base + random64() % 8192;
    case 2:
        return base - random64() % 8192;
    default:
        return random64();
    }
}

static void randomize_buffer(struct nu_msgbuf *buf)
{
    struct nu_msgbuf keep = *buf;

    for (int i = 0; i < NU_WORDS_MAX; i++)
        buf->words[i] = random64() % 3 ? random64() % 64 : random_address();
    for (int i = 0; i < NU_HANDLES_MAX; i++) {
        buf->handles[i].handle = 4096u + (uint32_t)(random64() % 24);
        buf->handles[i].rights =
            (uint32_t)(random64() % 4) << 16 | (uint32_t)(random64() & 0xff);
        buf->handles[i].badge = random64();
    }
    for (int i = 0; i < NU_STRINGS_MAX; i++) {
        buf->strings[i].addr = random_address();
        buf->strings[i].bytes = random64() % 4 ? random64() % 9000 : random64();
    }
    for (int i = 0; i < NU_RX_MAX; i++) {
        buf->rx[i].addr = random_address();
        buf->rx[i].bytes = random64() % 4 ? random64() % 9000 : random64();
    }
    for (int i = 0; i < NU_PAGES_MAX; i++) {
        buf->pages[i].addr = random_address() & ~PAGE_MASK;
        buf->pages[i].pages = random64() % 5;
        buf->rx_pages[i].addr = random_address() & ~PAGE_MASK;
        buf->rx_pages[i].pages = random64() % 5;
    }
    buf->rx_count = (uint32_t)(random64() % 6);
    buf->rx_page_count = (uint32_t)(random64() % 6);
    buf->self = keep.self;
}

static struct fixture_call random_call(void)
{
    static const uint16_t contracts[] = {0, 1, 2,  3,  4,  5,  6,
                                         7, 8, 10, 12, 13, 15, 35};
    struct fixture_call call = {0};

    call.handle = random64() % 8 ? 4096u + random64() % 24 : random64();
    call.tag = random64() % 10;
    call.tag |= (uint64_t)contracts[random64() % 14] << 16;
    call.tag |= (random64() % (random64() % 4 ? 8 : 128)) << NU_TAG_WORDS_SHIFT;
    if (random64() % 2)
        call.tag |= (random64() % 4) << NU_TAG_HANDLES_SHIFT;
    if (random64() % 4 == 0)
        call.tag |= (random64() % 6) << NU_TAG_STRINGS_SHIFT;
    if (random64() % 8 == 0)
        call.tag |= (random64() % 5) << NU_TAG_PAGES_SHIFT;
    if (random64() % 16 == 0)
        call.tag ^= random64();
    call.tag |= random64() % 4 ? NU_OP_CALL : random64() & NU_OP_MASK;
    call.tag |= NU_OP_NONBLOCK; /* it has one thread: do not lose it at once */
    for (int i = 0; i < 4; i++)
        call.w[i] = random64() % 3 ? random64() % 64 : random_address();
    return call;
}

static struct object clock_object = {.refs = 1, .type = OBJECT_CLOCK};
static struct object log_object = {.refs = 1, .type = OBJECT_LOG};
static struct object trace_object = {.refs = 1, .type = OBJECT_TRACE};

static void give_all(struct process *process)
{
    object_get(&clock_object);
    object_get(&log_object);
    object_get(&trace_object);
    object_get(&process->object);
    object_get(&process->space->object);
    object_get(&process->purse->object);
    fixture_handle(process, &clock_object, NU_RIGHTS_ALL);
    fixture_handle(process, &log_object, NU_RIGHTS_ALL);
    fixture_handle(process, &trace_object, NU_RIGHTS_ALL);
    fixture_handle(process, &process->object, NU_RIGHTS_ALL & ~NU_RIGHT_MANAGE);
    fixture_handle(process, &process->space->object, NU_RIGHTS_ALL);
    fixture_handle(process, &process->purse->object, NU_RIGHTS_ALL);
}

static struct process *new_hostile(struct channel *channel)
{
    struct process *process = fixture_process("hostile", 400);

    give_all(process);
    object_get(&channel->end[0].object);
    fixture_handle(process, &channel->end[0].object, NU_RIGHTS_ALL);
    return process;
}

struct bystander {
    struct process *client;
    struct process *server;
    nu_handle_t call;
    nu_handle_t port;
    uint64_t calls;
};

/* One call and reply between two processes that mind their own business. */
static void bystander_works(struct bystander *b)
{
    struct thread *client = fixture_thread(b->client);
    struct thread *server = fixture_thread(b->server);
    uint64_t n = b->calls++;

    fixture_message(client,
                    (struct fixture_call){b->call,
                                          NU_OP_CALL | NU_METHOD(35, 1) |
                                              (4ull << NU_TAG_WORDS_SHIFT),
                                          {n, ~n, 3, 4}});
    assert_ptr_equal(current, server);
    assert_int_equal(server->regs.rdi, 77);
    assert_int_equal(server->regs.rdx, n);
    assert_int_equal(server->regs.r10, ~n);
    fixture_message(
        server,
        (struct fixture_call){
            b->port, NU_OP_REPLY_RECV | (1ull << NU_TAG_WORDS_SHIFT), {n + 1}});
    assert_ptr_equal(current, client);
    assert_int_equal(client->regs.rax, 0);
    assert_int_equal(client->regs.rdx, n + 1);
}

static void bystander_begin(struct bystander *b)
{
    struct channel *channel;
    struct port *port;

    b->client = fixture_process("client", 50);
    b->server = fixture_process("server", 50);
    channel = channel_create(b->server->purse);
    port = port_create(b->server->purse);
    assert_int_equal(channel_bind(&channel->end[1], port, 77), 0);
    b->call = fixture_handle(b->client, &channel->end[0].object, NU_RIGHTS_ALL);
    fixture_handle(b->server, &channel->end[1].object, NU_RIGHTS_ALL);
    b->port = fixture_handle(b->server, &port->object, NU_RIGHTS_ALL);
    b->calls = 0;
    fixture_message(fixture_thread(b->server),
                    (struct fixture_call){b->port, NU_OP_RECV, {0}});
}

static void a_million_random_messages_harm_nobody(void **state)
{
    const char *wanted = getenv("RANDOM_MESSAGES");
    long count = wanted != NULL ? strtol(wanted, NULL, 10) : 1000000;
    struct channel *channel = channel_create(&purse_root);
    struct process *hostile = new_hostile(channel);
    struct bystander bystander = {0};
    int deaths = 0;
    long successes = 0;

    (void)state;
    bystander_begin(&bystander);
    for (long i = 0; i < count; i++) {
        struct thread *thread;

        if (hostile->state == PROCESS_ENDED || i % 500 == 499 ||
            fixture_thread(hostile)->state != THREAD_READY) {
            /* It ended itself, waits for what never comes, or has had time
             * to close its handles. */
            process_end(hostile, 0);
            object_put(&hostile->object);
            object_reap();
            fixture_check_charges();
            hostile = new_hostile(channel);
            deaths++;
        }
        thread = fixture_thread(hostile);
        randomize_buffer(thread->buf);
        fixture_message(thread, random_call());
        if (hostile->state != PROCESS_ENDED && thread->regs.rax == 0)
            successes++;
        if (i % 64 == 0)
            bystander_works(&bystander);
        if (i % 1024 == 0)
            fixture_check_charges();
    }
    print_message("%ld messages, %ld successful, %d processes used up, "
                  "%lu calls beside\n",
                  count, successes, deaths, (unsigned long)bystander.calls);
    assert_true(successes > count / 1000);
    process_end(hostile, 0);
    object_put(&hostile->object);
    process_end(bystander.client, 0);
    process_end(bystander.server, 0);
    object_put(&bystander.client->object);
    object_put(&bystander.server->object);
    object_put(&channel->end[0].object);
    object_put(&channel->end[1].object);
    object_reap();
    assert_int_equal(purse_root.lent, 0);
    assert_int_equal(purse_root.objects, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_million_random_messages_harm_nobody,
                                        fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
