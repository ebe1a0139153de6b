/*
 * The service `console`: the contract console on a 16550 UART. Raw bytes both
 * ways; what "\n" means is a matter of programs.
 *
 * Handles: device (a UART: ports, one interrupt). Options: columns=N, rows=N of
 * the terminal behind, where they are known.
 */
#include <console/uart16550.h>
#include <contract/console.h>
#include <contract/device.h>
#include <contract/interrupt.h>
#include <nlib/string.h>
#include <rt/service.h>

#define INPUT_BYTES        4096u /* a power of two */
#define TRANSFER_BYTES_MAX 4096u
#define READERS_MAX        16u
/* Reasons seen to in one interrupt before the chip is thought to be stuck. */
#define REASONS_MAX 1024u

/* A call of read that waits for input. */
struct reader {
    struct svc_pending *pending;
    uint32_t bytes;
};

/* A call of write, part of which waits for room in the chip. */
struct writer {
    struct writer *next;
    struct svc_pending *pending;
    uint32_t total; /* of the call, with what went out at once */
    uint32_t bytes; /* in data */
    uint32_t sent; /* of data */
    uint8_t data[];
};

/* The one object: the terminal, which all clients share. */
struct terminal {
    struct svc_object object;
    struct uart16550 uart;
    nu_handle_t interrupt;
    uint32_t columns;
    uint32_t rows;
    bool overrun_logged;
    bool stuck_logged;
    struct writer *writers; /* in the order of their calls */
    struct writer *writers_last;
    struct reader readers[READERS_MAX]; /* ring; waiting only if no input */
    uint32_t reader_first;
    uint32_t reader_count;
    uint32_t input_read; /* counts bytes, modulo 2^32 */
    uint32_t input_written;
    uint8_t input[INPUT_BYTES];
};

static uint32_t input_count(const struct terminal *t)
{
    return t->input_written - t->input_read;
}

/* Asks the chip to interrupt for what we can use: input while there is room
 * for it, so that the sender is held up and nothing is lost; room for output
 * while somebody waits for it. */
static void set_interrupts(struct terminal *t)
{
    uart16550_want(&t->uart, input_count(t) < INPUT_BYTES, t->writers != NULL);
}

static void fetch_input(struct terminal *t)
{
    uint32_t got;

    do {
        uint32_t at = t->input_written % INPUT_BYTES;
        uint32_t room = INPUT_BYTES - input_count(t);

        if (room > INPUT_BYTES - at)
            room = INPUT_BYTES - at;
        got = (uint32_t)uart16550_receive(&t->uart, t->input + at, room);
        t->input_written += got;
    } while (got != 0);
    if (t->uart.overruns != 0 && !t->overrun_logged) {
        t->overrun_logged = true;
        svc_log("console: input was lost, it came faster than it was taken");
    }
}

/* Gives up to (bytes) of the input to the reply; the caller advances. */
static uint32_t give_input(struct terminal *t, struct nu_serve *call,
                           uint32_t bytes)
{
    uint32_t at = t->input_read % INPUT_BYTES;
    uint32_t first;

    if (bytes > TRANSFER_BYTES_MAX)
        bytes = TRANSFER_BYTES_MAX;
    if (bytes > input_count(t))
        bytes = input_count(t);
    first = bytes < INPUT_BYTES - at ? bytes : INPUT_BYTES - at;
    (void)nu_serve_bytes(call, t->input + at, first);
    if (bytes > first)
        (void)nu_serve_bytes(call, t->input, bytes - first);
    return bytes;
}

/* Answers readers while there is input for them. */
static void serve_readers(struct terminal *t)
{
    while (t->reader_count > 0 && input_count(t) > 0) {
        struct reader *r = &t->readers[t->reader_first];
        struct nu_serve *call = svc_resume(r->pending);
        struct console_read_rep rep = {0};
        uint32_t given = give_input(t, call, r->bytes);

        svc_finish(r->pending, console_read_reply(call, 0, &rep));
        t->input_read += given;
        t->reader_first = (t->reader_first + 1) % READERS_MAX;
        t->reader_count--;
    }
}

static int terminal_read(void *self, struct nu_serve *call,
                         const struct console_read_req *req,
                         struct console_read_rep *rep)
{
    struct terminal *t = self;
    struct reader *r;

    (void)rep;
    if (req->bytes == 0)
        return NU_INVAL;
    if (t->uart.status != 0)
        return NU_IO;
    if (input_count(t) > 0) {
        t->input_read += give_input(t, call, req->bytes);
        set_interrupts(t);
        return 0;
    }
    if (t->reader_count == READERS_MAX)
        return NU_BUSY;
    r = &t->readers[(t->reader_first + t->reader_count) % READERS_MAX];
    r->pending = svc_defer(call);
    if (r->pending == NULL)
        return NU_BUSY;
    r->bytes = req->bytes;
    t->reader_count++;
    return NU_SERVE_PENDING;
}

static void finish_writer(struct terminal *t, int status)
{
    struct writer *w = t->writers;
    struct nu_serve *call = svc_resume(w->pending);
    struct console_write_rep rep = {.bytes = w->total};

    t->writers = w->next;
    svc_finish(w->pending, console_write_reply(call, status, &rep));
    svc_free(w);
}

