/* NAME.h: numbers, types, and what a server implements and calls. */
#include <string.h>

#include "emit.h"

static void put_numbers(FILE *out, const struct contract *k)
{
    const char *upper = emit_upper(k->name);

    fprintf(out, "#define %s_CONTRACT %lluu\n", upper,
            (unsigned long long)k->number);
    fprintf(out, "#define %s_VERSION %lluu\n\n", upper,
            (unsigned long long)k->version);
    for (const struct method *m = k->methods; m != NULL; m = m->next) {
        const char *name = emit_upper(m->name);

        upper = emit_upper(k->name);
        fprintf(out, "#define %s_%s_ORDINAL %lluu\n", upper, name,
                (unsigned long long)m->ordinal);
        fprintf(out,
                "#define %s_%s_METHOD \\\n"
                "    NU_METHOD(%s_CONTRACT, %s_%s_ORDINAL)\n",
                upper, name, upper, upper, name);
    }
}

static void put_enum(FILE *out, const struct contract *k,
                     const struct enum_def *e)
{
    const char *upper = emit_upper(k->name);
    const char *name = emit_upper(e->name);

    fputs("\n", out);
    emit_doc(out, e->doc, NULL);
    fprintf(out, "enum %s_%s {\n", k->name, e->name);
    for (const struct enum_value *v = e->values; v != NULL; v = v->next)
        fprintf(out, "    %s_%s_%s = %llu%s,\n", upper, name, v->name,
                (unsigned long long)v->value,
                v->value > INT32_MAX ? "ull" : "");
    fprintf(out,
            "};\n\n"
            "static inline bool %s_%s_valid(uint%u_t value)\n"
            "{\n"
            "    switch (value) {\n",
            k->name, e->name, 8 * e->width);
    for (const struct enum_value *v = e->values; v != NULL; v = v->next)
        fprintf(out, "    case %s_%s_%s:\n", upper, name, v->name);
    fputs("        return true;\n"
          "    default:\n"
          "        return false;\n"
          "    }\n"
          "}\n",
          out);
}

static void put_field(FILE *out, const struct field *f)
{
    fputs("    ", out);
    if (f->kind == FIELD_ZERO)
        fprintf(out, "uint%u_t %s", 8 * f->width, f->name);
    else
        fprintf(out, "%s %s", emit_ctype(f->type), f->name);
    if (f->count > 0)
        fprintf(out, "[%u]", f->count);
    fputs(";\n", out);
}

/* "struct K_NAME{suffix}" and the proof that it lies as the wire says. */
static void put_struct(FILE *out, const char *tag, const struct layout *layout)
{
    fprintf(out, "struct %s {\n", tag);
    for (const struct field *f = layout->fields; f != NULL; f = f->next)
        put_field(out, f);
    fprintf(out, "};\n_Static_assert(sizeof(struct %s) == %u, \"size\");\n",
            tag, layout->bytes);
    for (const struct field *f = layout->fields; f != NULL; f = f->next)
        fprintf(out,
                "_Static_assert(offsetof(struct %s, %s) == %u, \"place\");\n",
                tag, f->name, f->offset);
}

static void put_user_struct(FILE *out, const struct contract *k,
                            const struct struct_def *s)
{
    char tag[128];

    (void)snprintf(tag, sizeof(tag), "%s_%s", k->name, s->name);
    fputs("\n", out);
    emit_doc(out, s->doc, NULL);
    put_struct(out, tag, s->layout);
    if (s->layout->has_zero || s->layout->has_enum) {
        fprintf(out,
                "\n/* Are its enums in range and its gaps 0? */\n"
                "static inline bool %s_valid(const struct %s *p)\n{\n",
                tag, tag);
        emit_checks(out, s->layout, "p->", "return false;");
        fputs("    return true;\n}\n", out);
    }
    if (s->layout->has_zero) {
        fprintf(out, "\nstatic inline void %s_clear(struct %s *p)\n{\n", tag,
                tag);
        emit_clears(out, s->layout, "p->");
        fputs("}\n", out);
    }
}

static void put_messages(FILE *out, const struct contract *k)
{
    for (const struct method *m = k->methods; m != NULL; m = m->next) {
        char tag[128];

        if (m->request_layout->bytes > 0) {
            (void)snprintf(tag, sizeof(tag), "%s_%s_req", k->name, m->name);
            fputs("\n", out);
            put_struct(out, tag, m->request_layout);
        }
        if (m->reply_layout->bytes > 0) {
            (void)snprintf(tag, sizeof(tag), "%s_%s_rep", k->name, m->name);
            fputs("\n", out);
            put_struct(out, tag, m->reply_layout);
        }
    }
}

