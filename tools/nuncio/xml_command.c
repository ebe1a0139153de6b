/* `nuncio xml`: what people who use virsh themselves need. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_archive.h"
#include "commands.h"
#include "libvirt_run.h"
#include "split.h"
#include "status.h"
#include "words.h"
#include "xml_plan.h"

struct xml_run {
    const struct options *options;
    struct report *report;
    struct pool *pool;
    const char *build_dir;
    const char *directory; /* absolute */
    const char
        *system_dir; /* the broker's, absolute; NULL: one domain, alone */
    enum accel accel;
};

static const char *in_directory(struct xml_run *run,
                                const struct domain *domain, const char *suffix)
{
    return pool_format(run->pool, "%s/%s.%s", run->directory, domain->name,
                       suffix);
}

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

/* Where the broker's sockets are; the directory need not be there yet. */
static const char *broker_directory(struct xml_run *run)
{
    const char *path = run->options->system_dir;
    const char *base = getenv("XDG_RUNTIME_DIR");

    if (path == NULL && (geteuid() == 0 || base == NULL))
        return "/run/nuncio";
    if (path == NULL)
        return pool_format(run->pool, "%s/nuncio", base);
    if (path[0] == '/')
        return path;
    return pool_format(run->pool, "%s/%s",
                       xml_absolute(run->pool, ".", run->report), path);
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

static bool write_description(struct xml_run *run, const struct domain *domain,
                              const struct xml_domain *described)
{
    struct text text = {0};
    bool good = xml_write_domain(described, &text, run->report) &&
                write_text(run, in_directory(run, domain, "xml"), &text);

    text_free(&text);
    return good;
}

/* A driver domain's log goes on when it is created again: the reason is there. */
static bool write_domain(struct xml_run *run, const struct domain *domain)
{
    struct qemu_plan plan = {
        .sys = domain->part,
        .accel = run->accel,
        .machine = run->options->machine,
        .kernel = pool_format(run->pool, "%s/nuncio-kernel", run->build_dir),
        .archive = in_directory(run, domain, "cpio"),
        .append = run->options->append,
        .broker = run->system_dir != NULL
                      ? pool_format(run->pool, "%s/%s.sock", run->system_dir,
                                    domain->name)
                      : NULL,
    };
    struct xml_domain described;

    if (!write_archive(run, domain->part, plan.archive) ||
        !xml_describe(&plan, &described, run->report))
        return false;
    described.name = domain->name;
    described.title =
        domain->is_main ? "Nuncio, main domain" : "Nuncio, driver domain";
    described.is_driver = !domain->is_main;
    described.log = (struct xml_serial){
        .kind = XML_SERIAL_FILE,
        .path = in_directory(run, domain, "log"),
        .keep = !domain->is_main,
    };
    if (has_terminal(domain->part))
        described.terminal.kind = XML_SERIAL_PTY;
    return write_description(run, domain, &described);
}

static void print_command(const char *command, const char *word)
{
    struct text text = {0};

    text_printf(&text, "  %s ", command);
    words_quote(&text, word);
    puts(text_string(&text));
    text_free(&text);
}

static void print_broker(struct xml_run *run, const struct domains *domains)
{
    struct text line = {0};

    puts("Start the broker, which stays:");
    text_puts(&line, "  ");
    words_quote(&line,
                pool_format(run->pool, "%s/nuncio-broker", run->build_dir));
    text_puts(&line, " --system ");
    words_quote(&line, run->system_dir);
    if (libvirt_group() != NULL)
        text_printf(&line, " --group %s", libvirt_group());
    for (size_t i = 0; i < domains->count; i++)
        text_printf(&line, " --add %s", domains->items[i].name);
    puts(text_string(&line));
    text_free(&line);
}

/* The main domain is the last one. */
static void print_steps(struct xml_run *run, struct domains *domains)
{
    const struct domain *main = domains_main(domains);

    if (run->system_dir != NULL)
        print_broker(run, domains);
    puts("Start it:");
    for (size_t i = 0; i < domains->count; i++)
        print_command("virsh create",
                      in_directory(run, &domains->items[i], "xml"));
    if (has_terminal(main->part)) {
        puts("Use it (Ctrl-] leaves):");
        print_command("virsh console", main->name);
    }
    puts("Stop it:");
    for (size_t i = domains->count; i > 0; i--)
        print_command("virsh destroy", domains->items[i - 1].name);
    puts("How it ended is the last line of its log:");
    print_command("tail -n 1", in_directory(run, main, "log"));
}

static bool write_all(struct xml_run *run, struct domains *domains)
{
    if (domains->count > 1)
        run->system_dir = broker_directory(run);
    for (size_t i = 0; i < domains->count; i++) {
        if (!write_domain(run, &domains->items[i]))
            return false;
    }
    return true;
}

int command_xml(const struct options *options, struct report *report)
{
    struct xml_run run = {.options = options, .report = report};
    struct system *sys = command_read_system(options, &run.build_dir, report);
    struct domains domains;
    int status = STATUS_LAUNCHER;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    run.pool = &sys->pool;
    run.accel = command_choose_accel(options, report);
    if (report->errors == 0 && domains_split(sys, &domains, report)) {
        if (open_directory(&run) && write_all(&run, &domains)) {
            print_steps(&run, &domains);
            status = 0;
        }
        domains_free(&domains);
    }
    system_free(sys);
    return status;
}
