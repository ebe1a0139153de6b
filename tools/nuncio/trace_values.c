#include "trace.h"

#include <stdio.h>
#include <string.h>

#define REGISTER_BYTES (NU_REG_WORDS * 8)

const char *trace_event_name(uint32_t ordinal)
{
    switch (ordinal) {
    case NU_EVENT_SIGNAL:
        return "SIGNAL";
    case NU_EVENT_CLOSED:
        return "CLOSED";
    case NU_EVENT_FAULT:
        return "FAULT";
    case NU_EVENT_EXIT:
        return "EXIT";
    default:
        return NULL;
    }
}

/* One message, as far as its record knows it. */
struct side {
    const struct trace_message *message;
    const struct nu_trace_record *record;
    const struct nu_table_message *layout;
    struct trace_values *values;
    size_t known; /* bytes of values->fixed that were recorded */
};

static struct trace_value *add_value(struct side *side, const char *name)
{
    struct trace_values *values = side->values;
    struct trace_value *value = &values->items[values->count];

    if (values->count == TRACE_VALUES_MAX)
        value = &values->items[TRACE_VALUES_MAX - 1];
    else
        values->count++;
    memset(value, 0, sizeof(*value));
    (void)snprintf(value->name, sizeof(value->name), "%s", name);
    value->kind = TRACE_VALUE_UNKNOWN;
    return value;
}

/* The little-endian number at (offset); false where nothing was recorded. */
static bool get_number(const struct side *side, size_t offset, size_t width,
                       uint64_t *number)
{
    *number = 0;
    if (width > 8 || offset > side->known || side->known - offset < width)
        return false;
    memcpy(number, side->values->fixed + offset, width);
    return true;
}

static const char *enum_label(const struct nu_table_enum *names,
                              uint64_t number)
{
    for (uint32_t i = 0; names != NULL && i < names->count; i++) {
        if (names->values[i].value == number)
            return names->values[i].name;
    }
    return NULL;
}

static void set_number(struct side *side, struct trace_value *value,
                       const struct nu_table_member *member, size_t offset)
{
    uint64_t number;

    if (!get_number(side, offset, member->width, &number))
        return;
    value->number = number;
    value->kind = TRACE_VALUE_UNSIGNED;
    if (member->kind == NU_TABLE_SIGNED) {
        unsigned unused = 64 - 8 * member->width;

        value->kind = TRACE_VALUE_SIGNED;
        value->number = (uint64_t)((int64_t)(number << unused) >> unused);
    }
    value->label = enum_label(member->values, number);
    if (value->label != NULL)
        value->kind = TRACE_VALUE_NAME;
}

static void add_member(struct side *side, const struct nu_table_member *member)
{
    char name[64];

    if (member->count == 0) {
        set_number(side, add_value(side, member->name), member, member->offset);
        return;
    }
    for (uint32_t i = 0; i < member->count; i++) {
        (void)snprintf(name, sizeof(name), "%s[%u]", member->name, i);
        set_number(side, add_value(side, name), member,
                   member->offset + (size_t)i * member->width);
    }
}

/*
 * The string whose length is at (offset). Of several only the first is
 * recorded: an item at the payload's beginning, an inline string behind the
 * fixed words.
 */
static void add_string(struct side *side, const struct nu_table_member *member)
{
    struct trace_value *value = add_value(side, member->name);
    const struct nu_trace_record *record = side->record;
    size_t begin = 0;

    if (!get_number(side, member->offset, member->width, &value->bytes))
        return;
    if (record->flags & NU_TRACE_FLAG_INLINE) {
        if (side->layout->words > NU_REG_WORDS)
            begin = ((size_t)side->layout->words - NU_REG_WORDS) * 8;
    } else if (value->bytes != 0 &&
               (!(record->flags & NU_TRACE_FLAG_STRING) ||
                side->layout->strings[0].length_offset != member->offset)) {
        return;
    }
    value->kind = TRACE_VALUE_DATA;
    if (begin > NU_TRACE_PAYLOAD_BYTES)
        begin = NU_TRACE_PAYLOAD_BYTES;
    value->data = record->payload + begin;
    value->data_bytes = NU_TRACE_PAYLOAD_BYTES - begin;
    if (value->bytes < value->data_bytes)
        value->data_bytes = (size_t)value->bytes;
}

static void add_handles(struct side *side)
{
    const char *name = side->record == side->message->reply
                           ? side->message->result
                           : side->message->argument;

    for (uint32_t i = 0; i < side->layout->handle_count; i++) {
        const struct nu_table_handle *handle = &side->layout->handles[i];
        struct trace_value *value = add_value(side, handle->name);

        value->kind = TRACE_VALUE_NAME;
        value->label = handle->contract != NULL ? handle->contract : "handle";
        if (i == 0 && name != NULL)
            value->label = name;
    }
}

void trace_values_get(const struct trace_message *message, bool of_reply,
                      struct trace_values *values)
{
    struct side side = {
        .message = message,
        .record = of_reply ? message->reply : message->record,
        .values = values,
    };
    size_t words;

    values->count = 0;
    if (side.record == NULL || message->method == NULL)
        return;
    side.layout =
        of_reply ? &message->method->reply : &message->method->request;
    memcpy(values->fixed, side.record->words, REGISTER_BYTES);
    memcpy(values->fixed + REGISTER_BYTES, side.record->payload,
           NU_TRACE_PAYLOAD_BYTES);
    /* A string's beginning takes the place of the words after the fourth. */
    side.known = side.record->flags & NU_TRACE_FLAG_STRING
                     ? REGISTER_BYTES
                     : sizeof(values->fixed);
    words = nu_tag_words(side.record->tag);
    if (words * 8 < side.known)
        side.known = words * 8;
    add_handles(&side);
    for (uint32_t i = 0; i < side.layout->member_count; i++) {
        const struct nu_table_member *member = &side.layout->members[i];

        if (member->kind == NU_TABLE_LENGTH)
            add_string(&side, member);
        else
            add_member(&side, member);
    }
}
