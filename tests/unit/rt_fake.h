/*
 * A kernel for the service runtime under test, and a service to run on it.
 *
 * The kernel knows the objects that a runtime uses: a purse that can run out, a
 * space whose mappings are real memory, ports, reply objects, handles. What a
 * port receives is queued by the test; what is replied, sent and closed is
 * written down.
 */
#ifndef NUNCIO_TESTS_RT_FAKE_H
#define NUNCIO_TESTS_RT_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/start.h>
#include <enter.h>

#define FAKE_PURSE     0x1001u
#define FAKE_SPACE     0x1002u
#define FAKE_LOG       0x1003u
#define FAKE_CLOCK     0x1004u
#define FAKE_OTHER     0x1005u /* a service that the service asks */
#define FAKE_INTERRUPT 0x1006u
#define FAKE_CLIENT    0x1007u /* the server's end of a client's channel */
#define FAKE_NEW       0x2000u /* numbers of new handles begin here */

/* A message as it left or shall come. */
struct fake_message {
    int status; /* what the receiver's call returns, 0 but for a test of it */
    uint64_t badge;
    uint64_t tag;
    uint64_t words[NU_WORDS_MAX];
    uint32_t string_bytes;
    uint32_t pieces;
    uint8_t string[70000];
    struct nu_handle_item handles[NU_HANDLES_MAX];
    nu_handle_t to; /* sent: the reply object, or 0 for the current call */
};

struct fake {
    struct nu_msgbuf buf;
    struct nu_start start;
    uint64_t purse_pages; /* still in it */
    uint32_t queued;
    uint32_t taken;
    struct fake_message queue[16];
    uint32_t sent_count;
    struct fake_message sent[16];
    uint32_t closed_count;
    nu_handle_t closed[64];
    uint32_t logged;
    char log[200];
    uint64_t event_badge; /* of interrupt.bind */
    uint64_t root_badge; /* of channel.bind */
    bool has_call; /* the thread holds an unanswered call */
    int refuse_reply; /* the next reply fails with this */
    uint32_t other_calls; /* of FAKE_OTHER */
    bool other_was_component;
};

extern struct fake fake;

/* Everything as new, but for the runtime's own state. */
void fake_begin(void);

/* Queues a request with (words) words, or an event. */
struct fake_message *fake_request(uint64_t badge, uint64_t method,
                                  uint32_t words);
void fake_event(uint32_t event, uint64_t badge, uint64_t w0);

/* The service: a directory whose entry "file" is a file of TEST_BYTES, byte
 * (i) being TEST_BYTE(i). Reads from these offsets do more than read: */
#define TEST_BYTES              100000u
#define TEST_BYTE(i)            ((uint8_t)((i)*7 + (i) / 256))
#define TEST_ASK                200000u /* asks FAKE_OTHER first */
#define TEST_DEFER              300000u /* answers at the next interrupt */
#define TEST_HOLD               400000u /* puts the call aside meanwhile */
#define TEST_DEFER_LIE          500000u /* says it deferred, and did not */
#define TEST_BYTES_READ(offset) ((offset) % 100000u)

extern uint32_t test_files_open;
extern uint32_t test_files_closed;
extern uint32_t test_deferred;

#endif /* NUNCIO_TESTS_RT_FAKE_H */
