/*
 * A 16550 UART for tests.
 */
#include "console_model.h"

#include "block_console_svc.h"
#include <console/uart16550_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct uart_model uart;

static void rule(bool kept, const char *what)
{
    if (kept)
        return;
    fprintf(stderr, "the driver broke a rule: %s\n", what);
    abort();
}

static uint32_t fifo_bytes(void)
{
    return uart.fcr & UART_FCR_ENABLE ? UART_FIFO_BYTES : 1;
}

static uint8_t reason(void)
{
    if (uart.stuck)
        return UART_IIR_MODEM;
    if ((uart.ier & UART_IER_RECEIVE) && uart.rx_count > 0)
        return uart.rx_count >= 8 ? UART_IIR_RECEIVE : UART_IIR_TIMEOUT;
    if ((uart.ier & UART_IER_TRANSMIT) && uart.transmit_pending)
        return UART_IIR_TRANSMIT;
    return UART_IIR_NONE;
}

/* The line follows the state; a rise is what the interrupt controller sees. */
static void update_line(void)
{
    bool high = reason() != UART_IIR_NONE && (uart.mcr & UART_MCR_OUT2);

    if (high && !uart.line)
        fake_edge();
    uart.line = high;
}

static void deliver(void)
{
    while (uart.wire_bytes > 0) {
        if (uart.rx_count == fifo_bytes()) {
            if (!uart.real_line)
                break;
            uart.overrun = true;
            uart.lost++;
        } else {
            uart.rx[uart.rx_count++] = *uart.wire;
        }
        uart.wire++;
        uart.wire_bytes--;
    }
    update_line();
}

void uart_input(const void *data, size_t bytes)
{
    rule(uart.wire_bytes == 0, "(the test) one input at a time");
    uart.wire = data;
    uart.wire_bytes = bytes;
    deliver();
}

void uart_drain(uint32_t bytes)
{
    if (uart.tx_count == 0)
        return;
    if (bytes > uart.tx_count)
        bytes = uart.tx_count;
    memcpy(uart.sent + uart.sent_bytes, uart.tx, bytes);
    uart.sent_bytes += bytes;
    uart.tx_count -= bytes;
    memmove(uart.tx, uart.tx + bytes, uart.tx_count);
    if (uart.tx_count == 0)
        uart.transmit_pending = true;
    update_line();
}

static uint8_t read_data(void)
{
    uint8_t byte = uart.rx[0];

    rule(uart.rx_count > 0, "read from an empty FIFO");
    uart.rx_count--;
    memmove(uart.rx, uart.rx + 1, uart.rx_count);
    deliver();
    return byte;
}

static uint8_t read_register(uint32_t offset)
{
    uint8_t value;

    switch (offset) {
    case UART_DATA:
        return read_data();
    case UART_IER:
        return uart.ier;
    case UART_IIR:
        value = reason();
        if (value == UART_IIR_TRANSMIT)
            uart.transmit_pending = false;
        update_line();
        return value | (fifo_bytes() > 1 ? UART_IIR_FIFO : 0);
    case UART_LSR:
        uart_drain(uart.drain);
        value = uart.rx_count > 0 ? UART_LSR_READY : 0;
        value |= uart.tx_count == 0 ? UART_LSR_THRE : 0;
        value |= uart.overrun ? UART_LSR_OVERRUN : 0;
        uart.overrun = false;
        return value;
    case UART_SCR:
        return uart.scr;
    case UART_MSR:
        return 0;
    default:
        rule(false, "read of a register that is not readable");
        return 0;
    }
}

static void write_data(uint8_t value)
{
    rule(uart.tx_count < fifo_bytes(), "write to a full FIFO");
    uart.tx[uart.tx_count++] = value;
    uart.transmit_pending = false;
    update_line();
}

static void write_register(uint32_t offset, uint8_t value)
{
    if ((uart.lcr & UART_LCR_DLAB) && offset <= UART_IER) {
        uart.divisor[offset] = value;
        return;
    }
    switch (offset) {
    case UART_DATA:
        write_data(value);
        break;
    case UART_IER:
        /* Switched on while the FIFO is empty, it interrupts at once. */
        if ((value & ~uart.ier & UART_IER_TRANSMIT) && uart.tx_count == 0)
            uart.transmit_pending = true;
        uart.ier = value;
        update_line();
        break;
    case UART_FCR:
        if (uart.no_fifo)
            break;
        if ((value ^ uart.fcr) & UART_FCR_ENABLE) { /* clears both */
            uart.lost += uart.rx_count;
            rule(uart.tx_count == 0, "output thrown away");
            uart.rx_count = 0;
        }
        uart.fcr = value;
        deliver();
        break;
    case UART_LCR:
        uart.lcr = value;
        break;
    case UART_MCR:
        uart.mcr = value;
        update_line();
        break;
    case UART_SCR:
        uart.scr = value;
        break;
    default:
        rule(false, "write to a register that is not writable");
    }
}

static int io_read_op(void *self, struct nu_serve *call,
                      const struct device_io_read_req *req,
                      struct device_io_read_rep *rep)
{
    rule(req->index == 0 && req->width == 1 && req->offset < 8, "port");
    rep->value = uart.absent ? 0xff : read_register(req->offset);
    return 0;
}

static int io_write_op(void *self, struct nu_serve *call,
                       const struct device_io_write_req *req)
{
    rule(req->index == 0 && req->width == 1 && req->offset < 8, "port");
    if (!uart.absent)
        write_register(req->offset, (uint8_t)req->value);
    return 0;
}

static int io_write_bytes_op(void *self, struct nu_serve *call,
                             const struct device_io_write_bytes_req *req,
                             const struct nu_blob *data)
{
    const uint8_t *p = data->data;

    rule(req->index == 0 && req->offset < 8, "port");
    for (size_t i = 0; i < data->bytes; i++)
        write_register(req->offset, p[i]);
    return 0;
}

static int interrupt_op(void *self, struct nu_serve *call,
                        const struct device_interrupt_req *req)
{
    if (req->index != 0)
        return NU_RANGE;
    return nu_serve_handle(call, FAKE_INTERRUPT, NU_RIGHTS_ALL, 0);
}

static const struct device_ops uart_ops = {
    .io_read = io_read_op,
    .io_write = io_write_op,
    .io_write_bytes = io_write_bytes_op,
    .interrupt = interrupt_op,
};

void uart_init(void)
{
    memset(&uart, 0, sizeof(uart));
    uart.drain = UART_FIFO_BYTES;
    uart.lcr = UART_LCR_DLAB; /* as a careless loader may leave it */
    uart.transmit_pending = true;
    fake_reset(&uart_ops, NULL);
}
