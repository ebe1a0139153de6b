#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config_fields.h"

/* The path of an image: "${build}" replaced, or beside the configuration. */
static const char *image_path(struct reader *reader, const char *image)
{
    struct pool *pool = &reader->sys->pool;
    static const char build[] = "${build}";
    const char *file = reader->sys->file;
    const char *slash = strrchr(file, '/');

    if (strncmp(image, build, strlen(build)) == 0)
        return pool_format(pool, "%s%s", reader->build_dir,
                           image + strlen(build));
    if (image[0] == '/' || slash == NULL)
        return image;
    return pool_format(pool, "%.*s/%s", (int)(slash - file), file, image);
}

static void read_disk(struct reader *reader, config_setting_t *group)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"image", CONFIG_TYPE_STRING, true},
        {"format", CONFIG_TYPE_STRING, false},
        {"writable", CONFIG_TYPE_BOOL, false},
        {0},
    };
    struct disk *disk = &reader->sys->disks[reader->sys->disk_count++];
    const char *format = field_string(reader, group, "format", "raw");

    fields_check(reader, group, "a disk", fields);
    disk->name = field_string(reader, group, "name", "?");
    disk->image = image_path(reader, field_string(reader, group, "image", "?"));
    disk->writable = field_bool(group, "writable");
    disk->line = field_line(group);
    if (strcmp(format, "qcow2") == 0)
        disk->format = DISK_QCOW2;
    else if (strcmp(format, "raw") != 0)
        report_error(reader->report, reader->sys->file, disk->line,
                     "disk \"%s\": unknown format \"%s\" (raw or qcow2)",
                     disk->name, format);
}

static void read_options(struct reader *reader, config_setting_t *group,
                         struct service *service)
{
    config_setting_t *options = config_setting_get_member(group, "options");
    struct pool *pool = &reader->sys->pool;
    int count;

    if (options == NULL || !config_setting_is_group(options))
        return;
    count = config_setting_length(options);
    service->options =
        pool_alloc(pool, (size_t)count * sizeof(*service->options));
    for (int i = 0; i < count; i++) {
        config_setting_t *item = config_setting_get_elem(options, (unsigned)i);
        struct option *option = &service->options[service->option_count++];

        option->key = pool_strdup(pool, config_setting_name(item));
        option->value = "";
        if (config_setting_type(item) == CONFIG_TYPE_STRING)
            option->value = pool_strdup(pool, config_setting_get_string(item));
        else if (config_setting_type(item) == CONFIG_TYPE_INT)
            option->value =
                pool_format(pool, "%d", config_setting_get_int(item));
        else
            report_error(reader->report, reader->sys->file, field_line(item),
                         "option \"%s\" must be a string or a whole number",
                         option->key);
    }
}

static void read_placement(struct reader *reader, config_setting_t *group,
                           struct service *service)
{
    const char *placement = field_string(reader, group, "placement", "process");
    const char *inside = field_string(reader, group, "inside", "process");

    service->domain =
        field_string(reader, group, "domain", SYSTEM_DOMAIN_DEFAULT);
    if (!placement_parse(placement, &service->placement))
        report_error(reader->report, reader->sys->file, service->line,
                     "service \"%s\": unknown placement \"%s\" "
                     "(" PLACEMENT_NAMES ")",
                     service->name, placement);
    if (!placement_parse(inside, &service->inside) ||
        service->inside == PLACEMENT_DOMAIN)
        report_error(reader->report, reader->sys->file, service->line,
                     "service \"%s\": \"inside\" is \"%s\", but must be "
                     "inproc, kernel or process",
                     service->name, inside);
}

static void read_service(struct reader *reader, config_setting_t *group)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"image", CONFIG_TYPE_STRING, false},
        {"placement", CONFIG_TYPE_STRING, false},
        {"domain", CONFIG_TYPE_STRING, false},
        {"inside", CONFIG_TYPE_STRING, false},
        {"pages", CONFIG_TYPE_INT, false},
        {"use", CONFIG_TYPE_ARRAY, false},
        {"disk", CONFIG_TYPE_STRING, false},
        {"device", CONFIG_TYPE_STRING, false},
        {"options", CONFIG_TYPE_GROUP, false},
        {0},
    };
    struct system *sys = reader->sys;
    struct service *service = &sys->services[sys->service_count++];
    const char *device = field_string(reader, group, "device", NULL);

    fields_check(reader, group, "a service", fields);
    service->name = field_string(reader, group, "name", "?");
    service->image = field_string(reader, group, "image", service->name);
    service->pages =
        field_number(reader, group, "pages", SYSTEM_PAGES_DEFAULT, 1 << 24);
    service->uses = field_strings(reader, group, "use");
    service->disk = field_string(reader, group, "disk", NULL);
    service->line = field_line(group);
    read_options(reader, group, service);
    read_placement(reader, group, service);
    if (device != NULL && strcmp(device, "serial:0") != 0)
        report_error(reader->report, sys->file, service->line,
                     "service \"%s\": unknown device \"%s\" (serial:0; a disk "
                     "is named with \"disk\")",
                     service->name, device);
    service->has_serial = device != NULL;
    if (device != NULL && service->disk != NULL)
        report_error(reader->report, sys->file, service->line,
                     "service \"%s\" has a device and a disk; it can drive "
                     "one",
                     service->name);
}

