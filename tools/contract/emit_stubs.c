/*
 * The client stubs. A method of few words and nothing else must become: load
 * registers, call, test the status, store the results; the helpers of
 * stub/call.h are written so that the C compiler sees through them.
 */
#include "emit.h"

static void put_request_params(FILE *out, const struct method *m)
{
    for (const struct param *p = m->request; p != NULL; p = p->next) {
        const char *n = p->name;

        fputs(",\n    ", out);
        if (p->type->kind == TYPE_STRING || p->type->kind == TYPE_BYTES)
            fprintf(out, "const void *%s, size_t %s_bytes", n, n);
        else if (p->type->kind == TYPE_PAGES)
            fprintf(out, "void *%s, size_t %s_pages", n, n);
        else if (p->type->kind == TYPE_HANDLE)
            fprintf(out, "nu_handle_t %s", n);
        else if (p->type->kind == TYPE_STRUCT || p->type->kind == TYPE_ARRAY)
            fprintf(out, "const %s *%s", emit_ctype(p->type), n);
        else
            fprintf(out, "%s %s", emit_ctype(p->type), n);
    }
}

static void put_reply_params(FILE *out, const struct method *m)
{
    for (const struct param *p = m->reply; p != NULL; p = p->next) {
        const char *n = p->name;

        fputs(",\n    ", out);
        if (p->type->kind == TYPE_STRING || p->type->kind == TYPE_BYTES)
            fprintf(out, "void *%s, size_t %s_max, size_t *%s_bytes", n, n, n);
        else if (p->type->kind == TYPE_PAGES)
            fprintf(out, "void *%s, size_t %s_max, size_t *%s_pages", n, n, n);
        else if (p->type->kind == TYPE_HANDLE)
            fprintf(out, "nu_handle_t *%s", n);
        else
            fprintf(out, "%s *%s", emit_ctype(p->type), n);
    }
}

/* Refusals that need no message. */
static void put_limits(FILE *out, const struct method *m)
{
    const struct layout *layout = m->request_layout;

    for (const struct item *s = layout->strings; s != NULL; s = s->next)
        fprintf(out, "    if (%s_bytes > %lluu)\n        return NU_TOOLONG;\n",
                s->param->name, (unsigned long long)s->param->type->number);
    for (const struct item *s = layout->pages; s != NULL; s = s->next)
        fprintf(out, "    if (%s_pages > %lluu)\n        return NU_RANGE;\n",
                s->param->name, (unsigned long long)s->param->type->number);
    if (m->contract->states != NULL)
        fprintf(out,
                "    if (state_ != NULL &&\n"
                "        %s_%s_next(*state_) == NU_STATE_REFUSED) {\n"
                "        nu_channel_broken(self);\n"
                "        return NU_PROTO;\n"
                "    }\n",
                m->contract->name, m->name);
}

/* Fills the request's struct and moves it to the registers and the buffer. */
static void put_fixed_request(FILE *out, const struct method *m)
{
    if (m->request_layout->bytes == 0)
        return;
    fprintf(out, "    {\n        struct %s_%s_req req_ = {0};\n\n",
            m->contract->name, m->name);
    for (const struct field *f = m->request_layout->fields; f != NULL;
         f = f->next) {
        if (f->kind == FIELD_ZERO)
            continue;
        if (f->kind != FIELD_VALUE)
            fprintf(out, "        req_.%s = (uint32_t)%s;\n", f->name, f->name);
        else if (f->type->kind == TYPE_ARRAY)
            fprintf(out,
                    "        __builtin_memcpy(req_.%s, %s, "
                    "sizeof(req_.%s));\n",
                    f->name, f->name, f->name);
        else
            fprintf(out, "        req_.%s = %s%s;\n", f->name,
                    f->type->kind == TYPE_STRUCT ? "*" : "", f->name);
    }
    fputs("        nu_put_words(&regs_, &req_, sizeof(req_));\n    }\n", out);
}

static void put_items(FILE *out, const struct method *m)
{
    const struct layout *layout = m->request_layout;

    for (const struct item *h = layout->handles; h != NULL; h = h->next)
        fprintf(out, "    nu_pack_handle(%u, %s, NU_RIGHTS_ALL | %s);\n",
                h->index, h->param->name,
                h->param->move ? "NU_ITEM_MOVE" : "NU_ITEM_COPY");
    for (const struct item *s = layout->pages; s != NULL; s = s->next)
        fprintf(out, "    nu_pack_pages(%u, %s, %s_pages);\n", s->index,
                s->param->name, s->param->name);
    for (const struct item *s = layout->strings;
         s != NULL && layout->string_count > 1; s = s->next)
        fprintf(out, "    nu_pack_item(%u, %s, %s_bytes);\n", s->index,
                s->param->name, s->param->name);
}

static void put_tag(FILE *out, const struct method *m)
{
    const struct layout *layout = m->request_layout;
    const struct item *s = layout->strings;

    fprintf(out, "    regs_.tag = %s_%s_METHOD | NU_OP_CALL | NU_STUB_OP",
            emit_upper(m->contract->name), emit_upper(m->name));
    fprintf(out, " |\n        NU_SHAPE(%u, %u, %u, %u)",
            layout->string_count == 1 ? 0 : layout_words(layout),
            layout->handle_count,
            layout->string_count == 1 ? 0 : layout->string_count,
            layout->page_count);
    if (layout->string_count == 1)
        fprintf(out, " |\n        nu_pack_%s(%u, %s, %s_bytes)",
                m->contract->is_kernel ? "inline" : "string",
                layout_words(layout), s->param->name, s->param->name);
    fputs(";\n", out);
}

