/*
 * tables.c: the contracts as data, for programs that decode messages. It needs
 * nothing else that is generated.
 */
#include <stdlib.h>

#include "emit.h"

static void put_enum(FILE *out, const struct contract *k,
                     const struct enum_def *e)
{
    uint32_t count = 0;

    fprintf(out, "static const struct nu_table_value %s_%s_values[] = {\n",
            k->name, e->name);
    for (const struct enum_value *v = e->values; v != NULL; v = v->next) {
        fprintf(out, "    {\"%s\", %lluull},\n", v->name,
                (unsigned long long)v->value);
        count++;
    }
    fprintf(out,
            "};\nstatic const struct nu_table_enum %s_%s_enum = {\n"
            "    \"%s\", %s_%s_values, %u};\n\n",
            k->name, e->name, e->name, k->name, e->name, count);
}

static const char *kind_of(const struct field *f, const struct type *type)
{
    if (f->kind == FIELD_LENGTH)
        return "NU_TABLE_LENGTH";
    if (f->kind == FIELD_PAGES)
        return "NU_TABLE_PAGES";
    if (type->kind == TYPE_ENUM)
        return "NU_TABLE_ENUM";
    return type->is_signed ? "NU_TABLE_SIGNED" : "NU_TABLE_UNSIGNED";
}

/* Where a member stands: the names above it and how far they begin. */
struct path {
    const struct path *above;
    const char *name;
    int element; /* -1: no array of structs */
};

static void put_path(FILE *out, const struct path *path)
{
    if (path == NULL)
        return;
    put_path(out, path->above);
    fputs(path->name, out);
    if (path->element >= 0)
        fprintf(out, "[%d]", path->element);
    fputs(".", out);
}

/* "foo" for foo_bytes: the string's own name. */
static int name_length(const struct field *f)
{
    int length = 0;

    while (f->name[length] != '\0')
        length++;
    return f->kind == FIELD_VALUE ? length : length - 6;
}

/* The leaves of (layout); returns how many. */
static uint32_t put_members(FILE *out, const struct layout *layout,
                            const struct path *above, uint32_t base)
{
    uint32_t count = 0;

    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        const struct type *type = f->type;

        if (f->kind == FIELD_ZERO)
            continue;
        if (type->kind == TYPE_ARRAY)
            type = type->element;
        for (uint32_t i = 0;
             type->kind == TYPE_STRUCT && i < (f->count > 0 ? f->count : 1);
             i++) {
            struct path path = {above, f->name, f->count > 0 ? (int)i : -1};

            count += put_members(out, type->structure->layout, &path,
                                 base + f->offset + i * f->width);
        }
        if (type->kind == TYPE_STRUCT)
            continue;
        fputs("    {\"", out);
        put_path(out, above);
        fprintf(out, "%.*s\", %s, %u, %u, %u, ", name_length(f), f->name,
                kind_of(f, type), base + f->offset, f->width, f->count);
        if (f->kind == FIELD_VALUE && type->kind == TYPE_ENUM)
            fprintf(out, "&%s_%s_enum},\n", type->enumeration->contract->name,
                    type->enumeration->name);
        else
            fputs("NULL},\n", out);
        count++;
    }
    return count;
}

static uint32_t length_offset(const struct layout *layout, uint32_t index)
{
    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        if (f->kind == FIELD_LENGTH && index-- == 0)
            return f->offset;
    }
    return 0;
}

