/* `nuncio up`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "drivers.h"
#include "host.h"
#include "signals.h"
#include "status.h"

static void tell_ready(const struct options *options,
                       const struct domains *domains)
{
    printf("nuncio: %s serves in %s:", domains->sys->name, options->system_dir);
    for (size_t i = 0; i < domains->count; i++) {
        const struct domain *domain = &domains->items[i];

        for (size_t k = 0; k < domain->exports.count; k++)
            printf(" %s:%s", domain->name, domain->exports.items[k]);
    }
    printf("\n");
    (void)fflush(stdout);
}

/* Until a signal asks for the end, or something fails. */
static int serve(struct drivers *drivers, const struct options *options,
                 const struct domains *domains, int signals)
{
    bool is_told = false;

    for (;;) {
        struct pollfd polls[DRIVERS_POLLS_MAX + 1];
        size_t count = drivers_watch(drivers, polls + 1);
        uint64_t due = drivers_due(drivers);
        uint64_t now = host_now_ms();

        polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
        (void)poll(polls, count + 1,
                   due == 0     ? -1
                   : due <= now ? 0
                                : (int)(due - now));
        if (signals_read(signals) != 0)
            return 0;
        drivers_serve(drivers);
        if (drivers->failure != NULL) {
            (void)fprintf(stderr, "nuncio: %s\n", drivers->failure);
            return STATUS_LAUNCHER;
        }
        if (!is_told && drivers_are_ready(drivers)) {
            is_told = true;
            tell_ready(options, domains);
        }
    }
}

static int run_drivers(const struct options *options, struct domains *domains,
                       const char *build_dir, struct report *report)
{
    struct drivers *drivers = must_realloc(NULL, sizeof(*drivers));
    struct broker broker = {.group = options->connect != NULL ? libvirt_group()
                                                              : NULL};
    struct text told = {0};
    int signals = signals_open();
    int status = STATUS_LAUNCHER;

    if (broker_start(&broker, &domains->sys->pool, options->system_dir,
                     build_dir, report)) {
        if (drivers_start(drivers, options, &broker, domains, build_dir,
                          report))
            status = serve(drivers, options, domains, signals);
        drivers_tell(drivers, &told);
        fputs(text_string(&told), stderr);
        drivers_stop(drivers);
        broker_stop(&broker);
    } else if (report->errors == 0) {
        status = 0; /* a signal came first */
    }
    if (signals >= 0)
        close(signals);
    text_free(&told);
    free(drivers);
    return status;
}

int command_up(const struct options *options, struct report *report)
{
    const char *build_dir;
    struct system *sys = command_read_system(options, &build_dir, report);
    struct domains domains;
    int status = STATUS_LAUNCHER;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    if (domains_split(sys, &domains, report)) {
        if (domains.count == 1)
            report_error(report, sys->file, 0,
                         "nothing of \"%s\" is placed in another domain "
                         "(--place SERVICE=domain), so nothing is to be up",
                         sys->name);
        else if (command_can_run(options, build_dir, report))
            status = run_drivers(options, &domains, build_dir, report);
        domains_free(&domains);
    }
    system_free(sys);
    return status;
}
