/* The exporter's role: for each domain that offers us a link. */
#include "links.h"

#include <contract/handle.h>
#include <contract/link.h>
#include <contract/store.h>
#include <contract/watch.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <rt/process.h>

#include "gate.h"
#include "handshake.h"
#include "line.h"
#include "nodes.h"

#define DOMAINS          "/local/domain"
#define LIST_BYTES_MAX   4096u
#define CHANGE_BYTES_MAX 3072u /* as in contracts/watch.contract */
/* Changes looked at in one go. */
#define CHANGES_MAX 32u
/* When the store failed. */
#define STORE_RETRY_NS (1000 * LINKS_MS)

struct peer {
    uint32_t domid; /* 0: free */
    char name[TEXT_NAME_MAX];
    struct line line;
    uint32_t gate; /* while the line is up */
    bool is_dirty; /* its offer may have changed */
    uint64_t look_ns; /* not before */
    uint64_t used_ns;
    struct limit offers;
    char word[TEXT_VALUE_MAX]; /* of the offer that was answered, or refused */
};

static struct {
    nu_handle_t watch;
    bool is_ready; /* the store says so */
    uint64_t ready_ns; /* not before */
    bool has_changes;
    struct limit changes;
    bool is_full; /* it was said that there are too many peers */
    struct peer peers[LINKS_PEERS_MAX];
} all;

void export_begin(void)
{
    gates_begin();
    memset(&all, 0, sizeof(all));
    all.changes = limit_of(32, 10 * LINKS_MS);
}

/* ---- peers ---- */

static struct peer *peer_find(uint32_t domid)
{
    for (uint32_t i = 0; i < LINKS_PEERS_MAX; i++) {
        if (all.peers[i].domid == domid)
            return &all.peers[i];
    }
    return NULL;
}

/* The peer that has been idle longest; with a link, if (has_link). */
static struct peer *find_idle(bool has_link)
{
    struct peer *best = NULL;

    for (uint32_t i = 0; i < LINKS_PEERS_MAX; i++) {
        struct peer *p = &all.peers[i];

        if (!p->line.is_up && (!has_link || p->line.link != NU_HANDLE_NONE) &&
            (best == NULL || p->used_ns < best->used_ns))
            best = p;
    }
    return best;
}

/* Its name in the store is for messages only. */
static void find_name(struct peer *p)
{
    char path[TEXT_PATH_MAX];
    char value[TEXT_VALUE_MAX];

    text_path_own(path, p->domid, "/name");
    if (node_read(path, value) == 0 && text_is_name(value))
        strlcpy(p->name, value, sizeof(p->name));
    else
        strlcpy(p->name, "?", sizeof(p->name));
}

static struct peer *peer_add(uint32_t domid, uint64_t now)
{
    struct peer *p = peer_find(0); /* a free place */

    if (p == NULL)
        p = find_idle(false);
    if (p == NULL) {
        if (!all.is_full)
            rt_log("domain %u: there are %u peers already", domid,
                   LINKS_PEERS_MAX);
        all.is_full = true;
        return NULL;
    }
    all.is_full = false;
    p->domid = domid;
    p->line.domid = domid;
    p->line.told_ns = 0;
    p->line.lost_ns = 0;
    p->look_ns = 0;
    p->used_ns = now;
    p->word[0] = '\0';
    p->offers = limit_of(4, 500 * LINKS_MS);
    find_name(p);
    return p;
}

static void drop(struct peer *p, const char *why, uint64_t now)
{
    if (!p->line.is_up)
        return;
    line_close(&p->line, now);
    gate_put(p->gate);
    (void)handshake_withdraw(p->domid);
    line_untell(&p->line);
    p->used_ns = now;
    rt_log("lost %s (domain %u): %s", p->name, p->domid, why);
}

/* ---- an offer ---- */

/* The link of who is gone longest is given up. */
static bool reclaim(void)
{
    struct peer *p = find_idle(true);

    if (p != NULL)
        line_destroy(&p->line);
    return p != NULL;
}

