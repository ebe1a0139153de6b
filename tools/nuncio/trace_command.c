/* `nuncio trace`. */
#include <stdio.h>

#include "commands.h"
#include "status.h"
#include "trace.h"

int command_trace(const struct options *options, struct report *report)
{
    const struct trace_style style = {.no_times = options->no_times};
    struct trace trace;
    struct text out = {0};
    /* What lies before the damage is worth seeing. */
    bool good = trace_read(&trace, options->operand, report);

    if (good || trace.record_count != 0) {
        trace_match(&trace, options->all);
        if (options->trace_format == TRACE_JSON)
            trace_print_json(&trace, &style, &out);
        else if (options->trace_format == TRACE_PERFETTO)
            trace_print_perfetto(&trace, &out);
        else
            trace_print_text(&trace, &style, &out);
        if (fwrite(text_string(&out), 1, out.bytes, stdout) != out.bytes)
            good = false;
    }
    text_free(&out);
    trace_free(&trace);
    return good ? 0 : STATUS_LAUNCHER;
}
