/*
 * A trace as a timeline that ui.perfetto.dev and chrome://tracing load.
 *
 * Units: the format has microseconds; we write the nanoseconds as decimals.
 * Spec:  "Trace Event Format" (Google, 2016): X complete events, i instants, M
 *        metadata.
 */
#include <abi/error.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "trace.h"

static void put_us(const char *key, uint64_t ns, struct text *out)
{
    text_printf(out, ", \"%s\": %" PRIu64 ".%03u", key, ns / 1000,
                (unsigned)(ns % 1000));
}

static void put_where(const struct nu_trace_record *record, struct text *out)
{
    text_printf(out, ", \"pid\": %u, \"tid\": %u", record->process,
                record->thread);
    put_us("ts", record->ns, out);
}

static void put_call(const struct trace_message *message,
                     struct trace_values *values, struct text *out)
{
    const struct nu_trace_record *reply = message->reply;
    struct text name = {0};

    text_printf(&name, "%s.", message->object);
    if (message->method != NULL)
        text_puts(&name, message->method->name);
    else
        text_printf(&name, "method%u", nu_tag_ordinal(message->record->tag));
    text_puts(out, "{\"name\": ");
    json_quote(out, text_string(&name), name.bytes);
    text_free(&name);
    text_printf(out, ", \"cat\": \"%s\", \"ph\": \"%s\"",
                message->contract != NULL ? message->contract->name : "?",
                reply != NULL ? "X" : "i");
    put_where(message->record, out);
    if (reply != NULL)
        put_us("dur", reply->ns - message->record->ns, out);
    else
        text_puts(out, ", \"s\": \"t\"");
    text_puts(out, ", \"args\": {\"arguments\": ");
    trace_values_get(message, false, values);
    trace_json_values(values, out);
    if (reply != NULL) {
        text_printf(out, ", \"status\": \"%s\", \"results\": ",
                    nu_error_name(nu_tag_status(reply->tag)));
        trace_values_get(message, true, values);
        trace_json_values(values, out);
    }
    text_puts(out, "}}");
}

static void put_instant(const struct trace_message *message, struct text *out)
{
    const struct nu_trace_record *record = message->record;
    const char *name = trace_event_name(nu_tag_ordinal(record->tag));

    if (record->kind == NU_TRACE_LOST)
        text_printf(out, "{\"name\": \"%" PRIu64 " records lost\"",
                    record->words[0]);
    else
        text_printf(out, "{\"name\": \"event %s\"", name != NULL ? name : "?");
    text_puts(out, ", \"ph\": \"i\", \"s\": \"t\"");
    put_where(record, out);
    text_puts(out, "}");
}

/* Names a process when it appears for the first time in the trace. */
static void put_name(const struct trace *trace, size_t index, struct text *out)
{
    const struct trace_message *message = &trace->messages[index];

    for (size_t i = 0; i < index && i < 4096; i++) {
        if (trace->messages[i].record->process == message->record->process)
            return;
    }
    text_printf(out,
                "{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": %u, "
                "\"args\": {\"name\": ",
                message->record->process);
    json_quote(out, message->process, strlen(message->process));
    text_puts(out, "}},\n");
}

void trace_print_perfetto(const struct trace *trace, struct text *out)
{
    struct trace_values *values = must_realloc(NULL, sizeof(*values));

    text_puts(out, "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [");
    for (size_t i = 0; i < trace->message_count; i++) {
        const struct trace_message *message = &trace->messages[i];

        text_puts(out, i == 0 ? "\n" : ",\n");
        put_name(trace, i, out);
        if (message->record->kind == NU_TRACE_CALL ||
            message->record->kind == NU_TRACE_SEND)
            put_call(message, values, out);
        else
            put_instant(message, out);
    }
    text_puts(out, "\n]}\n");
    free(values);
}
