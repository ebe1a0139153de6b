/* NAME.md: the reference page of one contract; and the list of all. */
#include <abi/error.h>

#include "emit.h"

static void put_doc(FILE *out, const char *doc)
{
    if (doc != NULL)
        fprintf(out, "%s\n\n", doc);
}

/* A type as it is written in the language. */
static void put_type(FILE *out, const struct type *type)
{
    switch (type->kind) {
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_PAGES:
        fprintf(out, "%s<%llu>",
                type->kind == TYPE_STRING  ? "string"
                : type->kind == TYPE_BYTES ? "bytes"
                                           : "pages",
                (unsigned long long)type->number);
        break;
    case TYPE_HANDLE:
        fprintf(out, "handle<%s>", type->name != NULL ? type->name : "any");
        break;
    case TYPE_ARRAY:
        put_type(out, type->element);
        fprintf(out, "[%llu]", (unsigned long long)type->number);
        break;
    case TYPE_NAMED:
    case TYPE_SCALAR:
    case TYPE_ENUM:
    case TYPE_STRUCT:
        if (type->scope != NULL)
            fprintf(out, "%s.", type->scope);
        fputs(type->name, out);
        break;
    }
}

static void put_params(FILE *out, const struct param *params)
{
    fputs("(", out);
    for (const struct param *p = params; p != NULL; p = p->next) {
        fputs(p->move ? "move " : "", out);
        put_type(out, p->type);
        fprintf(out, " %s%s", p->name, p->next != NULL ? ", " : "");
    }
    fputs(")", out);
}

/* The same as a link to where it is explained. */
static void put_type_link(FILE *out, const struct type *type, bool move)
{
    const struct type *base = type;
    bool is_link;

    while (base->kind == TYPE_ARRAY)
        base = base->element;
    is_link = base->kind == TYPE_ENUM || base->kind == TYPE_STRUCT ||
              (base->kind == TYPE_HANDLE && base->name != NULL);
    fputs(is_link ? "[`" : "`", out);
    fputs(move ? "move " : "", out);
    put_type(out, type);
    fputs("`", out);
    if (base->kind == TYPE_HANDLE && base->name != NULL)
        fprintf(out, "](%s.md)", base->name);
    else if (base->kind == TYPE_ENUM)
        fprintf(out, "](%s.md#enum-%s--%s)", base->enumeration->contract->name,
                base->name, base->enumeration->base);
    else if (base->kind == TYPE_STRUCT)
        fprintf(out, "](%s.md#struct-%s)", base->structure->contract->name,
                base->name);
}

/* The place of (param) in its message. */
static void put_place(FILE *out, const struct layout *layout,
                      const struct param *param)
{
    const struct field *f = layout->fields;
    const char *what = "handle";
    const struct item *item = layout->handles;

    if (param->type->kind == TYPE_STRING || param->type->kind == TYPE_BYTES) {
        what = "string";
        item = layout->strings;
    } else if (param->type->kind == TYPE_PAGES) {
        what = "pages";
        item = layout->pages;
    } else if (param->type->kind != TYPE_HANDLE) {
        item = NULL;
    }
    while (item != NULL && item->param != param)
        item = item->next;
    while (f != NULL && f->type != param->type)
        f = f->next;
    if (item != NULL)
        fprintf(out, "%s %u", what, item->index);
    if (item != NULL && f != NULL)
        fputs(", its length in ", out);
    if (f != NULL)
        fprintf(out, "bytes %u to %u", f->offset, f->offset + f->bytes - 1);
}

static void put_rows(FILE *out, const char *what, const struct layout *layout,
                     const struct param *params)
{
    for (const struct param *p = params; p != NULL; p = p->next) {
        fprintf(out, "| %s | `%s` | ", what, p->name);
        put_type_link(out, p->type, p->move);
        fputs(" | ", out);
        put_place(out, layout, p);
        fputs(" |\n", out);
    }
}

static const char *error_text(const struct error_ref *e)
{
    return nu_error_text(e->value);
}

static void put_method(FILE *out, const struct method *m)
{
    fprintf(out, "### %s\n\nOrdinal %llu.\n\n    %s", m->name,
            (unsigned long long)m->ordinal, m->name);
    put_params(out, m->request);
    fputs(" -> ", out);
    put_params(out, m->reply);
    fputs("\n\n", out);
    put_doc(out, m->doc);
    if (m->request != NULL || m->reply != NULL) {
        fputs("| In | Name | Type | Place |\n|---|---|---|---|\n", out);
        put_rows(out, "request", m->request_layout, m->request);
        put_rows(out, "reply", m->reply_layout, m->reply);
        fputs("\n", out);
    }
    fprintf(out, "Words: %u in the request, %u in the reply.\n\n",
            layout_words(m->request_layout), layout_words(m->reply_layout));
    if (m->errors != NULL)
        fputs("| Error | Meaning |\n|---|---|\n", out);
    for (const struct error_ref *e = m->errors; e != NULL; e = e->next)
        fprintf(out, "| `%s` (%d) | %s |\n", e->name, e->value, error_text(e));
    if (m->errors != NULL)
        fputs("\n", out);
}