/* What may follow: one small function a method. */
static void put_order(FILE *out, const struct contract *k)
{
    const struct states *states = k->states;

    if (states == NULL)
        return;
    fputs("\n/* The state after a method, or NU_STATE_REFUSED. */\n", out);
    for (const struct method *m = k->methods; m != NULL; m = m->next) {
        fprintf(out,
                "static inline uint8_t %s_%s_next(uint8_t state)\n"
                "{\n"
                "    static const uint8_t next[%u] = {",
                k->name, m->name, states->count);
        for (uint32_t i = 0; i < states->count; i++)
            fprintf(out, "%s%u", i > 0 ? ", " : "",
                    emit_next_state(emit_state(states, i), m));
        fprintf(out,
                "};\n\n"
                "    return state < %u ? next[state] : NU_STATE_REFUSED;\n"
                "}\n",
                states->count);
    }
    fprintf(out, "extern const struct nu_automaton %s_automaton;\n", k->name);
}

static void put_handler(FILE *out, const struct method *m)
{
    const char *k = m->contract->name;

    fprintf(out, "    int (*%s)(void *self, struct nu_serve *call", m->name);
    if (m->request_layout->bytes > 0)
        fprintf(out, ",\n        const struct %s_%s_req *req", k, m->name);
    for (const struct item *s = m->request_layout->strings; s != NULL;
         s = s->next)
        fprintf(out, ",\n        const struct nu_blob *%s", s->param->name);
    for (const struct item *s = m->request_layout->pages; s != NULL;
         s = s->next)
        fprintf(out, ",\n        const struct nu_page_item *%s",
                s->param->name);
    for (const struct item *h = m->request_layout->handles; h != NULL;
         h = h->next)
        fprintf(out, ",\n        nu_handle_t %s", h->param->name);
    if (m->reply_layout->bytes > 0)
        fprintf(out, ",\n        struct %s_%s_rep *rep", k, m->name);
    fputs(");\n", out);
}

static void put_server(FILE *out, const struct contract *k)
{
    fprintf(out,
            "\n/* The server's side. A NULL method is NU_UNSUP. */\n"
            "struct %s_ops {\n",
            k->name);
    for (const struct method *m = k->methods; m != NULL; m = m->next)
        put_handler(out, m);
    fprintf(out,
            "};\n\n"
            "/* Checks and serves one request; returns the reply's tag. */\n"
            "uint64_t %s_dispatch(const struct %s_ops *ops, void *self,\n"
            "    struct nu_serve *call);\n\n"
            "/* The reply's tag of a call that was deferred. */\n",
            k->name, k->name);
    for (const struct method *m = k->methods; m != NULL; m = m->next) {
        emit_reply_prototype(out, m);
        fputs(";\n", out);
    }
}

void emit_header(FILE *out, const struct compilation *c,
                 const struct contract *k)
{
    const char *upper = emit_upper(k->name);

    emit_banner(out, k, "Header");
    fprintf(out,
            "#ifndef NUNCIO_CONTRACT_%s_H\n#define NUNCIO_CONTRACT_%s_H\n"
            "\n#include <stub/call.h>\n#include <stub/serve.h>\n",
            upper, upper);
    if (k->states != NULL)
        fputs("#include <stub/automaton.h>\n", out);
    for (const struct import *i = k->imports; i != NULL; i = i->next)
        fprintf(out, "#include <contract/%s.h>\n", i->contract->name);
    fputs("\n", out);
    emit_doc(out, k->doc, NULL);
    put_numbers(out, k);
    for (const struct enum_def *e = k->enums; e != NULL; e = e->next)
        put_enum(out, k, e);
    for (const struct struct_def *s = c->structs_sorted; s != NULL;
         s = s->next_sorted) {
        if (s->contract == k)
            put_user_struct(out, k, s);
    }
    put_messages(out, k);
    put_order(out, k);
    /* The kernel serves contracts and has functions of the stubs' names. */
    fputs("\n#ifndef NU_SERVER_ONLY\n", out);
    for (const struct method *m = k->methods; m != NULL; m = m->next)
        emit_stub(out, m);
    fputs("\n#endif /* NU_SERVER_ONLY */\n", out);
    put_server(out, k);
    fprintf(out, "\n#endif /* NUNCIO_CONTRACT_%s_H */\n", emit_upper(k->name));
}
