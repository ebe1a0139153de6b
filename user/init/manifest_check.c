/* Is what the manifest says possible? References between units. */
#include "manifest_internal.h"

#include <nlib/printf.h>
#include <nlib/string.h>

bool manifest_fail(struct manifest *m, uint32_t line, const char *what,
                   const char *value)
{
    nl_snprintf(m->error, sizeof(m->error), "manifest:%u: %s%s%.40s", line,
                what, value[0] != '\0' ? ": " : "", value);
    return false;
}

static bool is_kernel_object(const char *name)
{
    static const char *const names[] = {"clock", "log",   "trace",  "self",
                                        "purse", "space", "system", "domain"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static struct unit *find(struct manifest *m, const char *name, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++) {
        if (strcmp(m->units[i].name, name) == 0)
            return &m->units[i];
    }
    return NULL;
}

struct unit *manifest_service(struct manifest *m, const char *name)
{
    struct unit *u = find(m, name, m->unit_count);

    return u != NULL && !u->is_program ? u : NULL;
}

/* (seen): bits of units looked at already, for with imports there are circles:
 * the connector needs what it exports, and whoever imports needs the connector. */
static bool depends(struct manifest *m, const struct unit *a,
                    const struct unit *b, uint32_t *seen)
{
    uint32_t bit = 1u << (uint32_t)(a - m->units);

    if (*seen & bit)
        return false;
    *seen |= bit;
    if (a->is_import) {
        const struct unit *links = &m->units[m->connector];

        return links == b || depends(m, links, b, seen);
    }
    for (uint32_t i = 0; i < a->use_count; i++) {
        const struct unit *used = manifest_service(m, a->uses[i]);

        if (used != NULL && (used == b || depends(m, used, b, seen)))
            return true;
    }
    return false;
}

bool manifest_depends(struct manifest *m, const struct unit *a,
                      const struct unit *b)
{
    uint32_t seen = 0;

    return depends(m, a, b, &seen);
}

/* What (u) uses exists and stands before it. */
static bool check_uses(struct manifest *m, const struct unit *u, uint32_t index)
{
    for (uint32_t i = 0; i < u->use_count; i++) {
        const char *name = u->uses[i];
        const struct unit *used = find(m, name, index);

        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(u->uses[k], name) == 0)
                return manifest_fail(m, u->line, "used twice", name);
        }
        if (is_kernel_object(name))
            continue;
        if (used == NULL || used->is_program)
            return manifest_fail(m, u->line, "uses a service not given before",
                                 name);
        if (used->is_import && strcmp(u->name, MANIFEST_CONNECTOR) == 0)
            return manifest_fail(m, u->line, "keeps the links and uses", name);
        if (used->placement == PLACE_INPROC &&
            strcmp(used->client, u->name) != 0)
            return manifest_fail(m, u->line,
                                 "in-process service of another client", name);
    }
    return true;
}

/* Whoever imports needs the program that keeps the links. */
static bool find_connector(struct manifest *m, const struct unit *import)
{
    const struct unit *u = find(m, MANIFEST_CONNECTOR, m->unit_count);

    if (u == NULL || !u->is_program)
        return manifest_fail(m, import->line,
                             "no program " MANIFEST_CONNECTOR " for import",
                             import->name);
    m->connector = (uint32_t)(u - m->units);
    return true;
}

static bool check_unit(struct manifest *m, uint32_t index)
{
    struct unit *u = &m->units[index];
    bool is_used = false;

    if (find(m, u->name, index) != NULL)
        return manifest_fail(m, u->line, "the name is taken", u->name);
    if (is_kernel_object(u->name))
        return manifest_fail(m, u->line, "the name is a kernel object's",
                             u->name);
    if (u->is_import)
        return find_connector(m, u);
    if ((u->placement == PLACE_INPROC) != (u->client != NULL))
        return manifest_fail(
            m, u->line, "client= is for inproc, and inproc needs it", u->name);
    if (u->placement != PLACE_INPROC)
        return true;
    for (uint32_t i = index + 1; i < m->unit_count; i++) {
        const struct unit *host = &m->units[i];

        if (strcmp(host->name, u->client) != 0)
            continue;
        u->host = i;
        for (uint32_t k = 0; k < host->use_count; k++)
            is_used = is_used || strcmp(host->uses[k], u->name) == 0;
    }
    return is_used ||
           manifest_fail(m, u->line, "client= names nobody who uses it",
                         u->name);
}

bool manifest_check(struct manifest *m)
{
    bool have_main = false;

    for (uint32_t i = 0; i < m->unit_count; i++) {
        if (!check_unit(m, i) || !check_uses(m, &m->units[i], i))
            return false;
        if (!m->units[i].is_main)
            continue;
        if (have_main)
            return manifest_fail(m, m->units[i].line, "a second main program",
                                 m->units[i].name);
        have_main = true;
        m->main = i;
    }
    return have_main || manifest_fail(m, 0, "no main program", "");
}
