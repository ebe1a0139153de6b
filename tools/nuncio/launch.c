#include "launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "lines.h"
#include "signals.h"
#include "status.h"
#include "terminal.h"

#define AFTER_PANIC_MS 1000 /* the rest of a panic's log */
#define TERM_MS        2000 /* for QEMU to end by itself before SIGKILL */
#define DRAIN_MS       2000 /* for its last bytes once it has ended */
#define PIECE_BYTES    16384

/* What poll() watches, besides the channels. */
enum { POLL_INPUT = CHANNEL_COUNT, POLL_SIGNALS, POLL_DRIVERS };

struct run {
    struct machine *machine;
    int trace; /* where trace records go, or -1 */
    const struct launch *launch;
    struct status_machine end;
    struct status_log log;
    struct lines log_lines;
    struct lines qemu_lines;
    struct text held; /* log that --quiet keeps back */
    struct text input; /* typed, not yet taken by the machine */
    struct terminal_keys keys;
    bool has_keys; /* the terminal is ours */
    bool input_open;
    const char *failure; /* of the driver domains, or NULL */
    uint64_t deadline; /* when to act next: end it, or kill it; 0: never */
    bool stopping; /* SIGTERM is sent */
    char piece[PIECE_BYTES];
};

static void stop(struct run *run)
{
    if (run->stopping)
        return;
    run->stopping = true;
    run->deadline = host_now_ms() + TERM_MS;
    machine_signal(run->machine, SIGTERM);
}

static void show(void *context, const char *prefix, const char *line)
{
    struct run *run = context;
    struct text shown = {0};

    text_printf(&shown, "%s%s\n", prefix, line);
    if (run->launch->quiet && prefix[0] == '\0' && !run->log.has_panic) {
        text_add(&run->held, shown.data, shown.bytes);
    } else {
        (void)host_write_all(STDERR_FILENO, text_string(&run->held),
                             run->held.bytes);
        text_clear(&run->held);
        (void)host_write_all(STDERR_FILENO, shown.data, shown.bytes);
    }
    text_free(&shown);
}

static void take(struct run *run, enum channel_name name, size_t bytes)
{
    bool had_panic = run->log.has_panic;

    switch (name) {
    case CHANNEL_TERMINAL:
        if (!host_write_all(STDOUT_FILENO, run->piece, bytes)) {
            run->end.signal = SIGPIPE;
            stop(run);
        }
        break;
    case CHANNEL_LOG:
        status_log_add(&run->log, run->piece, bytes);
        lines_add(&run->log_lines, run->piece, bytes, show, run);
        if (run->log.has_panic && !had_panic && !run->stopping)
            run->deadline = host_now_ms() + AFTER_PANIC_MS;
        break;
    case CHANNEL_TRACE:
        if (run->trace >= 0 && !host_write_all(run->trace, run->piece, bytes)) {
            (void)fprintf(stderr, "nuncio: trace: %s\n", strerror(errno));
            machine_close_channel(run->machine, name);
        }
        break;
    case CHANNEL_QEMU:
        /* Once we stop it, all it has to say is that we did. */
        if (!run->stopping)
            lines_add(&run->qemu_lines, run->piece, bytes, show, run);
        break;
    case CHANNEL_COUNT:
        break;
    }
}

static void read_channel(struct run *run, enum channel_name name)
{
    ssize_t got =
        read(run->machine->ours[name], run->piece, sizeof(run->piece));

    if (got > 0)
        take(run, name, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        machine_close_channel(run->machine, name);
}

static void print_key_help(void)
{
    static const char help[] = "\r\n"
                               "Ctrl-A x       stop the machine\r\n"
                               "Ctrl-A Ctrl-A  send Ctrl-A\r\n"
                               "Ctrl-A h       this help\r\n";

    host_write_all(STDERR_FILENO, help, sizeof(help) - 1);
}

static void read_input(struct run *run)
{
    ssize_t got = read(STDIN_FILENO, run->piece, sizeof(run->piece));
    enum terminal_key key;
    size_t bytes;

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        run->input_open = false;
        /* A shell that is fed from a file ends at its end: Ctrl-D. */
        if (run->launch->interactive)
            text_add(&run->input, "\x04", 1);
        return;
    }
    if (!run->has_keys) {
        text_add(&run->input, run->piece, (size_t)got);
        return;
    }
    key = terminal_filter(&run->keys, run->piece, (size_t)got, run->piece,
                          &bytes);
    text_add(&run->input, run->piece, bytes);
    if (key == TERMINAL_HELP)
        print_key_help();
    if (key == TERMINAL_QUIT) {
        run->end.quit = true;
        stop(run);
    }
}

static void send_input(struct run *run)
{
    ssize_t sent = send(run->machine->ours[CHANNEL_TERMINAL], run->input.data,
                        run->input.bytes, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0)
        return; /* nobody there: the read side finds out */
    run->input.bytes -= (size_t)sent;
    memmove(run->input.data, run->input.data + sent, run->input.bytes);
}

static void read_signals(struct run *run)
{
    int signal = signals_read(run->launch->signals);

    if (signal == 0)
        return; /* a child has ended; machine_has_ended() asks */
    if (run->end.signal == 0)
        run->end.signal = signal;
    stop(run);
}

