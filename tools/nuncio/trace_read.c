#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool trace_parse(struct trace *trace, const char *file, const void *data,
                 size_t bytes, struct report *report)
{
    const uint8_t *at = data;
    struct nu_trace_header header = {0};
    const size_t each = sizeof(struct nu_trace_record);
    size_t left;

    *trace = (struct trace){.file = file};
    if (bytes >= sizeof(header))
        memcpy(&header, at, sizeof(header));
    if (header.magic != NU_TRACE_MAGIC) {
        report_error(report, file, 0, "this is no trace of `nuncio run`");
        return false;
    }
    if (header.version != 1 || header.record_bytes != each) {
        report_error(report, file, 0,
                     "a trace of version %u with records of %u bytes; this "
                     "nuncio reads version 1 with %zu",
                     header.version, header.record_bytes, each);
        return false;
    }
    left = bytes - sizeof(header);
    trace->record_count = left / each;
    trace->records = pool_alloc(&trace->pool, left);
    if (left != 0)
        memcpy(trace->records, at + sizeof(header), left);
    for (size_t i = 0; i < trace->record_count; i++) {
        uint16_t kind = trace->records[i].kind;

        if (kind < NU_TRACE_CALL || kind > NU_TRACE_BEGIN) {
            report_error(report, file, 0,
                         "record %zu is of no known kind (%u); the rest is "
                         "not read",
                         i, kind);
            trace->record_count = i;
            return false;
        }
    }
    if (left % each != 0) {
        report_error(report, file, 0, "ends within record %zu",
                     trace->record_count);
        return false;
    }
    return true;
}

bool trace_read(struct trace *trace, const char *path, struct report *report)
{
    static char piece[65536];
    struct text data = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;
    bool good = false;

    *trace = (struct trace){.file = path};
    while (fd >= 0 && (got = read(fd, piece, sizeof(piece))) > 0)
        text_add(&data, piece, (size_t)got);
    if (got < 0)
        report_error(report, path, 0, "%s", strerror(errno));
    else
        good = trace_parse(trace, path, text_string(&data), data.bytes, report);
    if (fd >= 0)
        close(fd);
    text_free(&data);
    return good;
}

void trace_free(struct trace *trace)
{
    pool_free(&trace->pool);
    *trace = (struct trace){0};
}
