/* `nuncio xml`: what people who use virsh themselves need. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_archive.h"
#include "commands.h"
#include "status.h"
#include "words.h"
#include "xml_plan.h"

struct xml_run {
    const struct options *options;
    struct report *report;
    struct pool *pool;
    const char *build_dir;
    const char *directory; /* absolute */
    enum accel accel;
};

static bool open_directory(struct xml_run *run)
{
    const char *path = run->options->output;

    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        report_error(run->report, NULL, 0, "-o %s: %s", path, strerror(errno));
        return false;
    }
    run->directory = xml_absolute(run->pool, path, run->report);
    return run->directory != NULL;
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
    struct qemu_plan plan = {
        .sys = sys,
        .accel = run->accel,
        .machine = run->options->machine,
        .kernel = pool_format(run->pool, "%s/nuncio-kernel", run->build_dir),
        .archive = pool_format(run->pool, "%s.cpio", stem),
        .append = run->options->append,
    };
    struct xml_domain domain;
    struct text text = {0};
    bool good = write_archive(run, sys, plan.archive) &&
                xml_describe(&plan, &domain, run->report);

    if (good) {
        domain.name = sys->name;
        domain.title = "Nuncio";
        domain.log = (struct xml_serial){
            .kind = XML_SERIAL_FILE,
            .path = pool_format(run->pool, "%s.log", stem),
        };
        if (has_terminal(sys))
            domain.terminal.kind = XML_SERIAL_PTY;
        good = xml_write_domain(&domain, &text, run->report) &&
               write_text(run, pool_format(run->pool, "%s.xml", stem), &text);
    }
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
