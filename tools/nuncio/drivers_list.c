/* What the broker says of driver domains, and of itself. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "child.h"
#include "drivers_internal.h"
#include "host.h"
#include "json.h"

#define BROKER_END_MS 500

void drivers_fail(struct drivers *drivers, const char *sentence)
{
    if (drivers->failure == NULL)
        drivers->failure = sentence;
}

void driver_kill_hung(struct driver *driver)
{
    driver->is_killed = true;
    machine_signal(&driver->guest.machine, SIGKILL);
}

/* The connector of a domain leaves a word in the store when it serves others. */
static bool serves_others(struct drivers *drivers, uint64_t domid)
{
    return control_ask(&drivers->broker->control,
                       "read /local/domain/%u/data/nuncio/ready",
                       (unsigned)domid) == CONTROL_OK;
}

/*
 * What the list says of (driver). Before a guest serves others it may be silent
 * for as long as it takes to boot; after that, silence is a hang.
 */
static void take_state(struct driver *driver, const char *line,
                       const char *state)
{
    uint64_t epoch = 0;
    uint64_t domid = 0;

    /* Else it speaks of the life before. */
    if (!json_number(line, "epoch", &epoch) || epoch <= driver->epoch_before)
        return;
    driver->epoch = epoch;
    driver->has_run = true;
    if (!driver->serves && json_number(line, "domid", &domid))
        driver->serves = serves_others(driver->all, domid);
    driver->has_served |= driver->serves;
    if (driver->serves && strcmp(state, "hung") == 0)
        driver_kill_hung(driver);
}

static void take_line(struct drivers *drivers, const char *line)
{
    struct pool pool = {0};
    const char *name = json_string(&pool, line, "name");
    const char *state = json_string(&pool, line, "state");

    for (size_t i = 0; i < drivers->count; i++) {
        struct driver *driver = &drivers->items[i];

        if (name != NULL && state != NULL &&
            strcmp(name, driver->guest.name) == 0 && driver->start_ms == 0 &&
            !driver->is_killed &&
            (strcmp(state, "running") == 0 || strcmp(state, "hung") == 0))
            take_state(driver, line, state);
    }
    pool_free(&pool);
}

static void take_list(struct drivers *drivers)
{
    struct control *control = &drivers->broker->control;
    struct text lines = control->lines;
    char *rest;

    control->lines = (struct text){0};
    if (lines.bytes != 0) {
        for (char *line = strtok_r(lines.data, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            take_line(drivers, line);
    }
    text_free(&lines);
}

bool drivers_look_at_broker(struct drivers *drivers)
{
    struct broker *broker = drivers->broker;
    struct text text = {0};
    int status;

    if (!child_has_ended(&broker->pid, &status))
        return false;
    text_printf(&text, "the broker ended, with %s %d\n",
                WIFEXITED(status) ? "status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    rundir_show_log(&broker->dir, RUNDIR_BROKER_LOG, &text);
    text.data[text.bytes - 1] = '\0';
    drivers_fail(drivers, pool_strdup(&drivers->pool, text.data));
    text_free(&text);
    return true;
}

/* Its socket is closed, or it says nothing. Which of us is told first that it
 * has ended is a matter of luck. */
static void lose_broker(struct drivers *drivers)
{
    uint64_t until = host_now_ms() + BROKER_END_MS;

    if (drivers->broker->dir.kind == RUNDIR_JOINED) {
        drivers_fail(drivers, "the system that was joined has ended");
        return;
    }
    while (!drivers_look_at_broker(drivers) && host_now_ms() < until)
        (void)poll(NULL, 0, 5);
    drivers_fail(drivers, "the broker does not answer");
}

void drivers_ask(struct drivers *drivers)
{
    struct control *control = &drivers->broker->control;
    enum control_state state = CONTROL_PENDING;
    uint64_t now = host_now_ms();

    if (!drivers->is_asking && now >= drivers->ask_ms) {
        drivers->is_asking = true;
        drivers->asked_ms = now;
        if (!control_send(control, "list"))
            state = CONTROL_GONE;
    }
    /* Nobody speaks unasked, but the end of the broker is seen here. */
    if (state == CONTROL_PENDING)
        state = control_receive(control);
    if (state == CONTROL_GONE ||
        (drivers->is_asking && now - drivers->asked_ms > CONTROL_PATIENCE_MS)) {
        lose_broker(drivers);
        return;
    }
    if (!drivers->is_asking || state == CONTROL_PENDING)
        return;
    drivers->is_asking = false;
    drivers->ask_ms = now + DRIVERS_ASK_MS;
    take_list(drivers);
}
