/*
 * The contract compiler on any text: no crash, no leak, every error in a place
 * that exists, and what it accepts is laid out without holes and generated.
 * A byte 0xff divides the input into several files.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 4

struct names {
    char name[FILES_MAX][80];
};

static void count_error(void *arg, const struct position *at,
                        const char *reason)
{
    (void)arg;
    if (at->line < 1 || at->column < 1 || at->file == NULL || *reason == '\0')
        abort();
}

static void parse_files(struct compilation *c, const uint8_t *data, size_t size,
                        const struct names *names)
{
    for (int i = 0; i < FILES_MAX && size > 0; i++) {
        const uint8_t *end = memchr(data, 0xff, size);
        size_t bytes = end != NULL ? (size_t)(end - data) : size;

        parse_text(c, names->name[i], (const char *)data, bytes);
        bytes += end != NULL;
        data += bytes;
        size -= bytes;
    }
}

/* A contract must lie in a file of its name: gives each file its name. */
static void find_names(const uint8_t *data, size_t size, struct names *names)
{
    struct compilation c;

    for (int i = 0; i < FILES_MAX; i++)
        snprintf(names->name[i], sizeof(names->name[i]), "%d", i);
    compilation_init(&c, count_error, NULL);
    parse_files(&c, data, size, names);
    for (struct contract *k = c.contracts; k != NULL; k = k->next) {
        int i = k->at.file[0] - '0';

        snprintf(names->name[i], sizeof(names->name[i]), "%.60s.contract",
                 k->name);
    }
    compilation_free(&c);
}

static void check_layout(const struct layout *layout)
{
    uint32_t at = 0;

    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        if (f->offset != at || f->bytes == 0)
            abort();
        at += f->bytes;
    }
    if (at != layout->bytes || at > LAYOUT_BYTES_MAX)
        abort();
}

static void generate(const struct compilation *c)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL)
        return;
    for (const struct contract *k = c->contracts; k != NULL; k = k->next) {
        for (const struct method *m = k->methods; m != NULL; m = m->next) {
            check_layout(m->request_layout);
            check_layout(m->reply_layout);
        }
        emit_header(out, c, k);
        emit_dispatch(out, k);
        emit_markdown(out, k);
    }
    emit_tables(out, c);
    emit_markdown_index(out, c);
    fclose(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct compilation c;
    struct names names;

    find_names(data, size, &names);
    compilation_init(&c, count_error, NULL);
    parse_files(&c, data, size, &names);
    if (check_all(&c))
        generate(&c);
    compilation_free(&c);
    return 0;
}
