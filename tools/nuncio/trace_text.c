/* A trace as strace and rpctrace would print it. */
#include <abi/error.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

static void put_data(const struct trace_value *value, struct text *out)
{
    text_puts(out, "\"");
    for (size_t i = 0; i < value->data_bytes; i++) {
        uint8_t byte = value->data[i];

        if (byte == '"' || byte == '\\')
            text_printf(out, "\\%c", byte);
        else if (byte == '\n')
            text_puts(out, "\\n");
        else if (byte < ' ' || byte > '~')
            text_printf(out, "\\x%02x", byte);
        else
            text_add(out, &value->data[i], 1);
    }
    text_puts(out, "\"");
    if (value->data_bytes < value->bytes)
        text_printf(out, "...(%" PRIu64 " bytes)", value->bytes);
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
        text_puts(out, value->label);
        break;
    case TRACE_VALUE_DATA:
        put_data(value, out);
        break;
    case TRACE_VALUE_UNKNOWN:
        text_puts(out, "?");
        break;
    }
}

/* The part of (name) up to its last '.', in bytes: the struct it is in. */
static size_t struct_bytes(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL ? (size_t)(dot - name) : 0;
}

/* Values in a row; members of one struct are {name=value, ...}. */
static void put_values(const struct trace_values *values, struct text *out)
{
    const char *open = "";
    size_t open_bytes = 0;

    for (size_t i = 0; i < values->count; i++) {
        const struct trace_value *value = &values->items[i];
        size_t bytes = struct_bytes(value->name);
        bool same = bytes == open_bytes && bytes != 0 &&
                    strncmp(open, value->name, bytes) == 0;

        if (open_bytes != 0 && !same)
            text_puts(out, "}");
        text_puts(out, i == 0 ? "" : ", ");
        if (bytes != 0 && !same)
            text_puts(out, "{");
        if (bytes != 0)
            text_printf(out, "%s=", value->name + bytes + 1);
        put_value(value, out);
        open = value->name;
        open_bytes = bytes;
    }
    if (open_bytes != 0)
        text_puts(out, "}");
}

static void put_time(uint64_t ns, struct text *out)
{
    double n = (double)ns;

    if (ns < 1000)
        text_printf(out, " <%" PRIu64 " ns>", ns);
    else if (ns < 1000000)
        text_printf(out, " <%.1f us>", n / 1e3);
    else if (ns < 1000000000)
        text_printf(out, " <%.1f ms>", n / 1e6);
    else
        text_printf(out, " <%.1f s>", n / 1e9);
}

static void put_method(const struct trace_message *message, struct text *out)
{
    uint32_t ordinal = nu_tag_ordinal(message->record->tag);

    text_printf(out, "%s.", message->object);
    /* An object of one contract, asked by another: say which. */
    if (message->contract != NULL && message->contract->number != 0 &&
        (strncmp(message->object, message->contract->name,
                 strlen(message->contract->name)) != 0 ||
         message->object[strlen(message->contract->name)] != '#'))
        text_printf(out, "%s.", message->contract->name);
    if (message->method != NULL)
        text_puts(out, message->method->name);
    else
        text_printf(out, "method%u", ordinal);
}

static void put_reply(const struct trace_message *message,
                      const struct trace_style *style,
                      struct trace_values *values, struct text *out)
{
    int status;

    if (message->record->kind != NU_TRACE_CALL)
        return;
    if (message->reply == NULL) {
        text_puts(out, " = ?");
        return;
    }
    status = nu_tag_status(message->reply->tag);
    if (strcmp(nu_error_name(status), "?") == 0)
        text_printf(out, " = %d", status);
    else
        text_printf(out, " = %s", nu_error_name(status));
    if (status == 0) {
        trace_values_get(message, true, values);
        text_puts(out, values->count != 0 ? " " : "");
        put_values(values, out);
    }
    if (!style->no_times)
        put_time(message->reply->ns - message->record->ns, out);
}

static void put_message(const struct trace_message *message,
                        const struct trace_style *style,
                        struct trace_values *values, struct text *out)
{
    const struct nu_trace_record *record = message->record;

    if (record->kind == NU_TRACE_LOST) {
        text_printf(out, "--- %" PRIu64 " records lost ---\n",
                    record->words[0]);
        return;
    }
    text_printf(out, "%s: ", message->process);
    if (record->kind == NU_TRACE_EVENT) {
        const char *name = trace_event_name(nu_tag_ordinal(record->tag));

        text_printf(out, "--- event %s %" PRIu64 " ---\n",
                    name != NULL ? name : "?", record->words[0]);
        return;
    }
    put_method(message, out);
    text_puts(out, "(");
    trace_values_get(message, false, values);
    put_values(values, out);
    text_puts(out, message->method != NULL ? ")" : "...)");
    put_reply(message, style, values, out);
    text_puts(out, "\n");
}

void trace_print_text(const struct trace *trace,
                      const struct trace_style *style, struct text *out)
{
    struct trace_values *values = must_realloc(NULL, sizeof(*values));

    for (size_t i = 0; i < trace->message_count; i++)
        put_message(&trace->messages[i], style, values, out);
    free(values);
}
