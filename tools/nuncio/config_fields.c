#include "config_fields.h"

#include <string.h>

unsigned field_line(const config_setting_t *setting)
{
    return config_setting_source_line(setting);
}

const char *field_type_name(int type)
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

void fields_check(struct reader *reader, const config_setting_t *group,
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
                         field_line(setting),
                         "a system is described in one file, without @include");
            continue;
        }
        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name == NULL)
            report_error(reader->report, reader->sys->file, field_line(setting),
                         "%s has no setting \"%s\"", what, name);
        else if (!has_type(setting, field->type))
            report_error(reader->report, reader->sys->file, field_line(setting),
                         "\"%s\" of %s must be %s", name, what,
                         field_type_name(field->type));
    }
    for (const struct field *field = fields; field->name != NULL; field++) {
        if (field->required &&
            config_setting_get_member(group, field->name) == NULL)
            report_error(reader->report, reader->sys->file, field_line(group),
                         "%s needs a setting \"%s\"", what, field->name);
    }
}

const char *field_string(struct reader *reader, config_setting_t *group,
                         const char *name, const char *otherwise)
{
    const char *value;

    if (!config_setting_lookup_string(group, name, &value))
        return otherwise;
    return pool_strdup(&reader->sys->pool, value);
}

bool field_bool(config_setting_t *group, const char *name)
{
    int value;

    return config_setting_lookup_bool(group, name, &value) && value;
}

unsigned field_number(struct reader *reader, config_setting_t *group,
                      const char *name, unsigned otherwise, int max)
{
    int value;

    if (!config_setting_lookup_int(group, name, &value))
        return otherwise;
    if (value < 1 || value > max) {
        report_error(reader->report, reader->sys->file,
                     field_line(config_setting_get_member(group, name)),
                     "\"%s\" is %d, but must be from 1 to %d", name, value,
                     max);
        return otherwise;
    }
    return (unsigned)value;
}

struct strings field_strings(struct reader *reader, config_setting_t *group,
                             const char *name)
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