static void pass_deadline(struct run *run)
{
    if (run->stopping) {
        machine_signal(run->machine, SIGKILL);
        run->deadline = 0;
        return;
    }
    if (!run->log.has_panic)
        run->end.timed_out = true;
    stop(run);
}

static void watch(const struct run *run, struct pollfd *polls)
{
    const struct machine *machine = run->machine;

    for (int i = 0; i < CHANNEL_COUNT; i++)
        polls[i] = (struct pollfd){.fd = machine->ours[i], .events = POLLIN};
    polls[POLL_INPUT] = (struct pollfd){.fd = -1, .events = POLLIN};
    /* Read no more than the machine takes, so that a pipe fills up. */
    if (run->input.bytes != 0)
        polls[CHANNEL_TERMINAL].events |= POLLOUT;
    else if (run->input_open)
        polls[POLL_INPUT].fd = STDIN_FILENO;
    polls[POLL_SIGNALS] =
        (struct pollfd){.fd = run->launch->signals, .events = POLLIN};
}

static void serve_drivers(struct run *run)
{
    struct drivers *drivers = run->launch->drivers;

    if (drivers == NULL || run->failure != NULL)
        return;
    drivers_serve(drivers);
    run->failure = drivers->failure;
    if (run->failure != NULL)
        stop(run);
}

/* The earlier of two times, of which 0 is never. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static int wait_ms(const struct run *run, uint64_t until)
{
    uint64_t now = host_now_ms();

    until = earlier(until, run->deadline);
    if (run->launch->drivers != NULL && run->failure == NULL)
        until = earlier(until, drivers_due(run->launch->drivers));
    if (until == 0)
        return -1;
    return until <= now ? 0 : until - now > 60000 ? 60000 : (int)(until - now);
}

/* One round: waits until (until) at most and serves what is ready. */
static void serve(struct run *run, uint64_t until)
{
    struct pollfd polls[POLL_DRIVERS + DRIVERS_POLLS_MAX];
    size_t count = POLL_DRIVERS;

    watch(run, polls);
    if (run->launch->drivers != NULL && run->failure == NULL)
        count += drivers_watch(run->launch->drivers, polls + POLL_DRIVERS);
    if (poll(polls, count, wait_ms(run, until)) < 0)
        return;
    if (polls[POLL_SIGNALS].revents != 0)
        read_signals(run);
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        if (polls[i].revents & (POLLIN | POLLHUP | POLLERR))
            read_channel(run, (enum channel_name)i);
    }
    if (run->input.bytes != 0 && (polls[CHANNEL_TERMINAL].revents & POLLOUT))
        send_input(run);
    if (polls[POLL_INPUT].revents != 0)
        read_input(run);
    serve_drivers(run);
    if (run->deadline != 0 && host_now_ms() >= run->deadline)
        pass_deadline(run);
}

static bool has_open_channel(const struct machine *machine)
{
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        if (machine->ours[i] >= 0)
            return true;
    }
    return false;
}

static void run_to_end(struct run *run)
{
    uint64_t drain;

    while (!machine_has_ended(run->machine))
        serve(run, 0);
    run->input_open = false;
    run->deadline = 0;
    drain = host_now_ms() + DRAIN_MS;
    while (has_open_channel(run->machine) && host_now_ms() < drain)
        serve(run, drain);
    lines_end(&run->log_lines, show, run);
    lines_end(&run->qemu_lines, show, run);
}

static int finish(struct run *run)
{
    const char *reason;
    int status;

    run->end.qemu_code = run->machine->code;
    if (run->failure != NULL && !run->log.has_exit) {
        (void)fprintf(stderr, "nuncio: %s\n", run->failure);
        return STATUS_LAUNCHER;
    }
    status = status_of(&run->log, &run->end, &reason);
    if (reason == NULL)
        return status;
    if (run->end.quit)
        (void)fputs("\n", stderr); /* the cursor is behind a prompt */
    if (status == STATUS_OUTSIDE)
        (void)fprintf(stderr, "nuncio: %s: %d\n", reason,
                      (int)run->log.exit_status);
    else
        (void)fprintf(stderr, "nuncio: %s\n", reason);
    return status;
}

int launch_run(struct guest *guest, const struct strings *argv,
               const struct launch *launch)
{
    struct run *run = must_realloc(NULL, sizeof(*run));
    struct report report = {0};
    int status = STATUS_LAUNCHER;

    memset(run, 0, sizeof(*run));
    run->machine = &guest->machine;
    run->trace = guest->trace;
    run->launch = launch;
    run->log_lines.prefix = "";
    run->qemu_lines.prefix = "qemu: ";
    /* A background job that read the terminal would be stopped. */
    run->input_open =
        !isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) == getpgrp();
    if (machine_start(run->machine, argv, &report)) {
        if (launch->drivers != NULL)
            drivers_show_main(launch->drivers, guest);
        run->has_keys = launch->interactive && terminal_take();
        if (launch->timeout_ms != 0)
            run->deadline = host_now_ms() + launch->timeout_ms;
        run_to_end(run);
        terminal_release();
        status = finish(run);
    }
    report_print(&report);
    report_free(&report);
    text_free(&run->held);
    text_free(&run->input);
    free(run);
    return status;
}
