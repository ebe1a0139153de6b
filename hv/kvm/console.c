/*
 * console_io: COM1, or a debug port when the command line names one.
 *
 * Spec: PC16550D data sheet, 8 "Registers".
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <io.h>

#define COM1 0x3f8u

#define UART_DATA         0
#define UART_INTERRUPTS   1
#define UART_FIFO         2
#define UART_LINE         3
#define UART_MODEM        4
#define UART_STATUS       5
#define UART_STATUS_EMPTY 0x20u
#define UART_STATUS_SENT  0x40u /* the last byte has left the chip, too */

/* A port that never gets ready must not stop the machine. */
#define READY_TRIES 100000u
#define SENT_NS     2000000000ull
#define WRITE_MAX   4096u

void kvm_console_init(void)
{
    io_write8(COM1 + UART_INTERRUPTS, 0);
    io_write8(COM1 + UART_LINE, 0x80); /* the divisor: 1, 115200 baud */
    io_write8(COM1 + UART_DATA, 1);
    io_write8(COM1 + UART_INTERRUPTS, 0);
    io_write8(COM1 + UART_LINE, 0x03); /* 8 bits, no parity, 1 stop */
    io_write8(COM1 + UART_FIFO, 0x07);
    io_write8(COM1 + UART_MODEM, 0x0b); /* DTR, RTS, interrupt line on */
}

/* (Where there is no chip, all bits are set.) */
void kvm_console_drain(void)
{
    uint64_t begin = cpu_tsc();
    uint64_t limit = kvm_ticks(SENT_NS);

    while (!(io_read8(COM1 + UART_STATUS) & UART_STATUS_SENT) &&
           cpu_tsc() - begin < limit) {
        cpu_pause();
    }
}

static void uart_put(uint8_t c)
{
    for (unsigned tries = 0; tries < READY_TRIES; tries++) {
        if (io_read8(COM1 + UART_STATUS) & UART_STATUS_EMPTY) {
            break;
        }
        cpu_pause();
    }
    io_write8(COM1 + UART_DATA, c);
}

long kvm_console_io(uint64_t command, uint64_t count, uint64_t text)
{
    const uint8_t *from = (const uint8_t *)(uintptr_t)text;

    if (command != CONSOLEIO_write) {
        return -XEN_ENOSYS;
    }
    if (count > WRITE_MAX) {
        return -XEN_EINVAL;
    }
    if (kvm_options.log_port != 0) {
        io_write_bytes(kvm_options.log_port, from, count);
        return 0;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (from[i] == '\n') {
            uart_put('\r');
        }
        uart_put(from[i]);
    }
    return 0;
}
