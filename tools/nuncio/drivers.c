#include "drivers_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "about.h"
#include "host.h"

#define STOP_MS     2000 /* for a machine to end by itself before SIGKILL */
#define BACKOFF_MS  250 /* doubled from the second failure on */
#define PIECE_BYTES 16384

static void log_line(void *context, const char *prefix, const char *line)
{
    static const char full[] = "nuncio: the log is full; the rest is lost\n";
    struct driver *driver = context;
    struct text text = {0};

    text_printf(&text, "%s%s\n", prefix, line);
    if (driver->all->options->verbose) {
        struct text shown = {0};

        text_printf(&shown, "%s: %s", driver->guest.name, text_string(&text));
        (void)host_write_all(STDERR_FILENO, shown.data, shown.bytes);
        text_free(&shown);
    }
    if (driver->logged_bytes < DRIVERS_LOG_MAX) {
        driver->logged_bytes += text.bytes;
        (void)host_write_all(driver->log, text.data, text.bytes);
        if (driver->logged_bytes >= DRIVERS_LOG_MAX)
            (void)host_write_all(driver->log, full, sizeof(full) - 1);
    }
    text_free(&text);
}

static void write_about(struct driver *driver)
{
    const struct about about = {
        .domain = driver->guest.domain,
        .pid = driver->guest.machine.pid,
        .restarts = driver->ended + driver->hung,
        .since = driver->since,
    };

    about_write(&driver->all->broker->dir, driver->guest.name, &about);
}

/* Starts a life. */
static bool start(struct driver *driver, struct report *report)
{
    struct strings argv = {0};

    driver->words = (struct status_log){0};
    driver->has_run = driver->serves = driver->is_killed = false;
    driver->epoch_before = driver->epoch;
    driver->start_ms = 0;
    if (!guest_command(&driver->guest, &argv, report) ||
        !machine_start(&driver->guest.machine, &argv, report))
        return false;
    driver->started_ms = host_now_ms();
    driver->since = about_now_ms();
    write_about(driver);
    return true;
}

static bool make(struct drivers *drivers, const struct domain *domain,
                 const char *build_dir, struct report *report)
{
    static const char *const prefixes[CHANNEL_COUNT] = {
        [CHANNEL_TERMINAL] = "terminal: ",
        [CHANNEL_LOG] = "",
        [CHANNEL_TRACE] = "",
        [CHANNEL_QEMU] = "qemu: ",
    };
    struct driver *driver = &drivers->items[drivers->count++];

    driver->all = drivers;
    driver->log = -1;
    for (int i = 0; i < CHANNEL_COUNT; i++)
        driver->lines[i].prefix = prefixes[i];
    guest_plan(&driver->guest, drivers->options, domain, build_dir, report);
    if (report->errors != 0)
        return false;
    driver->guest.plan.broker =
        broker_add(drivers->broker, &drivers->pool, domain->name,
                   drivers->options->watchdog_ms, report);
    driver->log = rundir_open_log(&drivers->broker->dir, domain->name, report);
    return driver->guest.plan.broker != NULL && driver->log >= 0 &&
           guest_open(&driver->guest, build_dir, report) &&
           start(driver, report);
}

bool drivers_start(struct drivers *drivers, const struct options *options,
                   struct broker *broker, const struct domains *domains,
                   const char *build_dir, struct report *report)
{
    memset(drivers, 0, sizeof(*drivers));
    drivers->broker = broker;
    drivers->options = options;
    /* Of another nuncio's broker we want to know but that it is there. */
    drivers->ask_ms = broker->dir.kind == RUNDIR_JOINED
                          ? UINT64_MAX
                          : host_now_ms() + DRIVERS_ASK_MS;
    for (size_t i = 0; i < domains->count; i++) {
        if (domains->items[i].is_main || broker->dir.kind == RUNDIR_JOINED)
            continue;
        if (!make(drivers, &domains->items[i], build_dir, report))
            return false;
    }
    return true;
}

