/*
 * The trace decoder on any bytes: no wrong access, and what it prints is one
 * line for each message, and text. The head of the file is put before the
 * input, which so need not be guessed.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/nuncio/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static size_t count_lines(const struct text *text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text->bytes; i++) {
        char c = text->data[i];

        if (c == '\n')
            lines++;
        else if (c < ' ' || c > '~')
            abort();
    }
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const struct nu_trace_header header = {NU_TRACE_MAGIC, 1,
                                           sizeof(struct nu_trace_record)};
    const struct trace_style style = {0};
    struct report report = {0};
    struct trace trace;
    struct text file = {0};
    struct text out = {0};

    text_add(&file, &header, sizeof(header));
    text_add(&file, data, bytes);
    (void)trace_parse(&trace, "f", file.data, file.bytes, &report);
    for (int all = 0; all < 2; all++) {
        trace_match(&trace, all != 0);
        text_clear(&out);
        trace_print_text(&trace, &style, &out);
        if (count_lines(&out) != trace.message_count)
            abort();
        text_clear(&out);
        trace_print_json(&trace, &style, &out);
        (void)count_lines(&out);
        text_clear(&out);
        trace_print_perfetto(&trace, &out);
        (void)count_lines(&out);
    }
    trace_free(&trace);
    text_free(&file);
    text_free(&out);
    report_free(&report);
    return 0;
}
