/* What a system must be before anything is made of it. */
#include "system.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
    struct system *sys;
    struct report *report;
};

/* The file to blame for a thing read at (line); 0: the command line. */
static const char *file_of(const struct check *check, unsigned line)
{
    return line == 0 ? NULL : check->sys->file;
}

static void check_name(const struct check *check, const char *kind,
                       const char *name, unsigned line)
{
    if (!system_is_name(name))
        report_error(check->report, file_of(check, line), line,
                     "%s \"%s\": a name is 1 to %d of a-z 0-9 _ - and begins "
                     "with a letter",
                     kind, name, SYSTEM_NAME_MAX);
    else if (system_is_kernel_object(name))
        report_error(check->report, file_of(check, line), line,
                     "%s \"%s\": the kernel has an object of that name", kind,
                     name);
    else if (strcmp(name, SYSTEM_STORE) == 0 || strcmp(name, SYSTEM_LINKS) == 0)
        report_error(check->report, file_of(check, line), line,
                     "%s \"%s\": the name is that of a part of every system of "
                     "several domains",
                     kind, name);
}

static void check_domain_name(const struct check *check, const char *name,
                              unsigned line)
{
    if (!system_is_name(name))
        report_error(check->report, check->sys->file, line,
                     "domain \"%s\": a name is 1 to %d of a-z 0-9 _ - and "
                     "begins with a letter",
                     name, SYSTEM_NAME_MAX);
}

/* Services and programs share one name space: that of `use` and `client`. */
static void check_twice(const struct check *check, const char *name,
                        unsigned line, unsigned first_line)
{
    report_error(check->report, file_of(check, line), line,
                 "\"%s\" is there already, at line %u", name, first_line);
}

static void check_names(const struct check *check)
{
    struct system *sys = check->sys;

    for (size_t i = 0; i < sys->disk_count; i++) {
        int first = system_disk(sys, sys->disks[i].name);

        check_name(check, "disk", sys->disks[i].name, sys->disks[i].line);
        if (first >= 0 && (size_t)first < i)
            check_twice(check, sys->disks[i].name, sys->disks[i].line,
                        sys->disks[first].line);
    }
    for (size_t i = 0; i < sys->service_count; i++) {
        struct service *service = &sys->services[i];
        struct service *first = system_service(sys, service->name);

        check_name(check, "service", service->name, service->line);
        if (first != NULL && first != service)
            check_twice(check, service->name, service->line, first->line);
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        struct program *program = &sys->programs[i];
        struct service *same = system_service(sys, program->name);

        check_name(check, "program", program->name, program->line);
        if (same != NULL)
            check_twice(check, program->name, program->line, same->line);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(sys->programs[j].name, program->name) == 0)
                check_twice(check, program->name, program->line,
                            sys->programs[j].line);
        }
    }
}

static void check_uses(const struct check *check, const char *owner,
                       unsigned line, const struct strings *uses)
{
    if (uses->count > SYSTEM_USES_MAX)
        report_error(check->report, file_of(check, line), line,
                     "\"%s\" uses %zu objects, the limit is %d", owner,
                     uses->count, SYSTEM_USES_MAX);
    for (size_t i = 0; i < uses->count; i++) {
        const char *used = uses->items[i];

        for (size_t j = 0; j < i; j++) {
            if (strcmp(uses->items[j], used) == 0) {
                report_error(check->report, file_of(check, line), line,
                             "\"%s\" uses \"%s\" twice", owner, used);
                break;
            }
        }
        if (strcmp(used, owner) == 0)
            report_error(check->report, file_of(check, line), line,
                         "\"%s\" uses itself", owner);
        else if (strcmp(used, SYSTEM_STORE) == 0 &&
                 system_has_domains(check->sys))
            continue;
        else if (system_service(check->sys, used) == NULL &&
                 !system_is_kernel_object(used))
            report_error(check->report, file_of(check, line), line,
                         "\"%s\" uses \"%s\", which is neither a service here "
                         "nor an object of the kernel",
                         owner, used);
    }
}

/* An in-process service is part of its client: it needs exactly one. */
static void check_client(const struct check *check, struct service *service)
{
    struct system *sys = check->sys;
    struct text clients = {0};
    unsigned count = 0;

    service->client = NULL;
    if (service->placement != PLACEMENT_INPROC)
        return;
    for (size_t i = 0; i < sys->service_count; i++) {
        if (!system_uses(&sys->services[i].uses, service->name))
            continue;
        service->client = sys->services[i].name;
        text_printf(&clients, "%s%s", count++ == 0 ? "" : ", ",
                    sys->services[i].name);
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        if (!system_uses(&sys->programs[i].uses, service->name))
            continue;
        service->client = sys->programs[i].name;
        text_printf(&clients, "%s%s", count++ == 0 ? "" : ", ",
                    sys->programs[i].name);
    }
    if (count == 0)
        report_error(check->report, sys->file, service->line,
                     "service \"%s\" is inproc, but nothing uses it",
                     service->name);
    else if (count > 1)
        report_error(check->report, sys->file, service->line,
                     "service \"%s\" is inproc, so it can have one client "
                     "only, but %u use it: %s; place it in the kernel or in a "
                     "process",
                     service->name, count, text_string(&clients));
    text_free(&clients);
}

/*
 * Follows what (from) uses through services, looking for (target); (depth)
 * bounds the walk where there is a circle that target is not in.
 */
