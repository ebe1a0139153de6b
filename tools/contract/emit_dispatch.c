/* NAME_dispatch.c: validates, calls the handler, builds the reply. */
#include "emit.h"

/* Frames stay under the Makefile's limit: a request and a reply that are large
 * together are not on one. */
#define FRAME_BYTES 768u

/* Bytes that the one string of a request can have inline. */
static uint32_t inline_room(const struct layout *layout)
{
    uint64_t room = LAYOUT_BYTES_MAX - 8 * layout_inline_start(layout);

    if (layout->string_count != 1)
        return 0;
    if (layout->strings->param->type->number < room)
        room = layout->strings->param->type->number;
    return (uint32_t)room;
}

static bool is_large(const struct method *m)
{
    return m->request_layout->bytes + inline_room(m->request_layout) +
               m->reply_layout->bytes >
           FRAME_BYTES;
}

static void put_reply(FILE *out, const struct method *m)
{
    const struct layout *layout = m->reply_layout;
    uint64_t most =
        layout->strings != NULL ? layout->strings->param->type->number : 0;

    fputs("\n", out);
    emit_reply_prototype(out, m);
    fputs("\n{\n", out);
    if (layout->strings != NULL || layout->handle_count > 0 ||
        layout->page_count > 0)
        fprintf(out,
                "    if (status == 0 && !nu_serve_built(call, %llu, %u, %u))\n"
                "        status = NU_INTERNAL;\n",
                (unsigned long long)most, layout->handle_count,
                layout->page_count);
    fputs("    if (status != 0)\n"
          "        return nu_serve_error(call, status);\n",
          out);
    for (const struct item *s = layout->strings; s != NULL; s = s->next)
        fprintf(out, "    rep->%s_bytes = (uint32_t)call->out_bytes;\n",
                s->param->name);
    for (const struct item *s = layout->pages; s != NULL; s = s->next)
        fprintf(out,
                "    rep->%s_pages = (uint32_t)call->out_pages[%u].pages;\n",
                s->param->name, s->index);
    emit_clears(out, layout, "rep->");
    if (layout->bytes > 0)
        fputs("    __builtin_memcpy(call->words, rep, sizeof(*rep));\n", out);
    if (m->contract->states != NULL)
        fprintf(out,
                "    if (call->state != NULL)\n"
                "        nu_state_move(call->state, %s_%s_next(*call->state));"
                "\n",
                m->contract->name, m->name);
    fprintf(out, "    return NU_SHAPE(%u, 0, 0, 0);\n}\n",
            layout_words(layout));
}

/* The handler's arguments as parameters (with types) or as they are called. */
static void put_arguments(FILE *out, const struct method *m, bool is_answer)
{
    const struct layout *layout = m->request_layout;

    if (layout->bytes > 0)
        fputs(is_answer ? ", req" : ", &req", out);
    for (const struct item *s = layout->strings; s != NULL; s = s->next)
        fprintf(out, ", &strings[%u]", s->index);
    for (const struct item *s = layout->pages; s != NULL; s = s->next)
        fprintf(out, ", &call->pages[%u]", s->index);
    for (const struct item *h = layout->handles; h != NULL; h = h->next)
        fprintf(out, ", call->handles[%u]", h->index);
    if (m->reply_layout->bytes > 0)
        fputs(", &rep", out);
}

/* The handler's call and what comes of it. */
static void put_answer(FILE *out, const struct method *m, bool is_answer)
{
    const char *k = m->contract->name;

    if (m->reply_layout->bytes > 0)
        fputs("    __builtin_memset(&rep, 0, sizeof(rep));\n", out);
    fprintf(out, "    status = ops->%s(self, call", m->name);
    put_arguments(out, m, is_answer);
    fprintf(out,
            ");\n"
            "    if (status == NU_SERVE_PENDING)\n"
            "        return NU_SERVE_PENDING_TAG;\n"
            "    return %s_%s_reply(call, status",
            k, m->name);
    if (m->reply_layout->bytes > 0)
        fputs(", &rep", out);
    fputs(");\n", out);
}

/* For a large message: the half that has the reply on its frame. */
static void put_answer_function(FILE *out, const struct method *m)
{
    const char *k = m->contract->name;

    fprintf(out,
            "\nstatic __attribute__((noinline)) uint64_t answer_%s_(\n"
            "    const struct %s_ops *ops, void *self, struct nu_serve *call",
            m->name, k);
    if (m->request_layout->bytes > 0)
        fprintf(out, ",\n    const struct %s_%s_req *req", k, m->name);
    if (m->request_layout->string_count > 0)
        fputs(",\n    const struct nu_blob *strings", out);
    fputs(")\n{\n", out);
    if (m->reply_layout->bytes > 0)
        fprintf(out, "    struct %s_%s_rep rep;\n", k, m->name);
    fputs("    int status;\n\n", out);
    put_answer(out, m, true);
    fputs("}\n", out);
}

#define INVALID "return nu_serve_error(call, NU_INVAL);"

static void put_strings(FILE *out, const struct method *m)
{
    const struct layout *layout = m->request_layout;
    uint32_t room = inline_room(layout);

    for (const struct item *s = layout->strings; s != NULL; s = s->next) {
        const struct type *type = s->param->type;

        if (room > 0)
            fprintf(out,
                    "    if (!nu_serve_string(call, %u, req.%s_bytes, %lluu, "
                    "inline_,\n"
                    "            sizeof(inline_), &strings[%u]))\n        %s\n",
                    layout_inline_start(layout), s->param->name,
                    (unsigned long long)type->number, s->index, INVALID);
        else
            fprintf(out,
                    "    if (!nu_serve_item(call, %u, req.%s_bytes, %lluu, "
                    "&strings[%u]))\n        %s\n",
                    s->index, s->param->name, (unsigned long long)type->number,
                    s->index, INVALID);
        if (type->kind == TYPE_STRING)
            fprintf(out,
                    "    if (nu_has_nul(strings[%u].data, strings[%u].bytes))"
                    "\n        %s\n",
                    s->index, s->index, INVALID);
    }
    for (const struct item *p = layout->pages; p != NULL; p = p->next)
        fprintf(out,
                "    if (req.%s_pages > %lluu ||\n"
                "        req.%s_pages != call->pages[%u].pages)\n        %s\n",
                p->param->name, (unsigned long long)p->param->type->number,
                p->param->name, p->index, INVALID);
}

