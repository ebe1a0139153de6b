/* Names and numbers: of contracts, types, methods, values and members. */
#include "check.h"

#include <ctype.h>
#include <string.h>
#include <abi/error.h>

#define NAME_BYTES_MAX      48
#define CONTRACT_NUMBER_MAX 0xfffeu /* 0xffff is "a channel" */

/* Of C, and what its headers make of a word. */
static const char *const keywords[] = {
    "alignas",      "alignof",  "asm",           "assert",   "auto",
    "bool",         "break",    "case",          "char",     "complex",
    "const",        "continue", "default",       "do",       "double",
    "else",         "enum",     "errno",         "extern",   "false",
    "float",        "for",      "goto",          "if",       "imaginary",
    "inline",       "int",      "long",          "noreturn", "offsetof",
    "register",     "restrict", "return",        "short",    "signed",
    "sizeof",       "static",   "static_assert", "struct",   "switch",
    "thread_local", "true",     "typedef",       "typeof",   "union",
    "unsigned",     "void",     "volatile",      "while",
};

/* Names that generated code uses beside a member's. */
static const char *const reserved[] = {"self", "call", "req", "rep"};

static bool is_in(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0)
            return true;
    }
    return false;
}

static bool has_case(const char *name, int (*wrong)(int))
{
    for (; *name != '\0'; name++) {
        if (wrong((unsigned char)*name))
            return true;
    }
    return false;
}

/* Is (name) fit to be part of generated code? */
static void check_name(struct compilation *c, const struct position *at,
                       const char *name, bool upper)
{
    size_t length = strlen(name);

    if (length > NAME_BYTES_MAX)
        ast_error(c, at, "name '%.48s...' is longer than %d characters", name,
                  NAME_BYTES_MAX);
    else if (is_in(name, keywords, sizeof(keywords) / sizeof(*keywords)))
        ast_error(c, at, "'%s' is a C keyword", name);
    else if (has_case(name, upper ? islower : isupper))
        ast_error(c, at, "name '%s' must be in %s case", name,
                  upper ? "upper" : "lower");
    else if (name[0] == '_' || name[length - 1] == '_')
        ast_error(c, at, "name '%s' must not begin or end with '_'", name);
}

static void check_param_name(struct compilation *c, const struct param *param)
{
    check_name(c, &param->at, param->name, false);
    if (is_in(param->name, reserved, sizeof(reserved) / sizeof(*reserved)))
        ast_error(c, &param->at, "name '%s' is reserved for generated code",
                  param->name);
}

/* A contract lies in the file of its name. */
static void check_file_name(struct compilation *c, const struct contract *k)
{
    const char *base = strrchr(k->at.file, '/');
    size_t length = strlen(k->name);

    base = base != NULL ? base + 1 : k->at.file;
    if (strncmp(base, k->name, length) != 0 ||
        strcmp(base + length, ".contract") != 0)
        ast_error(c, &k->at, "contract '%s' must be in a file %s.contract",
                  k->name, k->name);
}

static void check_contract(struct compilation *c, const struct contract *k)
{
    check_name(c, &k->at, k->name, false);
    check_file_name(c, k);
    if (strcmp(k->name, "nu") == 0 || strncmp(k->name, "nu_", 3) == 0)
        ast_error(c, &k->at, "contract name '%s' is reserved", k->name);
    if (k->number > CONTRACT_NUMBER_MAX)
        ast_error(c, &k->at, "contract number %llu is over %u",
                  (unsigned long long)k->number, CONTRACT_NUMBER_MAX);
    if (k->version < 1 || k->version > 0xffff)
        ast_error(c, &k->at, "version must be 1 to 65535");
    if (k->methods == NULL)
        ast_error(c, &k->at, "contract '%s' has no methods", k->name);
    for (const struct contract *o = c->contracts; o != k; o = o->next) {
        if (strcmp(o->name, k->name) == 0)
            ast_error(c, &k->at, "duplicate contract '%s', first in %s:%d",
                      k->name, o->at.file, o->at.line);
        if (o->number == k->number)
            ast_error(c, &k->at,
                      "contract number %llu is used twice, first by '%s' "
                      "in %s:%d",
                      (unsigned long long)k->number, o->name, o->at.file,
                      o->at.line);
    }
}

