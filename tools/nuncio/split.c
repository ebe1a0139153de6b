#include "split_internal.h"

#include <stdlib.h>
#include <string.h>

static size_t index_of(const struct split *split, const struct service *service)
{
    return (size_t)(service - split->sys->services);
}

/* The domain (name); made if it is new. The main one if there are too many. */
static struct place *place_of(struct split *split, const char *name,
                              unsigned line)
{
    for (size_t i = 0; i < split->count; i++) {
        if (strcmp(split->places[i].name, name) == 0)
            return &split->places[i];
    }
    if (split->count == SYSTEM_DOMAINS_MAX) {
        report_error(split->report, split->sys->file, line,
                     "domain \"%s\" is one too many; there can be %d", name,
                     SYSTEM_DOMAINS_MAX);
        return &split->places[0];
    }
    split->places[split->count].name = name;
    split->places[split->count].line = line;
    return &split->places[split->count++];
}

static void include(struct split *split, struct place *place,
                    const struct service *service);

/* What of the list is a service is included, or imported. There is no circle
 * among services, so this ends. */
static void need(struct split *split, struct place *place,
                 const struct strings *uses)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct service *used = system_service(split->sys, uses->items[i]);
        const char *home = used != NULL ? split_home(used) : NULL;

        if (used == NULL)
            continue;
        if (home != NULL && strcmp(home, place->name) != 0)
            place->imports[index_of(split, used)] = true;
        else
            include(split, place, used);
    }
}

static void include(struct split *split, struct place *place,
                    const struct service *service)
{
    size_t index = index_of(split, service);

    if (place->has[index])
        return;
    place->has[index] = true;
    need(split, place, &service->uses);
}

/* Is (service) used by any other service or program of the system? */
static bool is_used(const struct system *sys, const struct service *service)
{
    for (size_t i = 0; i < sys->service_count; i++) {
        if (system_uses(&sys->services[i].uses, service->name))
            return true;
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        if (system_uses(&sys->programs[i].uses, service->name))
            return true;
    }
    return false;
}

static void place_all(struct split *split)
{
    struct system *sys = split->sys;

    (void)place_of(split, sys->name, 0);
    for (size_t i = 0; i < sys->program_count; i++) {
        const struct program *program = &sys->programs[i];

        if (program->domain != NULL)
            (void)place_of(split, program->domain, program->line);
    }
    for (size_t i = 0; i < sys->service_count; i++) {
        const struct service *service = &sys->services[i];
        const char *home = split_home(service);

        if (home == NULL)
            continue;
        include(split, place_of(split, home, service->line), service);
        if (!is_used(sys, service))
            report_error(split->report, sys->file, service->line,
                         "service \"%s\" is in domain \"%s\", but nothing uses "
                         "it",
                         service->name, home);
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        const struct program *program = &sys->programs[i];
        const char *home =
            program->domain != NULL ? program->domain : sys->name;

        need(split, place_of(split, home, program->line), &program->uses);
    }
    /* A service that nobody uses runs all the same, as in a system alone. */
    for (size_t i = 0; i < sys->service_count; i++) {
        if (split_home(&sys->services[i]) == NULL &&
            !is_used(sys, &sys->services[i]))
            include(split, &split->places[0], &sys->services[i]);
    }
}

/* The names of the domains that have (service), and how many they are. */
static unsigned list_places(const struct split *split, size_t service,
                            struct text *names)
{
    unsigned count = 0;

    for (size_t i = 0; i < split->count; i++) {
        if (split->places[i].has[service])
            text_printf(names, "%s%s", count++ == 0 ? "" : ", ",
                        split->places[i].name);
    }
    return count;
}

