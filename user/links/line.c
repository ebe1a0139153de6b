#include "line.h"

#include <contract/domain.h>
#include <contract/handle.h>
#include <contract/link.h>
#include <contract/purse.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <rt/process.h>

#include "nodes.h"

#define TELL_NS     (1000 * LINKS_MS)
#define FIGURES_MAX 512

static int make_purse(nu_handle_t from, nu_handle_t *purse)
{
    uint64_t limit = 0;
    uint64_t used = 0;
    int status = purse_info(from, &limit, &used, NULL, NULL);

    if (status != 0)
        return status;
    if (limit - used < LINKS_PEER_PAGES + LINKS_OWN_PAGES)
        return NU_NOMEM;
    return purse_create_purse(from, LINKS_PEER_PAGES, purse);
}

int line_create(struct line *line, bool is_import, uint64_t badge)
{
    nu_handle_t purse = rt_handle("purse");
    int status = 0;

    memset(line, 0, sizeof(*line));
    line->is_import = is_import;
    line->suffix = "";
    line->purse = purse;
    if (!is_import)
        status = make_purse(purse, &line->purse);
    if (status != 0)
        return status;
    status = domain_create_link(rt_handle("domain"), line->purse, here.port,
                                badge, &line->link);
    if (status != 0) {
        line->link = NU_HANDLE_NONE;
        line_destroy(line);
    }
    return status;
}

void line_destroy(struct line *line)
{
    if (line->link != NU_HANDLE_NONE)
        (void)handle_close(line->link);
    if (!line->is_import)
        (void)handle_close(line->purse);
    line->link = NU_HANDLE_NONE;
    line->purse = NU_HANDLE_NONE;
}

int line_attach(struct line *line, uint32_t ring_ref, uint64_t epoch,
                uint64_t now)
{
    int status = link_attach(line->link, ring_ref, epoch);

    if (status != 0)
        return status;
    line->is_up = true;
    line->epoch = epoch;
    line->heard_ns = 0;
    line->silence_ns = 0;
    line->looked_ns = now;
    line->told_ns = 0;
    return 0;
}

void line_close(struct line *line, uint64_t now)
{
    (void)link_close(line->link);
    if (line->is_up)
        line->lost_ns = now;
    line->is_up = false;
    line->told_ns = 0;
}

const char *line_look(struct line *line, uint64_t now)
{
    uint64_t passed = now - line->looked_ns;
    uint32_t state = 0;
    uint64_t heard = 0;
    int status = link_info(line->link, &state, NULL, NULL, NULL, NULL, NULL,
                           NULL, NULL, NULL, &heard, NULL, NULL, NULL, NULL,
                           NULL, NULL, NULL, NULL, NULL, NULL, NULL);

    if (status != 0 || state != LINK_STATE_UP)
        return "its link broke";
    /* A machine that stood still did not listen: that time does not count. */
    if (passed > 2 * here.heartbeat_ns)
        passed = 2 * here.heartbeat_ns;
    line->silence_ns += passed;
    line->looked_ns = now;
    if (heard != line->heard_ns) {
        line->heard_ns = heard;
        line->silence_ns = 0;
    }
    if (line->silence_ns >= here.dead_ns)
        return "no sign of life";
    if (link_probe(line->link) != 0)
        return "its link broke";
    return NULL;
}

uint64_t line_next(const struct line *line)
{
    return line->is_up ? line->looked_ns + here.heartbeat_ns : LINKS_NEVER;
}

static void figures_path(const struct line *line, char path[TEXT_PATH_MAX])
{
    char leaf[TEXT_VALUE_MAX];

    nl_snprintf(leaf, sizeof(leaf), "/data/nuncio/stat/link/%u%s", line->domid,
                line->suffix);
    text_path_own(path, here.domid, leaf);
}

static int format_figures(const struct line *line, const char *state,
                          char text[FIGURES_MAX])
{
    uint64_t n[12] = {0};
    uint32_t m[5] = {0};
    uint64_t pages = 0;
    int status =
        link_info(line->link, NULL, NULL, NULL, &n[0], &m[0], &m[1], &m[2],
                  &m[3], &m[4], NULL, &n[1], &n[2], &n[3], &n[4], &n[5], &n[6],
                  &n[7], &n[8], &n[9], &n[10], &n[11]);

    if (status == 0)
        status = purse_info(line->purse, NULL, NULL, &pages, NULL);
    if (status != 0)
        return status;
    nl_snprintf(
        text, FIGURES_MAX,
        "state=%s role=%s epoch=%lu connections=%lu imports=%u exports=%u "
        "waiting=%u served=%u zombies=%u outage_ms=%lu calls=%lu "
        "calls_served=%lu replayed=%lu bytes_out=%lu bytes_in=%lu "
        "events_out=%lu events_in=%lu polled=%lu violations=%lu peak_pages=%lu",
        state, line->is_import ? "import" : "export",
        (unsigned long)line->epoch, (unsigned long)n[0], m[0], m[1], m[2], m[3],
        m[4], (unsigned long)(n[1] / LINKS_MS), (unsigned long)n[2],
        (unsigned long)n[3], (unsigned long)n[4], (unsigned long)n[5],
        (unsigned long)n[6], (unsigned long)n[7], (unsigned long)n[8],
        (unsigned long)n[9], (unsigned long)n[10], (unsigned long)pages);
    return 0;
}

void line_tell(struct line *line, const char *state, uint64_t now)
{
    char path[TEXT_PATH_MAX];
    char text[FIGURES_MAX];

    if (line->domid == 0 || line_tell_next(line) > now)
        return;
    line->told_ns = now;
    figures_path(line, path);
    if (format_figures(line, state, text) == 0 && node_write(path, text) == 0)
        line->has_node = true;
}

uint64_t line_tell_next(const struct line *line)
{
    if (line->domid == 0)
        return LINKS_NEVER;
    return line->told_ns == 0 ? 0 : line->told_ns + TELL_NS;
}

void line_untell(struct line *line)
{
    char path[TEXT_PATH_MAX];

    if (line->has_node) {
        figures_path(line, path);
        (void)node_remove(path);
    }
    line->has_node = false;
}
