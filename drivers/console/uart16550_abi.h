/*
 * Registers of the 16550 UART, as PCs have it.
 *
 * Spec: National Semiconductor PC16550D data sheet, June 1995, section 8.0.
 */
#ifndef DRIVERS_CONSOLE_UART16550_ABI_H
#define DRIVERS_CONSOLE_UART16550_ABI_H

/* Offsets of the ports. With DLAB set, 0 and 1 are the divisor. */
#define UART_DATA 0u /* RBR read, THR write */
#define UART_IER  1u
#define UART_IIR  2u /* read */
#define UART_FCR  2u /* write */
#define UART_LCR  3u
#define UART_MCR  4u
#define UART_LSR  5u
#define UART_MSR  6u
#define UART_SCR  7u

#define UART_IER_RECEIVE  0x01u
#define UART_IER_TRANSMIT 0x02u

/* What interrupts, most urgent first. */
#define UART_IIR_NONE     0x01u /* nothing does */
#define UART_IIR_MASK     0x0fu
#define UART_IIR_STATUS   0x06u
#define UART_IIR_RECEIVE  0x04u
#define UART_IIR_TIMEOUT  0x0cu /* bytes below the trigger level wait */
#define UART_IIR_TRANSMIT 0x02u
#define UART_IIR_MODEM    0x00u
#define UART_IIR_FIFO     0xc0u /* both: the FIFOs are on and work */

#define UART_FCR_ENABLE   0x01u
#define UART_FCR_TRIGGER8 0x80u

#define UART_LCR_8N1  0x03u
#define UART_LCR_DLAB 0x80u

#define UART_MCR_DTR  0x01u
#define UART_MCR_RTS  0x02u
#define UART_MCR_OUT2 0x08u /* lets the interrupt through, on PCs */

#define UART_LSR_READY   0x01u /* a byte can be read */
#define UART_LSR_OVERRUN 0x02u /* bytes were lost; reading clears it */
#define UART_LSR_THRE    0x20u /* the transmit FIFO is empty */
#define UART_LSR_ABSENT  0xffu /* no chip answers */

#define UART_FIFO_BYTES 16u

/* 115,200 baud from the 1.8432 MHz of PCs. */
#define UART_DIVISOR 1u

#endif /* DRIVERS_CONSOLE_UART16550_ABI_H */
