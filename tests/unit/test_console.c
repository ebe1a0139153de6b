/*
 * The console service over a model of the UART.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "block_console_svc.h"
#include "console_model.h"
#include <console/uart16550_abi.h>
#include <contract/console.h>

extern const struct service console_service;

static struct svc_object *root;
static uint8_t pattern[20000];

static int fresh(void **state)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 5 + i / 251);
    uart_init();
    return 0;
}

static void start(void)
{
    assert_int_equal(console_service.start(&root), 0);
    assert_true(fake_run_events());
}

static int send_write(struct fake_call *call, const void *data, size_t bytes)
{
    struct console_write_req req = {.data_bytes = (uint32_t)bytes};
    uint64_t word;

    memcpy(&word, &req, sizeof(word));
    return fake_send(root, call, CONSOLE_WRITE_METHOD, &word, 1, data, bytes);
}

static int send_read(struct fake_call *call, uint32_t bytes)
{
    struct console_read_req req = {.bytes = bytes};
    uint64_t word;

    memcpy(&word, &req, sizeof(word));
    return fake_send(root, call, CONSOLE_READ_METHOD, &word, 1, NULL, 0);
}

static uint32_t written(const struct fake_call *call)
{
    struct console_write_rep rep;

    memcpy(&rep, call->words, sizeof(rep));
    return rep.bytes;
}

static void expect_data(struct fake_call *call, const void *data, size_t bytes)
{
    assert_true(call->done);
    assert_int_equal(call->status, 0);
    assert_int_equal(call->bytes, bytes);
    assert_memory_equal(call->data, data, bytes);
    fake_call_free(call);
}

static void sets_the_line_up(void **state)
{
    start();
    assert_int_equal(uart.lcr, UART_LCR_8N1);
    assert_int_equal(uart.divisor[0], 1);
    assert_int_equal(uart.divisor[1], 0);
    assert_int_equal(uart.fcr & UART_FCR_ENABLE, UART_FCR_ENABLE);
    assert_int_equal(uart.mcr & 0x0b, 0x0b);
    assert_int_equal(uart.ier, UART_IER_RECEIVE);
}

static void absent_chip_is_an_error(void **state)
{
    uart.absent = true;
    assert_int_equal(console_service.start(&root), NU_IO);
    assert_non_null(strstr(fake.log, "no working"));
}

static void writes_every_byte_as_it_is(void **state)
{
    struct fake_call call;
    size_t at = 0;

    start();
    for (size_t n = 0; n <= 4096; n = n < 40 ? n + 1 : n * 2 + 1) {
        assert_int_equal(send_write(&call, pattern + at, n), 0);
        assert_int_equal(written(&call), n);
        at += n;
        fake_call_free(&call);
    }
    uart_drain(16);
    assert_int_equal(uart.sent_bytes, at);
    assert_memory_equal(uart.sent, pattern, at);
}

/* Two messages for 16 bytes: a look at the line status, and the FIFO. */
static void full_fifo_is_written_in_one_message(void **state)
{
    struct fake_call call;

    start();
    fake.messages = 0;
    assert_int_equal(send_write(&call, pattern, 256), 0);
    assert_int_equal(fake.messages, 2 * 256 / 16);
    fake_call_free(&call);
}

static void chip_without_fifo_gets_single_bytes(void **state)
{
    struct fake_call call;

    uart.no_fifo = true;
    start();
    assert_int_equal(send_write(&call, pattern, 100), 0);
    assert_int_equal(written(&call), 100);
    uart_drain(1);
    assert_memory_equal(uart.sent, pattern, 100);
    fake_call_free(&call);
}

/* The host takes nothing for a while: no byte is lost, nobody spins, and calls
 * do not mix. */