/* The lists of one message; (what) is "req" or "rep". Returns the members. */
static uint32_t put_lists(FILE *out, const struct method *m, const char *what,
                          const struct layout *layout)
{
    const char *k = m->contract->name;
    uint32_t count = 0;

    if (layout->bytes > 0) {
        fprintf(out, "static const struct nu_table_member %s_%s_%s[] = {\n", k,
                m->name, what);
        count = put_members(out, layout, NULL, 0);
        fputs("};\n", out);
    }
    if (layout->string_count > 0) {
        fprintf(out,
                "static const struct nu_table_string %s_%s_%s_strings[] = {\n",
                k, m->name, what);
        for (const struct item *s = layout->strings; s != NULL; s = s->next)
            fprintf(out, "    {\"%s\", %s, %llu, %u},\n", s->param->name,
                    s->param->type->kind == TYPE_STRING ? "true" : "false",
                    (unsigned long long)s->param->type->number,
                    length_offset(layout, s->index));
        fputs("};\n", out);
    }
    if (layout->handle_count > 0) {
        fprintf(out,
                "static const struct nu_table_handle %s_%s_%s_handles[] = {\n",
                k, m->name, what);
        for (const struct item *h = layout->handles; h != NULL; h = h->next) {
            const char *contract = h->param->type->name;

            fprintf(out, "    {\"%s\", %s%s%s, %s},\n", h->param->name,
                    contract != NULL ? "\"" : "",
                    contract != NULL ? contract : "NULL",
                    contract != NULL ? "\"" : "",
                    h->param->move ? "true" : "false");
        }
        fputs("};\n", out);
    }
    return count;
}

static void put_list_name(FILE *out, const struct method *m, const char *what,
                          const char *suffix, bool exists)
{
    if (exists)
        fprintf(out, ", %s_%s_%s%s", m->contract->name, m->name, what, suffix);
    else
        fputs(", NULL", out);
}

static void put_message(FILE *out, const struct method *m, const char *what,
                        const struct layout *layout, uint32_t members)
{
    fprintf(out, "        {%u, %u, %u, %u, %u", layout_words(layout), members,
            layout->string_count, layout->handle_count, layout->page_count);
    put_list_name(out, m, what, "", members > 0);
    put_list_name(out, m, what, "_strings", layout->string_count > 0);
    put_list_name(out, m, what, "_handles", layout->handle_count > 0);
    fputs("},\n", out);
}

static uint32_t put_errors(FILE *out, const struct method *m)
{
    uint32_t count = 0;

    if (m->errors == NULL)
        return 0;
    fprintf(out, "static const int %s_%s_errors[] = {", m->contract->name,
            m->name);
    for (const struct error_ref *e = m->errors; e != NULL; e = e->next) {
        fprintf(out, "%s%d", count > 0 ? ", " : "", e->value);
        count++;
    }
    fputs("};\n", out);
    return count;
}

static int compare_methods(const void *a, const void *b)
{
    const struct method *const *x = a;
    const struct method *const *y = b;

    return (*x)->ordinal < (*y)->ordinal ? -1 : 1;
}

static int compare_contracts(const void *a, const void *b)
{
    const struct contract *const *x = a;
    const struct contract *const *y = b;

    return (*x)->number < (*y)->number ? -1 : 1;
}

/* (count) pointers, to be freed. */
static void *pointers(uint32_t count)
{
    void *list = calloc(count > 0 ? count : 1, sizeof(void *));

    if (list == NULL) {
        fputs("contract: out of memory\n", stderr);
        exit(2);
    }
    return list;
}

static void put_order(FILE *out, const struct contract *k,
                      const struct method *const *methods)
{
    const struct states *states = k->states;

    if (states == NULL)
        return;
    fprintf(out, "static const char *const %s_states[] = {", k->name);
    for (uint32_t i = 0; i < states->count; i++)
        fprintf(out, "\"%s\", ", emit_state(states, i)->name);
    fprintf(out, "};\nstatic const uint8_t %s_next[] = {\n", k->name);
    for (uint32_t i = 0; i < states->count; i++) {
        fputs("   ", out);
        for (uint32_t j = 0; j < k->method_count; j++)
            fprintf(out, " %u,",
                    emit_next_state(emit_state(states, i), methods[j]));
        fputs("\n", out);
    }
    fputs("};\n", out);
}

/* What one method is made of; remembered until its table is written. */
struct counts {
    uint32_t request;
    uint32_t reply;
    uint32_t errors;
};