static int make_line(struct peer *p)
{
    uint64_t badge = badge_of(HAPPENS_EXPORT, (uint32_t)(p - all.peers));
    int status = 0;

    if (p->line.link == NU_HANDLE_NONE) {
        do
            status = line_create(&p->line, false, badge);
        while (status == NU_NOMEM && reclaim());
        p->line.domid = p->domid;
    }
    return status;
}

static int connect(struct peer *p, const struct offer *offer, uint64_t now)
{
    nu_handle_t gate = NU_HANDLE_NONE;
    uint32_t ring_ref = 0;
    int status = make_line(p);

    if (status == 0)
        status = gate_take(&p->gate, &gate);
    if (status != 0)
        return status;
    status = link_open(p->line.link, p->domid, offer->port, &ring_ref, NULL);
    if (status == 0)
        status = link_set_gate(p->line.link, gate);
    if (status == 0)
        status = line_attach(&p->line, offer->ring_ref, offer->epoch, now);
    if (status == 0)
        status = handshake_answer(p->domid, ring_ref, p->word);
    if (status != 0) {
        line_close(&p->line, now);
        gate_put(p->gate);
    }
    return status;
}

/* The offer whose word is in (p) is new. */
static void accept(struct peer *p, uint64_t now)
{
    uint64_t lost_ns = p->line.lost_ns;
    struct offer offer;
    int status = handshake_read_offer(p->domid, p->word, &offer);

    p->used_ns = now;
    if (status == 0)
        status = connect(p, &offer, now);
    if (status != 0) {
        p->line.lost_ns = lost_ns;
        (void)handshake_refuse(p->domid, p->word);
        rt_log("cannot take the offer of %s (domain %u): %s", p->name, p->domid,
               nu_error_text(status));
        return;
    }
    if (lost_ns == 0)
        rt_log("%s (domain %u, epoch %lu) connected", p->name, p->domid,
               (unsigned long)offer.epoch);
    else
        rt_log("%s (domain %u, epoch %lu) is back after %lu ms", p->name,
               p->domid, (unsigned long)offer.epoch,
               (unsigned long)((now - lost_ns) / LINKS_MS));
}

/* What the store says of the peer's offer now. */
static void look(struct peer *p, uint64_t now)
{
    char word[TEXT_VALUE_MAX];
    int status = handshake_find_offer(p->domid, word);

    if (status != 0 && status != NU_NOENT) {
        p->is_dirty = true; /* the store does not say */
        p->look_ns = now + STORE_RETRY_NS;
        return;
    }
    if (status != 0) {
        drop(p, "its offer is gone", now);
        if (p->word[0] != '\0')
            (void)handshake_withdraw(p->domid);
        p->word[0] = '\0';
        return;
    }
    if (strcmp(word, p->word) == 0)
        return;
    drop(p, "it offers anew", now);
    if (!limit_take(&p->offers, now)) {
        p->is_dirty = true;
        p->look_ns = limit_next(&p->offers, now);
        return;
    }
    strlcpy(p->word, word, sizeof(p->word));
    accept(p, now);
}

/* ---- changes ---- */

/* Only who has offered something gets a place. */
static void consider(uint32_t domid, uint64_t now)
{
    struct peer *p = peer_find(domid);
    char word[TEXT_VALUE_MAX];

    if (p == NULL && handshake_find_offer(domid, word) == 0)
        p = peer_add(domid, now);
    if (p != NULL)
        p->is_dirty = true;
}

static void consider_all(uint64_t now)
{
    static char names[LIST_BYTES_MAX + 1];
    size_t bytes = 0;
    int status = store_list(rt_handle("store"), DOMAINS, sizeof(DOMAINS) - 1,
                            names, LIST_BYTES_MAX, &bytes);

    for (uint32_t i = 0; i < LINKS_PEERS_MAX; i++)
        all.peers[i].is_dirty = all.peers[i].domid != 0;
    if (status != 0) {
        rt_log("cannot list the domains: %s", nu_error_text(status));
        return;
    }
    names[bytes] = '\0';
    for (size_t at = 0; at < bytes; at += strlen(names + at) + 1) {
        uint32_t domid;

        if (text_domid(names + at, &domid) && domid != here.domid)
            consider(domid, now);
    }
}

