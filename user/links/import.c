/* The importer's role: for each domain that has services which we use. */
#include "links.h"

#include <contract/handle.h>
#include <contract/link.h>
#include <nlib/string.h>
#include <rt/process.h>

#include "handshake.h"
#include "line.h"
#include "nodes.h"

/* An offer that nobody has answered by then is made anew. */
#define ANSWER_NS (5000 * LINKS_MS)
/* When the store failed. */
#define STORE_RETRY_NS (1000 * LINKS_MS)
/* A connection that held so long was a good one. */
#define GOOD_NS (5000 * LINKS_MS)

enum state {
    WAITING, /* for the domain, or for the time to offer again */
    OFFERED,
    UP,
};

struct importer {
    char domain[TEXT_NAME_MAX];
    struct line line;
    enum state state;
    bool is_dirty; /* the store may have changed */
    uint64_t look_ns; /* not before */
    struct limit looks;
    struct limit offers;
    uint32_t backoff_ms;
    uint64_t retry_ns; /* WAITING: not before */
    uint64_t since_ns; /* in this state */
    uint32_t domid; /* 0: there is no such domain now */
    uint64_t epoch; /* of its life that we know of; 0: it does not serve */
    uint64_t number; /* of the last offer */
    char word[TEXT_VALUE_MAX]; /* the same, as it is written */
    nu_handle_t name_watch;
    nu_handle_t ready_watch;
    nu_handle_t answer_watch;
};

static struct {
    uint32_t count;
    struct importer importers[LINKS_DOMAINS_MAX];
    uint32_t name_count;
    struct {
        const char *name;
        uint32_t importer;
    } names[LINKS_NAMES_MAX];
} all;

void import_begin(void)
{
    memset(&all, 0, sizeof(all));
}

static struct importer *importer_of(const char *domain)
{
    struct importer *im;

    for (uint32_t i = 0; i < all.count; i++) {
        if (strcmp(all.importers[i].domain, domain) == 0)
            return &all.importers[i];
    }
    if (all.count == LINKS_DOMAINS_MAX)
        return NULL;
    im = &all.importers[all.count++];
    strlcpy(im->domain, domain, sizeof(im->domain));
    im->is_dirty = true;
    im->backoff_ms = LINKS_BACKOFF_MIN_MS;
    im->looks = limit_of(32, 20 * LINKS_MS);
    im->offers = limit_of(8, 250 * LINKS_MS);
    return im;
}

bool import_add(const char *name, const char *domain)
{
    struct importer *im;

    if (!text_is_name(name) || !text_is_name(domain) ||
        all.name_count == LINKS_NAMES_MAX)
        return false;
    im = importer_of(domain);
    if (im == NULL)
        return false;
    all.names[all.name_count].name = name;
    all.names[all.name_count].importer = (uint32_t)(im - all.importers);
    all.name_count++;
    return true;
}

bool import_has(uint32_t domid)
{
    for (uint32_t i = 0; i < all.count; i++) {
        if (all.importers[i].domid == domid)
            return true;
    }
    return false;
}

/* ---- start ---- */

/* Where clients of the import called (name) are: several, or nobody. */
static int import_all(const char *name, struct importer *im)
{
    static const char prefix[] = "import:";
    const struct nu_start *start = rt_start();
    int status = 0;

    for (uint32_t i = 0; i < start->handle_count && status == 0; i++) {
        const struct nu_start_handle *h = &start->handles[i];

        if (strncmp(h->name, prefix, sizeof(prefix) - 1) != 0 ||
            strcmp(h->name + sizeof(prefix) - 1, name) != 0)
            continue;
        status = link_import(im->line.link, name, strlen(name), h->handle);
        (void)handle_close(h->handle);
    }
    return status;
}

int import_start(void)
{
    int status = 0;

    for (uint32_t i = 0; i < all.count && status == 0; i++)
        status = line_create(&all.importers[i].line, true,
                             badge_of(HAPPENS_IMPORT, i));
    for (uint32_t i = 0; i < all.name_count && status == 0; i++)
        status = import_all(all.names[i].name,
                            &all.importers[all.names[i].importer]);
    return status;
}

/* ---- states ---- */

