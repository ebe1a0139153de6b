/*
 * From records to messages: which reply belongs to which call, and what the
 * numbers of processes and handles mean at that moment.
 */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS       4096
#define OPEN_CALLS    32 /* of one thread; deeper is damage */
#define HANDLE_NUMBER 0 /* of the contract `handle` */
#define HANDLE_CLOSE  1
#define HANDLE_COPY   2

/* A table for everything: numbers and texts under three-part keys. */
enum entry_kind { ENTRY_PROCESS, ENTRY_HANDLE, ENTRY_COUNT, ENTRY_THREAD };

struct entry {
    struct entry *next;
    enum entry_kind kind;
    uint64_t a;
    uint64_t b;
    const char *text; /* PROCESS, HANDLE: the name; NULL: forgotten */
    const char *contract; /* HANDLE: what it was named after */
    uint32_t number; /* COUNT: so many have been named */
    struct open_calls *calls; /* THREAD */
};

/* The calls of a thread that wait for their replies; message indices + 1. */
struct open_calls {
    size_t messages[OPEN_CALLS];
};

struct matcher {
    struct trace *trace;
    struct entry *buckets[BUCKETS];
};

static struct entry *find(struct matcher *m, enum entry_kind kind, uint64_t a,
                          uint64_t b)
{
    uint64_t hash = (a * 0x9e3779b97f4a7c15ull + b + (uint64_t)kind) *
                    0xff51afd7ed558ccdull;
    struct entry **bucket = &m->buckets[(hash >> 32) % BUCKETS];
    struct entry *entry;

    for (entry = *bucket; entry != NULL; entry = entry->next) {
        if (entry->kind == kind && entry->a == a && entry->b == b)
            return entry;
    }
    entry = pool_alloc(&m->trace->pool, sizeof(*entry));
    entry->kind = kind;
    entry->a = a;
    entry->b = b;
    entry->next = *bucket;
    *bucket = entry;
    return entry;
}

/* Whose names: a process and the services inside it count apart. */
static uint64_t owner_of(const struct nu_trace_record *record)
{
    return ((uint64_t)record->process << 1) |
           (record->flags & NU_TRACE_FLAG_COMPONENT);
}

static const char *process_name(struct matcher *m,
                                const struct nu_trace_record *record)
{
    struct entry *entry = find(m, ENTRY_PROCESS, owner_of(record), 0);
    const struct entry *named = find(m, ENTRY_PROCESS, record->process, 1);

    if (entry->text != NULL)
        return entry->text;
    entry->text =
        named->text != NULL
            ? named->text
            : pool_format(&m->trace->pool, "process%u", record->process);
    if (record->flags & NU_TRACE_FLAG_COMPONENT)
        entry->text = pool_format(&m->trace->pool, "%s[service]", entry->text);
    return entry->text;
}

/* The kernel says the name of a process before its first message. */
static void begin_process(struct matcher *m,
                          const struct nu_trace_record *record)
{
    const char *name = (const char *)record->payload;
    size_t bytes = strnlen(name, sizeof(record->payload));
    uint32_t id = (uint32_t)record->words[0];

    for (size_t i = 0; i < bytes; i++) {
        if (name[i] <= ' ' || name[i] > '~')
            return; /* no name of ours */
    }
    if (bytes != 0)
        find(m, ENTRY_PROCESS, id, 1)->text =
            pool_copy(&m->trace->pool, name, bytes);
}

/* The next unused name for an object of (contract) that (owner) has met. */
static void name_handle(struct matcher *m, struct entry *handle,
                        const char *contract)
{
    const char *known = contract;
    uint64_t hash = 1469598103934665603ull;
    struct entry *count;

    for (; *known != '\0'; known++)
        hash = (hash ^ (uint64_t)(unsigned char)*known) * 1099511628211ull;
    count = find(m, ENTRY_COUNT, handle->a, hash);
    handle->contract = contract;
    handle->text =
        pool_format(&m->trace->pool, "%s#%u", contract, ++count->number);
}

static const char *contract_name(struct matcher *m,
                                 const struct trace_message *message)
{
    if (message->contract != NULL)
        return message->contract->name;
    return pool_format(&m->trace->pool, "contract%u",
                       nu_tag_contract(message->record->tag));
}

static struct open_calls *calls_of(struct matcher *m,
                                   const struct nu_trace_record *record)
{
    struct entry *entry =
        find(m, ENTRY_THREAD, record->process, record->thread);

    if (entry->calls == NULL)
        entry->calls = pool_alloc(&m->trace->pool, sizeof(*entry->calls));
    return entry->calls;
}

static void add_open(struct matcher *m, const struct nu_trace_record *record,
                     size_t message)
{
    struct open_calls *calls = calls_of(m, record);

    /* The oldest falls out: it has had no reply for long. */
    memmove(calls->messages + 1, calls->messages,
            (OPEN_CALLS - 1) * sizeof(calls->messages[0]));
    calls->messages[0] = message + 1;
}