static void take_changes(uint64_t now)
{
    static char path[CHANGE_BYTES_MAX + 1];
    bool is_all = false;
    int status = 0;

    all.has_changes = false;
    for (uint32_t i = 0; i < CHANGES_MAX && status == 0; i++) {
        uint32_t domid;
        size_t bytes = 0;

        status = watch_next(all.watch, path, CHANGE_BYTES_MAX, &bytes);
        if (status != 0)
            break;
        path[bytes] = '\0';
        switch (text_change(path, here.domid, &domid)) {
        case TEXT_CHANGE_ONE:
            consider(domid, now);
            break;
        case TEXT_CHANGE_ALL:
            is_all = true;
            break;
        case TEXT_CHANGE_NONE:
        default:
            break;
        }
    }
    if (status == 0)
        all.has_changes = true; /* more of them */
    if (is_all)
        consider_all(now);
}

void export_happens(enum happening what, uint32_t index)
{
    if (what == HAPPENS_STORE)
        all.has_changes = true;
    else if (index < LINKS_PEERS_MAX)
        all.peers[index].is_dirty = true;
}

/* ---- time ---- */

/* Says in the store that we serve, once we can hear offers. */
static int publish(void)
{
    char path[TEXT_PATH_MAX];
    int status = 0;

    if (all.watch == NU_HANDLE_NONE)
        status = node_watch(DOMAINS, here.port, badge_of(HAPPENS_STORE, 0),
                            &all.watch);
    text_path_own(path, here.domid, "/data/nuncio/ready");
    if (status == 0)
        status = node_make_shared(path, here.domid, 0);
    if (status == 0)
        status = node_write_number(path, here.epoch);
    return status;
}

static void run_ready(uint64_t now)
{
    int status;

    if (all.is_ready || all.ready_ns > now)
        return;
    status = publish();
    all.is_ready = status == 0;
    all.ready_ns = now + STORE_RETRY_NS;
    if (status != 0)
        rt_log("cannot offer anything: %s", nu_error_text(status));
}

/* A peer that we import from, too, has two links: ours is told beside that. */
static void tell(struct peer *p, uint64_t now)
{
    const char *suffix = import_has(p->domid) ? ".in" : "";

    if (strcmp(suffix, p->line.suffix) != 0) {
        line_untell(&p->line);
        p->line.suffix = suffix;
    }
    line_tell(&p->line, "up", now);
}

static uint64_t run_peer(struct peer *p, uint64_t now)
{
    bool is_due = p->is_dirty && p->look_ns <= now;
    const char *why = NULL;
    uint64_t next;

    if (p->line.is_up && (is_due || line_next(&p->line) <= now))
        why = line_look(&p->line, now);
    if (why != NULL)
        drop(p, why, now);
    if (is_due) {
        p->is_dirty = false;
        look(p, now);
    }
    if (p->line.is_up)
        tell(p, now);
    next = p->is_dirty ? p->look_ns : LINKS_NEVER;
    if (p->line.is_up)
        next = sooner(next, line_tell_next(&p->line));
    return sooner(next, line_next(&p->line));
}

uint64_t export_run(uint64_t now)
{
    uint64_t next;

    if (names_count() == 0)
        return LINKS_NEVER;
    run_ready(now);
    if (all.has_changes && limit_take(&all.changes, now))
        take_changes(now);
    next = all.is_ready ? LINKS_NEVER : all.ready_ns;
    for (uint32_t i = 0; i < LINKS_PEERS_MAX; i++) {
        if (all.peers[i].domid != 0)
            next = sooner(next, run_peer(&all.peers[i], now));
    }
    if (all.has_changes)
        next = sooner(next, limit_next(&all.changes, now));
    return next;
}
