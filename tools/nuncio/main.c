#include <stdio.h>

#include "commands.h"
#include "status.h"

static int help(const struct options *options, struct report *report)
{
    struct text text = {0};

    if (options_help(options->operand, &text))
        fputs(text_string(&text), stdout);
    else
        report_error(report, NULL, 0, "no command \"%s\" (see `nuncio help`)",
                     options->operand);
    text_free(&text);
    return report->errors == 0 ? 0 : STATUS_LAUNCHER;
}

static int obey(const struct options *options, struct report *report)
{
    switch (options->command) {
    case COMMAND_RUN:
        return command_run(options, report);
    case COMMAND_UP:
        return command_up(options, report);
    case COMMAND_PS:
        return command_ps(options, report);
    case COMMAND_TRACE:
        return command_trace(options, report);
    case COMMAND_IMAGE:
        return command_image(options, report);
    case COMMAND_LIST:
        return command_list(options, report);
    case COMMAND_XML:
        return command_xml(options, report);
    case COMMAND_HELP:
        return help(options, report);
    case COMMAND_VERSION:
        printf("nuncio %s\n", NUNCIO_VERSION);
        return 0;
    }
    return STATUS_LAUNCHER;
}

int main(int argc, char **argv)
{
    struct pool pool = {0};
    struct report report = {0};
    struct options options;
    int status = STATUS_LAUNCHER;

    if (options_read(&pool, argc, argv, &options, &report))
        status = obey(&options, &report);
    if (fflush(stdout) != 0 && status == 0) {
        perror("nuncio: standard output");
        status = STATUS_LAUNCHER;
    }
    report_print(&report);
    report_free(&report);
    pool_free(&pool);
    return status;
}