static void check_service(const struct split *split, size_t index)
{
    const struct system *sys = split->sys;
    const struct service *service = &sys->services[index];
    int disk = service->disk != NULL ? system_disk(sys, service->disk) : -1;
    struct text names = {0};

    if (split_is_exported(split, index) && service->inside == PLACEMENT_INPROC)
        report_error(split->report, sys->file, service->line,
                     "service \"%s\" is for other domains, so \"inside\" its "
                     "own it cannot be inproc; kernel or process",
                     service->name);
    if (split_is_exported(split, index) && service->has_serial &&
        strcmp(service->domain, sys->name) != 0)
        report_error(split->report, sys->file, service->line,
                     "service \"%s\" has the terminal, which the main domain "
                     "\"%s\" has; it cannot be in domain \"%s\"",
                     service->name, sys->name, service->domain);
    if (disk >= 0 && sys->disks[disk].writable &&
        list_places(split, index, &names) > 1)
        report_error(split->report, sys->file, service->line,
                     "service \"%s\" is in domains %s, but the writable disk "
                     "\"%s\" can be in one only; place the service in a "
                     "domain of its own: placement = \"domain\"",
                     service->name, text_string(&names), service->disk);
    text_free(&names);
}

/* The first of the services that (user) imports from (owner), or NULL. */
static const struct service *imported(const struct split *split,
                                      const struct place *user,
                                      const struct place *owner)
{
    for (size_t i = 0; i < split->sys->service_count; i++) {
        const struct service *service = &split->sys->services[i];

        if (user->imports[i] && strcmp(service->domain, owner->name) == 0)
            return service;
    }
    return NULL;
}

/* Have all from whom (place) imports a number, and it has none? */
static bool is_next(const struct split *split, const struct place *place)
{
    if (place->is_numbered)
        return false;
    for (size_t i = 0; i < split->count; i++) {
        const struct place *owner = &split->places[i];

        if (!owner->is_numbered && imported(split, place, owner) != NULL)
            return false;
    }
    return true;
}

/* Two that wait for each other, directly or not, are told by what they use. */
static void report_circle(const struct split *split)
{
    for (size_t i = 0; i < split->count; i++) {
        for (size_t k = 0; k < split->count; k++) {
            const struct service *service =
                imported(split, &split->places[i], &split->places[k]);

            if (service == NULL || split->places[i].is_numbered ||
                split->places[k].is_numbered)
                continue;
            report_error(split->report, split->sys->file, service->line,
                         "domains use each other in a circle: \"%s\" uses "
                         "service \"%s\" of \"%s\"",
                         split->places[i].name, service->name,
                         split->places[k].name);
        }
    }
}

/* The main domain is shown last, and started last: who uses it waits. */
static void put_main_last(size_t *order, size_t count)
{
    size_t at = 0;

    while (order[at] != 0)
        at++;
    memmove(&order[at], &order[at + 1], (count - at - 1) * sizeof(*order));
    order[count - 1] = 0;
}

/* Numbers the domains: order[n] is the place of domain n. */
static bool put_in_order(struct split *split, size_t *order)
{
    size_t numbered = 0;

    while (numbered < split->count) {
        size_t next = 0;

        while (next < split->count && !is_next(split, &split->places[next]))
            next++;
        if (next == split->count) {
            report_circle(split);
            return false;
        }
        split->places[next].is_numbered = true;
        order[numbered++] = next;
    }
    put_main_last(order, numbered);
    return true;
}

bool domains_split(struct system *sys, struct domains *domains,
                   struct report *report)
{
    struct split *split = must_realloc(NULL, sizeof(*split));
    unsigned before = report->errors;
    size_t order[SYSTEM_DOMAINS_MAX] = {0};
    bool good;

    memset(split, 0, sizeof(*split));
    *domains = (struct domains){.sys = sys};
    split->sys = sys;
    split->report = report;
    place_all(split);
    for (size_t i = 0; i < sys->service_count; i++)
        check_service(split, i);
    if (put_in_order(split, order) && split->report->errors == before) {
        domains->count = split->count;
        for (size_t i = 0; i < split->count; i++)
            split_make_part(split, &split->places[order[i]],
                            &domains->items[i]);
    }
    good = split->report->errors == before;
    free(split);
    if (!good)
        domains_free(domains);
    return good;
}

void domains_free(struct domains *domains)
{
    for (size_t i = 0; i < domains->count; i++)
        system_free(domains->items[i].part);
    domains->count = 0;
}

struct domain *domains_find(struct domains *domains, const char *name)
{
    for (size_t i = 0; i < domains->count; i++) {
        if (strcmp(domains->items[i].name, name) == 0)
            return &domains->items[i];
    }
    return NULL;
}

struct domain *domains_main(struct domains *domains)
{
    return &domains->items[domains->count - 1];
}
