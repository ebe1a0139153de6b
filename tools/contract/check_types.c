/* Types: every name means something, and nothing contains itself. */
#include <string.h>

#include "check.h"
#include "layout.h"
#include <abi/message.h>

#define STRUCT_DEPTH_MAX 16

/* Of the language itself; they cannot be defined again. */
static bool builtin(const char *name, uint32_t *width, bool *is_signed)
{
    static const char *const names[] = {"u8", "u16", "u32", "u64",
                                        "i8", "i16", "i32", "i64"};

    for (uint32_t i = 0; i < 8; i++) {
        if (strcmp(name, names[i]) == 0) {
            *width = 1u << (i % 4);
            *is_signed = i >= 4;
            return true;
        }
    }
    return false;
}

static void add_import(struct compilation *c, struct contract *k,
                       struct contract *other)
{
    struct import *import;

    for (import = k->imports; import != NULL; import = import->next) {
        if (import->contract == other)
            return;
    }
    import = ast_alloc(c, sizeof(*import));
    import->contract = other;
    k->imports = ast_append(k->imports, import);
}

/* An enum or struct: of this contract, or of the one it is qualified with. */
static void resolve_name(struct compilation *c, struct contract *k,
                         struct type *type)
{
    struct contract *home = k;

    if (type->scope != NULL) {
        home = check_find_contract(c, type->scope);
        if (home == NULL) {
            ast_error(c, &type->at, "unknown contract '%s'", type->scope);
            return;
        }
        if (home != k)
            add_import(c, k, home);
    } else if (builtin(type->name, &type->width, &type->is_signed)) {
        type->kind = TYPE_SCALAR;
        return;
    }
    for (struct enum_def *e = home->enums; e != NULL; e = e->next) {
        if (strcmp(e->name, type->name) == 0) {
            type->kind = TYPE_ENUM;
            type->enumeration = e;
            return;
        }
    }
    for (struct struct_def *s = home->structs; s != NULL; s = s->next) {
        if (strcmp(s->name, type->name) == 0) {
            type->kind = TYPE_STRUCT;
            type->structure = s;
            return;
        }
    }
    if (type->scope != NULL)
        ast_error(c, &type->at, "unknown type '%s.%s'", type->scope,
                  type->name);
    else
        ast_error(c, &type->at, "unknown type '%s'", type->name);
}

static void check_array(struct compilation *c, const struct type *type)
{
    if (type->number == 0)
        ast_error(c, &type->at, "array of 0 elements");
    else if (type->number > LAYOUT_BYTES_MAX)
        ast_error(c, &type->at, "array of %llu elements is over 64 words",
                  (unsigned long long)type->number);
    if (type->element->kind == TYPE_ARRAY)
        ast_error(c, &type->at, "array of arrays; make the inner a struct");
    else if (type->element->kind >= TYPE_STRING)
        ast_error(c, &type->at, "array of strings, bytes, handles or pages");
}

static void resolve(struct compilation *c, struct contract *k,
                    struct type *type)
{
    if (type->kind == TYPE_ARRAY) {
        /* Not by recursion: the input decides how deep this goes. */
        struct type *inner = type;

        while (inner->kind == TYPE_ARRAY)
            inner = inner->element;
        if (inner->kind == TYPE_NAMED)
            resolve_name(c, k, inner);
        check_array(c, type);
    } else if (type->kind == TYPE_NAMED) {
        resolve_name(c, k, type);
    } else if (type->kind == TYPE_HANDLE) {
        if (strcmp(type->name, "any") == 0)
            type->name = NULL;
        else if (check_find_contract(c, type->name) == NULL)
            ast_error(c, &type->at, "unknown contract '%s'", type->name);
    } else if (type->number == 0) {
        ast_error(c, &type->at, "largest length 0");
    } else if (type->kind == TYPE_PAGES
                   ? type->number > NU_STRING_BYTES_MAX / NU_PAGE_BYTES
                   : type->number > NU_STRING_BYTES_MAX) {
        ast_error(c, &type->at, "largest length is over 1 MiB");
    }
}

static void resolve_contract(struct compilation *c, struct contract *k)
{
    for (struct struct_def *s = k->structs; s != NULL; s = s->next) {
        for (struct param *m = s->members; m != NULL; m = m->next) {
            resolve(c, k, m->type);
            if (m->type->kind >= TYPE_STRING)
                ast_error(c, &m->at,
                          "member '%s': strings, bytes, handles and pages are "
                          "parameters of methods only",
                          m->name);
        }
    }
    for (struct method *m = k->methods; m != NULL; m = m->next) {
        for (struct param *p = m->request; p != NULL; p = p->next)
            resolve(c, k, p->type);
        for (struct param *p = m->reply; p != NULL; p = p->next)
            resolve(c, k, p->type);
    }
}

/* Headers include what they use; a circle of them could not be compiled. */
static void check_imports(struct compilation *c, struct contract *k, int depth)
{
    k->visit = VISIT_NOW;
    for (struct import *i = k->imports; i != NULL; i = i->next) {
        if (i->contract->visit == VISIT_NOW || depth == 0)
            ast_error(c, &k->at,
                      "contracts '%s' and '%s' use each other's types", k->name,
                      i->contract->name);
        else if (i->contract->visit == VISIT_NOT_YET)
            check_imports(c, i->contract, depth - 1);
    }
    k->visit = VISIT_DONE;
}

static bool too_deep(struct compilation *c, const struct struct_def *s)
{
    ast_error(c, &s->at, "structs are nested more than %d deep",
              STRUCT_DEPTH_MAX);
    return false;
}

/* Structs that contain others come after them; returns false on an error.
 * (room) bounds the recursion, as the input decides how deep it goes. */
static bool sort_struct(struct compilation *c, struct struct_def *s, int room)
{
    struct struct_def **end = &c->structs_sorted;
    bool good = true;

    if (s->visit == VISIT_DONE)
        return true;
    if (s->visit == VISIT_NOW) {
        ast_error(c, &s->at, "struct '%s' contains itself", s->name);
        return false;
    }
    if (room == 0)
        return too_deep(c, s);
    s->visit = VISIT_NOW;
    s->depth = 1;
    for (struct param *m = s->members; m != NULL && good; m = m->next) {
        const struct type *type = m->type;

        while (type->kind == TYPE_ARRAY)
            type = type->element;
        if (type->kind != TYPE_STRUCT)
            continue;
        good = sort_struct(c, type->structure, room - 1);
        if (s->depth <= type->structure->depth)
            s->depth = type->structure->depth + 1;
    }
    if (good && s->depth > STRUCT_DEPTH_MAX)
        good = too_deep(c, s);
    s->visit = VISIT_DONE;
    while (*end != NULL)
        end = &(*end)->next_sorted;
    *end = s;
    return good;
}

void check_types(struct compilation *c)
{
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        uint32_t width;
        bool is_signed;

        for (struct enum_def *e = k->enums; e != NULL; e = e->next) {
            if (builtin(e->name, &width, &is_signed))
                ast_error(c, &e->at, "'%s' is a built-in type", e->name);
        }
        for (struct struct_def *s = k->structs; s != NULL; s = s->next) {
            if (builtin(s->name, &width, &is_signed))
                ast_error(c, &s->at, "'%s' is a built-in type", s->name);
        }
        resolve_contract(c, k);
    }
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        if (k->visit == VISIT_NOT_YET)
            check_imports(c, k, 64);
    }
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        for (struct struct_def *s = k->structs; s != NULL; s = s->next)
            (void)sort_struct(c, s, STRUCT_DEPTH_MAX);
    }
}
