/* Looking names up: check.h. */
#include <string.h>

#include "check.h"

struct contract *check_find_contract(const struct compilation *c,
                                     const char *name)
{
    for (struct contract *k = c->contracts; k != NULL; k = k->next) {
        if (strcmp(k->name, name) == 0)
            return k;
    }
    return NULL;
}

struct method *check_find_method(const struct contract *contract,
                                 const char *name)
{
    for (struct method *m = contract->methods; m != NULL; m = m->next) {
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}
