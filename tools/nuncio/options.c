#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options_internal.h"

#define WATCHDOG_DEFAULT_MS 3000

bool options_parse_seconds(const char *text, uint64_t *ms)
{
    char *end;
    double seconds;

    if (text[0] != '.' && (text[0] < '0' || text[0] > '9'))
        return false;
    seconds = strtod(text, &end);
    if (*end != '\0' || !isfinite(seconds) || seconds < 0.001 ||
        seconds > 366.0 * 24 * 3600)
        return false;
    *ms = (uint64_t)(seconds * 1000);
    return true;
}

static void set_enum(struct options *o, enum option_id id, const char *value,
                     struct report *report)
{
    if (id == OPT_ACCEL && strcmp(value, "kvm") == 0)
        o->accel = CHOOSE_KVM;
    else if (id == OPT_ACCEL && strcmp(value, "tcg") == 0)
        o->accel = CHOOSE_TCG;
    else if (id == OPT_FORMAT && strcmp(value, "raw") == 0)
        o->image_format = DISK_RAW;
    else if (id == OPT_FORMAT && strcmp(value, "qcow2") == 0)
        o->image_format = DISK_QCOW2;
    else if (id == OPT_MACHINE && machine_parse(value, &o->machine))
        return;
    else if (id == OPT_TIMEOUT && options_parse_seconds(value, &o->timeout_ms))
        return;
    else if (id == OPT_WATCHDOG &&
             options_parse_seconds(value, &o->watchdog_ms))
        return;
    else
        report_error(report, NULL, 0, "--%s %s: expected %s",
                     option_table[id].name, value, option_table[id].value);
}

static void set_flag(struct options *o, enum option_id id)
{
    o->dry_run |= id == OPT_DRY_RUN;
    o->icount |= id == OPT_ICOUNT;
    o->quiet |= id == OPT_QUIET;
    o->verbose |= id == OPT_VERBOSE;
    o->all |= id == OPT_ALL;
    o->no_times |= id == OPT_NO_TIMES;
    o->json |= id == OPT_JSON;
    if (id == OPT_JSON)
        o->trace_format = TRACE_JSON;
    if (id == OPT_PERFETTO)
        o->trace_format = TRACE_PERFETTO;
    if (id == OPT_HELP) {
        o->operand = option_commands[o->command].name;
        o->command = COMMAND_HELP;
    }
}

static void set_value(struct pool *pool, struct options *o, enum option_id id,
                      const char *value, struct report *report)
{
    const char **strings[OPTION_COUNT] = {
        [OPT_BUILD] = &o->build_dir, [OPT_EXEC] = &o->exec,
        [OPT_TRACE] = &o->trace,     [OPT_APPEND] = &o->append,
        [OPT_ARCHIVE] = &o->archive, [OPT_OUTPUT] = &o->output,
        [OPT_CONNECT] = &o->connect, [OPT_SYSTEM] = &o->system_dir,
    };

    if (strings[id] != NULL)
        *strings[id] = value;
    else if (id == OPT_PLACE)
        strings_add(pool, &o->places, value);
    else if (id == OPT_DISK)
        strings_add(pool, &o->disks, value);
    else if (id == OPT_QEMU_ARG)
        strings_add(pool, &o->qemu_args, value);
    else
        set_enum(o, id, value, report);
}

/* The option that (word) names: "--name", "--name=value", "-o". */
static int find_option(const struct options *o, const char *word,
                       const char **value)
{
    const char *equals = strchr(word, '=');
    size_t bytes = equals != NULL ? (size_t)(equals - word) : strlen(word);

    *value = equals != NULL ? equals + 1 : NULL;
    if (strcmp(word, "-o") == 0)
        return (option_table[OPT_OUTPUT].commands & (1u << o->command)) != 0
                   ? OPT_OUTPUT
                   : -1;
    if (strcmp(word, "-h") == 0)
        return OPT_HELP;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (bytes > 2 && strlen(option_table[i].name) == bytes - 2 &&
            strncmp(word + 2, option_table[i].name, bytes - 2) == 0 &&
            (option_table[i].commands & (1u << o->command)) != 0)
            return (int)i;
    }
    return -1;
}

