/* `nuncio xml`: what people who use virsh themselves need. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_archive.h"
#include "commands.h"
#include "status.h"
#include "words.h"
#include "xml.h"

struct xml_run {
    const struct options *options;
    struct report *report;
    struct pool *pool;
    const char *build_dir;
    const char *kernel; /* absolute */
    const char *directory; /* absolute */
    enum accel accel;
};

/* The absolute name of what is there; NULL with the reason in the report. */
static const char *absolute(struct xml_run *run, const char *path)
{
    char *found = realpath(path, NULL);
    const char *copy;

    if (found == NULL) {
        report_error(run->report, NULL, 0, "%s: %s", path, strerror(errno));
        return NULL;
    }
    copy = pool_strdup(run->pool, found);
    free(found);
    return copy;
}

static bool open_directory(struct xml_run *run)
{
    const char *path = run->options->output;

    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        report_error(run->report, NULL, 0, "-o %s: %s", path, strerror(errno));
        return false;
    }
    run->directory = absolute(run, path);
    run->kernel = absolute(
        run, pool_format(run->pool, "%s/nuncio-kernel", run->build_dir));
    return run->directory != NULL && run->kernel != NULL;
}

static int create_file(struct xml_run *run, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        report_error(run->report, NULL, 0, "%s: %s", path, strerror(errno));
    return fd;
}

static bool write_archive(struct xml_run *run, struct system *sys,
                          const char *path)
{
    int fd = create_file(run, path);
    bool is_written;

    if (fd < 0)
        return false;
    is_written = archive_write_system(sys, run->build_dir, fd, run->report);
    close(fd);
    return is_written;
}

static bool write_text(struct xml_run *run, const char *path,
                       const struct text *text)
{
    int fd = create_file(run, path);
    bool is_written;

    if (fd < 0)
        return false;
    is_written = write(fd, text->data, text->bytes) == (ssize_t)text->bytes;
    is_written = close(fd) == 0 && is_written;
    if (!is_written)
        report_error(run->report, NULL, 0, "%s: %s", path, strerror(errno));
    return is_written;
}

static const char *kernel_line(struct xml_run *run)
{
    const char *append = run->options->append;

    return pool_format(run->pool, "log=%x panic=0x%x%s%s", QEMU_PORT_LOG,
                       XML_PORT_PANIC, append != NULL ? " " : "",
                       append != NULL ? append : "");
}

static void describe_disks(struct xml_run *run, const struct system *sys,
                           struct xml_domain *domain)
{
    for (size_t i = 0; i < sys->disk_count; i++) {
        const struct disk *disk = &sys->disks[i];
        struct stat status;

        domain->disks[i] = (struct xml_disk){
            .name = disk->name,
            .path = absolute(run, disk->image),
            .format = disk->format,
            .is_device =
                stat(disk->image, &status) == 0 && S_ISBLK(status.st_mode),
            .writable = disk->writable,
        };
    }
    domain->disk_count = sys->disk_count;
}

static bool has_terminal(const struct system *sys)
{
    for (size_t i = 0; i < sys->service_count; i++) {
        if (sys->services[i].has_serial)
            return true;
    }
    return false;
}

static bool write_domain(struct xml_run *run, struct system *sys)
{
    const char *stem =
        pool_format(run->pool, "%s/%s", run->directory, sys->name);
    struct xml_domain domain = {
        .name = sys->name,
        .title = "Nuncio",
        .accel = run->accel,
        .machine = run->options->machine,
        .memory_mib = sys->memory_mib,
        .kernel = run->kernel,
        .archive = pool_format(run->pool, "%s.cpio", stem),
        .line = kernel_line(run),
        .log = {.kind = XML_SERIAL_FILE,
                .path = pool_format(run->pool, "%s.log", stem)},
    };
    struct text text = {0};
    bool good;

    if (has_terminal(sys))
        domain.terminal.kind = XML_SERIAL_PTY;
    describe_disks(run, sys, &domain);
    good = run->report->errors == 0 && write_archive(run, sys, domain.archive);
    good = good && xml_write_domain(&domain, &text, run->report) &&
           write_text(run, pool_format(run->pool, "%s.xml", stem), &text);
    text_free(&text);
    return good;
}

static void print_command(const char *command, const char *word)
{
    struct text text = {0};

    text_printf(&text, "  %s ", command);
    words_quote(&text, word);
    puts(text_string(&text));
    text_free(&text);
}

static void print_steps(struct xml_run *run, const struct system *sys)
{
    puts("Start it:");
    print_command("virsh create", pool_format(run->pool, "%s/%s.xml",
                                              run->directory, sys->name));
    if (has_terminal(sys)) {
        puts("Use it (Ctrl-] leaves):");
        print_command("virsh console", sys->name);
    }
    puts("Stop it:");
    print_command("virsh destroy", sys->name);
    puts("How it ended is the last line of its log:");
    print_command("tail -n 1", pool_format(run->pool, "%s/%s.log",
                                           run->directory, sys->name));
}

int command_xml(const struct options *options, struct report *report)
{
    struct xml_run run = {.options = options, .report = report};
    struct system *sys = command_read_system(options, &run.build_dir, report);
    int status = STATUS_LAUNCHER;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    run.pool = &sys->pool;
    run.accel = command_choose_accel(options, report);
    if (report->errors == 0 && open_directory(&run) &&
        write_domain(&run, sys)) {
        print_steps(&run, sys);
        status = 0;
    }
    system_free(sys);
    return status;
}
