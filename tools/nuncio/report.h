/*
 * Mistakes that people can correct, collected so that one run tells all of
 * them. A line is "FILE:LINE: error: REASON" or, for the command line,
 * "nuncio: REASON".
 */
#ifndef NUNCIO_TOOL_REPORT_H
#define NUNCIO_TOOL_REPORT_H

#include <stdbool.h>
#include "pool.h"

struct report {
    struct text text;
    unsigned errors;
};

/* (file) may be NULL: the command line. (line) 0: the file as a whole. */
void report_error(struct report *report, const char *file, unsigned line,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Writes what was collected to standard error and forgets it. */
void report_print(struct report *report);
void report_free(struct report *report);

#endif /* NUNCIO_TOOL_REPORT_H */
