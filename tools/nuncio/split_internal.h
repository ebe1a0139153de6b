/* Between the two halves of splitting: who lives where (split.c), and what each
 * domain is then made of (split_part.c). */
#ifndef NUNCIO_TOOL_SPLIT_INTERNAL_H
#define NUNCIO_TOOL_SPLIT_INTERNAL_H

#include "split.h"

/* A domain while it is found out what lives in it. */
struct place {
    const char *name;
    unsigned line; /* where it is named first */
    bool has[SYSTEM_UNITS_ROOM]; /* service, by index */
    bool imports[SYSTEM_UNITS_ROOM];
    bool is_numbered;
};

struct split {
    struct system *sys;
    struct report *report;
    struct place places[SYSTEM_DOMAINS_MAX]; /* [0]: the main domain */
    size_t count;
};

/* The domain that (service) is placed in; NULL: where its users are. */
const char *split_home(const struct service *service);
/* Does any domain import the service at (index)? */
bool split_is_exported(const struct split *split, size_t index);

/* Makes (domain) of what lives in (place). */
void split_make_part(struct split *split, const struct place *place,
                     struct domain *domain);

#endif /* NUNCIO_TOOL_SPLIT_INTERNAL_H */
