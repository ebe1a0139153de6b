#include "tests/unit/nuncio_trace_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <contract/directory.h>
#include <contract/handle.h>

struct trace_file trace_file;
size_t record_count;
uint64_t now_ns;
uint32_t sequence;

int trace_file_begin(void **state)
{
    (void)state;
    memset(&trace_file, 0, sizeof(trace_file));
    trace_file.header = (struct nu_trace_header){
        NU_TRACE_MAGIC, 1, sizeof(struct nu_trace_record)};
    record_count = 0;
    now_ns = 1000;
    sequence = 0;
    return 0;
}

struct nu_trace_record *add(uint16_t kind, uint32_t handle, uint64_t tag)
{
    struct nu_trace_record *record = &trace_file.records[record_count++];

    assert_true(record_count <= RECORDS_MAX);
    record->kind = kind;
    record->ns = now_ns;
    record->process = 9;
    record->thread = 11;
    record->sequence = sequence;
    record->handle = handle;
    record->tag = tag;
    now_ns += 1250;
    return record;
}

void begin_process(uint32_t id, const char *name)
{
    struct nu_trace_record *record = add(NU_TRACE_BEGIN, 0, 0);

    record->process = id;
    record->words[0] = id;
    memcpy(record->payload, name, strlen(name));
}

/* A call or reply with (words) words of fixed part, copied from (fixed). */
static struct nu_trace_record *add_fixed(uint16_t kind, uint32_t handle,
                                         uint64_t low, const void *fixed,
                                         size_t bytes)
{
    uint32_t words = (uint32_t)((bytes + 7) / 8);
    struct nu_trace_record *record =
        add(kind, handle, nu_tag((uint32_t)low, words, 0, 0));
    uint8_t all[96] = {0};

    assert_true(bytes <= sizeof(all));
    if (bytes != 0)
        memcpy(all, fixed, bytes);
    memcpy(record->words, all, 32);
    memcpy(record->payload, all + 32, 64);
    return record;
}

struct nu_trace_record *call(uint32_t handle, uint64_t method,
                             const void *fixed, size_t bytes)
{
    sequence++;
    return add_fixed(NU_TRACE_CALL, handle, method, fixed, bytes);
}

struct nu_trace_record *reply(uint32_t handle, int status, const void *fixed,
                              size_t bytes)
{
    return add_fixed(NU_TRACE_REPLY, handle, (uint32_t)status, fixed, bytes);
}

void carry_inline(struct nu_trace_record *record, const void *data,
                  size_t bytes)
{
    record->flags |= NU_TRACE_FLAG_INLINE;
    record->tag &= ~(0x7full << NU_TAG_WORDS_SHIFT);
    record->tag |= NU_TAG_INLINE | (uint64_t)(4 + (bytes + 7) / 8)
                                       << NU_TAG_WORDS_SHIFT;
    record->bytes = bytes;
    memcpy(record->payload, data, bytes < 64 ? bytes : 64);
}

void carry_string(struct nu_trace_record *record, const void *data,
                  size_t bytes)
{
    record->flags |= NU_TRACE_FLAG_STRING;
    record->tag |= 1ull << NU_TAG_STRINGS_SHIFT;
    record->bytes = bytes;
    memcpy(record->payload, data, bytes < 64 ? bytes : 64);
}

void carry_handle(struct nu_trace_record *record, uint32_t handle)
{
    record->tag |= 1ull << NU_TAG_HANDLES_SHIFT;
    record->handle_out = handle;
}

void open_file(uint32_t directory, const char *path, uint32_t opened,
               uint64_t bytes)
{
    struct directory_open_req req = {(uint32_t)strlen(path), 0};
    struct directory_open_rep rep = {.bytes = bytes};

    carry_inline(call(directory, DIRECTORY_OPEN_METHOD, &req, sizeof(req)),
                 path, strlen(path));
    carry_handle(reply(directory, 0, &rep, sizeof(rep)), opened);
}

void close_handle(uint32_t handle)
{
    call(handle, HANDLE_CLOSE_METHOD, NULL, 0);
    reply(handle, 0, NULL, 0);
}
