/* `nuncio run`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <abi/trace.h>

#include "boot_archive.h"
#include "commands.h"
#include "launch.h"
#include "libvirt_run.h"
#include "manifest.h"
#include "status.h"

/* The plan but for what depends on how it is run. */
static struct qemu_plan make_plan(const struct options *options,
                                  struct system *sys, const char *build_dir,
                                  struct report *report)
{
    struct qemu_plan plan = {
        .sys = sys,
        .accel = command_choose_accel(options, report),
        .machine = options->machine,
        .icount = options->icount,
        .kernel = pool_format(&sys->pool, "%s/nuncio-kernel", build_dir),
        .append = options->append,
        .more = &options->qemu_args,
    };

    if (options->connect != NULL)
        (void)libvirt_can_run(&plan, report);
    if (options->icount && options->accel == CHOOSE_KVM)
        report_error(report, NULL, 0, "--icount counts under tcg only");
    if (!options->dry_run && access(plan.kernel, R_OK) != 0)
        report_error(report, NULL, 0, "%s: %s (is it built?)", plan.kernel,
                     strerror(errno));
    return plan;
}

/* A command that people can run: the terminal is theirs, the log follows. */
static int dry_run(const struct options *options, struct system *sys,
                   struct qemu_plan *plan)
{
    struct strings argv = {0};
    struct text out = {0};

    plan->archive = options->archive != NULL
                        ? options->archive
                        : pool_format(&sys->pool, "%s.cpio", sys->name);
    plan->terminal = "stdio,signal=off";
    plan->log = "file,path=/dev/stderr";
    plan->trace = options->trace != NULL ? "file,path=/dev/null" : NULL;
    manifest_write(sys, &out);
    text_puts(&out, "\n");
    qemu_command(&sys->pool, plan, &argv);
    qemu_print(&argv, &out);
    fputs(text_string(&out), stdout);
    text_free(&out);
    return 0;
}

static int open_trace(const char *path, struct report *report)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        report_error(report, NULL, 0, "--trace %s: %s", path, strerror(errno));
    return fd;
}

/* The kernel writes a trace's head before the first record; when there was
 * none, the trace is one without records. */
static void close_trace(int fd)
{
    const struct nu_trace_header header = {
        .magic = NU_TRACE_MAGIC,
        .version = 1,
        .record_bytes = sizeof(struct nu_trace_record),
    };

    if (lseek(fd, 0, SEEK_END) == 0 &&
        write(fd, &header, sizeof(header)) != (ssize_t)sizeof(header))
        perror("nuncio: trace");
    close(fd);
}

static bool make_archive(const struct options *options, struct system *sys,
                         const char *build_dir, int fd, struct report *report)
{
    bool is_written;

    if (options->archive == NULL)
        return archive_write_system(sys, build_dir, fd, report);
    fd = open(options->archive, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        report_error(report, NULL, 0, "--archive %s: %s", options->archive,
                     strerror(errno));
        return false;
    }
    is_written = archive_write_system(sys, build_dir, fd, report);
    close(fd);
    return is_written;
}

/* The command that runs the machine: QEMU, or who stands in for it. */
static bool make_command(const struct options *options,
                         const struct machine *machine,
                         const struct qemu_plan *plan,
                         struct libvirt_domain *domain, struct strings *argv,
                         struct report *report)
{
    struct pool *pool = &plan->sys->pool;

    if (options->connect == NULL) {
        qemu_command(pool, plan, argv);
        return true;
    }
    domain->uri = options->connect;
    domain->name = pool_format(pool, "%s-%d", plan->sys->name, (int)getpid());
    return libvirt_prepare(domain, plan, machine, argv, report);
}

static int run_machine(const struct options *options, struct machine *machine,
                       struct qemu_plan *plan, int trace, struct report *report)
{
    struct system *sys = plan->sys;
    struct launch launch = {
        .interactive = options->exec == NULL,
        .quiet = options->quiet,
        .timeout_ms = options->timeout_ms,
        .trace = trace,
    };
    struct libvirt_domain domain = {0};
    struct strings argv = {0};
    struct text shown = {0};
    int status;

    plan->archive =
        options->archive != NULL
            ? options->archive
            : pool_format(&sys->pool, "/proc/self/fd/%d", machine->archive);
    plan->terminal = pool_format(&sys->pool, "socket,fd=%d",
                                 machine->theirs[CHANNEL_TERMINAL]);
    plan->log =
        pool_format(&sys->pool, "socket,fd=%d", machine->theirs[CHANNEL_LOG]);
    if (trace >= 0)
        plan->trace = pool_format(&sys->pool, "socket,fd=%d",
                                  machine->theirs[CHANNEL_TRACE]);
    if (!make_command(options, machine, plan, &domain, &argv, report))
        return STATUS_LAUNCHER;
    if (options->verbose) {
        qemu_print(&argv, &shown);
        fputs(text_string(&shown), stderr);
        text_free(&shown);
    }
    status = launch_run(machine, &argv, &launch);
    libvirt_discard(&domain);
    return status;
}

static int run_system(const struct options *options, struct system *sys,
                      const char *build_dir, struct report *report)
{
    struct qemu_plan plan;
    struct machine machine;
    int status = STATUS_LAUNCHER;
    int trace = -1;

    if (options->trace != NULL)
        system_main(sys)->traced = true;
    plan = make_plan(options, sys, build_dir, report);
    if (report->errors != 0)
        return STATUS_LAUNCHER;
    if (options->dry_run)
        return dry_run(options, sys, &plan);
    if (options->trace != NULL) {
        trace = open_trace(options->trace, report);
        if (trace < 0)
            return STATUS_LAUNCHER;
    }
    if (machine_open(&machine, report)) {
        if (make_archive(options, sys, build_dir, machine.archive, report))
            status = run_machine(options, &machine, &plan, trace, report);
        machine_close(&machine);
    }
    if (trace >= 0)
        close_trace(trace);
    return status;
}

int command_run(const struct options *options, struct report *report)
{
    const char *build_dir;
    struct system *sys = command_read_system(options, &build_dir, report);
    int status;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    status = run_system(options, sys, build_dir, report);
    system_free(sys);
    return status;
}
