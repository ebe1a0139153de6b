/* `nuncio ps`. */
#include "ps.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "control.h"
#include "host.h"
#include "json.h"
#include "rundir.h"
#include "status.h"

#define SAMPLE_MS 1050 /* connectors write once a second */

static uint64_t number_of(struct pool *pool, const char *words, const char *key)
{
    const char *text = control_word(pool, words, key);

    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static const char *name_of(const struct ps_system *system, const char *peer)
{
    for (size_t i = 0; i < system->domain_count; i++) {
        char domid[24];

        (void)snprintf(domid, sizeof(domid), "%llu",
                       (unsigned long long)system->domains[i].domid);
        if (strcmp(domid, peer) == 0)
            return system->domains[i].name;
    }
    return peer;
}

/* The last answer's lines, which are (pool)'s from now on. */
static char *take_lines(struct control *control, struct pool *pool)
{
    return pool_copy(pool, text_string(&control->lines), control->lines.bytes);
}

static void read_links(struct control *control, struct pool *pool,
                       const struct ps_system *system, struct ps_domain *domain)
{
    const char *path =
        pool_format(pool, "/local/domain/%u/data/nuncio/stat/link",
                    (unsigned)domain->domid);
    char *names;
    char *rest;

    if (control_ask(control, "ls %s", path) != CONTROL_OK)
        return;
    names = take_lines(control, pool);
    for (char *line = strtok_r(names, "\n", &rest);
         line != NULL && domain->link_count < PS_LINKS_MAX;
         line = strtok_r(NULL, "\n", &rest)) {
        struct ps_link *link = &domain->links[domain->link_count];
        const char *peer = line + strlen("name ");

        if (strncmp(line, "name ", strlen("name ")) != 0 ||
            control_ask(control, "read %s/%s", path, peer) != CONTROL_OK)
            continue;
        link->peer = name_of(system, peer);
        link->words = pool_strdup(pool, text_string(&control->rest));
        link->calls = number_of(pool, link->words, "calls");
        link->served = number_of(pool, link->words, "calls_served");
        domain->link_count++;
    }
}

static void read_domain(struct pool *pool, const char *dir, char *line,
                        struct ps_domain *domain)
{
    struct text about = {0};
    const char *name = json_string(pool, line, "name");
    const char *state = json_string(pool, line, "state");

    domain->object = line;
    domain->name = name != NULL ? name : "?";
    domain->state = state != NULL ? state : "?";
    (void)json_number(line, "domid", &domain->domid);
    (void)json_number(line, "epoch", &domain->epoch);
    (void)json_number(line, "uptime_ms", &domain->uptime_ms);
    if (strchr(domain->name, '/') == NULL)
        rundir_read_about(dir, domain->name, &about);
    domain->about = pool_strdup(pool, text_string(&about));
    text_free(&about);
}

bool ps_read(struct pool *pool, const char *dir, struct ps_system *system)
{
    struct control control;
    char *lines;
    char *rest;

    memset(system, 0, sizeof(*system));
    system->dir = dir;
    if (!control_open(&control, dir))
        return false;
    if (control_ask(&control, "list") != CONTROL_OK) {
        control_close(&control);
        errno = EPROTO;
        return false;
    }
    system->read_ms = host_now_ms();
    lines = take_lines(&control, pool);
    for (char *line = strtok_r(lines, "\n", &rest);
         line != NULL && system->domain_count < PS_DOMAINS_MAX;
         line = strtok_r(NULL, "\n", &rest))
        read_domain(pool, dir, line, &system->domains[system->domain_count++]);
    for (size_t i = 0; i < system->domain_count; i++)
        read_links(&control, pool, system, &system->domains[i]);
    control_close(&control);
    return true;
}

/* Those of (paths) that run, read twice. */
static size_t read_twice(struct pool *pool, const struct strings *paths,
                         struct ps_system *before, struct ps_system *now)
{
    size_t count = 0;
    size_t left = 0;

    for (size_t i = 0; i < paths->count; i++)
        count += ps_read(pool, paths->items[i], &before[count]);
    if (count > 0)
        (void)poll(NULL, 0, SAMPLE_MS);
    for (size_t i = 0; i < count; i++) {
        before[left] = before[i];
        left += ps_read(pool, before[i].dir, &now[left]);
    }
    return left;
}

static void print_all(const struct options *options,
                      const struct ps_system *before,
                      const struct ps_system *now, size_t count)
{
    struct text out = {0};

    if (options->json)
        text_puts(&out, "[");
    for (size_t i = 0; i < count; i++) {
        if (options->json) {
            text_puts(&out, i == 0 ? "\n" : ",\n");
            ps_print_json(&now[i], &before[i], &out);
        } else {
            text_puts(&out, i == 0 ? "" : "\n");
            ps_print_text(&now[i], &before[i], &out);
        }
    }
    if (options->json)
        text_puts(&out, count == 0 ? "]\n" : "\n]\n");
    fputs(text_string(&out), stdout);
    text_free(&out);
}

int command_ps(const struct options *options, struct report *report)
{
    struct pool pool = {0};
    struct strings paths = {0};
    struct ps_system *before;
    struct ps_system *now;
    size_t count;

    if (options->system_dir != NULL)
        strings_add(&pool, &paths, options->system_dir);
    else
        rundir_find_all(&pool, &paths);
    before = pool_alloc(&pool, (paths.count + 1) * sizeof(*before));
    now = pool_alloc(&pool, (paths.count + 1) * sizeof(*now));
    count = read_twice(&pool, &paths, before, now);
    if (count == 0 && options->system_dir != NULL)
        report_error(report, NULL, 0, "--system %s: no system runs there",
                     options->system_dir);
    else
        print_all(options, before, now, count);
    if (count == 0 && !options->json && options->system_dir == NULL)
        (void)fputs("nuncio: no system of several domains runs\n", stderr);
    pool_free(&pool);
    return report->errors == 0 ? 0 : STATUS_LAUNCHER;
}
