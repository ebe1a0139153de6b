/*
 * A 16550 UART behind the contract device: bytes out, bytes in, interrupts.
 *
 * Units:     bytes.
 * Ownership: the device handle stays the caller's.
 * Trust:     the chip may answer anything; every loop here has a bound.
 * Errors:    NU_IO no working UART there, or what the device contract says.
 * Blocking:  each access to a port is a message to the kernel; nothing waits
 *            for the chip longer than UART16550_POLLS of them.
 */
#ifndef DRIVERS_CONSOLE_UART16550_H
#define DRIVERS_CONSOLE_UART16550_H

#include <abi/message.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Looks at a full transmit FIFO before it is left to an interrupt. */
#define UART16550_POLLS 16u

struct uart16550 {
    nu_handle_t device;
    uint8_t interrupts; /* UART_IER_* now enabled */
    uint8_t fifo_bytes; /* 1 where the chip has no FIFO */
    uint64_t overruns; /* times the chip lost input */
    uint8_t early[16]; /* came while the chip was set up */
    uint32_t early_count;
    int status; /* first error of a port access, kept */
};

/* Is there a working chip behind (device)? Its interrupts are off then. */
int uart16550_open(struct uart16550 *u, nu_handle_t device);

/* Sets the line to 115,200 8N1, with FIFOs and receive interrupts on. Turning
 * the FIFOs on throws away what the chip holds; what has come is fetched just
 * before, and what comes between these two accesses is lost. */
int uart16550_start(struct uart16550 *u);

/* Hands over as many of (bytes) as the chip takes now without long waiting:
 * returns how many. The rest: after a UART16550_TRANSMIT interrupt. */
size_t uart16550_send(struct uart16550 *u, const uint8_t *data, size_t bytes);

/* Fetches up to (bytes) that have come; returns how many. */
size_t uart16550_receive(struct uart16550 *u, uint8_t *data, size_t bytes);

/* Which interrupts are wanted: when input has come, when there is room for
 * output. Input that is not wanted stays in the chip. */
void uart16550_want(struct uart16550 *u, bool receive, bool transmit);

/* Why the chip interrupts, highest first; NONE: its line is low. */
enum uart16550_reason {
    UART16550_NONE,
    UART16550_RECEIVE,
    UART16550_TRANSMIT,
    UART16550_OTHER, /* seen to */
};
enum uart16550_reason uart16550_reason(struct uart16550 *u);

#endif /* DRIVERS_CONSOLE_UART16550_H */