static void slow_line_defers_writes(void **state)
{
    struct fake_call call[3];
    unsigned guard = 0;

    start();
    uart.drain = 0;
    fake.messages = 0;
    assert_int_equal(send_write(&call[0], pattern, 1000), 1);
    assert_int_equal(send_write(&call[1], pattern + 1000, 500), 1);
    assert_int_equal(send_write(&call[2], pattern + 1500, 1), 1);
    assert_true(fake.messages < 50);
    while (uart.sent_bytes < 1501) {
        uart_drain(7);
        assert_true(fake_run_events());
        /* Not before the last byte is in the FIFO, and then soon. */
        assert_true(!call[0].done || uart.sent_bytes >= 1000 - 16);
        assert_true(call[0].done || uart.sent_bytes < 1000);
        assert_true(!call[1].done || call[0].done);
        assert_true(++guard < 1000);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_true(call[i].done && call[i].status == 0);
    assert_int_equal(written(&call[0]), 1000);
    assert_int_equal(written(&call[1]), 500);
    assert_int_equal(written(&call[2]), 1);
    assert_memory_equal(uart.sent, pattern, 1501);
    assert_int_equal(uart.ier, UART_IER_RECEIVE); /* quiet again */
    for (unsigned i = 0; i < 3; i++)
        fake_call_free(&call[i]);
}

/* No room to keep the rest: the caller hears how much went out. */
static void write_without_memory_is_short_or_busy(void **state)
{
    struct fake_call call;

    start();
    uart.drain = 0;
    fake.defer_max = 0;
    assert_int_equal(send_write(&call, pattern, 1000), 0);
    assert_int_equal(written(&call), 16);
    fake_call_free(&call);
    assert_int_equal(send_write(&call, pattern + 16, 1000), NU_BUSY);
    fake_call_free(&call);
    uart_drain(16);
    assert_int_equal(uart.sent_bytes, 16);
}

static void read_gives_what_has_come(void **state)
{
    struct fake_call call;

    start();
    uart_input("hello", 5);
    assert_true(fake_run_events());
    assert_int_equal(send_read(&call, 3), 0);
    expect_data(&call, "hel", 3);
    assert_int_equal(send_read(&call, 4096), 0);
    expect_data(&call, "lo", 2);
}

static void read_of_nothing_is_invalid(void **state)
{
    struct fake_call call;

    start();
    assert_int_equal(send_read(&call, 0), NU_INVAL);
    fake_call_free(&call);
}

static void read_waits_and_readers_are_served_in_order(void **state)
{
    struct fake_call call[3];

    start();
    assert_int_equal(send_read(&call[0], 2), 1);
    assert_int_equal(send_read(&call[1], 100), 1);
    assert_int_equal(send_read(&call[2], 1), 1);
    uart_input("ab", 2);
    assert_true(fake_run_events());
    expect_data(&call[0], "ab", 2);
    assert_false(call[1].done);
    uart_input("cdefg", 5);
    assert_true(fake_run_events());
    expect_data(&call[1], "cdefg", 5);
    assert_false(call[2].done);
    uart_input("hi", 2);
    assert_true(fake_run_events());
    expect_data(&call[2], "h", 1);
    assert_int_equal(send_read(&call[0], 9), 0);
    expect_data(&call[0], "i", 1);
}

static void too_many_readers_are_busy(void **state)
{
    struct fake_call call[17];

    start();
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(send_read(&call[i], 1), 1);
    assert_int_equal(send_read(&call[16], 1), NU_BUSY);
    fake_call_free(&call[16]);
    uart_input(pattern, 16);
    assert_true(fake_run_events());
    for (unsigned i = 0; i < 16; i++)
        expect_data(&call[i], pattern + i, 1);
}

/* What was typed before the service started is not thrown away. */
static void input_before_the_start_is_kept(void **state)
{
    struct fake_call call;

    uart_input(pattern, 1000);
    start();
    assert_int_equal(send_read(&call, 4096), 0);
    expect_data(&call, pattern, 1000);
    assert_int_equal(uart.lost, 0);
}

/* More than the ring holds: the sender is held back, nothing is lost, and the
 * order is kept over the end of the ring. */
static void full_ring_holds_the_sender_back(void **state)
{
    struct fake_call call;
    size_t at = 0;
    unsigned guard = 0;

    start();
    uart_input(pattern, sizeof(pattern));
    assert_true(fake_run_events());
    assert_int_equal(uart.wire_bytes, sizeof(pattern) - 4096 - 16);
    assert_int_equal(uart.ier, 0);
    while (at < sizeof(pattern)) {
        uint32_t want = 1 + guard * 37 % 900;

        assert_true(++guard < 1000);
        assert_int_equal(send_read(&call, want), 0);
        assert_in_range(call.bytes, 1, want);
        assert_memory_equal(call.data, pattern + at, call.bytes);
        at += call.bytes;
        fake_call_free(&call);
        assert_true(fake_run_events());
    }
    assert_int_equal(uart.ier, UART_IER_RECEIVE);
    assert_int_equal(fake.log_lines, 0);
}

static void lost_input_is_reported_once(void **state)
{
    struct fake_call call;

    start();
    uart.real_line = true;
    for (unsigned i = 0; i < 3; i++) {
        uart_input(pattern, 100);
        assert_true(fake_run_events());
    }
    assert_int_equal(uart.lost, 3 * 84);
    assert_int_equal(fake.log_lines, 1);
    assert_non_null(strstr(fake.log, "lost"));
    assert_int_equal(send_read(&call, 16), 0);
    expect_data(&call, pattern, 16);
}

static void type_more(void)
{
    uart_input("second", 6);
}

/* Input that comes when the driver has looked already and the interrupt is
 * masked still makes no edge. */
static void input_between_look_and_unmask_is_seen(void **state)
{
    struct fake_call call;

    start();
    assert_int_equal(send_read(&call, 5), 1);
    fake.before_ack = type_more;
    uart_input("first", 5);
    assert_true(fake_run_events());
    assert_int_equal(fake.lost_edges, 1);
    expect_data(&call, "first", 5);
    assert_int_equal(send_read(&call, 10), 0);
    expect_data(&call, "second", 6);
}

static void stuck_interrupt_does_not_hang_the_service(void **state)
{
    struct fake_call call;

    start();
    uart.stuck = true;
    fake_edge();
    fake.messages = 0;
    assert_true(fake_run_events());
    assert_true(fake.messages < 10000);
    assert_int_equal(fake.log_lines, 1);
    uart.stuck = false;
    uart.line = false;
    assert_int_equal(send_write(&call, "x", 1), 0);
    fake_call_free(&call);
}

static void size_is_what_the_options_say(void **state)
{
    static const struct fake_option options[] = {
        {"columns", "132"}, {"rows", "99999999"}, {NULL, NULL}};
    struct console_size_rep rep;
    struct fake_call call;

    fake.options = options;
    start();
    assert_int_equal(
        fake_send(root, &call, CONSOLE_SIZE_METHOD, NULL, 0, NULL, 0), 0);
    memcpy(&rep, call.words, sizeof(rep));
    assert_int_equal(rep.columns, 132);
    assert_int_equal(rep.rows, 0); /* not believable */
    fake_call_free(&call);
}

static void start_survives_every_failure(void **state)
{
    unsigned n = 0;

    do {
        uart_init();
        fake.fail_nth = ++n;
        assert_true(n < 100);
    } while (console_service.start(&root) != 0);
    assert_in_range(n, 12, 99);
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(sets_the_line_up),
        T(absent_chip_is_an_error),
        T(writes_every_byte_as_it_is),
        T(full_fifo_is_written_in_one_message),
        T(chip_without_fifo_gets_single_bytes),
        T(slow_line_defers_writes),
        T(write_without_memory_is_short_or_busy),
        T(read_gives_what_has_come),
        T(read_of_nothing_is_invalid),
        T(read_waits_and_readers_are_served_in_order),
        T(too_many_readers_are_busy),
        T(input_before_the_start_is_kept),
        T(full_ring_holds_the_sender_back),
        T(lost_input_is_reported_once),
        T(input_between_look_and_unmask_is_seen),
        T(stuck_interrupt_does_not_hang_the_service),
        T(size_is_what_the_options_say),
        T(start_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
