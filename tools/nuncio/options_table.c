#include "options_internal.h"

#include <string.h>

#define RUN   (1u << COMMAND_RUN)
#define UP    (1u << COMMAND_UP)
#define PS    (1u << COMMAND_PS)
#define TRACE (1u << COMMAND_TRACE)
#define IMAGE (1u << COMMAND_IMAGE)
#define LIST  (1u << COMMAND_LIST)
#define XML   (1u << COMMAND_XML)

const struct command_entry option_commands[COMMAND_COUNT] = {
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
    [COMMAND_UP] = {"up", "CONFIG",
                    "run the domains of a system that serve others",
                    "It stays in the foreground, says when they serve, starts "
                    "again those that die or\n"
                    "hang, and ends with Ctrl-C or SIGTERM. Meanwhile `nuncio "
                    "run --system DIR` joins\n"
                    "clients to it, any number of them.\n"},
    [COMMAND_PS] = {"ps", "",
                    "print the domains of running systems, and their links",
                    "Without --system: all systems of this user that `nuncio "
                    "run` has started.\n"},
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

const struct option_entry option_table[OPTION_COUNT] = {
    [OPT_BUILD] = {"build", "DIR", RUN | UP | IMAGE | LIST | XML,
                   "kernel and images are here (else $NUNCIO_BUILD, else\n"
                   "where this program is)"},
    [OPT_PLACE] = {"place", "SERVICE=PLACEMENT", RUN | UP | IMAGE | LIST | XML,
                   "inproc, kernel, process, domain or domain:NAME; may be\n"
                   "repeated"},
    [OPT_DISK] = {"disk", "NAME=IMAGE", RUN | UP | LIST | XML,
                  "another image for the disk NAME; may be repeated"},
    [OPT_EXEC] = {"exec", "COMMAND", RUN | IMAGE | LIST | XML,
                  "run this program, or command of the main program,\n"
                  "and end with its status"},
    [OPT_ACCEL] = {"accel", "kvm|tcg", RUN | UP | XML,
                   "how to run the processor (kvm where it can be used)"},
    [OPT_MACHINE] = {"machine", "q35|microvm|pc", RUN | UP | XML,
                     "QEMU's machine (q35); libvirt's are q35 and pc"},
    [OPT_CONNECT] = {"connect", "URI", RUN | UP,
                     "run it by libvirt, e.g. qemu:///system; \"\": libvirt\n"
                     "chooses"},
    [OPT_SYSTEM] = {"system", "DIR", RUN | UP | PS | XML,
                    "the directory of a running system: `up` makes it, `run`\n"
                    "joins it"},
    [OPT_WATCHDOG] = {"watchdog", "SECONDS", RUN | UP,
                      "a domain that serves others and says nothing for so\n"
                      "long is started again (3)"},
    [OPT_TIMEOUT] = {"timeout", "SECONDS", RUN,
                     "stop after this time, with status 124"},
    [OPT_TRACE] = {"trace", "FILE", RUN | UP,
                   "record the main program's messages in FILE"},
    [OPT_APPEND] = {"append", "WORDS", RUN | UP | IMAGE | XML,
                    "more words for the kernel's command line"},
    [OPT_ARCHIVE] = {"archive", "FILE", RUN,
                     "write the boot archive to FILE, and use that"},
    [OPT_ICOUNT] = {"icount", NULL, RUN,
                    "one nanosecond an instruction, exactly repeatable (tcg)"},
    [OPT_QEMU_ARG] = {"qemu-arg", "WORD", RUN | UP,
                      "one more argument for QEMU; may be repeated"},
    [OPT_DRY_RUN] = {"dry-run", NULL, RUN,
                     "print the manifest and QEMU's command, and run nothing"},
    [OPT_OUTPUT] = {"output", "FILE", IMAGE | XML,
                    "the disk image to write; of xml: the directory"},
    [OPT_FORMAT] = {"format", "raw|qcow2", IMAGE, "of the disk image (raw)"},
    [OPT_JSON] = {"json", NULL, TRACE | PS, "print JSON"},
    [OPT_PERFETTO] = {"perfetto", NULL, TRACE,
                      "print a timeline for ui.perfetto.dev"},
    [OPT_ALL] = {"all", NULL, TRACE,
                 "also what in-process services sent for the program"},
    [OPT_NO_TIMES] = {"no-times", NULL, TRACE,
                      "leave out times, to compare two traces"},
    [OPT_QUIET] = {"quiet", NULL, RUN,
                   "no kernel log, unless the kernel panics"},
    [OPT_VERBOSE] = {"verbose", NULL, RUN | UP | IMAGE,
                     "say what is being done"},
    [OPT_HELP] = {"help", NULL, RUN | UP | PS | TRACE | IMAGE | LIST | XML,
                  "explain the command"},
};

int option_find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, option_commands[i].name) == 0)
            return (int)i;
    }
    return -1;
}

static void add_option_help(size_t id, struct text *out)
{
    struct text left = {0};
    const char *help = option_table[id].help;
    const char *line_end = strchr(help, '\n');

    text_printf(&left, "  %s--%s%s%s", id == OPT_OUTPUT ? "-o, " : "",
                option_table[id].name,
                option_table[id].value != NULL ? " " : "",
                option_table[id].value != NULL ? option_table[id].value : "");
    if (line_end == NULL)
        text_printf(out, "%-28s %s\n", text_string(&left), help);
    else
        text_printf(out, "%-28s %.*s\n%28s %s\n", text_string(&left),
                    (int)(line_end - help), help, "", line_end + 1);
    text_free(&left);
}

bool options_help(const char *command, struct text *out)
{
    int id = command != NULL ? option_find_command(command) : -1;

    if (command != NULL && id < 0)
        return false;
    if (command == NULL) {
        text_puts(out, "usage: nuncio COMMAND [OPTION]... [OPERAND]\n\n");
        for (size_t i = 0; i < COMMAND_COUNT; i++)
            text_printf(out, "  %-8s%-12s%s\n", option_commands[i].name,
                        option_commands[i].operand, option_commands[i].summary);
        text_puts(out, "\n`nuncio help COMMAND` tells its options.\n");
        return true;
    }
    text_printf(out, "usage: nuncio %s%s%s%s\n\n%s\n", option_commands[id].name,
                id < COMMAND_HELP ? " [OPTION]..." : "",
                option_commands[id].operand[0] != '\0' ? " " : "",
                option_commands[id].operand, option_commands[id].summary);
    if (id < COMMAND_HELP)
        text_puts(out, "\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((option_table[i].commands & (1u << id)) != 0)
            add_option_help(i, out);
    }
    if (option_commands[id].more[0] != '\0')
        text_printf(out, "\n%s", option_commands[id].more);
    return true;
}
