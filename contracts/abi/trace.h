/*
 * The trace: fixed-size records of messages, made at one place in the kernel,
 * decoded by another program with the tables of the contract compiler.
 *
 * A message makes one record when it is sent (CALL, SEND) and, if it is a
 * call, one when the caller has its reply (REPLY). Records of one thread are in
 * the order of that thread's actions.
 */
#ifndef NUNCIO_ABI_TRACE_H
#define NUNCIO_ABI_TRACE_H

#include <stdint.h>

#define NU_TRACE_MAGIC 0x6e75747263303031ull /* "nutrc001" */

enum nu_trace_kind {
    NU_TRACE_CALL = 1,
    NU_TRACE_REPLY = 2, /* to the call of the same thread and sequence */
    NU_TRACE_SEND = 3,
    NU_TRACE_EVENT = 4, /* a port delivered a kernel event */
    NU_TRACE_LOST = 5, /* words[0] records were dropped here */
    NU_TRACE_BEGIN = 6, /* a process: words[0] = id, payload = its name */
};

#define NU_TRACE_FLAG_COMPONENT \
    0x1u /* an in-process service's, not the program's */
#define NU_TRACE_FLAG_STRING 0x2u /* payload begins with string item 0 */
#define NU_TRACE_FLAG_INLINE 0x4u /* string 0 lies behind the fixed words */

#define NU_TRACE_PAYLOAD_BYTES 64

struct nu_trace_record {
    uint64_t ns; /* since boot */
    uint16_t kind;
    uint16_t flags;
    uint32_t process; /* kernel's id, never reused */
    uint32_t thread;
    uint32_t sequence; /* of the thread's calls */
    uint32_t handle; /* what it was sent to */
    uint32_t handle_out; /* first handle item carried, the receiver's number */
    uint64_t tag; /* of message.h; a reply's holds its status */
    uint64_t bytes; /* sum of its string items, or inline bytes */
    uint64_t words[4];
    /* Flag STRING: the first bytes of the string items. Otherwise words 4..11
     * of the message buffer. Not used: zero. */
    uint8_t payload[NU_TRACE_PAYLOAD_BYTES];
    uint64_t reserved;
};

_Static_assert(sizeof(struct nu_trace_record) == 152, "fixed size");

/* A trace file: this, then records. */
struct nu_trace_header {
    uint64_t magic;
    uint32_t version; /* 1 */
    uint32_t record_bytes;
};

#endif /* NUNCIO_ABI_TRACE_H */
