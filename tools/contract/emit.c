/* See emit.h. */
#include "emit.h"

#include <ctype.h>
#include <string.h>

#define TEXTS      8
#define TEXT_BYTES 256

/* Room for a few results at a time, used in turn. */
static char *next_text(void)
{
    static struct {
        char text[TEXT_BYTES];
    } texts[TEXTS];
    static unsigned turn;

    return texts[turn++ % TEXTS].text;
}

const char *emit_upper(const char *text)
{
    char *upper = next_text();
    size_t i;

    for (i = 0; i < TEXT_BYTES - 1 && text[i] != '\0'; i++)
        upper[i] = (char)toupper((unsigned char)text[i]);
    upper[i] = '\0';
    return upper;
}

const char *emit_ctype(const struct type *type)
{
    char *text = next_text();

    if (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind == TYPE_STRUCT)
        (void)snprintf(text, TEXT_BYTES, "struct %s_%s",
                       type->structure->contract->name, type->structure->name);
    else if (type->kind == TYPE_ENUM)
        (void)snprintf(text, TEXT_BYTES, "uint%u_t",
                       8 * type->enumeration->width);
    else if (type->kind == TYPE_SCALAR)
        (void)snprintf(text, TEXT_BYTES, "%sint%u_t",
                       type->is_signed ? "" : "u", 8 * type->width);
    else
        (void)snprintf(text, TEXT_BYTES, "uint32_t"); /* a length */
    return text;
}

/* Text inside a comment: nothing in it may end or begin one. */
static void put_comment_line(FILE *out, const char *line, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        (void)fputc(line[i], out);
        if (i + 1 < bytes && ((line[i] == '*' && line[i + 1] == '/') ||
                              (line[i] == '/' && line[i + 1] == '*')))
            (void)fputc(' ', out);
    }
}

static void put_lines(FILE *out, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t bytes = strcspn(text, "\n");

        fputs(bytes > 0 ? " * " : " *", out);
        put_comment_line(out, text, bytes);
        fputs("\n", out);
        text += bytes + (text[bytes] == '\n');
    }
}

void emit_doc(FILE *out, const char *doc, const char *more)
{
    if (doc == NULL && more == NULL)
        return;
    fputs("/*\n", out);
    put_lines(out, doc);
    if (doc != NULL && more != NULL)
        fputs(" *\n", out);
    put_lines(out, more);
    fputs(" */\n", out);
}

void emit_banner(FILE *out, const struct contract *k, const char *what)
{
    fprintf(out,
            "/* %s of contract %s %llu.%llu. Made by tools/contract: do "
            "not edit. */\n",
            what, k->name, (unsigned long long)k->number,
            (unsigned long long)k->version);
}

void emit_reply_prototype(FILE *out, const struct method *m)
{
    const char *k = m->contract->name;

    fprintf(out, "uint64_t %s_%s_reply(struct nu_serve *call, int status", k,
            m->name);
    if (m->reply_layout->bytes > 0)
        fprintf(out, ",\n    struct %s_%s_rep *rep", k, m->name);
    fputs(")", out);
}

uint32_t emit_next_state(const struct state *s, const struct method *m)
{
    for (const struct transition *t = s->transitions; t != NULL; t = t->next) {
        if (t->method == m)
            return t->target->index;
    }
    return 255;
}

const struct state *emit_state(const struct states *states, uint32_t index)
{
    const struct state *s = states->list;

    while (s != NULL && s->index != index)
        s = s->next;
    return s;
}

bool emit_needs_check(const struct type *type)
{
    if (type->kind == TYPE_ARRAY)
        type = type->element;
    return type->kind == TYPE_ENUM ||
           (type->kind == TYPE_STRUCT && (type->structure->layout->has_enum ||
                                          type->structure->layout->has_zero));
}

/* C's condition that (what), an lvalue of (type) and not an array, is valid. */
static void put_valid(FILE *out, const struct type *type, const char *what)
{
    if (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind == TYPE_ENUM)
        fprintf(out, "%s_%s_valid(%s)", type->enumeration->contract->name,
                type->enumeration->name, what);
    else
        fprintf(out, "%s_%s_valid(&%s)", type->structure->contract->name,
                type->structure->name, what);
}

void emit_checks(FILE *out, const struct layout *layout, const char *path,
                 const char *action)
{
    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        const char *indent = f->count > 0 ? "        " : "    ";
        char what[TEXT_BYTES];

        if (f->kind != FIELD_ZERO &&
            (f->kind != FIELD_VALUE || !emit_needs_check(f->type)))
            continue;
        (void)snprintf(what, sizeof(what), "%s%s%s", path, f->name,
                       f->count > 0 ? "[i_]" : "");
        if (f->count > 0)
            fprintf(out, "    for (size_t i_ = 0; i_ < %u; i_++) {\n",
                    f->count);
        fprintf(out, "%sif (", indent);
        if (f->kind == FIELD_ZERO) {
            fprintf(out, "%s != 0", what);
        } else {
            fputs("!", out);
            put_valid(out, f->type, what);
        }
        fprintf(out, ")\n%s    %s\n", indent, action);
        if (f->count > 0)
            fputs("    }\n", out);
    }
}

/* The struct that (f) is or is an array of, if it has gaps; else NULL. */
static const struct struct_def *gapped_struct(const struct field *f)
{
    const struct type *type = f->type;

    if (f->kind != FIELD_VALUE)
        return NULL;
    if (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind != TYPE_STRUCT || !type->structure->layout->has_zero)
        return NULL;
    return type->structure;
}

void emit_clears(FILE *out, const struct layout *layout, const char *path)
{
    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        const struct struct_def *s = gapped_struct(f);

        if (f->kind == FIELD_ZERO)
            fprintf(out, "    %s%s = 0;\n", path, f->name);
        if (s == NULL)
            continue;
        if (f->count > 0)
            fprintf(out,
                    "    for (size_t i_ = 0; i_ < %u; i_++)\n"
                    "        %s_%s_clear(&%s%s[i_]);\n",
                    f->count, s->contract->name, s->name, path, f->name);
        else
            fprintf(out, "    %s_%s_clear(&%s%s);\n", s->contract->name,
                    s->name, path, f->name);
    }
}