static void put_enum_list(FILE *out, const struct contract *k)
{
    if (k->enums == NULL)
        return;
    fprintf(out, "static const struct nu_table_enum *const %s_enums[] = {\n",
            k->name);
    for (const struct enum_def *e = k->enums; e != NULL; e = e->next)
        fprintf(out, "    &%s_%s_enum,\n", k->name, e->name);
    fputs("};\n", out);
}

/* The line of (k) in the list of all. */
static void put_entry(FILE *out, const struct contract *k)
{
    uint32_t enums = 0;

    for (const struct enum_def *e = k->enums; e != NULL; e = e->next)
        enums++;
    fprintf(out, "    {\"%s\", %llu, %llu, %s, %u, %s_methods,\n", k->name,
            (unsigned long long)k->number, (unsigned long long)k->version,
            k->is_kernel ? "true" : "false", k->method_count, k->name);
    if (k->states != NULL)
        fprintf(out, "        {%u, %s_states, %s_next}, ", k->states->count,
                k->name, k->name);
    else
        fputs("        {0, NULL, NULL}, ", out);
    fprintf(out, "%u, %s%s},\n", enums, enums > 0 ? k->name : "NULL",
            enums > 0 ? "_enums" : "");
}

static void put_contract(FILE *out, const struct contract *k)
{
    const struct method **methods = pointers(k->method_count);
    struct counts *counts = calloc(k->method_count, sizeof(*counts));
    uint32_t n = 0;

    if (counts == NULL)
        exit(2);
    for (const struct method *m = k->methods; m != NULL; m = m->next)
        methods[n++] = m;
    qsort(methods, n, sizeof(*methods), compare_methods);
    for (uint32_t i = 0; i < n; i++) {
        const struct method *m = methods[i];

        counts[i].request = put_lists(out, m, "req", m->request_layout);
        counts[i].reply = put_lists(out, m, "rep", m->reply_layout);
        counts[i].errors = put_errors(out, m);
    }
    put_order(out, k, methods);
    put_enum_list(out, k);
    fprintf(out, "static const struct nu_table_method %s_methods[] = {\n",
            k->name);
    for (uint32_t i = 0; i < n; i++) {
        const struct method *m = methods[i];

        fprintf(out, "    {\"%s\", %llu,\n", m->name,
                (unsigned long long)m->ordinal);
        put_message(out, m, "req", m->request_layout, counts[i].request);
        put_message(out, m, "rep", m->reply_layout, counts[i].reply);
        if (counts[i].errors > 0)
            fprintf(out, "        %s_%s_errors, %u},\n", k->name, m->name,
                    counts[i].errors);
        else
            fputs("        NULL, 0},\n", out);
    }
    fputs("};\n\n", out);
    free(counts);
    free(methods);
}

void emit_tables(FILE *out, const struct compilation *c)
{
    const struct contract **list;
    uint32_t n = 0;

    for (const struct contract *k = c->contracts; k != NULL; k = k->next)
        n++;
    list = pointers(n);
    n = 0;
    for (const struct contract *k = c->contracts; k != NULL; k = k->next)
        list[n++] = k;
    qsort(list, n, sizeof(*list), compare_contracts);
    fputs("/* See tables.h. Made by tools/contract: do not edit. */\n"
          "#include \"tables.h\"\n\n",
          out);
    for (uint32_t i = 0; i < n; i++) {
        for (const struct enum_def *e = list[i]->enums; e != NULL; e = e->next)
            put_enum(out, list[i], e);
    }
    for (uint32_t i = 0; i < n; i++)
        put_contract(out, list[i]);
    fputs("const struct nu_table_contract nu_table_contracts[] = {\n", out);
    for (uint32_t i = 0; i < n; i++)
        put_entry(out, list[i]);
    fprintf(out, "};\n\nconst uint32_t nu_table_contract_count = %u;\n", n);
    free(list);
}
