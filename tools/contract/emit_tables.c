/*
 * tables.h and tables.c: the contracts as data, for programs that decode
 * messages. They depend on nothing else that is generated.
 */
#include <stdlib.h>

#include "emit.h"

/* Spelt in the header's own words; the format's only definition. */
static const char header[] =
    "/*\n"
    " * The contracts as data, for programs that decode messages. Made by\n"
    " * tools/contract: do not edit.\n"
    " *\n"
    " * The fixed part of a message is described by flat members: a struct's\n"
    " * members appear as \"attributes.inode\", those of an array of structs as\n"
    " * \"list[2].name\". Gaps, which are zero, do not appear. Lists are NULL\n"
    " * when their count is 0.\n"
    " *\n"
    " * Units: offsets, widths and lengths in bytes; words of 8 bytes.\n"
    " */\n"
    "#ifndef NUNCIO_CONTRACT_TABLES_H\n"
    "#define NUNCIO_CONTRACT_TABLES_H\n"
    "\n"
    "#include <stdbool.h>\n"
    "#include <stddef.h>\n"
    "#include <stdint.h>\n"
    "\n"
    "enum nu_table_kind {\n"
    "    NU_TABLE_UNSIGNED,\n"
    "    NU_TABLE_SIGNED,\n"
    "    NU_TABLE_ENUM, /* unsigned; (values) names it */\n"
    "    NU_TABLE_LENGTH, /* of a string, in bytes */\n"
    "    NU_TABLE_PAGES, /* of a page item, in pages */\n"
    "};\n"
    "\n"
    "struct nu_table_value {\n"
    "    const char *name;\n"
    "    uint64_t value;\n"
    "};\n"
    "\n"
    "struct nu_table_enum {\n"
    "    const char *name;\n"
    "    const struct nu_table_value *values;\n"
    "    uint32_t count;\n"
    "};\n"
    "\n"
    "struct nu_table_member {\n"
    "    const char *name; /* of LENGTH and PAGES: the string's or item's */\n"
    "    enum nu_table_kind kind;\n"
    "    uint32_t offset;\n"
    "    uint32_t width; /* of one element: 1, 2, 4 or 8 */\n"
    "    uint32_t count; /* elements of an array; 0: none */\n"
    "    const struct nu_table_enum *values; /* ENUM; otherwise NULL */\n"
    "};\n"
    "\n"
    "/* String item 0, 1, ...; the only one may be inline (stub/call.h). */\n"
    "struct nu_table_string {\n"
    "    const char *name;\n"
    "    bool is_text; /* string; otherwise bytes */\n"
    "    uint32_t bytes_max;\n"
    "    uint32_t length_offset; /* of the uint32_t with its length */\n"
    "};\n"
    "\n"
    "/* Handle item 0, 1, ... */\n"
    "struct nu_table_handle {\n"
    "    const char *name;\n"
    "    const char *contract; /* NULL: any */\n"
    "    bool is_moved;\n"
    "};\n"
    "\n"
    "struct nu_table_message {\n"
    "    uint32_t words; /* of the fixed part */\n"
    "    uint32_t member_count;\n"
    "    uint32_t string_count;\n"
    "    uint32_t handle_count;\n"
    "    uint32_t page_count;\n"
    "    const struct nu_table_member *members;\n"
    "    const struct nu_table_string *strings;\n"
    "    const struct nu_table_handle *handles;\n"
    "};\n"
    "\n"
    "struct nu_table_method {\n"
    "    const char *name;\n"
    "    uint32_t ordinal;\n"
    "    struct nu_table_message request;\n"
    "    struct nu_table_message reply;\n"
    "    const int *errors; /* as in abi/error.h */\n"
    "    uint32_t error_count;\n"
    "};\n"
    "\n"
    "/* next[state * method_count + method]: 255 is out of order. */\n"
    "struct nu_table_order {\n"
    "    uint32_t state_count;\n"
    "    const char *const *states; /* 0 is the start */\n"
    "    const uint8_t *next;\n"
    "};\n"
    "\n"
    "struct nu_table_contract {\n"
    "    const char *name;\n"
    "    uint32_t number;\n"
    "    uint32_t version;\n"
    "    bool is_kernel;\n"
    "    uint32_t method_count;\n"
    "    const struct nu_table_method *methods; /* by ordinal */\n"
    "    struct nu_table_order order; /* state_count 0: none */\n"
    "    uint32_t enum_count;\n"
    "    const struct nu_table_enum *const *enums; /* all of the contract */\n"
    "};\n"
    "\n"
    "/* By number. */\n"
    "extern const struct nu_table_contract nu_table_contracts[];\n"
    "extern const uint32_t nu_table_contract_count;\n"
    "\n"
    "/* NULL when there is none of that number. */\n"
    "static inline const struct nu_table_contract *\n"
    "nu_table_find_contract(uint32_t number)\n"
    "{\n"
    "    for (uint32_t i = 0; i < nu_table_contract_count; i++) {\n"
    "        if (nu_table_contracts[i].number == number)\n"
    "            return &nu_table_contracts[i];\n"
    "    }\n"
    "    return NULL;\n"
    "}\n"
    "\n"
    "static inline const struct nu_table_method *\n"
    "nu_table_find_method(const struct nu_table_contract *c, "
    "uint32_t ordinal)\n"
    "{\n"
    "    for (uint32_t i = 0; i < c->method_count; i++) {\n"
    "        if (c->methods[i].ordinal == ordinal)\n"
    "            return &c->methods[i];\n"
    "    }\n"
    "    return NULL;\n"
    "}\n"
    "\n"
    "#endif /* NUNCIO_CONTRACT_TABLES_H */\n";

void emit_tables_header(FILE *out)
{
    fputs(header, out);
}

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