static void put_enum(FILE *out, const struct enum_def *e)
{
    fprintf(out, "### enum %s : %s\n\n", e->name, e->base);
    put_doc(out, e->doc);
    fputs("| Name | Value |\n|---|---|\n", out);
    for (const struct enum_value *v = e->values; v != NULL; v = v->next)
        fprintf(out, "| `%s` | %llu |\n", v->name,
                (unsigned long long)v->value);
    fputs("\n", out);
}

static void put_struct(FILE *out, const struct struct_def *s)
{
    fprintf(out, "### struct %s\n\n", s->name);
    put_doc(out, s->doc);
    fputs("| Member | Type | Bytes |\n|---|---|---|\n", out);
    for (const struct field *f = s->layout->fields; f != NULL; f = f->next) {
        fprintf(out, "| `%s` | ", f->name);
        if (f->kind == FIELD_ZERO)
            fputs("zero", out);
        else
            put_type_link(out, f->type, false);
        fprintf(out, " | %u to %u |\n", f->offset, f->offset + f->bytes - 1);
    }
    fputs("\n", out);
}

static void put_states(FILE *out, const struct states *states)
{
    fputs("## Order\n\n", out);
    put_doc(out, states->doc);
    fprintf(out,
            "A new channel is in state `%s`. What a state does not list is "
            "`PROTO` there.\n\n"
            "| State | Method | Leads to |\n|---|---|---|\n",
            states->start_name);
    for (const struct state *s = states->list; s != NULL; s = s->next) {
        for (const struct transition *t = s->transitions; t != NULL;
             t = t->next)
            fprintf(out, "| `%s` | `%s` | `%s` |\n", s->name, t->method_name,
                    t->target_name);
    }
    fputs("\n", out);
}

void emit_markdown(FILE *out, const struct contract *k)
{
    fprintf(
        out,
        "# %s\n\n"
        "Contract %llu, version %llu, %s.\n"
        "(Made by `make docs` from `contracts/%s.contract`: do not "
        "edit.)\n\n",
        k->name, (unsigned long long)k->number, (unsigned long long)k->version,
        k->is_kernel ? "of an object of the kernel" : "of a service", k->name);
    put_doc(out, k->doc);
    fputs("## Methods\n\n", out);
    for (const struct method *m = k->methods; m != NULL; m = m->next)
        put_method(out, m);
    if (k->enums != NULL || k->structs != NULL)
        fputs("## Types\n\n", out);
    for (const struct enum_def *e = k->enums; e != NULL; e = e->next)
        put_enum(out, e);
    for (const struct struct_def *s = k->structs; s != NULL; s = s->next)
        put_struct(out, s);
    if (k->states != NULL)
        put_states(out, k->states);
}

/* The contract with the least number above (after), or NULL. */
static const struct contract *next_number(const struct compilation *c,
                                          const struct contract *after)
{
    const struct contract *best = NULL;

    for (const struct contract *k = c->contracts; k != NULL; k = k->next) {
        if ((after == NULL || k->number > after->number) &&
            (best == NULL || k->number < best->number))
            best = k;
    }
    return best;
}

/* The first sentence of (doc), or the first line. */
static void put_summary(FILE *out, const char *doc)
{
    for (const char *p = doc; p != NULL && *p != '\0'; p++) {
        fputc(*p == '\n' || *p == '|' ? ' ' : *p, out);
        if (*p == '.' && (p[1] == ' ' || p[1] == '\n'))
            return;
    }
}

void emit_markdown_index(FILE *out, const struct compilation *c)
{
    const struct contract *k = NULL;

    fputs("# Contracts\n\n"
          "Every interface there is, in the order of their numbers. The "
          "language is described in\n"
          "[contract-language.md](../contract-language.md). "
          "(Made by `make docs`: do not edit.)\n\n"
          "| Number | Contract | Version | Served by | |\n"
          "|---|---|---|---|---|\n",
          out);
    while ((k = next_number(c, k)) != NULL) {
        fprintf(out, "| %llu | [%s](%s.md) | %llu | %s | ",
                (unsigned long long)k->number, k->name, k->name,
                (unsigned long long)k->version,
                k->is_kernel ? "kernel" : "service");
        put_summary(out, k->doc);
        fputs(" |\n", out);
    }
    fputs("\n## Errors\n\n"
          "A status is 0 or one of these. A method lists those of its own; "
          "any call can also\n"
          "give `INTR`, `INVAL`, `DENIED`, `UNSUP`, `BADH`, `FAULT`, "
          "`TOOLONG`, `NOSLOT`, `PROTO`,\n"
          "`GONE` and `INTERNAL`.\n\n"
          "| Error | Value | Meaning |\n|---|---|---|\n",
          out);
#define ROW(name, value, text) \
    fprintf(out, "| `" #name "` | %d | " text " |\n", value);
    NU_ERRORS(ROW)
#undef ROW
}
