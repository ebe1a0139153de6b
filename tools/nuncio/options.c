#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUN   (1u << COMMAND_RUN)
#define TRACE (1u << COMMAND_TRACE)
#define IMAGE (1u << COMMAND_IMAGE)
#define LIST  (1u << COMMAND_LIST)
#define XML   (1u << COMMAND_XML)

static const struct {
    const char *name;
    const char *operand;
    const char *summary;
    const char *more;
} commands[] = {
    [COMMAND_RUN] = {"run", "CONFIG", "run a system in QEMU",
                     "Standard output gets what the programs print and nothing "
                     "else; the kernel's log\n"
                     "and messages go to standard error. At the terminal, "
                     "Ctrl-A x stops the machine.\n\n"
                     "Exit status: the main program's, if it is 0 to 99; 121 "
                     "if it is another (it is\n"
                     "printed), 139 if it ended by a fault; 124 time limit "
                     "passed, 125 a mistake in the\n"
                     "command, QEMU failed or the system could not be built, "
                     "126 the kernel panicked,\n"
                     "127 the machine stopped without a status, 128+N signal "
                     "N ended the launcher.\n"},
    [COMMAND_TRACE] = {"trace", "FILE", "print a trace that run --trace made",
                       "A line is PROCESS: OBJECT.METHOD(ARGUMENTS) = STATUS "
                       "RESULTS <TIME>. Objects are\n"
                       "numbered in the order in which the process first met "
                       "them.\n"},
    [COMMAND_IMAGE] = {"image", "CONFIG",
                       "make a disk that boots a system by GRUB",
                       "The disk boots under BIOS and under UEFI. Disks of "
                       "the system stay separate.\n"},
    [COMMAND_LIST] = {"list", "CONFIG", "print what a configuration describes",
                      ""},
    [COMMAND_XML] = {"xml", "CONFIG",
                     "write what libvirt needs to run a system",
                     "The directory gets NAME.xml and NAME.cpio for each "
                     "domain; what virsh has to be told\n"
                     "is printed.\n"},
    [COMMAND_HELP] = {"help", "[COMMAND]", "explain nuncio, or a command", ""},
    [COMMAND_VERSION] = {"version", "", "print the version", ""},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

enum option_id {
    OPT_BUILD,
    OPT_PLACE,
    OPT_DISK,
    OPT_EXEC,
    OPT_ACCEL,
    OPT_MACHINE,
    OPT_TIMEOUT,
    OPT_TRACE,
    OPT_APPEND,
    OPT_ARCHIVE,
    OPT_ICOUNT,
    OPT_QEMU_ARG,
    OPT_DRY_RUN,
    OPT_OUTPUT,
    OPT_FORMAT,
    OPT_JSON,
    OPT_PERFETTO,
    OPT_ALL,
    OPT_NO_TIMES,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_HELP,
};

static const struct {
    const char *name;
    const char *value; /* what its value is called; NULL: it takes none */
    unsigned commands;
    const char *help;
} table[] = {
    [OPT_BUILD] = {"build", "DIR", RUN | IMAGE | LIST | XML,
                   "kernel and images are here (else $NUNCIO_BUILD, else\n"
                   "where this program is)"},
    [OPT_PLACE] = {"place", "SERVICE=PLACEMENT", RUN | IMAGE | LIST | XML,
                   "inproc, kernel or process; may be repeated"},
    [OPT_DISK] = {"disk", "NAME=IMAGE", RUN | LIST | XML,
                  "another image for the disk NAME; may be repeated"},
    [OPT_EXEC] = {"exec", "COMMAND", RUN | IMAGE | LIST | XML,
                  "run this program, or command of the main program,\n"
                  "and end with its status"},
    [OPT_ACCEL] = {"accel", "kvm|tcg", RUN | XML,
                   "how to run the processor (kvm where it can be used)"},
    [OPT_MACHINE] = {"machine", "q35|microvm|pc", RUN | XML,
                     "QEMU's machine (q35); libvirt's are q35 and pc"},
    [OPT_TIMEOUT] = {"timeout", "SECONDS", RUN,
                     "stop after this time, with status 124"},
    [OPT_TRACE] = {"trace", "FILE", RUN,
                   "record the main program's messages in FILE"},
    [OPT_APPEND] = {"append", "WORDS", RUN | IMAGE | XML,
                    "more words for the kernel's command line"},
    [OPT_ARCHIVE] = {"archive", "FILE", RUN,
                     "write the boot archive to FILE, and use that"},
    [OPT_ICOUNT] = {"icount", NULL, RUN,
                    "one nanosecond an instruction, exactly repeatable (tcg)"},
    [OPT_QEMU_ARG] = {"qemu-arg", "WORD", RUN,
                      "one more argument for QEMU; may be repeated"},
    [OPT_DRY_RUN] = {"dry-run", NULL, RUN,
                     "print the manifest and QEMU's command, and run nothing"},
    [OPT_OUTPUT] = {"output", "FILE", IMAGE | XML,
                    "the disk image to write; of xml: the directory"},
    [OPT_FORMAT] = {"format", "raw|qcow2", IMAGE, "of the disk image (raw)"},
    [OPT_JSON] = {"json", NULL, TRACE, "print an array of JSON objects"},
    [OPT_PERFETTO] = {"perfetto", NULL, TRACE,
                      "print a timeline for ui.perfetto.dev"},
    [OPT_ALL] = {"all", NULL, TRACE,
                 "also what in-process services sent for the program"},
    [OPT_NO_TIMES] = {"no-times", NULL, TRACE,
                      "leave out times, to compare two traces"},
    [OPT_QUIET] = {"quiet", NULL, RUN,
                   "no kernel log, unless the kernel panics"},
    [OPT_VERBOSE] = {"verbose", NULL, RUN | IMAGE, "say what is being done"},
    [OPT_HELP] = {"help", NULL, RUN | TRACE | IMAGE | LIST | XML,
                  "explain the command"},
};

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

static int find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return (int)i;
    }
    return -1;
}

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
    else
        report_error(report, NULL, 0, "--%s %s: expected %s", table[id].name,
                     value, table[id].value);
}