/*
 * The call that (reply) answers: the thread's newest one to the same handle.
 * Calls of a thread nest, as a service in the process calls on while it serves,
 * and the sequence of a reply is that of the last call inside.
 */
static struct trace_message *take_open(struct matcher *m,
                                       const struct nu_trace_record *reply)
{
    struct open_calls *calls = calls_of(m, reply);

    for (size_t i = 0; i < OPEN_CALLS && calls->messages[i] != 0; i++) {
        struct trace_message *message =
            &m->trace->messages[calls->messages[i] - 1];

        if (message->record->handle != reply->handle ||
            owner_of(message->record) != owner_of(reply))
            continue;
        memmove(calls->messages + i, calls->messages + i + 1,
                (OPEN_CALLS - 1 - i) * sizeof(calls->messages[0]));
        calls->messages[OPEN_CALLS - 1] = 0;
        return message;
    }
    return NULL;
}

/* A handle that goes with a call is the sender's, and keeps its name. */
static void add_argument(struct matcher *m, struct trace_message *message)
{
    const struct nu_trace_record *record = message->record;
    const char *contract = message->method->request.handles[0].contract;
    struct entry *handle =
        find(m, ENTRY_HANDLE, owner_of(record), record->handle_out);

    if (handle->text == NULL)
        name_handle(m, handle, contract != NULL ? contract : "handle");
    message->argument = handle->text;
}

static struct trace_message *add_message(struct matcher *m,
                                         const struct nu_trace_record *record)
{
    struct trace_message *message =
        &m->trace->messages[m->trace->message_count++];

    message->record = record;
    message->process = process_name(m, record);
    return message;
}

static void add_call(struct matcher *m, const struct nu_trace_record *record)
{
    size_t index = m->trace->message_count;
    struct trace_message *message = add_message(m, record);
    struct entry *handle =
        find(m, ENTRY_HANDLE, owner_of(record), record->handle);

    message->contract = nu_table_find_contract(nu_tag_contract(record->tag));
    if (message->contract != NULL)
        message->method = nu_table_find_method(message->contract,
                                               nu_tag_ordinal(record->tag));
    if (handle->text == NULL)
        name_handle(m, handle, contract_name(m, message));
    message->object = handle->text;
    if (message->method != NULL && message->method->request.handle_count != 0 &&
        nu_tag_handles(record->tag) != 0)
        add_argument(m, message);
    if (record->kind == NU_TRACE_CALL)
        add_open(m, record, index);
}

static bool is_handle_method(const struct trace_message *message,
                             uint32_t ordinal)
{
    return nu_tag_contract(message->record->tag) == HANDLE_NUMBER &&
           nu_tag_ordinal(message->record->tag) == ordinal;
}

/* A handle that came with a reply is a new one, whatever its number was. */
static void add_result(struct matcher *m, struct trace_message *message,
                       const struct nu_trace_record *reply)
{
    uint64_t owner = owner_of(reply);
    struct entry *handle = find(m, ENTRY_HANDLE, owner, reply->handle_out);
    const char *contract = message->method->reply.handles[0].contract;

    if (contract == NULL && is_handle_method(message, HANDLE_COPY))
        contract =
            find(m, ENTRY_HANDLE, owner, message->record->handle)->contract;
    name_handle(m, handle, contract != NULL ? contract : "handle");
    message->result = handle->text;
}

static void add_reply(struct matcher *m, const struct nu_trace_record *reply)
{
    struct trace_message *message = take_open(m, reply);

    if (message == NULL)
        return; /* the call was before the recording, or is lost */
    message->reply = reply;
    if (nu_tag_status(reply->tag) != 0)
        return;
    if (message->argument != NULL &&
        message->method->request.handles[0].is_moved)
        find(m, ENTRY_HANDLE, owner_of(reply), message->record->handle_out)
            ->text = NULL;
    if (is_handle_method(message, HANDLE_CLOSE))
        find(m, ENTRY_HANDLE, owner_of(reply), message->record->handle)->text =
            NULL;
    if (message->method != NULL && message->method->reply.handle_count != 0 &&
        nu_tag_handles(reply->tag) != 0 && reply->handle_out != 0)
        add_result(m, message, reply);
}

void trace_match(struct trace *trace, bool all)
{
    struct matcher *m = must_realloc(NULL, sizeof(*m));

    memset(m, 0, sizeof(*m));
    m->trace = trace;
    trace->message_count = 0;
    trace->messages = pool_alloc(&trace->pool, trace->record_count *
                                                   sizeof(*trace->messages));
    for (size_t i = 0; i < trace->record_count; i++) {
        const struct nu_trace_record *record = &trace->records[i];

        if ((record->flags & NU_TRACE_FLAG_COMPONENT) && !all)
            continue;
        if (record->kind == NU_TRACE_BEGIN)
            begin_process(m, record);
        else if (record->kind == NU_TRACE_REPLY)
            add_reply(m, record);
        else if (record->kind == NU_TRACE_CALL || record->kind == NU_TRACE_SEND)
            add_call(m, record);
        else
            (void)add_message(m, record);
    }
    free(m);
}
