#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <abi/trace.h>

#include "boot_archive.h"
#include "commands.h"

void guest_plan(struct guest *guest, const struct options *options,
                const struct domain *domain, const char *build_dir,
                struct report *report)
{
    struct system *part = domain->part;

    *guest = (struct guest){
        .options = options,
        .domain = domain,
        .name = domain->name,
        .plan =
            {
                .sys = part,
                .accel = command_choose_accel(options, report),
                .machine = options->machine,
                .icount = options->icount,
                .kernel =
                    pool_format(&part->pool, "%s/nuncio-kernel", build_dir),
                .append = options->append,
                .more = &options->qemu_args,
            },
        .trace = -1,
    };
    machine_clear(&guest->machine);
    if (options->trace != NULL)
        system_main(part)->traced = true;
    if (options->connect != NULL)
        (void)libvirt_can_run(&guest->plan, report);
}

const char *guest_file(const struct guest *guest, const char *file)
{
    if (file == NULL || guest->domain->is_main)
        return file;
    return pool_format(&guest->domain->part->pool, "%s.%s", file, guest->name);
}

static bool open_trace(struct guest *guest, struct report *report)
{
    const char *path = guest_file(guest, guest->options->trace);

    if (path == NULL)
        return true;
    if (guest->lives > 0)
        path = pool_format(&guest->domain->part->pool, "%s.%u", path,
                           guest->lives + 1);
    guest->trace = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (guest->trace < 0)
        report_error(report, NULL, 0, "--trace %s: %s", path, strerror(errno));
    return guest->trace >= 0;
}

/* The kernel writes a trace's head before the first record; when there was
 * none, the trace is one without records. */
static void close_trace(struct guest *guest)
{
    const struct nu_trace_header header = {
        .magic = NU_TRACE_MAGIC,
        .version = 1,
        .record_bytes = sizeof(struct nu_trace_record),
    };

    if (guest->trace < 0)
        return;
    if (lseek(guest->trace, 0, SEEK_END) == 0 &&
        write(guest->trace, &header, sizeof(header)) != (ssize_t)sizeof(header))
        perror("nuncio: trace");
    close(guest->trace);
    guest->trace = -1;
}

static bool make_archive(struct guest *guest, const char *build_dir,
                         struct report *report)
{
    struct system *part = guest->domain->part;
    const char *path = guest_file(guest, guest->options->archive);
    bool is_written;
    int fd;

    if (path == NULL)
        return archive_write_system(part, build_dir, guest->machine.archive,
                                    report);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        report_error(report, NULL, 0, "--archive %s: %s", path,
                     strerror(errno));
        return false;
    }
    is_written = archive_write_system(part, build_dir, fd, report);
    close(fd);
    return is_written;
}

bool guest_open(struct guest *guest, const char *build_dir,
                struct report *report)
{
    if (!open_trace(guest, report) || !machine_open(&guest->machine, report))
        return false;
    return make_archive(guest, build_dir, report);
}

bool guest_reopen(struct guest *guest, struct report *report)
{
    close_trace(guest);
    return open_trace(guest, report) && machine_reopen(&guest->machine, report);
}

static void name_descriptors(struct guest *guest)
{
    struct pool *pool = &guest->domain->part->pool;
    struct qemu_plan *plan = &guest->plan;
    const int *theirs = guest->machine.theirs;

    plan->archive = guest_file(guest, guest->options->archive);
    if (plan->archive == NULL)
        plan->archive =
            pool_format(pool, "/proc/self/fd/%d", guest->machine.archive);
    plan->terminal =
        pool_format(pool, "socket,fd=%d", theirs[CHANNEL_TERMINAL]);
    plan->log = pool_format(pool, "socket,fd=%d", theirs[CHANNEL_LOG]);
    if (guest->trace >= 0)
        plan->trace = pool_format(pool, "socket,fd=%d", theirs[CHANNEL_TRACE]);
}

bool guest_command(struct guest *guest, struct strings *argv,
                   struct report *report)
{
    struct pool *pool = &guest->domain->part->pool;
    struct text shown = {0};

    guest->lives++;
    name_descriptors(guest);
    if (guest->options->connect == NULL) {
        qemu_command(pool, &guest->plan, argv);
    } else {
        guest->libvirt.uri = guest->options->connect;
        guest->libvirt.name =
            pool_format(pool, "%s-%d", guest->name, (int)getpid());
        if (!libvirt_prepare(&guest->libvirt, &guest->plan, &guest->machine,
                             argv, report))
            return false;
    }
    if (guest->options->verbose) {
        qemu_print(argv, &shown);
        fputs(text_string(&shown), stderr);
        text_free(&shown);
    }
    return true;
}

void guest_discard(struct guest *guest)
{
    if (guest->options->connect != NULL)
        libvirt_discard(&guest->libvirt);
}

void guest_close(struct guest *guest)
{
    machine_close(&guest->machine);
    guest_discard(guest);
    close_trace(guest);
}
