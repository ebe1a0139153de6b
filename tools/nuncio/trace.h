/*
 * A recorded trace, understood: messages with the names of their processes,
 * objects and values. Written by trace_read.c (bytes to records), trace_match.c
 * (records to messages, with names) and trace_values.c (what a message carries);
 * read by the three printers.
 *
 * Trust: a file may hold anything. What makes no sense gives an error or a
 *        value that is not known, never a wrong access.
 * Spec:  contracts/abi/trace.h; the tables of contracts, tables.h.
 */
#ifndef NUNCIO_TOOL_TRACE_H
#define NUNCIO_TOOL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/message.h>
#include <abi/trace.h>
#include <contract/tables.h>

#include "pool.h"
#include "report.h"

/* One line of the output: a call with its reply, or what a record says alone. */
struct trace_message {
    const struct nu_trace_record *record; /* CALL, SEND, EVENT or LOST */
    const struct nu_trace_record *reply; /* NULL: none was recorded */
    const struct nu_table_contract *contract; /* NULL: not in the tables */
    const struct nu_table_method *method; /* likewise */
    const char *process; /* its name, or "process7" */
    const char *object; /* "file#2" */
    const char *argument; /* name of the call's first handle, or NULL */
    const char *result; /* name of the reply's first handle, or NULL */
};

struct trace {
    struct pool pool;
    const char *file; /* for messages */
    struct nu_trace_record *records;
    size_t record_count;
    struct trace_message *messages;
    size_t message_count;
};

/*
 * Takes the records out of (bytes) at (data), the content of (file). Returns
 * false with a reason in (report); the records before the damage are there.
 */
bool trace_parse(struct trace *trace, const char *file, const void *data,
                 size_t bytes, struct report *report);
/* The same, reading (path). */
bool trace_read(struct trace *trace, const char *path, struct report *report);
/*
 * Makes messages of the records. Objects are named after their contract and
 * numbered in the order in which their process first met them. In-process
 * services' messages are left out unless (all); they have numbers of their own.
 */
void trace_match(struct trace *trace, bool all);
void trace_free(struct trace *trace);

enum trace_value_kind {
    TRACE_VALUE_UNSIGNED,
    TRACE_VALUE_SIGNED,
    TRACE_VALUE_NAME, /* an enum's member, or a handle: (label) */
    TRACE_VALUE_DATA, /* a string or bytes: (data) */
    TRACE_VALUE_UNKNOWN, /* was not recorded */
};

struct trace_value {
    char name[64]; /* "flags", "attributes.inode", "list[2]" */
    enum trace_value_kind kind;
    uint64_t number;
    const char *label;
    const uint8_t *data; /* what was recorded of it */
    size_t data_bytes;
    uint64_t bytes; /* all there was */
};

#define TRACE_VALUES_MAX 600 /* 64 words of bytes, strings and handles */

struct trace_values {
    size_t count;
    struct trace_value items[TRACE_VALUES_MAX];
    uint8_t fixed[32 + NU_TRACE_PAYLOAD_BYTES]; /* the words that are known */
};

/* The arguments of (message), or with (of_reply) its results. */
void trace_values_get(const struct trace_message *message, bool of_reply,
                      struct trace_values *values);

/* "SIGNAL" and so on; NULL for what is no event. */
const char *trace_event_name(uint32_t ordinal);

struct trace_style {
    bool no_times;
};

/* The printers: each adds the whole trace to (out). */
void trace_print_text(const struct trace *trace,
                      const struct trace_style *style, struct text *out);
void trace_print_json(const struct trace *trace,
                      const struct trace_style *style, struct text *out);
void trace_print_perfetto(const struct trace *trace, struct text *out);
/* For the last two: {"name": value, ...} of arguments or results. */
void trace_json_values(const struct trace_values *values, struct text *out);

#endif /* NUNCIO_TOOL_TRACE_H */