static void set_flag(struct options *o, enum option_id id)
{
    o->dry_run |= id == OPT_DRY_RUN;
    o->icount |= id == OPT_ICOUNT;
    o->quiet |= id == OPT_QUIET;
    o->verbose |= id == OPT_VERBOSE;
    o->all |= id == OPT_ALL;
    o->no_times |= id == OPT_NO_TIMES;
    if (id == OPT_JSON)
        o->trace_format = TRACE_JSON;
    if (id == OPT_PERFETTO)
        o->trace_format = TRACE_PERFETTO;
    if (id == OPT_HELP) {
        o->operand = commands[o->command].name;
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
        return (table[OPT_OUTPUT].commands & (1u << o->command)) != 0
                   ? OPT_OUTPUT
                   : -1;
    if (strcmp(word, "-h") == 0)
        return OPT_HELP;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (bytes > 2 && strlen(table[i].name) == bytes - 2 &&
            strncmp(word + 2, table[i].name, bytes - 2) == 0 &&
            (table[i].commands & (1u << o->command)) != 0)
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
                     argv[i], commands[o->command].name,
                     commands[o->command].name);
        return 1;
    }
    if (table[id].value == NULL) {
        if (value != NULL)
            report_error(report, NULL, 0, "--%s takes no value",
                         table[id].name);
        else
            set_flag(o, (enum option_id)id);
        return 1;
    }
    if (value != NULL) {
        set_value(pool, o, (enum option_id)id, value, report);
        return 1;
    }
    if (argv[i + 1] == NULL) {
        report_error(report, NULL, 0, "--%s needs %s", table[id].name,
                     table[id].value);
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
    command = find_command(argv[1]);
    if (command < 0) {
        report_error(report, NULL, 0, "no command \"%s\" (see `nuncio help`)",
                     argv[1]);
        return false;
    }
    o->command = (enum command)command;
    return true;
}

bool options_read(struct pool *pool, int argc, char **argv,
                  struct options *options, struct report *report)
{
    unsigned before = report->errors;

    *options = (struct options){.command = COMMAND_HELP};
    if (!read_command(argc, argv, options, report))
        return false;
    for (int i = 2; i < argc && options->command != COMMAND_VERSION;) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            i += read_option(pool, argv, i, options, report);
        } else if (options->operand == NULL) {
            options->operand = argv[i++];
        } else if (options->command != COMMAND_HELP) {
            report_error(report, NULL, 0, "one %s too many: %s",
                         commands[options->command].operand, argv[i++]);
        } else {
            i++;
        }
    }
    if (options->command < COMMAND_HELP && options->operand == NULL &&
        report->errors == before)
        report_error(report, NULL, 0, "`nuncio %s` needs %s",
                     commands[options->command].name,
                     commands[options->command].operand);
    if (options->command < COMMAND_HELP && options->output == NULL &&
        (table[OPT_OUTPUT].commands & (1u << options->command)) != 0 &&
        report->errors == before)
        report_error(report, NULL, 0, "`nuncio %s` needs -o %s",
                     commands[options->command].name,
                     options->command == COMMAND_IMAGE ? "FILE" : "DIR");
    return report->errors == before;
}

static void add_option_help(size_t id, struct text *out)
{
    struct text left = {0};
    const char *help = table[id].help;
    const char *line_end = strchr(help, '\n');

    text_printf(&left, "  %s--%s%s%s", id == OPT_OUTPUT ? "-o, " : "",
                table[id].name, table[id].value != NULL ? " " : "",
                table[id].value != NULL ? table[id].value : "");
    if (line_end == NULL)
        text_printf(out, "%-28s %s\n", text_string(&left), help);
    else
        text_printf(out, "%-28s %.*s\n%28s %s\n", text_string(&left),
                    (int)(line_end - help), help, "", line_end + 1);
    text_free(&left);
}

bool options_help(const char *command, struct text *out)
{
    int id = command != NULL ? find_command(command) : -1;

    if (command != NULL && id < 0)
        return false;
    if (command == NULL) {
        text_puts(out, "usage: nuncio COMMAND [OPTION]... OPERAND\n\n");
        for (size_t i = 0; i < COMMAND_COUNT; i++)
            text_printf(out, "  %-8s%-12s%s\n", commands[i].name,
                        commands[i].operand, commands[i].summary);
        text_puts(out, "\n`nuncio help COMMAND` tells its options.\n");
        return true;
    }
    text_printf(out, "usage: nuncio %s%s %s\n\n%s\n", commands[id].name,
                id < COMMAND_HELP ? " [OPTION]..." : "", commands[id].operand,
                commands[id].summary);
    if (id < COMMAND_HELP)
        text_puts(out, "\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((table[i].commands & (1u << id)) != 0)
            add_option_help(i, out);
    }
    if (commands[id].more[0] != '\0')
        text_printf(out, "\n%s", commands[id].more);
    return true;
}