/* Has the reply one shape, that is to be checked? The kernel is believed where
 * nothing but registers is used. */
static bool has_one_shape(const struct method *m)
{
    const struct layout *layout = m->reply_layout;

    return layout->strings == NULL &&
           (!m->contract->is_kernel || layout->handle_count > 0 ||
            layout->page_count > 0 || layout_words(layout) > 4);
}

static void put_call(FILE *out, const struct method *m)
{
    const struct layout *layout = m->reply_layout;

    for (const struct item *s = layout->strings; s != NULL; s = s->next)
        fprintf(out, "    nu_expect(%u, %s, %s_max);\n", s->index,
                s->param->name, s->param->name);
    for (const struct item *s = layout->pages; s != NULL; s = s->next)
        fprintf(out, "    nu_expect_pages(%u, %s, %s_max);\n", s->index,
                s->param->name, s->param->name);
    fputs("    status_ = nu_message(self, &regs_);\n", out);
    if (layout->strings != NULL)
        fputs("    nu_buffer()->rx_count = 0;\n", out);
    if (layout->pages != NULL)
        fputs("    nu_buffer()->rx_page_count = 0;\n", out);
    /* A tag is status and shape at once: one comparison for both. */
    if (has_one_shape(m))
        fprintf(out,
                "    if (regs_.tag != NU_SHAPE(%u, %u, 0, %u))\n"
                "        return status_ != 0 ? status_ :\n"
                "            nu_refuse(regs_.tag, NU_PROTO);\n",
                layout_words(layout), layout->handle_count, layout->page_count);
    else
        fputs("    if (status_ != 0)\n        return status_;\n", out);
}

/*
 * Does the reply keep the contract? The kernel's own replies are believed, but
 * for what memory is touched by: counts of items and lengths.
 */
static void put_reply_checks(FILE *out, const struct method *m)
{
    const struct layout *layout = m->reply_layout;
    const struct item *s = layout->strings;

    if (s != NULL)
        fprintf(out,
                "    if (!nu_reply_has(regs_.tag, %u, %u))\n"
                "        return nu_refuse(regs_.tag, NU_PROTO);\n",
                layout->handle_count, layout->page_count);
    if (layout->bytes > 0)
        fputs("    nu_get_words(&regs_, &rep_, sizeof(rep_));\n", out);
    if (!m->contract->is_kernel)
        emit_checks(out, layout, "rep_.",
                    "return nu_refuse(regs_.tag, NU_PROTO);");
    for (const struct item *p = layout->pages; p != NULL; p = p->next)
        fprintf(out,
                "    if (rep_.%s_pages > %s_max)\n"
                "        return nu_refuse(regs_.tag, NU_PROTO);\n",
                p->param->name, p->param->name);
    if (s != NULL)
        fprintf(
            out,
            "    status_ = nu_take_%s(&regs_, %u, %s, %s_max, rep_.%s_bytes,"
            "\n        %lluu);\n"
            "    if (status_ != 0)\n"
            "        return nu_refuse(regs_.tag, status_);\n",
            s->param->type->kind == TYPE_STRING ? "text" : "string",
            layout_words(layout), s->param->name, s->param->name,
            s->param->name, (unsigned long long)s->param->type->number);
}

static void put_results(FILE *out, const struct method *m)
{
    const struct layout *layout = m->reply_layout;

    for (const struct item *h = layout->handles; h != NULL; h = h->next)
        fprintf(out, "    handles_[%u] = nu_buffer()->handles[%u].handle;\n",
                h->index, h->index);
    if (m->contract->states != NULL)
        fprintf(out,
                "    if (state_ != NULL)\n        *state_ = "
                "%s_%s_next(*state_);\n",
                m->contract->name, m->name);
    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        if (f->kind == FIELD_ZERO)
            continue;
        fprintf(out, "    if (%s != NULL)\n        ", f->name);
        if (f->kind == FIELD_VALUE && f->type->kind == TYPE_ARRAY)
            fprintf(out, "__builtin_memcpy(%s, rep_.%s, sizeof(rep_.%s));\n",
                    f->name, f->name, f->name);
        else
            fprintf(out, "*%s = rep_.%s;\n", f->name, f->name);
    }
    for (const struct item *h = layout->handles; h != NULL; h = h->next)
        fprintf(out, "    nu_give_handle(%s, handles_[%u]);\n", h->param->name,
                h->index);
}

void emit_stub(FILE *out, const struct method *m)
{
    const char *k = m->contract->name;

    fputs("\n", out);
    emit_doc(out, m->doc, NULL);
    fprintf(out, "static inline int %s_%s(nu_handle_t self", k, m->name);
    put_request_params(out, m);
    put_reply_params(out, m);
    fputs(")\n{\n    struct nu_regs regs_ = {0};\n", out);
    if (m->reply_layout->bytes > 0)
        fprintf(out, "    struct %s_%s_rep rep_;\n", k, m->name);
    if (m->reply_layout->handle_count > 0)
        fprintf(out, "    nu_handle_t handles_[%u];\n",
                m->reply_layout->handle_count);
    if (m->contract->states != NULL)
        fputs("    uint8_t *state_ = nu_channel_state(self);\n", out);
    fputs("    int status_;\n\n", out);
    put_limits(out, m);
    put_fixed_request(out, m);
    put_items(out, m);
    put_tag(out, m);
    put_call(out, m);
    put_reply_checks(out, m);
    put_results(out, m);
    fputs("    return 0;\n}\n", out);
}
