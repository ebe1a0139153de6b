/*
 * A trace file under construction: what one thread of process 9 does. The test
 * calls trace_file_begin() before each case.
 */
#ifndef NUNCIO_TESTS_NUNCIO_TRACE_FILE_H
#define NUNCIO_TESTS_NUNCIO_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <abi/message.h>
#include <abi/trace.h>

#define RECORDS_MAX 64

struct trace_file {
    struct nu_trace_header header;
    struct nu_trace_record records[RECORDS_MAX];
};

extern struct trace_file trace_file;
extern size_t record_count;
extern uint64_t now_ns;
extern uint32_t sequence; /* of the last call */

/* An empty file; a set-up function of cmocka. */
int trace_file_begin(void **state);

struct nu_trace_record *add(uint16_t kind, uint32_t handle, uint64_t tag);
void begin_process(uint32_t id, const char *name);
/* A call or reply with the fixed part (fixed), of at most 96 bytes. */
struct nu_trace_record *call(uint32_t handle, uint64_t method,
                             const void *fixed, size_t bytes);
struct nu_trace_record *reply(uint32_t handle, int status, const void *fixed,
                              size_t bytes);
/* (record) also carries (data) inline, behind at most four fixed words, */
void carry_inline(struct nu_trace_record *record, const void *data,
                  size_t bytes);
/* as a string item, of which (data) has the first 64 bytes, */
void carry_string(struct nu_trace_record *record, const void *data,
                  size_t bytes);
void carry_handle(struct nu_trace_record *record, uint32_t handle);

/* A call with its reply: directory.open and handle.close. */
void open_file(uint32_t directory, const char *path, uint32_t opened,
               uint64_t bytes);
void close_handle(uint32_t handle);

#endif /* NUNCIO_TESTS_NUNCIO_TRACE_FILE_H */