static void enter(struct importer *im, enum state state, uint64_t now)
{
    im->state = state;
    im->since_ns = now;
    im->line.told_ns = 0;
}

/* Not before a while has passed, which grows until a connection is good. */
static void back_off(struct importer *im, uint64_t now)
{
    im->retry_ns = now + im->backoff_ms * LINKS_MS;
    im->backoff_ms *= 2;
    if (im->backoff_ms > LINKS_BACKOFF_MAX_MS)
        im->backoff_ms = LINKS_BACKOFF_MAX_MS;
}

/* Back to WAITING: the link is closed, and what we offered is no more. */
static void withdraw(struct importer *im, uint64_t now)
{
    if (im->state == WAITING)
        return;
    line_close(&im->line, now);
    (void)handshake_withdraw(im->domid);
    enter(im, WAITING, now);
}

static void lose(struct importer *im, const char *why, uint64_t now)
{
    if (im->state == UP) {
        rt_log("lost %s (domain %u): %s", im->domain, im->domid, why);
        if (now - im->since_ns >= GOOD_NS)
            im->backoff_ms = LINKS_BACKOFF_MIN_MS;
    }
    withdraw(im, now);
    back_off(im, now);
}

static void make_offer(struct importer *im, uint64_t now)
{
    uint32_t ring_ref = 0;
    uint32_t port = 0;
    int status = link_open(im->line.link, im->domid, 0, &ring_ref, &port);

    enter(im, OFFERED, now);
    text_word(im->word, here.epoch, ++im->number);
    if (status == 0)
        status = handshake_offer(im->domid, ring_ref, port, im->word);
    if (status == 0)
        return;
    rt_log("cannot offer a link to %s (domain %u): %s", im->domain, im->domid,
           nu_error_text(status));
    lose(im, "", now);
}

static void say_connected(struct importer *im, uint64_t now)
{
    if (im->line.lost_ns == 0)
        rt_log("connected to %s (domain %u, epoch %lu)", im->domain, im->domid,
               (unsigned long)im->epoch);
    else
        rt_log("%s (domain %u, epoch %lu) is back after %lu ms", im->domain,
               im->domid, (unsigned long)im->epoch,
               (unsigned long)((now - im->line.lost_ns) / LINKS_MS));
}

static void take_answer(struct importer *im, uint64_t now)
{
    struct offer answer;
    int status = handshake_read_answer(im->domid, &answer);

    if (status == 0 && answer.epoch != im->epoch)
        status = NU_PROTO;
    if (status == 0)
        status = line_attach(&im->line, answer.ring_ref, answer.epoch, now);
    if (status == 0) {
        enter(im, UP, now);
        say_connected(im, now);
        return;
    }
    rt_log("%s (domain %u) answered, but: %s", im->domain, im->domid,
           nu_error_text(status));
    lose(im, "", now);
}

/* ---- the store ---- */

static void unwatch(nu_handle_t *watch)
{
    if (*watch != NU_HANDLE_NONE)
        (void)handle_close(*watch);
    *watch = NU_HANDLE_NONE;
}

static int watch(struct importer *im, const char *path, nu_handle_t *handle)
{
    uint32_t index = (uint32_t)(im - all.importers);

    if (*handle != NU_HANDLE_NONE)
        return 0;
    return node_watch(path, here.port, badge_of(HAPPENS_IMPORT, index), handle);
}

/* Looks (im->domain) up. An error: not known. */
static int find_domain(struct importer *im, uint64_t now)
{
    char path[TEXT_PATH_MAX];
    char value[TEXT_VALUE_MAX];
    uint32_t domid = 0;
    int status;

    text_path_name(path, im->domain);
    status = watch(im, path, &im->name_watch);
    if (status == 0)
        status = node_read(path, value);
    if (status == 0 && (!text_domid(value, &domid) || domid == here.domid))
        domid = 0; /* nobody's that could be joined to */
    if (status != 0 && status != NU_NOENT)
        return status;
    if (domid == im->domid)
        return 0;
    lose(im, "its name is another domain's", now);
    line_untell(&im->line);
    unwatch(&im->ready_watch);
    unwatch(&im->answer_watch);
    im->domid = domid;
    im->line.domid = domid;
    im->epoch = 0;
    return 0;
}