static bool reaches(struct system *sys, const struct service *from,
                    const struct service *target, size_t depth)
{
    if (depth > sys->service_count)
        return false;
    for (size_t i = 0; i < from->uses.count; i++) {
        struct service *next = system_service(sys, from->uses.items[i]);

        if (next != NULL && next != from &&
            (next == target || reaches(sys, next, target, depth + 1)))
            return true;
    }
    return false;
}

static void check_device(const struct check *check, size_t index)
{
    struct system *sys = check->sys;
    struct service *service = &sys->services[index];

    if (service->option_count > SYSTEM_ARGS_MAX)
        report_error(check->report, sys->file, service->line,
                     "service \"%s\" has %zu options, the limit is %d",
                     service->name, service->option_count, SYSTEM_ARGS_MAX);
    if (service->disk != NULL && system_disk(sys, service->disk) < 0)
        report_error(check->report, sys->file, service->line,
                     "service \"%s\": there is no disk \"%s\"", service->name,
                     service->disk);
    for (size_t i = 0; i < index; i++) {
        struct service *other = &sys->services[i];

        if ((service->has_serial && other->has_serial) ||
            (service->disk != NULL && other->disk != NULL &&
             strcmp(service->disk, other->disk) == 0))
            report_error(check->report, sys->file, service->line,
                         "service \"%s\" has the device of service \"%s\"",
                         service->name, other->name);
    }
}

static void check_program(const struct check *check, struct program *program)
{
    size_t bytes = 0;

    check_uses(check, program->name, program->line, &program->uses);
    for (size_t i = 0; i < program->args.count; i++)
        bytes += strlen(program->args.items[i]) + 1;
    if (program->args.count > SYSTEM_ARGS_MAX)
        report_error(check->report, check->sys->file, program->line,
                     "program \"%s\": it has %zu arguments, the limit is %d",
                     program->name, program->args.count, SYSTEM_ARGS_MAX);
    if (bytes > SYSTEM_ARGS_BYTES)
        report_error(check->report, check->sys->file, program->line,
                     "program \"%s\": its arguments take %zu bytes, the "
                     "limit is %d",
                     program->name, bytes, SYSTEM_ARGS_BYTES);
}

static void check_main(const struct check *check)
{
    struct system *sys = check->sys;
    struct program *first = NULL;

    for (size_t i = 0; i < sys->program_count; i++) {
        struct program *program = &sys->programs[i];

        if (!program->is_main)
            continue;
        if (first != NULL)
            report_error(check->report, sys->file, program->line,
                         "program \"%s\" is main, but so is \"%s\"",
                         program->name, first->name);
        else
            first = program;
    }
    if (first == NULL)
        report_error(check->report, sys->file, 0,
                     "no program is main: when it ends, the system ends");
}

/* Names of domains. The main one has the system's, which else is only told. */
static void check_domains(const struct check *check)
{
    struct system *sys = check->sys;

    for (size_t i = 0; i < sys->service_count; i++) {
        if (sys->services[i].placement == PLACEMENT_DOMAIN)
            check_domain_name(check, sys->services[i].domain,
                              sys->services[i].line);
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        const struct program *program = &sys->programs[i];

        if (program->domain == NULL)
            continue;
        check_domain_name(check, program->domain, program->line);
        if (program->is_main && strcmp(program->domain, sys->name) != 0)
            report_error(check->report, sys->file, program->line,
                         "program \"%s\" is main, so its domain is the main "
                         "one, \"%s\", and not \"%s\"",
                         program->name, sys->name, program->domain);
    }
    if (system_has_domains(sys))
        check_domain_name(check, sys->name, 0);
}

static void check_disk(const struct check *check, const struct disk *disk)
{
    const char *file = file_of(check, disk->line);
    struct stat st;

    if (stat(disk->image, &st) != 0 || access(disk->image, R_OK) != 0)
        report_error(check->report, file, disk->line, "disk \"%s\": %s: %s",
                     disk->name, disk->image, strerror(errno));
    else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        report_error(check->report, file, disk->line,
                     "disk \"%s\": %s is neither a file nor a block device",
                     disk->name, disk->image);
    else if (S_ISREG(st.st_mode) && st.st_size == 0)
        report_error(check->report, file, disk->line,
                     "disk \"%s\": %s is empty", disk->name, disk->image);
}

bool system_check(struct system *sys, struct report *report)
{
    struct check check = {.sys = sys, .report = report};
    unsigned before = report->errors;

    check_names(&check);
    if (sys->service_count + sys->program_count > SYSTEM_UNITS_MAX)
        report_error(report, sys->file, 0,
                     "%zu services and programs are too many; there can be %d",
                     sys->service_count + sys->program_count, SYSTEM_UNITS_MAX);
    for (size_t i = 0; i < sys->service_count; i++) {
        struct service *service = &sys->services[i];

        check_uses(&check, service->name, service->line, &service->uses);
        check_device(&check, i);
        if (reaches(sys, service, service, 0))
            report_error(report, sys->file, service->line,
                         "service \"%s\" uses itself in a circle",
                         service->name);
    }
    for (size_t i = 0; i < sys->program_count; i++)
        check_program(&check, &sys->programs[i]);
    check_main(&check);
    check_domains(&check);
    if (!system_has_domains(sys))
        system_check_clients(sys, report);
    return report->errors == before;
}

void system_check_clients(struct system *sys, struct report *report)
{
    struct check check = {.sys = sys, .report = report};

    for (size_t i = 0; i < sys->service_count; i++)
        check_client(&check, &sys->services[i]);
}

void system_check_disks(struct system *sys, struct report *report)
{
    struct check check = {.sys = sys, .report = report};

    for (size_t i = 0; i < sys->disk_count; i++)
        check_disk(&check, &sys->disks[i]);
}