/* Reads the option at argv[i]; returns how many words it took. */
static int read_option(struct pool *pool, char **argv, int i, struct options *o,
                       struct report *report)
{
    const char *value;
    int id = find_option(o, argv[i], &value);

    if (id < 0) {
        report_error(report, NULL, 0,
                     "%s: no such option of `nuncio %s` (see `nuncio help "
                     "%s`)",
                     argv[i], option_commands[o->command].name,
                     option_commands[o->command].name);
        return 1;
    }
    if (option_table[id].value == NULL) {
        if (value != NULL)
            report_error(report, NULL, 0, "--%s takes no value",
                         option_table[id].name);
        else
            set_flag(o, (enum option_id)id);
        return 1;
    }
    if (value != NULL) {
        set_value(pool, o, (enum option_id)id, value, report);
        return 1;
    }
    if (argv[i + 1] == NULL) {
        report_error(report, NULL, 0, "--%s needs %s", option_table[id].name,
                     option_table[id].value);
        return 1;
    }
    set_value(pool, o, (enum option_id)id, argv[i + 1], report);
    return 2;
}

static bool read_command(int argc, char **argv, struct options *o,
                         struct report *report)
{
    int command;

    if (argc < 2) {
        report_error(report, NULL, 0, "no command (see `nuncio help`)");
        return false;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        o->command = COMMAND_HELP;
        return true;
    }
    if (strcmp(argv[1], "--version") == 0) {
        o->command = COMMAND_VERSION;
        return true;
    }
    command = option_find_command(argv[1]);
    if (command < 0) {
        report_error(report, NULL, 0, "no command \"%s\" (see `nuncio help`)",
                     argv[1]);
        return false;
    }
    o->command = (enum command)command;
    return true;
}

static void read_operand(struct options *o, const char *word,
                         struct report *report)
{
    const char *operand = option_commands[o->command].operand;

    if (operand[0] == '\0')
        report_error(report, NULL, 0, "`nuncio %s` takes no operand: %s",
                     option_commands[o->command].name, word);
    else if (o->operand == NULL)
        o->operand = word;
    else if (o->command != COMMAND_HELP)
        report_error(report, NULL, 0, "one %s too many: %s", operand, word);
}

/* What a command cannot do without. */
static void check_needs(const struct options *o, struct report *report)
{
    const struct command_entry *command = &option_commands[o->command];

    if (o->command >= COMMAND_HELP)
        return;
    if (command->operand[0] != '\0' && o->operand == NULL)
        report_error(report, NULL, 0, "`nuncio %s` needs %s", command->name,
                     command->operand);
    else if ((option_table[OPT_OUTPUT].commands & (1u << o->command)) != 0 &&
             o->output == NULL)
        report_error(report, NULL, 0, "`nuncio %s` needs -o %s", command->name,
                     o->command == COMMAND_IMAGE ? "FILE" : "DIR");
    else if (o->command == COMMAND_UP && o->system_dir == NULL)
        report_error(report, NULL, 0,
                     "`nuncio up` needs --system DIR, by which others find it");
}

bool options_read(struct pool *pool, int argc, char **argv,
                  struct options *options, struct report *report)
{
    unsigned before = report->errors;

    *options = (struct options){.command = COMMAND_HELP,
                                .watchdog_ms = WATCHDOG_DEFAULT_MS};
    if (!read_command(argc, argv, options, report))
        return false;
    for (int i = 2; i < argc && options->command != COMMAND_VERSION;) {
        if (argv[i][0] == '-' && argv[i][1] != '\0')
            i += read_option(pool, argv, i, options, report);
        else
            read_operand(options, argv[i++], report);
    }
    if (report->errors == before)
        check_needs(options, report);
    return report->errors == before;
}
