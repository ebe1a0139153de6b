#include "split_internal.h"

#include <string.h>

#define STORE_PAGES 256
#define LINKS_PAGES 2048

const char *split_home(const struct service *service)
{
    return service->placement == PLACEMENT_DOMAIN ? service->domain : NULL;
}

bool split_is_exported(const struct split *split, size_t index)
{
    for (size_t i = 0; i < split->count; i++) {
        if (split->places[i].imports[index])
            return true;
    }
    return false;
}

static unsigned memory_of(const struct system *sys, const char *name)
{
    for (size_t i = 0; i < sys->domain_count; i++) {
        if (strcmp(sys->domains[i].name, name) == 0)
            return sys->domains[i].memory_mib;
    }
    return sys->memory_mib;
}

static void add_services(const struct split *split, const struct place *place,
                         struct domain *domain)
{
    const struct system *sys = split->sys;
    struct system *part = domain->part;

    for (size_t i = 0; i < sys->service_count; i++) {
        const struct service *service = &sys->services[i];

        if (place->imports[i])
            part->imports[part->import_count++] =
                (struct import){service->name, service->domain};
        if (!place->has[i])
            continue;
        part->services[part->service_count] = *service;
        if (split_home(service) != NULL)
            part->services[part->service_count].placement = service->inside;
        part->service_count++;
        if (split_is_exported(split, i) && split_home(service) != NULL)
            strings_add(&part->pool, &domain->exports, service->name);
    }
}

/* Those that its services drive; in the main domain also those that nobody
 * does, as in a system that is alone. */
static void add_disks(const struct system *sys, struct domain *domain)
{
    struct system *part = domain->part;

    for (size_t i = 0; i < sys->disk_count; i++) {
        bool is_driven = false;
        bool is_ours = false;

        for (size_t k = 0; k < sys->service_count; k++)
            is_driven |= sys->services[k].disk != NULL &&
                         strcmp(sys->services[k].disk, sys->disks[i].name) == 0;
        for (size_t k = 0; k < part->service_count; k++)
            is_ours |= part->services[k].disk != NULL &&
                       strcmp(part->services[k].disk, sys->disks[i].name) == 0;
        if (is_ours || (domain->is_main && !is_driven))
            part->disks[part->disk_count++] = sys->disks[i];
    }
}

static void add_store(struct system *part)
{
    struct service *store = &part->services[part->service_count++];

    *store = (struct service){
        .name = SYSTEM_STORE,
        .image = SYSTEM_STORE,
        .placement = PLACEMENT_PROCESS,
        .pages = STORE_PAGES,
    };
    strings_add(&part->pool, &store->uses, "domain");
}

static void add_links(struct split *split, struct domain *domain)
{
    static const char *const uses[] = {"domain", SYSTEM_STORE, "purse", "clock",
                                       "log",    "space",      "self"};
    struct system *part = domain->part;
    struct program *links = &part->programs[part->program_count++];
    struct text exports = {0};

    *links = (struct program){
        .name = SYSTEM_LINKS,
        .image = SYSTEM_LINKS,
        .pages = LINKS_PAGES,
        .is_main = !domain->is_main,
    };
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        strings_add(&part->pool, &links->uses, uses[i]);
    for (size_t i = 0; i < domain->exports.count; i++) {
        strings_add(&part->pool, &links->uses, domain->exports.items[i]);
        text_printf(&exports, "%s%s", i == 0 ? "export=" : ",",
                    domain->exports.items[i]);
    }
    if (exports.bytes != 0)
        strings_add(&part->pool, &links->args, text_string(&exports));
    for (size_t i = 0; i < part->import_count; i++)
        strings_format(&part->pool, &links->args, "import.%s=%s",
                       part->imports[i].name, part->imports[i].domain);
    text_free(&exports);
    if (links->uses.count > SYSTEM_USES_MAX)
        report_error(split->report, part->file, 0,
                     "domain \"%s\" has %zu services for others, the limit is "
                     "%zu",
                     domain->name, domain->exports.count,
                     SYSTEM_USES_MAX - sizeof(uses) / sizeof(uses[0]));
}

void split_make_part(struct split *split, const struct place *place,
                     struct domain *domain)
{
    struct system *sys = split->sys;
    struct system *part = must_realloc(NULL, sizeof(*part));

    memset(part, 0, sizeof(*part));
    part->file = sys->file;
    part->name = place->name;
    part->memory_mib = memory_of(sys, place->name);
    domain->name = place->name;
    domain->part = part;
    domain->is_main = place == &split->places[0];
    add_services(split, place, domain);
    add_disks(sys, domain);
    for (size_t i = 0; i < sys->program_count; i++) {
        const struct program *program = &sys->programs[i];
        const char *home =
            program->domain != NULL ? program->domain : sys->name;

        if (strcmp(home, place->name) == 0)
            part->programs[part->program_count++] = *program;
    }
    if (split->count > 1) {
        add_store(part);
        add_links(split, domain);
    }
    system_check_clients(part, split->report);
}
