/*
 * The message path under a fuzzer: the input is what a hostile process puts in
 * its registers and its buffer, message after message. The kernel must not
 * crash, and afterwards everything it took must be given back.
 */
#include "../unit/kernel_fixture.h"

#include <string.h>

#include <arch_mmu.h>
#include <ipc/channel.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct object clock_object = {.refs = 1, .type = OBJECT_CLOCK};

struct input {
    const uint8_t *data;
    size_t size;
};

static uint64_t take(struct input *in, size_t bytes)
{
    uint64_t value = 0;

    if (in->size < bytes)
        bytes = in->size;
    memcpy(&value, in->data, bytes);
    in->data += bytes;
    in->size -= bytes;
    return value;
}

/* One byte chooses among addresses that matter; the rest moves it. */
static uint64_t take_address(struct input *in)
{
    static const uint64_t base[] = {
        FIXTURE_HEAP, FIXTURE_RO, FIXTURE_BUFFER,        0,
        0x7ffff000,   USER_END,   0xffff800000000000ull, ~0ull};
    uint64_t byte = take(in, 1);

    return base[byte & 7] + (byte & 8 ? take(in, 2) : 0) -
           (byte & 16 ? take(in, 2) : 0);
}

static void fill_buffer(struct nu_msgbuf *buf, struct input *in)
{
    uint64_t what = take(in, 1);

    for (int i = 0; i < 4 && (what & 1); i++) {
        buf->handles[i].handle = 4096u + (uint32_t)take(in, 1) % 16;
        buf->handles[i].rights = (uint32_t)take(in, 3);
    }
    for (int i = 0; i < 3 && (what & 2); i++) {
        buf->strings[i].addr = take_address(in);
        buf->strings[i].bytes = take(in, 2) | take(in, 1) << 56;
    }
    for (int i = 0; i < 2 && (what & 4); i++) {
        buf->rx[i].addr = take_address(in);
        buf->rx[i].bytes = take(in, 3);
        buf->rx_count = (uint32_t)take(in, 1);
    }
    for (int i = 0; i < 2 && (what & 8); i++) {
        buf->pages[i].addr = take_address(in);
        buf->pages[i].pages = take(in, 1);
        buf->rx_pages[i].addr = take_address(in);
        buf->rx_pages[i].pages = take(in, 1);
        buf->rx_page_count = (uint32_t)take(in, 1);
    }
    for (int i = 4; i < 12 && (what & 16); i++)
        buf->words[i] = take(in, 8);
}

static void send_one(struct thread *thread, struct input *in)
{
    struct fixture_call call = {0};
    uint64_t shape = take(in, 1);

    fill_buffer(thread->buf, in);
    call.handle =
        4096u + take(in, 1) % 16 + (shape & 1 ? take(in, 2) << 12 : 0);
    call.tag = take(in, 1) | take(in, 1) % 40 << 16 |
               take(in, 1) % 70 << NU_TAG_WORDS_SHIFT;
    if (shape & 2)
        call.tag |= take(in, 1) % 9 << NU_TAG_HANDLES_SHIFT;
    if (shape & 4)
        call.tag |= take(in, 1) % 20 << NU_TAG_STRINGS_SHIFT;
    if (shape & 8)
        call.tag |= take(in, 1) % 5 << NU_TAG_PAGES_SHIFT;
    call.tag |= shape & 16 ? take(in, 2) << 52 : NU_OP_CALL | NU_OP_NONBLOCK;
    for (int i = 0; i < 4; i++)
        call.w[i] = shape & 32 ? take_address(in) : take(in, 1);
    fixture_message(thread, call);
}

/* The process has the objects any process may have, both ends of a channel, and
 * a port: it can be its own victim. */
static struct process *make_process(void)
{
    struct process *process = fixture_process("fuzz", 150);
    struct channel *channel = channel_create(process->purse);
    struct port *port = port_create(process->purse);

    object_get(&clock_object);
    object_get(&process->space->object);
    object_get(&process->purse->object);
    object_get(&process->object);
    fixture_handle(process, &clock_object, NU_RIGHTS_ALL);
    fixture_handle(process, &process->space->object, NU_RIGHTS_ALL);
    fixture_handle(process, &process->purse->object, NU_RIGHTS_ALL);
    fixture_handle(process, &process->object, NU_RIGHTS_ALL);
    fixture_handle(process, &channel->end[0].object, NU_RIGHTS_ALL);
    fixture_handle(process, &channel->end[1].object, NU_RIGHTS_ALL);
    fixture_handle(process, &port->object, NU_RIGHTS_ALL);
    return process;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct process *process;
    void *state = NULL;

    fixture_ram_bytes = 3u << 20;
    fixture_setup(&state);
    process = make_process();
    while (in.size > 0) {
        struct thread *thread;

        if (process->state == PROCESS_ENDED || list_is_empty(&process->threads))
            break;
        thread = fixture_thread(process);
        if (thread->state != THREAD_READY)
            break;
        send_one(thread, &in);
        fixture_check_charges();
    }
    process_end(process, 0);
    object_put(&process->object);
    object_reap();
    assert_int_equal(purse_root.objects, 0);
    fixture_teardown(&state);
    return 0;
}
