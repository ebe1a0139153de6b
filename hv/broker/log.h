/*
 * The broker's log: one line of key=value words for each event, to standard
 * error or a file.
 *
 * Trust:   what a domain makes happen is limited for each domain (struct
 *          log_limit): LOG_BURST lines at once, LOG_PER_SECOND after that. The
 *          next line that comes through says how many did not.
 * Context: one thread; a line is one write().
 */
#ifndef NUNCIO_BROKER_LOG_H
#define NUNCIO_BROKER_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define LOG_BURST      32u
#define LOG_PER_SECOND 4u
#define LOG_LINE_BYTES 512u

struct log_limit {
    uint64_t refilled_ns;
    uint32_t spent; /* of LOG_BURST */
    uint32_t left_out;
};

/* Lines go to (file) from now on; -1: nowhere. */
void log_open(int file);

/* One line: the time, and (format), which begins "event=". */
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line about (name), unless (limit) is reached. */
void log_limited(struct log_limit *limit, const char *name, const char *format,
                 va_list words) __attribute__((format(printf, 3, 0)));

/* Monotonic nanoseconds. */
uint64_t log_now_ns(void);

#endif /* NUNCIO_BROKER_LOG_H */
