#include "report.h"

#include <stdio.h>

void report_error(struct report *report, const char *file, unsigned line,
                  const char *format, ...)
{
    va_list args;

    if (file == NULL)
        text_puts(&report->text, "nuncio: ");
    else if (line == 0)
        text_printf(&report->text, "%s: error: ", file);
    else
        text_printf(&report->text, "%s:%u: error: ", file, line);
    va_start(args, format);
    text_vprintf(&report->text, format, args);
    va_end(args);
    text_puts(&report->text, "\n");
    report->errors++;
}

void report_print(struct report *report)
{
    fputs(text_string(&report->text), stderr);
    text_clear(&report->text);
}

void report_free(struct report *report)
{
    text_free(&report->text);
    report->errors = 0;
}
