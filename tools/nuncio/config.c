#include "config.h"

#include <errno.h>
#include <libconfig.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct system *sys;
    struct report *report;
    const char *build_dir;
};

/* One setting that a group may have. */
struct field {
    const char *name;
    int type; /* CONFIG_TYPE_*; an array of strings is CONFIG_TYPE_ARRAY */
    bool required;
};

static unsigned line_of(const config_setting_t *setting)
{
    return config_setting_source_line(setting);
}

static const char *type_name(int type)
{
    switch (type) {
    case CONFIG_TYPE_INT:
        return "a whole number";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_ARRAY:
        return "an array of strings: [\"...\", ...]";
    case CONFIG_TYPE_LIST:
        return "a list of groups: ( { ... }, ... )";
    default:
        return "a group: { ... }";
    }
}

static bool is_string_array(const config_setting_t *setting)
{
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting))
        return false;
    for (int i = 0; i < config_setting_length(setting); i++) {
        config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);

        if (config_setting_type(item) != CONFIG_TYPE_STRING)
            return false;
    }
    return true;
}

static bool has_type(const config_setting_t *setting, int type)
{
    if (type == CONFIG_TYPE_ARRAY)
        return is_string_array(setting);
    return config_setting_type(setting) == type;
}

/* (what) names the group for people: "a service", "the system". */
static void check_fields(struct reader *reader, const config_setting_t *group,
                         const char *what, const struct field *fields)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        const struct field *field = fields;

        /* Our line numbers are those of one file. */
        if (strcmp(config_setting_source_file(setting), reader->sys->file) !=
            0) {
            report_error(reader->report, config_setting_source_file(setting),
                         line_of(setting),
                         "a system is described in one file, without @include");
            continue;
        }
        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name == NULL)
            report_error(reader->report, reader->sys->file, line_of(setting),
                         "%s has no setting \"%s\"", what, name);
        else if (!has_type(setting, field->type))
            report_error(reader->report, reader->sys->file, line_of(setting),
                         "\"%s\" of %s must be %s", name, what,
                         type_name(field->type));
    }
    for (const struct field *field = fields; field->name != NULL; field++) {
        if (field->required &&
            config_setting_get_member(group, field->name) == NULL)
            report_error(reader->report, reader->sys->file, line_of(group),
                         "%s needs a setting \"%s\"", what, field->name);
    }
}

/* A string setting, copied; (otherwise) when it is not there or no string. */
static const char *get_string(struct reader *reader, config_setting_t *group,
                              const char *name, const char *otherwise)
{
    const char *value;

    if (!config_setting_lookup_string(group, name, &value))
        return otherwise;
    return pool_strdup(&reader->sys->pool, value);
}

static bool get_bool(config_setting_t *group, const char *name)
{
    int value;

    return config_setting_lookup_bool(group, name, &value) && value;
}

static unsigned get_number(struct reader *reader, config_setting_t *group,
                           const char *name, unsigned otherwise, int max)
{
    int value;

    if (!config_setting_lookup_int(group, name, &value))
        return otherwise;
    if (value < 1 || value > max) {
        report_error(reader->report, reader->sys->file,
                     line_of(config_setting_get_member(group, name)),
                     "\"%s\" is %d, but must be from 1 to %d", name, value,
                     max);
        return otherwise;
    }
    return (unsigned)value;
}

static struct strings get_strings(struct reader *reader,
                                  config_setting_t *group, const char *name)
{
    config_setting_t *array = config_setting_get_member(group, name);
    struct strings list = {0};

    if (array == NULL || !is_string_array(array))
        return list;
    for (int i = 0; i < config_setting_length(array); i++)
        strings_add(&reader->sys->pool, &list,
                    config_setting_get_string_elem(array, i));
    return list;
}

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
    const char *format = get_string(reader, group, "format", "raw");

    check_fields(reader, group, "a disk", fields);
    disk->name = get_string(reader, group, "name", "?");
    disk->image = image_path(reader, get_string(reader, group, "image", "?"));
    disk->writable = get_bool(group, "writable");
    disk->line = line_of(group);
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
            report_error(reader->report, reader->sys->file, line_of(item),
                         "option \"%s\" must be a string or a whole number",
                         option->key);
    }
}

static void read_service(struct reader *reader, config_setting_t *group)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"image", CONFIG_TYPE_STRING, false},
        {"placement", CONFIG_TYPE_STRING, false},
        {"pages", CONFIG_TYPE_INT, false},
        {"use", CONFIG_TYPE_ARRAY, false},
        {"disk", CONFIG_TYPE_STRING, false},
        {"device", CONFIG_TYPE_STRING, false},
        {"options", CONFIG_TYPE_GROUP, false},
        {0},
    };
    struct system *sys = reader->sys;
    struct service *service = &sys->services[sys->service_count++];
    const char *placement = get_string(reader, group, "placement", "process");
    const char *device = get_string(reader, group, "device", NULL);

    check_fields(reader, group, "a service", fields);
    service->name = get_string(reader, group, "name", "?");
    service->image = get_string(reader, group, "image", service->name);
    service->pages =
        get_number(reader, group, "pages", SYSTEM_PAGES_DEFAULT, 1 << 24);
    service->uses = get_strings(reader, group, "use");
    service->disk = get_string(reader, group, "disk", NULL);
    service->line = line_of(group);
    read_options(reader, group, service);
    if (!placement_parse(placement, &service->placement))
        report_error(reader->report, sys->file, service->line,
                     "service \"%s\": unknown placement \"%s\" (inproc, "
                     "kernel or process)",
                     service->name, placement);
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
        {0},
    };
    struct system *sys = reader->sys;
    struct program *program = &sys->programs[sys->program_count++];

    check_fields(reader, group, "a program", fields);
    program->name = get_string(reader, group, "name", "?");
    program->image = get_string(reader, group, "image", program->name);
    program->pages =
        get_number(reader, group, "pages", SYSTEM_PAGES_DEFAULT, 1 << 24);
    program->uses = get_strings(reader, group, "use");
    program->args = get_strings(reader, group, "args");
    program->is_main = get_bool(group, "main");
    program->traced = get_bool(group, "trace");
    program->line = line_of(group);
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
        report_error(reader->report, reader->sys->file, line_of(list),
                     "%d %s are too many; there can be %d",
                     config_setting_length(list), name, max);
        return;
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        config_setting_t *item = config_setting_get_elem(list, (unsigned)i);

        if (config_setting_is_group(item))
            read(reader, item);
        else
            report_error(reader->report, reader->sys->file, line_of(item),
                         "\"%s\" must be %s", name,
                         type_name(CONFIG_TYPE_LIST));
    }
}

static void read_root(struct reader *reader, config_setting_t *root)
{
    static const struct field fields[] = {
        {"name", CONFIG_TYPE_STRING, true},
        {"memory_mib", CONFIG_TYPE_INT, false},
        {"disks", CONFIG_TYPE_LIST, false},
        {"services", CONFIG_TYPE_LIST, false},
        {"programs", CONFIG_TYPE_LIST, true},
        {0},
    };
    struct system *sys = reader->sys;

    check_fields(reader, root, "a system", fields);
    sys->name = get_string(reader, root, "name", "?");
    sys->memory_mib = get_number(reader, root, "memory_mib", 64, 1 << 20);
    read_list(reader, root, "disks", SYSTEM_DISKS_MAX, read_disk);
    read_list(reader, root, "services", SYSTEM_UNITS_MAX, read_service);
    read_list(reader, root, "programs", SYSTEM_UNITS_MAX, read_program);
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
