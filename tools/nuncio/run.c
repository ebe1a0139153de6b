/* `nuncio run`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "launch.h"
#include "manifest.h"
#include "signals.h"
#include "status.h"

struct run_command {
    const struct options *options;
    struct domains *domains;
    const char *build_dir;
    struct report *report;
    struct guest main; /* the main domain */
    int signals;
    /* With several domains: */
    struct broker broker;
    struct drivers drivers;
};

static void print_domain(const struct options *options,
                         const struct domains *domains,
                         const struct domain *domain, struct guest *guest)
{
    struct system *part = domain->part;
    struct qemu_plan *plan = &guest->plan;
    struct strings argv = {0};
    struct text out = {0};

    if (domains->count > 1) {
        text_printf(&out, "%s# domain %s\n",
                    domain == &domains->items[0] ? "" : "\n", domain->name);
        plan->broker = pool_format(
            &part->pool, "%s/%s.sock",
            options->system_dir != NULL ? options->system_dir : "DIR",
            domain->name);
    }
    plan->archive = options->archive != NULL
                        ? guest_file(guest, options->archive)
                        : pool_format(&part->pool, "%s.cpio", part->name);
    plan->terminal = domain->is_main ? "stdio,signal=off" : "null";
    plan->log = "file,path=/dev/stderr";
    plan->trace = options->trace != NULL ? "file,path=/dev/null" : NULL;
    manifest_write(part, &out);
    text_puts(&out, "\n");
    qemu_command(&part->pool, plan, &argv);
    qemu_print(&argv, &out);
    fputs(text_string(&out), stdout);
    text_free(&out);
}

/* Commands that people can run: the terminal is theirs, the log follows. */
static int dry_run(struct run_command *run)
{
    const struct domains *domains = run->domains;

    for (size_t i = 0; i < domains->count; i++) {
        struct guest guest;

        guest_plan(&guest, run->options, &domains->items[i], run->build_dir,
                   run->report);
        if (run->report->errors != 0)
            return STATUS_LAUNCHER;
        print_domain(run->options, domains, &domains->items[i], &guest);
    }
    return 0;
}

static int run_main(struct run_command *run, struct drivers *drivers)
{
    const struct launch launch = {
        .interactive = run->options->exec == NULL,
        .quiet = run->options->quiet,
        .timeout_ms = run->options->timeout_ms,
        .signals = run->signals,
        .drivers = drivers,
    };
    struct strings argv = {0};
    int status = STATUS_LAUNCHER;

    if (guest_open(&run->main, run->build_dir, run->report) &&
        guest_command(&run->main, &argv, run->report))
        status = launch_run(&run->main, &argv, &launch);
    guest_close(&run->main);
    return status;
}

/* Does the system that is joined have all domains that ours imports from? */
static bool has_exporters(struct run_command *run)
{
    const struct system *part = run->main.domain->part;
    unsigned before = run->report->errors;

    for (size_t i = 0; i < part->import_count; i++) {
        const struct import *import = &part->imports[i];

        if (!broker_has(&run->broker, import->domain))
            report_error(run->report, NULL, 0,
                         "the system in %s has no domain \"%s\", where service "
                         "\"%s\" is to be",
                         run->broker.dir.path, import->domain, import->name);
    }
    return run->report->errors == before;
}

/* The main domain's place among the others, once there is a broker. */
static bool join_main(struct run_command *run)
{
    struct pool *pool = &run->main.domain->part->pool;

    if (run->broker.dir.kind != RUNDIR_JOINED) {
        run->main.plan.broker =
            broker_add(&run->broker, pool, run->main.name, 0, run->report);
        return run->main.plan.broker != NULL;
    }
    if (!has_exporters(run))
        return false;
    run->main.plan.broker = broker_add_client(
        &run->broker, pool, run->main.name, &run->main.name, run->report);
    return run->main.plan.broker != NULL;
}

static void tell_end(const struct run_command *run, int status)
{
    struct text text = {0};

    drivers_tell(&run->drivers, &text);
    if (status == STATUS_TIMEOUT || status == STATUS_PANIC ||
        status == STATUS_SILENT)
        drivers_show_logs(&run->drivers, &text);
    fputs(text_string(&text), stderr);
    text_free(&text);
}

static int run_joined(struct run_command *run)
{
    struct system *sys = run->domains->sys;
    bool is_there;
    int status = STATUS_LAUNCHER;

    if (run->options->connect != NULL)
        run->broker.group = libvirt_group();
    is_there = run->options->system_dir != NULL
                   ? broker_join(&run->broker, &sys->pool,
                                 run->options->system_dir, run->report)
                   : broker_start(&run->broker, &sys->pool, NULL,
                                  run->build_dir, run->report);

    if (is_there) {
        if (drivers_start(&run->drivers, run->options, &run->broker,
                          run->domains, run->build_dir, run->report) &&
            join_main(run))
            status = run_main(run, &run->drivers);
        tell_end(run, status);
        drivers_stop(&run->drivers);
        broker_stop(&run->broker);
    }
    /* One that came while nobody looked: then there is no other reason. */
    if (status == STATUS_LAUNCHER && run->report->errors == 0 &&
        signals_are_pending())
        status = STATUS_SIGNAL + signals_read(run->signals);
    return status;
}

bool command_can_run(const struct options *options, const char *build_dir,
                     struct report *report)
{
    struct text kernel = {0};

    text_printf(&kernel, "%s/nuncio-kernel", build_dir);
    if (options->icount && options->accel == CHOOSE_KVM)
        report_error(report, NULL, 0, "--icount counts under tcg only");
    if (!options->dry_run && access(text_string(&kernel), R_OK) != 0)
        report_error(report, NULL, 0, "%s: %s (is it built?)",
                     text_string(&kernel), strerror(errno));
    text_free(&kernel);
    return report->errors == 0;
}

static int run_system(const struct options *options, struct domains *domains,
                      const char *build_dir, struct report *report)
{
    struct run_command *run = must_realloc(NULL, sizeof(*run));
    int status = STATUS_LAUNCHER;

    memset(run, 0, sizeof(*run));
    run->options = options;
    run->domains = domains;
    run->build_dir = build_dir;
    run->report = report;
    guest_plan(&run->main, options, domains_main(domains), build_dir, report);
    if (options->system_dir != NULL && domains->count == 1)
        report_error(report, NULL, 0,
                     "--system %s: nothing of \"%s\" is placed in another "
                     "domain (--place SERVICE=domain)",
                     options->system_dir, domains->sys->name);
    else if (options->system_dir != NULL)
        system_check_disks(domains_main(domains)->part, report);
    if (command_can_run(options, build_dir, report)) {
        run->signals = options->dry_run ? -1 : signals_open();
        status = options->dry_run     ? dry_run(run)
                 : domains->count > 1 ? run_joined(run)
                                      : run_main(run, NULL);
        if (run->signals >= 0)
            close(run->signals);
    }
    free(run);
    return status;
}

int command_run(const struct options *options, struct report *report)
{
    const char *build_dir;
    struct system *sys = command_read_system(options, &build_dir, report);
    struct domains domains;
    int status = STATUS_LAUNCHER;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    if (domains_split(sys, &domains, report)) {
        status = run_system(options, &domains, build_dir, report);
        domains_free(&domains);
    }
    system_free(sys);
    return status;
}