static void read_program(struct reader *reader, config_setting_t *group)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"image", CONFIG_TYPE_STRING, false},
        {"pages", CONFIG_TYPE_INT, false},
        {"use", CONFIG_TYPE_ARRAY, false},
        {"args", CONFIG_TYPE_ARRAY, false},
        {"main", CONFIG_TYPE_BOOL, false},
        {"trace", CONFIG_TYPE_BOOL, false},
        {"domain", CONFIG_TYPE_STRING, false},
        {0},
    };
    struct system *sys = reader->sys;
    struct program *program = &sys->programs[sys->program_count++];

    fields_check(reader, group, "a program", fields);
    program->name = field_string(reader, group, "name", "?");
    program->image = field_string(reader, group, "image", program->name);
    program->pages =
        field_number(reader, group, "pages", SYSTEM_PAGES_DEFAULT, 1 << 24);
    program->uses = field_strings(reader, group, "use");
    program->args = field_strings(reader, group, "args");
    program->is_main = field_bool(group, "main");
    program->traced = field_bool(group, "trace");
    program->domain = field_string(reader, group, "domain", NULL);
    program->line = field_line(group);
}

static void read_domain(struct reader *reader, config_setting_t *group)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"memory_mib", CONFIG_TYPE_INT, false},
        {0},
    };
    struct system *sys = reader->sys;
    struct domain_setting *domain = &sys->domains[sys->domain_count++];

    fields_check(reader, group, "a domain", fields);
    domain->name = field_string(reader, group, "name", "?");
    domain->memory_mib =
        field_number(reader, group, "memory_mib", sys->memory_mib, 1 << 20);
    domain->line = field_line(group);
}

/* The groups of the list (name), at most (max), each given to (read). */
static void read_list(struct reader *reader, config_setting_t *root,
                      const char *name, int max,
                      void (*read)(struct reader *, config_setting_t *))
{
    config_setting_t *list = config_setting_get_member(root, name);

    if (list == NULL || !config_setting_is_list(list))
        return;
    if (config_setting_length(list) > max) {
        report_error(reader->report, reader->sys->file, field_line(list),
                     "%d %s are too many; there can be %d",
                     config_setting_length(list), name, max);
        return;
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        config_setting_t *item = config_setting_get_elem(list, (unsigned)i);

        if (config_setting_is_group(item))
            read(reader, item);
        else
            report_error(reader->report, reader->sys->file, field_line(item),
                         "\"%s\" must be %s", name,
                         field_type_name(CONFIG_TYPE_LIST));
    }
}

/* Does anything name the domain (name) as its own, placed there or not? */
static bool is_domain(const struct system *sys, const char *name)
{
    if (strcmp(name, sys->name) == 0)
        return true;
    for (size_t i = 0; i < sys->service_count; i++) {
        if (strcmp(sys->services[i].domain, name) == 0)
            return true;
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        if (sys->programs[i].domain != NULL &&
            strcmp(sys->programs[i].domain, name) == 0)
            return true;
    }
    return false;
}

static void check_domain_settings(struct reader *reader)
{
    const struct system *sys = reader->sys;

    for (size_t i = 0; i < sys->domain_count; i++) {
        const struct domain_setting *domain = &sys->domains[i];

        if (!is_domain(sys, domain->name))
            report_error(reader->report, sys->file, domain->line,
                         "\"domains\" has \"%s\", but \"domain\" of no "
                         "service or program is that",
                         domain->name);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(sys->domains[j].name, domain->name) == 0)
                report_error(reader->report, sys->file, domain->line,
                             "\"domains\" has \"%s\" already, at line %u",
                             domain->name, sys->domains[j].line);
        }
    }
}

static void read_root(struct reader *reader, config_setting_t *root)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"memory_mib", CONFIG_TYPE_INT, false},
        {"domains", CONFIG_TYPE_LIST, false},
        {"disks", CONFIG_TYPE_LIST, false},
        {"services", CONFIG_TYPE_LIST, false},
        {"programs", CONFIG_TYPE_LIST, true},
        {0},
    };
    struct system *sys = reader->sys;

    fields_check(reader, root, "a system", fields);
    sys->name = field_string(reader, root, "name", "?");
    sys->memory_mib = field_number(reader, root, "memory_mib", 64, 1 << 20);
    read_list(reader, root, "disks", SYSTEM_DISKS_MAX, read_disk);
    read_list(reader, root, "services", SYSTEM_UNITS_MAX, read_service);
    read_list(reader, root, "programs", SYSTEM_UNITS_MAX, read_program);
    read_list(reader, root, "domains", SYSTEM_DOMAINS_MAX, read_domain);
    check_domain_settings(reader);
    if (sys->program_count == 1)
        sys->programs[0].is_main = true;
}

struct system *config_read_system(const char *path, const char *build_dir,
                                  struct report *report)
{
    struct system *sys = must_realloc(NULL, sizeof(*sys));
    struct reader reader = {
        .sys = sys, .report = report, .build_dir = build_dir};
    unsigned before = report->errors;
    config_t config;

    memset(sys, 0, sizeof(*sys));
    sys->file = pool_strdup(&sys->pool, path);
    config_init(&config);
    errno = 0;
    if (config_read_file(&config, path))
        read_root(&reader, config_root_setting(&config));
    else if (config_error_type(&config) == CONFIG_ERR_FILE_IO)
        report_error(report, path, 0, "%s",
                     errno != 0 ? strerror(errno) : "cannot be read");
    else
        report_error(report,
                     config_error_file(&config) != NULL
                         ? config_error_file(&config)
                         : path,
                     (unsigned)config_error_line(&config), "%s",
                     config_error_text(&config));
    config_destroy(&config);
    if (report->errors == before)
        return sys;
    system_free(sys);
    return NULL;
}