/* Does it serve, and in which of its lives? An error: not known. */
static int find_epoch(struct importer *im, uint64_t now)
{
    char path[TEXT_PATH_MAX];
    char value[TEXT_VALUE_MAX];
    uint64_t epoch = 0;
    int status;

    if (im->domid == 0)
        return 0;
    text_path_link(path, im->domid, here.domid, "/state");
    status = watch(im, path, &im->answer_watch);
    text_path_own(path, im->domid, "/data/nuncio/ready");
    if (status == 0)
        status = watch(im, path, &im->ready_watch);
    if (status == 0)
        status = node_read(path, value);
    if (status == 0 && !text_number(value, UINT64_MAX, &epoch))
        epoch = 0;
    if (status != 0 && status != NU_NOENT)
        return status;
    if (epoch == im->epoch)
        return 0;
    lose(im, epoch == 0 ? "it is gone" : "it started anew", now);
    im->epoch = epoch;
    im->backoff_ms = LINKS_BACKOFF_MIN_MS;
    im->retry_ns = now; /* at once */
    return 0;
}

/* What the store says to our offer, or to the connection that it led to. */
static int look_for_answer(struct importer *im, uint64_t now)
{
    int status = handshake_find_answer(im->domid, im->word);

    if (im->state == OFFERED && status == 0)
        take_answer(im, now);
    else if (im->state == OFFERED && status == NU_DENIED)
        lose(im, "", now);
    else if (im->state == UP && (status == NU_NOENT || status == NU_DENIED))
        lose(im, "it dropped the link", now);
    return status == NU_NOENT || status == NU_DENIED ? 0 : status;
}

/* What has changed, and what follows from it. */
static void look(struct importer *im, uint64_t now)
{
    int status = find_domain(im, now);

    if (status == 0)
        status = find_epoch(im, now);
    if (status == 0 && im->state != WAITING)
        status = look_for_answer(im, now);
    if (status != 0) {
        /* The store does not say: later, and all stays as it is. */
        im->is_dirty = true;
        im->look_ns = now + STORE_RETRY_NS;
    }
}

void import_happens(uint32_t index)
{
    if (index < all.count)
        all.importers[index].is_dirty = true;
}

/* ---- time ---- */

static void look_at_line(struct importer *im, uint64_t now)
{
    const char *why = im->state == UP ? line_look(&im->line, now) : NULL;

    if (why != NULL)
        lose(im, why, now);
}

/* When to look at what may have changed. */
static uint64_t look_next(const struct importer *im, uint64_t now)
{
    uint64_t next = limit_next(&im->looks, now);

    if (!im->is_dirty)
        return LINKS_NEVER;
    return next > im->look_ns ? next : im->look_ns;
}

static void run_one(struct importer *im, uint64_t now)
{
    static const char *const names[] = {"waiting", "offered", "up"};

    if (line_next(&im->line) <= now)
        look_at_line(im, now);
    if (look_next(im, now) <= now && limit_take(&im->looks, now)) {
        im->is_dirty = false;
        look_at_line(im, now);
        look(im, now);
    }
    if (im->state == OFFERED && now - im->since_ns >= ANSWER_NS)
        lose(im, "", now);
    if (im->state == WAITING && im->epoch != 0 && im->retry_ns <= now &&
        limit_take(&im->offers, now))
        make_offer(im, now);
    line_tell(&im->line, names[im->state], now);
}

static uint64_t next_of(const struct importer *im, uint64_t now)
{
    uint64_t next = sooner(line_next(&im->line), line_tell_next(&im->line));

    next = sooner(next, look_next(im, now));
    if (im->state == OFFERED)
        next = sooner(next, im->since_ns + ANSWER_NS);
    if (im->state == WAITING && im->epoch != 0) {
        uint64_t offer = limit_next(&im->offers, now);

        next = sooner(next, offer > im->retry_ns ? offer : im->retry_ns);
    }
    return next;
}

uint64_t import_run(uint64_t now)
{
    uint64_t next = LINKS_NEVER;

    for (uint32_t i = 0; i < all.count; i++) {
        run_one(&all.importers[i], now);
        next = sooner(next, next_of(&all.importers[i], now));
    }
    return next;
}
