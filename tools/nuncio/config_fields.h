/* Settings of a libconfig group: are they those it may have, and their values. */
#ifndef NUNCIO_TOOL_CONFIG_FIELDS_H
#define NUNCIO_TOOL_CONFIG_FIELDS_H

#include <libconfig.h>

#include "report.h"
#include "system.h"

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

/* The line where (setting) is. */
unsigned field_line(const config_setting_t *setting);
/* What a CONFIG_TYPE_* is called, for messages. */
const char *field_type_name(int type);

/* Reports settings of (group) that are not among (fields), which end with a
 * NULL name, have the wrong type, or are missing. (what) names the group for
 * people: "a service", "the system". */
void fields_check(struct reader *reader, const config_setting_t *group,
                  const char *what, const struct field *fields);

/*
 * The setting (name) of (group), in the system's memory; (otherwise) or nothing
 * when it is not there or has another type, which fields_check() reports. A
 * number that is not from 1 to (max) is reported here.
 */
const char *field_string(struct reader *reader, config_setting_t *group,
                         const char *name, const char *otherwise);
bool field_bool(config_setting_t *group, const char *name);
unsigned field_number(struct reader *reader, config_setting_t *group,
                      const char *name, unsigned otherwise, int max);
struct strings field_strings(struct reader *reader, config_setting_t *group,
                             const char *name);

#endif /* NUNCIO_TOOL_CONFIG_FIELDS_H */
