/*
 * A 16550 UART behind the contract device.
 */
#include <console/uart16550.h>
#include <console/uart16550_abi.h>
#include <contract/device.h>

#define PORT_WINDOW 0u
#define SCRATCH     0x5au

static uint8_t port_read(struct uart16550 *u, uint32_t offset)
{
    uint32_t value = 0;
    int status = device_io_read(u->device, PORT_WINDOW, offset, 1, &value);

    if (status != 0 && u->status == 0)
        u->status = status;
    return (uint8_t)value;
}

static void port_write(struct uart16550 *u, uint32_t offset, uint8_t value)
{
    int status = device_io_write(u->device, PORT_WINDOW, offset, 1, value);

    if (status != 0 && u->status == 0)
        u->status = status;
}

/* Reading the line status clears its error bits: this is the only reader. */
static uint8_t line_status(struct uart16550 *u)
{
    uint8_t lsr = port_read(u, UART_LSR);

    if (lsr & UART_LSR_OVERRUN)
        u->overruns++;
    return lsr;
}

static bool wait_for_room(struct uart16550 *u)
{
    for (uint32_t i = 0; i < UART16550_POLLS; i++) {
        uint8_t lsr = line_status(u);

        if (u->status != 0)
            return false;
        if (lsr & UART_LSR_THRE)
            return true;
    }
    return false;
}

int uart16550_open(struct uart16550 *u, nu_handle_t device)
{
    u->device = device;
    u->interrupts = 0;
    u->fifo_bytes = 1;
    u->overruns = 0;
    u->early_count = 0;
    u->status = 0;
    port_write(u, UART_LCR, UART_LCR_8N1); /* shows the registers used next */
    port_write(u, UART_IER, 0);
    /* The scratch register does nothing but remember. */
    port_write(u, UART_SCR, SCRATCH);
    if (port_read(u, UART_SCR) != SCRATCH && u->status == 0)
        u->status = NU_IO;
    return u->status;
}

static size_t fetch(struct uart16550 *u, uint8_t *data, size_t bytes)
{
    size_t got = 0;

    while (got < bytes) {
        uint8_t lsr = line_status(u);

        if (!(lsr & UART_LSR_READY) || lsr == UART_LSR_ABSENT || u->status != 0)
            break;
        data[got++] = port_read(u, UART_DATA);
    }
    return got;
}

int uart16550_start(struct uart16550 *u)
{
    (void)wait_for_room(u); /* for the last of what the kernel wrote */
    u->early_count = (uint32_t)fetch(u, u->early, sizeof(u->early));
    port_write(u, UART_FCR, UART_FCR_ENABLE | UART_FCR_TRIGGER8);
    if ((port_read(u, UART_IIR) & UART_IIR_FIFO) == UART_IIR_FIFO)
        u->fifo_bytes = UART_FIFO_BYTES;
    port_write(u, UART_LCR, UART_LCR_DLAB | UART_LCR_8N1);
    port_write(u, UART_DATA, UART_DIVISOR & 0xffu);
    port_write(u, UART_IER, UART_DIVISOR >> 8);
    port_write(u, UART_LCR, UART_LCR_8N1);
    port_write(u, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
    uart16550_want(u, true, false);
    return u->status;
}

size_t uart16550_send(struct uart16550 *u, const uint8_t *data, size_t bytes)
{
    size_t sent = 0;

    while (sent < bytes && wait_for_room(u)) {
        size_t n = bytes - sent;
        int status;

        if (n > u->fifo_bytes)
            n = u->fifo_bytes;
        status = device_io_write_bytes(u->device, PORT_WINDOW, UART_DATA,
                                       data + sent, n);
        if (status != 0) {
            u->status = status;
            break;
        }
        sent += n;
    }
    return sent;
}

size_t uart16550_receive(struct uart16550 *u, uint8_t *data, size_t bytes)
{
    size_t got = 0;

    while (got < bytes && got < u->early_count) {
        data[got] = u->early[got];
        got++;
    }
    for (size_t i = got; i < u->early_count; i++)
        u->early[i - got] = u->early[i];
    u->early_count -= (uint32_t)got;
    return got + fetch(u, data + got, bytes - got);
}

void uart16550_want(struct uart16550 *u, bool receive, bool transmit)
{
    uint8_t wanted = (uint8_t)((receive ? UART_IER_RECEIVE : 0) |
                               (transmit ? UART_IER_TRANSMIT : 0));

    if (wanted == u->interrupts)
        return;
    u->interrupts = wanted;
    port_write(u, UART_IER, wanted);
}

enum uart16550_reason uart16550_reason(struct uart16550 *u)
{
    uint8_t iir = port_read(u, UART_IIR);

    if (u->status != 0 || (iir & UART_IIR_NONE))
        return UART16550_NONE;
    switch (iir & UART_IIR_MASK) {
    case UART_IIR_RECEIVE:
    case UART_IIR_TIMEOUT:
        return UART16550_RECEIVE;
    case UART_IIR_TRANSMIT:
        return UART16550_TRANSMIT; /* this read has taken it back */
    case UART_IIR_STATUS:
        (void)line_status(u);
        return UART16550_OTHER;
    default:
        (void)port_read(u, UART_MSR);
        return UART16550_OTHER;
    }
}
