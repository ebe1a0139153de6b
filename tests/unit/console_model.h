/*
 * A 16550 UART for tests, behind the contract device: a line that sends and
 * one that receives, FIFOs, and an interrupt whose edges can be lost. Aborts
 * when the driver writes to a full FIFO or to a register that is not there.
 */
#ifndef TESTS_UNIT_CONSOLE_MODEL_H
#define TESTS_UNIT_CONSOLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart_model {
    /* What it is. */
    bool absent; /* nothing answers: all ones */
    bool no_fifo; /* a 16450 */
    bool real_line; /* input that finds no room is lost, not held back */
    bool stuck; /* its interrupt never goes away */
    uint32_t drain; /* output bytes sent for each look at the line status */
    /* State. */
    uint8_t ier, lcr, mcr, scr, fcr, divisor[2];
    bool overrun;
    bool transmit_pending; /* as the data sheet: cleared by reading IIR */
    bool line;
    uint8_t rx[16], tx[16];
    uint32_t rx_count, tx_count;
    const uint8_t *wire; /* input still held back by the sender */
    size_t wire_bytes;
    size_t lost;
    uint8_t sent[65536]; /* all output that left */
    size_t sent_bytes;
};

extern struct uart_model uart;

/* A good UART as the device of a fresh fake runtime. */
void uart_init(void);
/* Input arrives; (data) must stay until it is taken. */
void uart_input(const void *data, size_t bytes);
/* (bytes) of output leave the FIFO. */
void uart_drain(uint32_t bytes);

#endif /* TESTS_UNIT_CONSOLE_MODEL_H */