static bool read_channel(struct driver *driver, enum channel_name name)
{
    static char piece[PIECE_BYTES];
    struct guest *guest = &driver->guest;
    ssize_t got;

    if (guest->machine.ours[name] < 0)
        return false;
    got = read(guest->machine.ours[name], piece, sizeof(piece));
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        machine_close_channel(&guest->machine, name);
        return false;
    }
    if (name == CHANNEL_TRACE) {
        if (guest->trace >= 0)
            (void)host_write_all(guest->trace, piece, (size_t)got);
        return true;
    }
    if (name == CHANNEL_LOG)
        status_log_add(&driver->words, piece, (size_t)got);
    lines_add(&driver->lines[name], piece, (size_t)got, log_line, driver);
    return true;
}

/* How a life ended, for people. */
static const char *describe_end(struct drivers *drivers,
                                const struct driver *driver)
{
    const struct machine *machine = &driver->guest.machine;

    if (driver->is_killed)
        return driver->serves ? "it hangs" : "it does not come up";
    if (driver->words.has_panic)
        return "its kernel panicked";
    if (machine->signal != 0)
        return pool_format(&drivers->pool, "signal %d", machine->signal);
    if (driver->words.has_exit)
        return pool_format(&drivers->pool, "its status is %d",
                           (int)driver->words.exit_status);
    return pool_format(&drivers->pool, "its machine ended with status %d",
                       machine->code);
}

static void give_up(struct driver *driver, const char *end)
{
    struct drivers *drivers = driver->all;
    struct text text = {0};

    text_printf(&text,
                "domain \"%s\" failed %u times in a row, the last time because "
                "%s\n",
                driver->guest.name, driver->failures, end);
    rundir_show_log(&drivers->broker->dir, driver->guest.name, &text);
    text.data[text.bytes - 1] = '\0'; /* its last line end */
    drivers_fail(drivers, pool_strdup(&drivers->pool, text.data));
    text_free(&text);
}

/* A life has ended: reads its last words, and plans the next one. */
static void bury(struct driver *driver)
{
    struct drivers *drivers = driver->all;
    uint64_t life_ms = host_now_ms() - driver->started_ms;
    struct text note = {0};
    const char *end;
    bool has_failed;

    for (int i = 0; i < CHANNEL_COUNT; i++) {
        while (read_channel(driver, (enum channel_name)i))
            ;
        lines_end(&driver->lines[i], log_line, driver);
    }
    guest_discard(&driver->guest);
    end = describe_end(drivers, driver);
    has_failed =
        life_ms < DRIVERS_STABLE_MS &&
        (!driver->has_run || driver->words.has_panic || driver->words.has_exit);
    driver->failures = has_failed ? driver->failures + 1 : 0;
    if (driver->failures == DRIVERS_FAILURES_MAX) {
        give_up(driver, end);
        return;
    }
    *(driver->is_killed ? &driver->hung : &driver->ended) += 1;
    text_printf(&note, "ended after %u.%03u s (%s); it is started again",
                (unsigned)(life_ms / 1000), (unsigned)(life_ms % 1000), end);
    log_line(driver, "nuncio: ", text_string(&note));
    text_free(&note);
    driver->start_ms = host_now_ms();
    if (driver->failures > 1)
        driver->start_ms += (uint64_t)BACKOFF_MS << (driver->failures - 2);
}

static void start_again(struct driver *driver)
{
    struct drivers *drivers = driver->all;
    struct report report = {0};

    if (!guest_reopen(&driver->guest, &report) || !start(driver, &report))
        drivers_fail(drivers,
                     pool_format(&drivers->pool,
                                 "domain \"%s\" cannot be started again: %s",
                                 driver->guest.name,
                                 text_string(&report.text)));
    report_free(&report);
}

