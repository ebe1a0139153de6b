/*
 * Before the machine waits for an interrupt it may look for messages a while:
 * an answer that comes soon is then had without an interrupt, and its sender
 * without raising one, for the ports are masked meanwhile. How long pays is
 * learned, as KVM's halt-polling does: longer when an interrupt came just after
 * we had given up, shorter when we had looked in vain.
 */
#include <link/internal.h>

#include <boot/time.h>
#include <event/event.h>

#define WINDOW_FIRST_NS 5000ull

static uint64_t limit_ns;
static uint64_t window_ns; /* how long to look now; 0: not */
static uint64_t waiting_since; /* when we last gave up; 0: never */

static bool is_expected(const struct link *link)
{
    return link_is_up(link) && !link->is_quiet;
}

static void mask_all(bool masked)
{
    for (struct list_node *n = link_all.next; n != &link_all; n = n->next) {
        struct link *link = list_entry(n, struct link, node);

        if (!is_expected(link))
            continue;
        if (masked)
            event_mask(link->port);
        else
            event_unmask(link->port);
    }
}

/* The links that have a record waiting take it. */
static bool take_any(void)
{
    bool found = false;

    for (struct list_node *n = link_all.next; n != &link_all; n = n->next) {
        struct link *link = list_entry(n, struct link, node);

        if (!is_expected(link) || !ring_has_more(link->ring))
            continue;
        sched_idle_end();
        (void)event_take(link->port);
        link->stats.polled++;
        (void)link_take(link);
        found = true;
    }
    return found;
}

static bool any_up(void)
{
    for (struct list_node *n = link_all.next; n != &link_all; n = n->next) {
        if (is_expected(list_entry(n, struct link, node)))
            return true;
    }
    return false;
}

/* After an interrupt that came soon looking would have paid. */
static void learn_from_wait(uint64_t now)
{
    if (waiting_since == 0)
        return;
    if (now - waiting_since < limit_ns)
        window_ns = window_ns == 0 ? WINDOW_FIRST_NS : window_ns * 2;
    else
        window_ns /= 2;
    if (window_ns > limit_ns)
        window_ns = limit_ns;
    if (window_ns < WINDOW_FIRST_NS)
        window_ns = 0;
    waiting_since = 0;
}

static bool poll(void)
{
    uint64_t now;
    uint64_t until;
    bool found = false;

    if (limit_ns == 0 || !any_up())
        return false;
    now = time_now_ns();
    learn_from_wait(now);
    until = now + window_ns;
    mask_all(true);
    sched_idle_begin();
    while (!found && now < until && !event_is_pending()) {
        found = take_any();
        now = time_now_ns();
        __builtin_ia32_pause();
    }
    sched_idle_end();
    mask_all(false);
    if (found || event_is_pending())
        return true;
    waiting_since = now;
    return false;
}

void link_set_poll(uint64_t limit)
{
    limit_ns = limit;
    window_ns = 0;
    waiting_since = 0;
    if (limit != 0)
        sched_set_idle_poll(poll);
}
