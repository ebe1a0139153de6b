/* The automaton of a contract. */
#include <string.h>

#include "check.h"

#define STATES_MAX 254u /* a byte, less "out of order" */

static struct state *find_state(const struct states *states, const char *name)
{
    for (struct state *s = states->list; s != NULL; s = s->next) {
        if (strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

/* The start is number 0, so that a zeroed byte is a new channel's state. */
static void number_states(struct compilation *c, struct states *states)
{
    struct state *start = find_state(states, states->start_name);
    uint32_t next = start != NULL ? 1 : 0;

    for (struct state *s = states->list; s != NULL; s = s->next) {
        if (find_state(states, s->name) != s)
            ast_error(c, &s->at, "duplicate state '%s'", s->name);
        s->index = s == start ? 0 : next++;
        states->count++;
    }
    if (start == NULL)
        ast_error(c, &states->start_at, "start state '%s' does not exist",
                  states->start_name);
    else
        start->reached = true;
    if (states->count > STATES_MAX)
        ast_error(c, &states->at, "more than %u states", STATES_MAX);
}

static void resolve_transitions(struct compilation *c, const struct contract *k,
                                const struct states *states,
                                const struct state *s)
{
    for (struct transition *t = s->transitions; t != NULL; t = t->next) {
        t->method = check_find_method(k, t->method_name);
        t->target = find_state(states, t->target_name);
        if (t->method == NULL)
            ast_error(c, &t->at, "unknown method '%s'", t->method_name);
        if (t->target == NULL)
            ast_error(c, &t->at, "state '%s' does not exist", t->target_name);
        for (const struct transition *o = s->transitions; o != t; o = o->next) {
            if (strcmp(o->method_name, t->method_name) == 0)
                ast_error(c, &t->at, "duplicate method '%s' in state '%s'",
                          t->method_name, s->name);
        }
    }
}

/* Marks what can be reached; again until nothing is new. */
static void reach(struct states *states)
{
    bool again = true;

    while (again) {
        again = false;
        for (struct state *s = states->list; s != NULL; s = s->next) {
            for (struct transition *t = s->transitions; s->reached && t != NULL;
                 t = t->next) {
                if (t->target != NULL && !t->target->reached) {
                    t->target->reached = true;
                    again = true;
                }
            }
        }
    }
}

static bool is_allowed(const struct states *states, const struct method *m)
{
    for (const struct state *s = states->list; s != NULL; s = s->next) {
        for (const struct transition *t = s->transitions; t != NULL;
             t = t->next) {
            if (t->method == m)
                return true;
        }
    }
    return false;
}

static void check_machine(struct compilation *c, struct contract *k)
{
    struct states *states = k->states;
    bool has_start;

    number_states(c, states);
    has_start = find_state(states, states->start_name) != NULL;
    for (struct state *s = states->list; s != NULL; s = s->next)
        resolve_transitions(c, k, states, s);
    reach(states);
    for (struct state *s = states->list; s != NULL; s = s->next) {
        if (has_start && !s->reached)
            ast_error(c, &s->at, "state '%s' cannot be reached", s->name);
    }
    for (struct method *m = k->methods; m != NULL; m = m->next) {
        if (!is_allowed(states, m))
            ast_error(c, &m->at, "method '%s' is never allowed", m->name);
    }
}

void check_states(struct compilation *c)
{
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        if (k->states == NULL)
            continue;
        if (k->states->next != NULL)
            ast_error(c, &k->states->next->at, "second 'states'");
        check_machine(c, k);
    }
}
