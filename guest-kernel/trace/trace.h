/*
 * The recorder: the one place that records messages. It takes what the message
 * path has in front of it (registers, buffer, the first bytes of strings) and
 * knows nothing of contracts; decoding is another program's.
 *
 * Ownership: the ring is charged to the root purse when it is first used.
 * Context:   kernel, interrupts off.
 */
#ifndef NUNCIO_TRACE_TRACE_H
#define NUNCIO_TRACE_TRACE_H

#include <abi/trace.h>
#include <proc/process.h>
#include <proc/thread.h>

/* (thread) sends what is in its registers. */
void trace_call(struct thread *thread);
/* (thread) has the reply in its registers. */
void trace_reply(struct thread *thread);
/* The call page reports a call on a local handle, or its reply. */
void trace_note(struct thread *thread);

/* The messages of a process will follow. 0, or NOMEM: there is no ring yet and
 * no memory for it. */
int trace_begin(uint32_t process_id, const char *name);

/* Up to (count) records, oldest first, as one or two pieces of the ring; they
 * are gone from it after trace_consume(). */
struct trace_piece {
    const struct nu_trace_record *records;
    uint32_t count;
};
uint32_t trace_peek(struct trace_piece pieces[2], uint32_t count);
void trace_consume(uint32_t count);

/* Writes all records to the launcher's channel, if there is one. */
uint64_t trace_export(void);

struct trace_info {
    uint64_t recorded;
    uint64_t lost;
    uint64_t capacity;
};
struct trace_info trace_info(void);

#endif /* NUNCIO_TRACE_TRACE_H */
