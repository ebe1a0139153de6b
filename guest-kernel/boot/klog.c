/*
 * The kernel's log: klog.h.
 */
#include <boot/klog.h>

#include <hypercall/hypercall.h>
#include <nlib/printf.h>
#include <nlib/string.h>

#define LINE_BYTES 400

static enum klog_level klog_limit = KLOG_INFO;

void klog_set_level(enum klog_level level)
{
    klog_limit = level;
}

void klog_bytes(const char *text, size_t bytes)
{
    /* A console that does not work is no reason to stop. */
    (void)hypercall_console_write(text, (uint32_t)bytes);
}

/* nl_vsnprintf() gives the length without the cut. */
static size_t kept(int length, size_t room)
{
    size_t bytes = (size_t)length;

    return bytes < room ? bytes : room - 1;
}

void klog(enum klog_level level, const char *format, ...)
{
    static const char prefix[] = "nuncio: ";
    char line[LINE_BYTES];
    size_t at = sizeof(prefix) - 1;
    va_list args;

    if (level > klog_limit) {
        return;
    }
    memcpy(line, prefix, at);
    va_start(args, format);
    at += kept(nl_vsnprintf(line + at, sizeof(line) - 1 - at, format, args),
               sizeof(line) - 1 - at);
    va_end(args);
    line[at++] = '\n';
    klog_bytes(line, at);
}

void kvprintf(const char *format, va_list args)
{
    char line[LINE_BYTES];

    klog_bytes(line, kept(nl_vsnprintf(line, sizeof(line), format, args),
                          sizeof(line)));
}

void kprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    kvprintf(format, args);
    va_end(args);
}