static void put_shape(FILE *out, const struct method *m)
{
    const struct layout *layout = m->request_layout;

    if (layout->string_count == 0 && layout->handle_count == 0 &&
        layout->page_count == 0)
        fprintf(out,
                "    if (nu_shape(call->tag) != "
                "nu_shape(NU_SHAPE(%u, 0, 0, 0)))\n",
                layout_words(layout));
    else
        fprintf(out, "    if (!nu_serve_has(call, %u, %u, %u, %u, %s))\n",
                layout_words(layout), layout->handle_count,
                layout->string_count, layout->page_count,
                m->contract->is_kernel ? "true" : "false");
    fputs("        " INVALID "\n", out);
}

static void put_order(FILE *out, const struct method *m)
{
    if (m->contract->states == NULL)
        return;
    fprintf(out,
            "    if (call->state != NULL &&\n"
            "        %s_%s_next(*call->state) == NU_STATE_REFUSED) {\n"
            "        call->violation = 1;\n"
            "        return nu_serve_error(call, NU_PROTO);\n"
            "    }\n",
            m->contract->name, m->name);
}

static void put_serve(FILE *out, const struct method *m)
{
    const struct layout *layout = m->request_layout;
    const char *k = m->contract->name;
    uint32_t room = inline_room(layout);

    if (is_large(m))
        put_answer_function(out, m);
    fprintf(out,
            "\nstatic uint64_t serve_%s_(const struct %s_ops *ops, void *self,"
            "\n    struct nu_serve *call)\n{\n",
            m->name, k);
    if (layout->bytes > 0)
        fprintf(out, "    struct %s_%s_req req;\n", k, m->name);
    if (layout->string_count > 0)
        fprintf(out, "    struct nu_blob strings[%u];\n", layout->string_count);
    if (room > 0)
        fprintf(out, "    uint64_t inline_[%u];\n", (room + 7) / 8);
    if (!is_large(m)) {
        if (m->reply_layout->bytes > 0)
            fprintf(out, "    struct %s_%s_rep rep;\n", k, m->name);
        fputs("    int status;\n", out);
    }
    fprintf(out,
            "\n    if (ops->%s == NULL)\n"
            "        return nu_serve_error(call, NU_UNSUP);\n",
            m->name);
    put_shape(out, m);
    if (layout->bytes > 0)
        fputs("    __builtin_memcpy(&req, call->words, sizeof(req));\n", out);
    emit_checks(out, layout, "req.", INVALID);
    put_strings(out, m);
    put_order(out, m);
    if (is_large(m))
        fprintf(out, "    return answer_%s_(ops, self, call%s%s);\n}\n",
                m->name, layout->bytes > 0 ? ", &req" : "",
                layout->string_count > 0 ? ", strings" : "");
    else {
        put_answer(out, m, false);
        fputs("}\n", out);
    }
}

static void put_automaton(FILE *out, const struct contract *k)
{
    const struct states *states = k->states;

    fputs("\nstatic const uint8_t next_[] = {\n", out);
    for (uint32_t i = 0; i < states->count; i++) {
        fputs("   ", out);
        for (const struct method *m = k->methods; m != NULL; m = m->next)
            fprintf(out, " %u,", emit_next_state(emit_state(states, i), m));
        fputs("\n", out);
    }
    fputs("};\n\nstatic const uint16_t ordinals_[] = {", out);
    for (const struct method *m = k->methods; m != NULL; m = m->next)
        fprintf(out, "%llu, ", (unsigned long long)m->ordinal);
    fputs("};\n\nstatic const char *const names_[] = {", out);
    for (uint32_t i = 0; i < states->count; i++)
        fprintf(out, "\"%s\", ", emit_state(states, i)->name);
    fprintf(out,
            "};\n\nconst struct nu_automaton %s_automaton = {\n"
            "    .states = %u,\n    .methods = %u,\n    .start = 0,\n"
            "    .next = next_,\n    .ordinals = ordinals_,\n"
            "    .names = names_,\n};\n",
            k->name, states->count, k->method_count);
}

void emit_dispatch(FILE *out, const struct contract *k)
{
    emit_banner(out, k, "Dispatch");
    fprintf(out, "#include <contract/%s.h>\n", k->name);
    if (k->states != NULL)
        put_automaton(out, k);
    for (const struct method *m = k->methods; m != NULL; m = m->next) {
        put_reply(out, m);
        put_serve(out, m);
    }
    fprintf(out,
            "\nuint64_t %s_dispatch(const struct %s_ops *ops, void *self,\n"
            "    struct nu_serve *call)\n"
            "{\n    switch (nu_tag_method(call->tag)) {\n",
            k->name, k->name);
    for (const struct method *m = k->methods; m != NULL; m = m->next)
        fprintf(out,
                "    case (uint32_t)%s_%s_METHOD:\n"
                "        return serve_%s_(ops, self, call);\n",
                emit_upper(k->name), emit_upper(m->name), m->name);
    fputs("    default:\n"
          "        return nu_serve_error(call, NU_UNSUP);\n"
          "    }\n}\n",
          out);
}
