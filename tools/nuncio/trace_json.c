/* A trace as one JSON array. */
#include <abi/error.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "trace.h"

static void put_string(const char *string, struct text *out)
{
    json_quote(out, string, strlen(string));
}

static void put_value(const struct trace_value *value, struct text *out)
{
    switch (value->kind) {
    case TRACE_VALUE_UNSIGNED:
        text_printf(out, "%" PRIu64, value->number);
        break;
    case TRACE_VALUE_SIGNED:
        text_printf(out, "%" PRId64, (int64_t)value->number);
        break;
    case TRACE_VALUE_NAME:
        put_string(value->label, out);
        break;
    case TRACE_VALUE_DATA:
        if (value->data_bytes == value->bytes) {
            json_quote(out, value->data, value->data_bytes);
            break;
        }
        text_printf(out, "{\"bytes\": %" PRIu64 ", \"begins\": ", value->bytes);
        json_quote(out, value->data, value->data_bytes);
        text_puts(out, "}");
        break;
    case TRACE_VALUE_UNKNOWN:
        text_puts(out, "null");
        break;
    }
}

void trace_json_values(const struct trace_values *values, struct text *out)
{
    text_puts(out, "{");
    for (size_t i = 0; i < values->count; i++) {
        text_puts(out, i == 0 ? "" : ", ");
        put_string(values->items[i].name, out);
        text_puts(out, ": ");
        put_value(&values->items[i], out);
    }
    text_puts(out, "}");
}

static void put_call(const struct trace_message *message,
                     struct trace_values *values, struct text *out)
{
    text_puts(out, ", \"object\": ");
    put_string(message->object, out);
    text_puts(out, ", \"contract\": ");
    if (message->contract != NULL)
        put_string(message->contract->name, out);
    else
        text_printf(out, "%u", nu_tag_contract(message->record->tag));
    text_puts(out, ", \"method\": ");
    if (message->method != NULL)
        put_string(message->method->name, out);
    else
        text_printf(out, "%u", nu_tag_ordinal(message->record->tag));
    text_puts(out, ", \"arguments\": ");
    trace_values_get(message, false, values);
    trace_json_values(values, out);
    if (message->reply == NULL)
        return;
    text_printf(out, ", \"status\": %d, \"error\": ",
                nu_tag_status(message->reply->tag));
    put_string(nu_error_name(nu_tag_status(message->reply->tag)), out);
    if (nu_tag_status(message->reply->tag) != 0)
        return;
    text_puts(out, ", \"results\": ");
    trace_values_get(message, true, values);
    trace_json_values(values, out);
}

static void put_times(const struct trace_message *message, struct text *out)
{
    text_printf(out, ", \"ns\": %" PRIu64, message->record->ns);
    if (message->reply != NULL)
        text_printf(out, ", \"duration_ns\": %" PRIu64,
                    message->reply->ns - message->record->ns);
}

static void put_message(const struct trace_message *message,
                        const struct trace_style *style,
                        struct trace_values *values, struct text *out)
{
    static const char *const kinds[] = {
        [NU_TRACE_CALL] = "call", [NU_TRACE_REPLY] = "reply",
        [NU_TRACE_SEND] = "send", [NU_TRACE_EVENT] = "event",
        [NU_TRACE_LOST] = "lost", [NU_TRACE_BEGIN] = "begin",
    };
    const struct nu_trace_record *record = message->record;

    text_printf(out, "{\"kind\": \"%s\", \"process\": ", kinds[record->kind]);
    put_string(message->process, out);
    text_printf(out, ", \"thread\": %u", record->thread);
    if (record->kind == NU_TRACE_LOST) {
        text_printf(out, ", \"records\": %" PRIu64, record->words[0]);
    } else if (record->kind == NU_TRACE_EVENT) {
        const char *name = trace_event_name(nu_tag_ordinal(record->tag));

        text_puts(out, ", \"event\": ");
        put_string(name != NULL ? name : "?", out);
    } else {
        put_call(message, values, out);
    }
    if (!style->no_times)
        put_times(message, out);
    text_puts(out, "}");
}

void trace_print_json(const struct trace *trace,
                      const struct trace_style *style, struct text *out)
{
    struct trace_values *values = must_realloc(NULL, sizeof(*values));

    text_puts(out, "[");
    for (size_t i = 0; i < trace->message_count; i++) {
        text_puts(out, i == 0 ? "\n" : ",\n");
        put_message(&trace->messages[i], style, values, out);
    }
    text_puts(out, "\n]\n");
    free(values);
}