static void serve_writers(struct terminal *t)
{
    struct writer *w;

    while ((w = t->writers) != NULL) {
        w->sent += (uint32_t)uart16550_send(&t->uart, w->data + w->sent,
                                            w->bytes - w->sent);
        if (t->uart.status != 0)
            finish_writer(t, NU_IO);
        else if (w->sent == w->bytes)
            finish_writer(t, 0);
        else
            break;
    }
}

/* Keeps (bytes) of the call's data that the chip had no room for. */
static int keep_writer(struct terminal *t, struct nu_serve *call,
                       const uint8_t *data, uint32_t bytes, uint32_t total)
{
    struct writer *w = svc_alloc(sizeof(*w) + bytes);

    if (w == NULL)
        return NU_BUSY;
    w->pending = svc_defer(call);
    if (w->pending == NULL) {
        svc_free(w);
        return NU_BUSY;
    }
    memcpy(w->data, data, bytes);
    w->bytes = bytes;
    w->total = total;
    if (t->writers == NULL)
        t->writers = w;
    else
        t->writers_last->next = w;
    t->writers_last = w;
    set_interrupts(t);
    return NU_SERVE_PENDING;
}

static int terminal_write(void *self, struct nu_serve *call,
                          const struct console_write_req *req,
                          const struct nu_blob *data,
                          struct console_write_rep *rep)
{
    struct terminal *t = self;
    uint32_t total = (uint32_t)data->bytes;
    uint32_t sent = 0;
    int status;

    (void)req;
    if (t->writers == NULL)
        sent = (uint32_t)uart16550_send(&t->uart, data->data, total);
    if (t->uart.status != 0)
        return NU_IO;
    if (sent == total) {
        rep->bytes = sent;
        return 0;
    }
    status = keep_writer(t, call, (const uint8_t *)data->data + sent,
                         total - sent, total);
    if (status == NU_BUSY && sent > 0) {
        rep->bytes = sent; /* less than all, and the caller is told so */
        return 0;
    }
    return status;
}

static int terminal_size(void *self, struct nu_serve *call,
                         struct console_size_rep *rep)
{
    const struct terminal *t = self;

    (void)call;
    rep->columns = t->columns;
    rep->rows = t->rows;
    return 0;
}

static const struct console_ops terminal_ops = {
    .write = terminal_write,
    .read = terminal_read,
    .size = terminal_size,
};

static uint64_t terminal_dispatch(struct svc_object *self,
                                  struct nu_serve *call)
{
    return console_dispatch(&terminal_ops, self, call);
}

static const struct svc_class terminal_class = {
    .name = "terminal",
    .dispatch = terminal_dispatch,
};

/* Sees to all that the chip reports, until its line is low: only then does the
 * next event make an edge. */
static void see_to_chip(struct terminal *t)
{
    enum uart16550_reason why;
    uint32_t left = REASONS_MAX;

    while ((why = uart16550_reason(&t->uart)) != UART16550_NONE) {
        if (why == UART16550_RECEIVE)
            fetch_input(t);
        if (why == UART16550_TRANSMIT)
            serve_writers(t);
        serve_readers(t);
        set_interrupts(t);
        if (--left == 0) {
            if (!t->stuck_logged)
                svc_log("console: the UART interrupts without end");
            t->stuck_logged = true;
            break;
        }
    }
}

/* An edge while the line is masked is lost, so look again after the mask. */
static void on_interrupt(void *arg, uint64_t count)
{
    struct terminal *t = arg;

    (void)count;
    see_to_chip(t);
    (void)interrupt_ack(t->interrupt);
    see_to_chip(t);
}

/* The option (name) as a number; 0 if it is not given or none. */
static uint32_t option_number(const char *name)
{
    const char *text = svc_option(name);
    uint32_t value = 0;

    for (; text != NULL && *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint32_t)(*text - '0');
        if (value > 0xffff)
            return 0;
    }
    return value;
}

static int terminal_open(struct terminal *t, nu_handle_t device)
{
    int status = uart16550_open(&t->uart, device);

    if (status == 0)
        status = device_interrupt(device, 0, &t->interrupt);
    if (status == 0)
        status = svc_on_interrupt(t->interrupt, on_interrupt, t);
    if (status != 0)
        return status;
    fetch_input(t);
    status = uart16550_start(&t->uart);
    fetch_input(t);
    return status;
}

static int console_start(struct svc_object **root)
{
    struct terminal *t = svc_alloc(sizeof(*t));
    int status;

    if (t == NULL)
        return NU_NOMEM;
    t->object.class = &terminal_class;
    t->columns = option_number("columns");
    t->rows = option_number("rows");
    status = terminal_open(t, svc_handle("device"));
    if (status != 0) {
        svc_log("console: no working 16550 UART: %s", nu_error_text(status));
        return status; /* ends the service, and with it its memory */
    }
    *root = &t->object;
    return 0;
}

const struct service console_service = {
    .name = "console",
    .start = console_start,
};
