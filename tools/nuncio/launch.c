#include "launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "status.h"
#include "terminal.h"

#define AFTER_PANIC_MS 1000 /* the rest of a panic's log */
#define TERM_MS        2000 /* for QEMU to end by itself before SIGKILL */
#define DRAIN_MS       2000 /* for its last bytes once it has ended */
#define PIECE_BYTES    16384

/* What poll() watches, besides the channels. */
enum { POLL_INPUT = CHANNEL_COUNT, POLL_SIGNALS, POLL_COUNT };

struct run {
    struct machine *machine;
    const struct launch *launch;
    struct status_machine end;
    struct status_log log;
    struct text lines[CHANNEL_COUNT]; /* the line under way */
    struct text held; /* log that --quiet keeps back */
    struct text input; /* typed, not yet taken by the machine */
    struct terminal_keys keys;
    bool has_keys; /* the terminal is ours */
    bool input_open;
    int signals;
    uint64_t deadline; /* when to act next: end it, or kill it; 0: never */
    bool stopping; /* SIGTERM is sent */
    char piece[PIECE_BYTES];
};

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Writes all of it, waiting where it must; false when nobody reads any more. */
static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes != 0) {
        ssize_t wrote = write(fd, data, bytes);

        if (wrote < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};

            (void)poll(&ready, 1, -1);
        } else if (wrote < 0 && errno != EINTR) {
            return false;
        } else if (wrote > 0) {
            data += wrote;
            bytes -= (size_t)wrote;
        }
    }
    return true;
}

static void stop(struct run *run)
{
    if (run->stopping)
        return;
    run->stopping = true;
    run->deadline = now_ms() + TERM_MS;
    machine_signal(run->machine, SIGTERM);
}

static void show(struct run *run, const char *prefix, const struct text *line)
{
    struct text shown = {0};

    text_printf(&shown, "%s%s\n", prefix, text_string(line));
    if (run->launch->quiet && prefix[0] == '\0' && !run->log.has_panic) {
        text_add(&run->held, shown.data, shown.bytes);
    } else {
        write_all(STDERR_FILENO, text_string(&run->held), run->held.bytes);
        text_clear(&run->held);
        write_all(STDERR_FILENO, shown.data, shown.bytes);
    }
    text_free(&shown);
}

/* Standard error gets whole lines, so that they do not mix. */
static void take_lines(struct run *run, enum channel_name name,
                       const char *prefix, size_t bytes)
{
    struct text *line = &run->lines[name];

    for (size_t i = 0; i < bytes; i++) {
        if (run->piece[i] == '\n') {
            show(run, prefix, line);
            text_clear(line);
        } else if (run->piece[i] != '\r') {
            text_add(line, &run->piece[i], 1);
        }
    }
}

static void take(struct run *run, enum channel_name name, size_t bytes)
{
    bool had_panic = run->log.has_panic;

    switch (name) {
    case CHANNEL_TERMINAL:
        if (!write_all(STDOUT_FILENO, run->piece, bytes)) {
            run->end.signal = SIGPIPE;
            stop(run);
        }
        break;
    case CHANNEL_LOG:
        status_log_add(&run->log, run->piece, bytes);
        take_lines(run, name, "", bytes);
        if (run->log.has_panic && !had_panic && !run->stopping)
            run->deadline = now_ms() + AFTER_PANIC_MS;
        break;
    case CHANNEL_TRACE:
        if (run->launch->trace >= 0 &&
            !write_all(run->launch->trace, run->piece, bytes)) {
            (void)fprintf(stderr, "nuncio: trace: %s\n", strerror(errno));
            machine_close_channel(run->machine, name);
        }
        break;
    case CHANNEL_QEMU:
        /* Once we stop it, all it has to say is that we did. */
        if (!run->stopping)
            take_lines(run, name, "qemu: ", bytes);
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

    write_all(STDERR_FILENO, help, sizeof(help) - 1);
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
    struct signalfd_siginfo info;

    while (read(run->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            continue; /* machine_has_ended() asks */
        if (run->end.signal == 0)
            run->end.signal = (int)info.ssi_signo;
        stop(run);
    }
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
    polls[POLL_SIGNALS] = (struct pollfd){.fd = run->signals, .events = POLLIN};
}

static int wait_ms(const struct run *run, uint64_t until)
{
    uint64_t now = now_ms();

    if (run->deadline != 0 && (until == 0 || run->deadline < until))
        until = run->deadline;
    if (until == 0)
        return -1;
    return until <= now ? 0 : until - now > 60000 ? 60000 : (int)(until - now);
}

/* One round: waits until (until) at most and serves what is ready. */
static void serve(struct run *run, uint64_t until)
{
    struct pollfd polls[POLL_COUNT];

    watch(run, polls);
    if (poll(polls, POLL_COUNT, wait_ms(run, until)) < 0)
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
    if (run->deadline != 0 && now_ms() >= run->deadline)
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
    drain = now_ms() + DRAIN_MS;
    while (has_open_channel(run->machine) && now_ms() < drain)
        serve(run, drain);
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        if (run->lines[i].bytes != 0)
            show(run, i == CHANNEL_QEMU ? "qemu: " : "", &run->lines[i]);
    }
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    (void)signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int finish(struct run *run)
{
    const char *reason;
    int status;

    run->end.qemu_code = run->machine->code;
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

int launch_run(struct machine *machine, const struct strings *argv,
               const struct launch *launch)
{
    struct run *run = must_realloc(NULL, sizeof(*run));
    struct report report = {0};
    int status = STATUS_LAUNCHER;

    memset(run, 0, sizeof(*run));
    run->machine = machine;
    run->launch = launch;
    run->signals = open_signals();
    /* A background job that read the terminal would be stopped. */
    run->input_open =
        !isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) == getpgrp();
    if (machine_start(machine, argv, &report)) {
        run->has_keys = launch->interactive && terminal_take();
        if (launch->timeout_ms != 0)
            run->deadline = now_ms() + launch->timeout_ms;
        run_to_end(run);
        terminal_release();
        status = finish(run);
    }
    report_print(&report);
    report_free(&report);
    if (run->signals >= 0)
        close(run->signals);
    for (int i = 0; i < CHANNEL_COUNT; i++)
        text_free(&run->lines[i]);
    text_free(&run->held);
    text_free(&run->input);
    free(run);
    return status;
}