static void serve_driver(struct driver *driver)
{
    if (driver->start_ms != 0) {
        if (host_now_ms() >= driver->start_ms)
            start_again(driver);
        return;
    }
    for (int i = 0; i < CHANNEL_COUNT; i++)
        (void)read_channel(driver, (enum channel_name)i);
    if (machine_has_ended(&driver->guest.machine))
        bury(driver);
}

void drivers_serve(struct drivers *drivers)
{
    (void)drivers_look_at_broker(drivers);
    for (size_t i = 0; i < drivers->count && drivers->failure == NULL; i++) {
        struct driver *driver = &drivers->items[i];

        serve_driver(driver);
        if (driver->start_ms == 0 && !driver->serves && !driver->is_killed &&
            host_now_ms() - driver->started_ms > DRIVERS_BOOT_MS)
            driver_kill_hung(driver);
    }
    if (drivers->failure == NULL)
        drivers_ask(drivers);
}

size_t drivers_watch(const struct drivers *drivers, struct pollfd *polls)
{
    size_t count = 0;

    polls[count++] =
        (struct pollfd){.fd = drivers->broker->control.file, .events = POLLIN};
    for (size_t i = 0; i < drivers->count; i++) {
        const int *ours = drivers->items[i].guest.machine.ours;

        for (int k = 0; k < CHANNEL_COUNT; k++)
            polls[count++] = (struct pollfd){.fd = ours[k], .events = POLLIN};
    }
    return count;
}

uint64_t drivers_due(const struct drivers *drivers)
{
    uint64_t due = drivers->is_asking
                       ? drivers->asked_ms + CONTROL_PATIENCE_MS + 1
                       : drivers->ask_ms;

    for (size_t i = 0; i < drivers->count; i++) {
        if (drivers->items[i].start_ms != 0 && drivers->items[i].start_ms < due)
            due = drivers->items[i].start_ms;
    }
    return drivers->failure == NULL && due != UINT64_MAX ? due : 0;
}

bool drivers_are_ready(const struct drivers *drivers)
{
    for (size_t i = 0; i < drivers->count; i++) {
        if (!drivers->items[i].has_served)
            return false;
    }
    return true;
}

void drivers_show_main(const struct drivers *drivers, const struct guest *guest)
{
    const struct about about = {
        .domain = guest->domain,
        .pid = guest->machine.pid,
        .since = about_now_ms(),
    };

    about_write(&drivers->broker->dir, guest->name, &about);
}

void drivers_stop(struct drivers *drivers)
{
    uint64_t until = host_now_ms() + STOP_MS;

    for (size_t i = 0; i < drivers->count; i++)
        machine_signal(&drivers->items[i].guest.machine, SIGTERM);
    for (size_t i = 0; i < drivers->count; i++) {
        struct driver *driver = &drivers->items[i];
        struct machine *machine = &driver->guest.machine;

        while (!machine_has_ended(machine) && host_now_ms() < until) {
            for (int k = 0; k < CHANNEL_COUNT; k++)
                (void)read_channel(driver, (enum channel_name)k);
            (void)poll(NULL, 0, 5);
        }
        guest_close(&driver->guest);
        for (int k = 0; k < CHANNEL_COUNT; k++)
            lines_end(&driver->lines[k], log_line, driver);
        if (driver->log >= 0)
            close(driver->log);
        driver->log = -1;
    }
    drivers->count = 0;
    pool_free(&drivers->pool);
    drivers->failure = NULL;
}

void drivers_tell(const struct drivers *drivers, struct text *out)
{
    for (size_t i = 0; i < drivers->count; i++) {
        const struct driver *driver = &drivers->items[i];

        if (driver->ended + driver->hung != 0)
            text_printf(out,
                        "nuncio: domain %s was started again: it ended %u "
                        "times and hung %u times\n",
                        driver->guest.name, driver->ended, driver->hung);
    }
}

void drivers_show_logs(const struct drivers *drivers, struct text *out)
{
    for (size_t i = 0; i < drivers->count; i++)
        rundir_show_log(&drivers->broker->dir, drivers->items[i].guest.name,
                        out);
}
