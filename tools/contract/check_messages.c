/* Messages: what fits, and what the parameters are called in C. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "layout.h"
#include <abi/message.h>

#define REQUEST_STRINGS_MAX 4u /* NU_RX_MAX */
#define REPLY_STRINGS_MAX   1u

/* The names a parameter has in C beside its own. */
static bool takes_name(const struct param *param, const char *name)
{
    static const char *const suffixes[] = {"", "_bytes", "_max", "_pages"};
    size_t length = strlen(param->name);
    size_t last = 0;

    if (param->type->kind == TYPE_STRING || param->type->kind == TYPE_BYTES)
        last = 2;
    if (param->type->kind == TYPE_PAGES)
        last = 3;
    for (size_t i = 0; i <= last; i++) {
        if (strncmp(name, param->name, length) == 0 &&
            strcmp(name + length, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* Do two parameters need the same name in the stub or a message? */
static bool names_clash(const struct param *a, const struct param *b)
{
    static const char *const suffixes[] = {"", "_bytes", "_max", "_pages"};
    char name[80];

    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof(name), "%s%s", b->name, suffixes[i]);
        if (takes_name(b, name) && takes_name(a, name))
            return true;
    }
    return false;
}

static void check_params(struct compilation *c, const struct method *m)
{
    const struct param *lists[2] = {m->request, m->reply};

    for (int i = 0; i < 2; i++) {
        for (const struct param *p = lists[i]; p != NULL; p = p->next) {
            if (p->move && (i == 1 || p->type->kind != TYPE_HANDLE))
                ast_error(c, &p->at,
                          "'%s': only a handle of a request can move", p->name);
            for (int j = 0; j <= i; j++) {
                for (const struct param *o = lists[j]; o != NULL && o != p;
                     o = o->next) {
                    if (names_clash(o, p))
                        ast_error(c, &p->at,
                                  "parameters '%s' and '%s' of method '%s' "
                                  "need the same name in C",
                                  o->name, p->name, m->name);
                }
            }
        }
    }
}

static void check_counts(struct compilation *c, const struct method *m,
                         const struct layout *layout, bool request)
{
    const char *what = request ? "request" : "reply";
    uint32_t strings = request ? REQUEST_STRINGS_MAX : REPLY_STRINGS_MAX;

    if (layout->bytes > LAYOUT_BYTES_MAX)
        ast_error(c, &m->at, "%s of method '%s' is over 64 words", what,
                  m->name);
    if (layout->string_count > strings)
        ast_error(c, &m->at,
                  "%s of method '%s' has too many strings: %u, and %u fit",
                  what, m->name, layout->string_count, strings);
    if (layout->handle_count > NU_HANDLES_MAX)
        ast_error(c, &m->at,
                  "%s of method '%s' has too many handles: %u, and %u fit",
                  what, m->name, layout->handle_count, NU_HANDLES_MAX);
    if (layout->page_count > NU_PAGES_MAX)
        ast_error(c, &m->at,
                  "%s of method '%s' has too many pages: %u, and %u fit", what,
                  m->name, layout->page_count, NU_PAGES_MAX);
}

/* The kernel takes strings from the message buffer alone. */
static void check_kernel(struct compilation *c, const struct method *m)
{
    const struct layout *layout = m->request_layout;
    uint32_t room = LAYOUT_BYTES_MAX - 8 * layout_inline_start(layout);

    if (layout->string_count > 1)
        ast_error(c, &m->at,
                  "method '%s' of a kernel contract has more than one string",
                  m->name);
    for (const struct item *s = layout->strings; s != NULL; s = s->next) {
        if (s->param->type->number > room)
            ast_error(c, &s->param->at,
                      "'%s' of a kernel contract must fit the message buffer: "
                      "at most %u bytes",
                      s->param->name, room);
    }
}

void check_messages(struct compilation *c)
{
    for (struct struct_def *s = c->structs_sorted; s != NULL;
         s = s->next_sorted) {
        s->layout = layout_make(c, s->members, 1);
        if (s->layout->bytes > LAYOUT_BYTES_MAX)
            ast_error(c, &s->at, "struct '%s' is over 64 words", s->name);
    }
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        for (struct method *m = k->methods; m != NULL; m = m->next) {
            m->request_layout = layout_make(c, m->request, 8);
            m->reply_layout = layout_make(c, m->reply, 8);
            check_params(c, m);
            check_counts(c, m, m->request_layout, true);
            check_counts(c, m, m->reply_layout, false);
            if (k->is_kernel && m->request_layout->bytes <= LAYOUT_BYTES_MAX)
                check_kernel(c, m);
        }
    }
}
