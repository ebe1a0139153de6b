#include "log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000ull

static int log_file = STDERR_FILENO;

void log_open(int file)
{
    log_file = file;
}

uint64_t log_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* Puts the time at the beginning of (line); says how many bytes that is. */
static size_t put_time(char *line)
{
    struct timespec now;
    struct tm parts;
    size_t used;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    used = strftime(line, LOG_LINE_BYTES, "time=%Y-%m-%dT%H:%M:%S", &parts);
    return used + (size_t)snprintf(line + used, LOG_LINE_BYTES - used,
                                   ".%03dZ ", (int)(now.tv_nsec / 1000000));
}

/* Ends the line of (used) bytes, cut where it is too long, and writes it. */
static void put_line(char *line, size_t used)
{
    if (used > LOG_LINE_BYTES - 1)
        used = LOG_LINE_BYTES - 1;
    for (size_t i = 0; i < used; i++) {
        if ((unsigned char)line[i] < ' ')
            line[i] = '?';
    }
    line[used] = '\n';
    if (log_file >= 0 && write(log_file, line, used + 1) < 0)
        log_file = -1; /* nobody reads it any more */
}

void log_event(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    size_t used = put_time(line);
    va_list words;

    va_start(words, format);
    used += (size_t)vsnprintf(line + used, sizeof(line) - used, format, words);
    va_end(words);
    put_line(line, used);
}

/* Whether there is room for one more line; takes it. */
static bool take_line(struct log_limit *limit)
{
    uint64_t now = log_now_ns();
    uint64_t refill =
        (now - limit->refilled_ns) / (NS_PER_SECOND / LOG_PER_SECOND);

    if (refill > 0) {
        limit->spent =
            refill >= limit->spent ? 0 : limit->spent - (uint32_t)refill;
        limit->refilled_ns = now;
    }
    if (limit->spent >= LOG_BURST) {
        limit->left_out++;
        return false;
    }
    limit->spent++;
    return true;
}

void log_limited(struct log_limit *limit, const char *name, const char *format,
                 va_list words)
{
    char line[LOG_LINE_BYTES];
    size_t used;

    if (!take_line(limit))
        return;
    used = put_time(line);
    used += (size_t)vsnprintf(line + used, sizeof(line) - used, format, words);
    if (used < sizeof(line))
        used += (size_t)snprintf(line + used, sizeof(line) - used, " domain=%s",
                                 name);
    if (limit->left_out > 0 && used < sizeof(line))
        used += (size_t)snprintf(line + used, sizeof(line) - used,
                                 " lines_left_out=%u", limit->left_out);
    limit->left_out = 0;
    put_line(line, used);
}
