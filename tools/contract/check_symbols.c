/*
 * No two things may get the same name in generated C: contract a_b with method
 * c and contract a with method b_c would both make a_b_c.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct symbol {
    const char *name; /* tags begin with "struct or enum " */
    const struct position *at;
    size_t order;
};

struct symbols {
    struct symbol *list;
    size_t count;
    size_t room;
};

static void add(struct compilation *c, struct symbols *s,
                const struct position *at, const char *name)
{
    if (s->count == s->room) {
        size_t room = s->room > 0 ? 2 * s->room : 256;
        struct symbol *list = ast_alloc(c, room * sizeof(*list));

        if (s->count > 0)
            memcpy(list, s->list, s->count * sizeof(*list));
        s->list = list;
        s->room = room;
    }
    s->list[s->count].name = name;
    s->list[s->count].at = at;
    s->list[s->count].order = s->count;
    s->count++;
}

/* K_NAME + (suffix), in capitals if (upper). */
static void add_joined(struct compilation *c, struct symbols *s,
                       const struct position *at, bool upper, const char *k,
                       const char *name, const char *suffix)
{
    char *text = ast_format(c, "%s_%s%s", k, name, suffix);

    for (char *p = text; upper && *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    add(c, s, at, text);
}

static void add_tag(struct compilation *c, struct symbols *s,
                    const struct position *at, const char *k, const char *name,
                    const char *suffix)
{
    add(c, s, at, ast_format(c, "struct or enum %s_%s%s", k, name, suffix));
}

static void add_types(struct compilation *c, struct symbols *s,
                      const struct contract *k)
{
    for (const struct enum_def *e = k->enums; e != NULL; e = e->next) {
        add_tag(c, s, &e->at, k->name, e->name, "");
        add_joined(c, s, &e->at, false, k->name, e->name, "_valid");
        for (const struct enum_value *v = e->values; v != NULL; v = v->next)
            add_joined(c, s, &v->at, true, k->name,
                       ast_format(c, "%s_%s", e->name, v->name), "");
    }
    for (const struct struct_def *d = k->structs; d != NULL; d = d->next) {
        add_tag(c, s, &d->at, k->name, d->name, "");
        add_joined(c, s, &d->at, false, k->name, d->name, "_valid");
        add_joined(c, s, &d->at, false, k->name, d->name, "_clear");
    }
}

static void add_contract(struct compilation *c, struct symbols *s,
                         const struct contract *k)
{
    static const char *const functions[] = {"", "_reply", "_next"};
    static const char *const macros[] = {"_ORDINAL", "_METHOD"};

    add_joined(c, s, &k->at, true, k->name, "contract", "");
    add_joined(c, s, &k->at, true, k->name, "version", "");
    add_joined(c, s, &k->at, true, "nuncio_contract", k->name, "_h");
    add_joined(c, s, &k->at, false, k->name, "dispatch", "");
    add_joined(c, s, &k->at, false, k->name, "automaton", "");
    add_tag(c, s, &k->at, k->name, "ops", "");
    add_types(c, s, k);
    for (const struct method *m = k->methods; m != NULL; m = m->next) {
        for (size_t i = 0; i < 3; i++)
            add_joined(c, s, &m->at, false, k->name, m->name, functions[i]);
        for (size_t i = 0; i < 2; i++)
            add_joined(c, s, &m->at, true, k->name, m->name, macros[i]);
        add_tag(c, s, &m->at, k->name, m->name, "_req");
        add_tag(c, s, &m->at, k->name, m->name, "_rep");
    }
}

static int compare(const void *a, const void *b)
{
    const struct symbol *x = a;
    const struct symbol *y = b;
    int order = strcmp(x->name, y->name);

    if (order == 0)
        order = x->order < y->order ? -1 : 1;
    return order;
}

void check_symbols(struct compilation *c)
{
    struct symbols s = {NULL, 0, 0};

    for (struct contract *k = c->contracts; k != NULL; k = k->next)
        add_contract(c, &s, k);
    if (s.count == 0)
        return;
    qsort(s.list, s.count, sizeof(*s.list), compare);
    for (size_t i = 1; i < s.count; i++) {
        if (strcmp(s.list[i].name, s.list[i - 1].name) == 0)
            ast_error(c, s.list[i].at,
                      "'%s' would be generated twice, first for %s:%d",
                      s.list[i].name, s.list[i - 1].at->file,
                      s.list[i - 1].at->line);
    }
}