static void check_enum(struct compilation *c, struct enum_def *e)
{
    static const char *const bases[] = {"u8", "u16", "u32", "u64"};

    check_name(c, &e->at, e->name, false);
    for (uint32_t i = 0; i < 4; i++) {
        if (strcmp(e->base, bases[i]) == 0)
            e->width = 1u << i;
    }
    if (e->width == 0) {
        ast_error(c, &e->at, "enum '%s' must be u8, u16, u32 or u64, not '%s'",
                  e->name, e->base);
        e->width = 8;
    }
    for (struct enum_value *v = e->values; v != NULL; v = v->next) {
        check_name(c, &v->at, v->name, true);
        if (e->width < 8 && v->value >> (8 * e->width) != 0)
            ast_error(c, &v->at, "value %llu of '%s' does not fit %s",
                      (unsigned long long)v->value, v->name, e->base);
        for (struct enum_value *o = e->values; o != v; o = o->next) {
            if (strcmp(o->name, v->name) == 0)
                ast_error(c, &v->at, "duplicate value '%s'", v->name);
            else if (o->value == v->value)
                ast_error(c, &v->at, "'%s' and '%s' have the same value",
                          o->name, v->name);
        }
    }
}

static void check_struct(struct compilation *c, const struct struct_def *s)
{
    check_name(c, &s->at, s->name, false);
    if (s->members == NULL)
        ast_error(c, &s->at, "struct '%s' has no members", s->name);
    for (const struct param *m = s->members; m != NULL; m = m->next) {
        check_param_name(c, m);
        for (const struct param *o = s->members; o != m; o = o->next) {
            if (strcmp(o->name, m->name) == 0)
                ast_error(c, &m->at, "duplicate member '%s'", m->name);
        }
    }
}

static void check_errors(struct compilation *c, const struct method *m)
{
    static const struct {
        const char *name;
        int value;
    } known[] = {
#define KNOWN(name, value, text) {#name, value},
        NU_ERRORS(KNOWN)
#undef KNOWN
    };

    for (struct error_ref *e = m->errors; e != NULL; e = e->next) {
        for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
            if (strcmp(known[i].name, e->name) == 0)
                e->value = known[i].value;
        }
        if (e->value == 0)
            ast_error(c, &e->at, "unknown error '%s'", e->name);
        for (const struct error_ref *o = m->errors; o != e; o = o->next) {
            if (strcmp(o->name, e->name) == 0)
                ast_error(c, &e->at, "duplicate error '%s'", e->name);
        }
    }
}

static void check_method(struct compilation *c, const struct contract *k,
                         const struct method *m)
{
    check_name(c, &m->at, m->name, false);
    if (m->ordinal == 0)
        ast_error(c, &m->at, "ordinal 0 of method '%s' is reserved", m->name);
    if (m->ordinal > 0xffff)
        ast_error(c, &m->at, "ordinal %llu of method '%s' is over 65535",
                  (unsigned long long)m->ordinal, m->name);
    for (const struct method *o = k->methods; o != m; o = o->next) {
        if (strcmp(o->name, m->name) == 0)
            ast_error(c, &m->at, "duplicate method '%s'", m->name);
        if (o->ordinal == m->ordinal && m->ordinal != 0)
            ast_error(c, &m->at, "methods '%s' and '%s' have the same ordinal",
                      o->name, m->name);
    }
    for (const struct param *p = m->request; p != NULL; p = p->next)
        check_param_name(c, p);
    for (const struct param *p = m->reply; p != NULL; p = p->next)
        check_param_name(c, p);
    check_errors(c, m);
}

/* Two types of one name; enum and struct share C's tags. */
static void check_type_names(struct compilation *c, const struct contract *k)
{
    for (struct enum_def *e = k->enums; e != NULL; e = e->next) {
        for (struct enum_def *o = k->enums; o != e; o = o->next) {
            if (strcmp(o->name, e->name) == 0)
                ast_error(c, &e->at, "duplicate type '%s'", e->name);
        }
    }
    for (struct struct_def *s = k->structs; s != NULL; s = s->next) {
        for (struct struct_def *o = k->structs; o != s; o = o->next) {
            if (strcmp(o->name, s->name) == 0)
                ast_error(c, &s->at, "duplicate type '%s'", s->name);
        }
        for (struct enum_def *e = k->enums; e != NULL; e = e->next) {
            if (strcmp(e->name, s->name) == 0)
                ast_error(c, &s->at, "duplicate type '%s'", s->name);
        }
    }
}

void check_names(struct compilation *c)
{
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        check_contract(c, k);
        check_type_names(c, k);
        for (struct enum_def *e = k->enums; e != NULL; e = e->next)
            check_enum(c, e);
        for (struct struct_def *s = k->structs; s != NULL; s = s->next)
            check_struct(c, s);
        for (struct method *m = k->methods; m != NULL; m = m->next)
            check_method(c, k, m);
    }
}

bool check_all(struct compilation *c)
{
    check_names(c);
    check_types(c);
    if (c->error_count == 0)
        check_messages(c);
    check_states(c);
    if (c->error_count == 0)
        check_symbols(c);
    return c->error_count == 0;
}
