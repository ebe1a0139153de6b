/*
 * The kernel's log: lines for the operator, through the hypercall console_io.
 *
 * A line has at most 400 bytes; what is longer is cut. Formats: nlib/printf.h.
 * Context: any, traps included; never blocks, takes no memory.
 */
#ifndef NUNCIO_BOOT_KLOG_H
#define NUNCIO_BOOT_KLOG_H

#include <stdarg.h>
#include <stddef.h>

enum klog_level {
    KLOG_ERROR = 0,
    KLOG_WARN = 1,
    KLOG_INFO = 2,
    KLOG_DEBUG = 3
};

/* Lines above this are dropped; INFO until `loglevel=N` says otherwise. */
void klog_set_level(enum klog_level level);

/* One line "nuncio: ..." with its newline added. */
void klog(enum klog_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Text as it is: no prefix, no newline, no level. */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kvprintf(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));
void klog_bytes(const char *text, size_t bytes);

#endif /* NUNCIO_BOOT_KLOG_H */
