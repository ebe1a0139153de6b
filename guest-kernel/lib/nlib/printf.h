/*
 * Formatted text into a bounded buffer.
 *
 * Conversions: %s %c %d %i %u %x %X %o %p %%, with flags - 0 + space #, width
 * and precision (also *), lengths hh h l ll z j t. No floating point, no %n.
 * What is not understood is copied as it stands.
 *
 * Returns: the length the whole text would have, without the NUL. At most
 *          (n) - 1 characters and a NUL are written; nothing if (n) is 0.
 * Spec:    ISO C11 7.21.6.5, for the conversions named.
 */
#ifndef NLIB_PRINTF_H
#define NLIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

int nl_vsnprintf(char *buf, size_t n, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
int nl_snprintf(char *buf, size_t n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* NLIB_PRINTF_H */
