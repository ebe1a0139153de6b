#include "broker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "host.h"
#include "json.h"
#include "signals.h"

#define START_MS      10000
#define STOP_MS       2000
#define LOOK_AGAIN_MS 5
#define NAMES_MAX     99 /* NAME-2 ... NAME-99 */

static bool start_program(struct broker *broker, struct pool *pool,
                          const char *build_dir, struct report *report)
{
    struct strings argv = {0};
    struct child_plan plan = {.argv = &argv};

    strings_format(pool, &argv, "%s/" BROKER_PROGRAM, build_dir);
    strings_add(pool, &argv, "--system");
    strings_add(pool, &argv, broker->dir.path);
    if (broker->group != NULL) {
        strings_add(pool, &argv, "--group");
        strings_add(pool, &argv, broker->group);
    }
    plan.output = rundir_open_log(&broker->dir, RUNDIR_BROKER_LOG, report);
    if (plan.output < 0)
        return false;
    broker->pid = child_start(&plan, report);
    close(plan.output);
    return broker->pid != 0;
}

static void tell_end(struct broker *broker, int status, struct report *report)
{
    struct text log = {0};

    rundir_show_log(&broker->dir, RUNDIR_BROKER_LOG, &log);
    report_error(report, NULL, 0, "the broker ended at once, with %s %d%s%s",
                 WIFEXITED(status) ? "status" : "signal",
                 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                 log.bytes != 0 ? ":\n" : "", text_string(&log));
    text_free(&log);
}

/* Until the broker answers. */
static bool wait_for_it(struct broker *broker, struct report *report)
{
    uint64_t until = host_now_ms() + START_MS;

    while (!control_open(&broker->control, broker->dir.path)) {
        int status;

        if (child_has_ended(&broker->pid, &status)) {
            tell_end(broker, status, report);
            return false;
        }
        if (signals_are_pending())
            return false;
        if (host_now_ms() > until) {
            report_error(report, NULL, 0, "the broker does not answer");
            return false;
        }
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
    return true;
}

bool broker_start(struct broker *broker, struct pool *pool, const char *dir,
                  const char *build_dir, struct report *report)
{
    bool good;

    *broker = (struct broker){.group = broker->group, .control = {.file = -1}};
    good = dir == NULL
               ? rundir_create(&broker->dir, pool, report)
               : rundir_open(&broker->dir, RUNDIR_SHARED, dir, pool, report);
    if (!good)
        return false;
    /* Two brokers in one directory: the second would end at once, but our
     * cleaning up would take the sockets of the first. */
    if (dir != NULL && control_open(&broker->control, broker->dir.path)) {
        control_close(&broker->control);
        report_error(report, NULL, 0, "--system %s: a system runs there", dir);
        broker->dir.path = NULL;
        return false;
    }
    if (rundir_keep(&broker->dir, report) &&
        start_program(broker, pool, build_dir, report) &&
        wait_for_it(broker, report))
        return true;
    broker_stop(broker);
    return false;
}

bool broker_join(struct broker *broker, struct pool *pool, const char *dir,
                 struct report *report)
{
    *broker = (struct broker){.control = {.file = -1}};
    if (!rundir_open(&broker->dir, RUNDIR_JOINED, dir, pool, report))
        return false;
    if (control_open(&broker->control, broker->dir.path))
        return true;
    report_error(report, NULL, 0,
                 "--system %s: no system runs there (%s); `nuncio up` starts "
                 "one",
                 dir, strerror(errno));
    broker->dir.path = NULL;
    return false;
}

static void report_answer(struct broker *broker, enum control_state state,
                          const char *name, struct report *report)
{
    report_error(report, NULL, 0, "domain \"%s\": %s", name,
                 state == CONTROL_REFUSED ? text_string(&broker->control.rest)
                                          : "the broker does not answer");
}

char *broker_add(struct broker *broker, struct pool *pool, const char *name,
                 uint64_t watchdog_ms, struct report *report)
{
    enum control_state state =
        control_ask(&broker->control, "add %s watchdog_ms=%llu", name,
                    (unsigned long long)watchdog_ms);
    char *socket = NULL;

    if (state == CONTROL_OK)
        socket =
            control_word(pool, text_string(&broker->control.rest), "socket");
    if (socket == NULL)
        report_answer(broker, state, name, report);
    return socket;
}

bool broker_has(struct broker *broker, const char *name)
{
    struct pool pool = {0};
    bool has = false;
    char *rest;

    if (control_ask(&broker->control, "list") != CONTROL_OK ||
        broker->control.lines.bytes == 0)
        return false;
    for (char *line = strtok_r(broker->control.lines.data, "\n", &rest);
         line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        const char *found = json_string(&pool, line, "name");

        has |= found != NULL && strcmp(found, name) == 0;
    }
    pool_free(&pool);
    return has;
}

char *broker_add_client(struct broker *broker, struct pool *pool,
                        const char *name, const char **added,
                        struct report *report)
{
    for (unsigned i = 1; i <= NAMES_MAX; i++) {
        struct report refused = {0};
        const char *tried = i == 1 ? name : pool_format(pool, "%s-%u", name, i);
        char *socket = broker_add(broker, pool, tried, 0, &refused);
        bool is_taken = socket == NULL && broker_has(broker, tried);

        if (socket == NULL && !is_taken)
            report_error(report, NULL, 0, "--system %s refuses the domain: %s",
                         broker->dir.path, text_string(&refused.text));
        report_free(&refused);
        if (is_taken)
            continue;
        if (socket == NULL)
            return NULL;
        broker->dir.name = *added = tried;
        return rundir_keep(&broker->dir, report) ? socket : NULL;
    }
    report_error(report, NULL, 0, "--system %s has %d domains \"%s\" already",
                 broker->dir.path, NAMES_MAX, name);
    return NULL;
}

void broker_stop(struct broker *broker)
{
    if (broker->pid != 0)
        child_stop(&broker->pid, STOP_MS);
    control_close(&broker->control);
    rundir_close(&broker->dir);
}
