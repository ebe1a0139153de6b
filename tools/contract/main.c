/*
 * contract: compiles the contracts in contracts/.
 *
 *     contract -o DIR [-I FILE]... FILE...
 *
 * All files are read together, so that they can name each other's types and no
 * number is used twice. -I FILE is read the same and appears in the tables, but
 * gets no files of its own. Files whose text would not change are not touched.
 *
 * Exit status: 0; 1 the contracts are wrong; 2 usage, or files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "emit.h"

static void print_error(void *arg, const struct position *at,
                        const char *reason)
{
    (void)arg;
    fprintf(stderr, "%s:%d:%d: error: %s\n", at->file, at->line, at->column,
            reason);
}

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "contract: %s %s: %s\n", what, path, strerror(errno));
    exit(2);
}

/* The whole file, to be freed by the caller; NULL if there is none. */
static char *read_file(const char *path, size_t *bytes)
{
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t used = 0;
    size_t got;

    if (in == NULL)
        return NULL;
    do {
        text = realloc(text, used + 65536);
        if (text == NULL)
            fail("cannot read", path);
        got = fread(text + used, 1, 65536, in);
        used += got;
    } while (got > 0);
    if (ferror(in))
        fail("cannot read", path);
    (void)fclose(in);
    *bytes = used;
    return text;
}

static void parse_file(struct compilation *c, const char *path,
                       bool is_reference)
{
    size_t bytes = 0;
    char *text = read_file(path, &bytes);

    if (text == NULL)
        fail("cannot open", path);
    parse_text(c, path, text, bytes);
    free(text);
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        if (k->at.file == path)
            k->is_reference = is_reference;
    }
}

/* One output file, collected in memory. */
struct out {
    FILE *stream;
    char *text;
    size_t bytes;
};

static FILE *out_open(struct out *out)
{
    out->stream = open_memstream(&out->text, &out->bytes);
    if (out->stream == NULL)
        fail("cannot make", "a file");
    return out->stream;
}

static void out_close(struct out *out, const char *dir, const char *name,
                      const char *suffix)
{
    size_t bytes = 0;
    char *path;
    char *old;
    FILE *file;

    if (fclose(out->stream) != 0)
        fail("cannot make", name);
    if (asprintf(&path, "%s/%s%s", dir, name, suffix) < 0)
        fail("cannot make", name);
    old = read_file(path, &bytes);
    if (old == NULL || bytes != out->bytes ||
        memcmp(old, out->text, bytes) != 0) {
        file = fopen(path, "wb");
        if (file == NULL ||
            fwrite(out->text, 1, out->bytes, file) != out->bytes ||
            fclose(file) != 0)
            fail("cannot write", path);
    }
    free(path);
    free(old);
    free(out->text);
}

static void generate(const struct compilation *c, const char *dir)
{
    struct out out;

    for (const struct contract *k = c->contracts; k != NULL; k = k->next) {
        if (k->is_reference)
            continue;
        emit_header(out_open(&out), c, k);
        out_close(&out, dir, k->name, ".h");
        emit_dispatch(out_open(&out), k);
        out_close(&out, dir, k->name, "_dispatch.c");
        emit_markdown(out_open(&out), k);
        out_close(&out, dir, k->name, ".md");
    }
    emit_tables_header(out_open(&out));
    out_close(&out, dir, "tables", ".h");
    emit_markdown_index(out_open(&out), c);
    out_close(&out, dir, "README", ".md");
    emit_tables(out_open(&out), c);
    out_close(&out, dir, "tables", ".c");
}

static int usage(void)
{
    fputs("usage: contract -o DIR [-I FILE]... FILE...\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct compilation c;
    const char *dir = NULL;
    int files = 0;
    int status = 0;

    compilation_init(&c, print_error, NULL);
    for (int i = 1; i < argc; i++) {
        bool is_option = argv[i][0] == '-';

        if (is_option && (i + 1 == argc || (strcmp(argv[i], "-o") != 0 &&
                                            strcmp(argv[i], "-I") != 0)))
            return usage();
        if (is_option && argv[i][1] == 'o') {
            dir = argv[++i];
            continue;
        }
        files += !is_option;
        if (is_option)
            i++;
        parse_file(&c, argv[i], is_option);
    }
    if (dir == NULL || files == 0)
        return usage();
    if (check_all(&c))
        generate(&c, dir);
    else
        status = 1;
    compilation_free(&c);
    return status;
}
