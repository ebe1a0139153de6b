/*
 * The end: a message, registers, a symbolised backtrace, status 126.
 *
 * Context: any; never returns. A panic within a panic stops at once.
 */
#ifndef NUNCIO_BOOT_PANIC_H
#define NUNCIO_BOOT_PANIC_H

#include <stddef.h>
#include <stdint.h>
#include <kassert.h>

struct trap_frame;

#define PANIC_STATUS 126

_Noreturn void panic(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* With the registers of (frame), and the backtrace from there. */
_Noreturn void panic_frame(const struct trap_frame *frame, const char *format,
                           ...) __attribute__((format(printf, 2, 3)));

/*
 * Name of the kernel function that (address) is in; the distance from its
 * start goes to (*offset). NULL if it is in none.
 */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif /* NUNCIO_BOOT_PANIC_H */
