#include "rounds.h"

#include <hypercall/broker_abi.h>

#include "connection.h"
#include "event.h"
#include "handover.h"
#include "mailbox.h"
#include "store.h"

#define NS_PER_MS 1000000ull
/* The first window, as a part of the longest. */
#define WINDOW_FIRST 4u
/* Windows without a batch until polling rests, and for how many batches. */
#define MISSES_MAX 4u
#define REST_FIRST 16u
#define REST_MAX   4096u
#define SPINS      32

static bool is_live(const struct domain *domain)
{
    return domain != NULL && domain->connection >= 0 &&
           vhost_is_live(&domain->vhost);
}

void rounds_kick_mailbox(struct domain *domain)
{
    domain->counts.kicks++;
    domain->mailbox_due = true;
}

void rounds_kick_store(struct domain *domain)
{
    domain->counts.kicks++;
    domain->active_ns = log_now_ns();
    domain->store_due = true;
}

void rounds_wake_store(void *context, uint16_t domid)
{
    struct broker *broker = context;
    struct domain *domain = broker_running(broker, domid);

    if (domain != NULL)
        domain->store_due = true;
}

static void widen(const struct broker *broker, struct domain *domain)
{
    uint64_t least = broker->poll_max_ns / WINDOW_FIRST;
    uint64_t window = domain->poll_window_ns * 2;

    if (window < least)
        window = least;
    if (window > broker->poll_max_ns)
        window = broker->poll_max_ns;
    domain->poll_window_ns = window;
}

/* A batch was served; (kicked) for. Decides how long to look for the next. */
static void after_batch(const struct broker *broker, struct domain *domain,
                        bool kicked, uint64_t now)
{
    if (!kicked) {
        domain->counts.polled_batches++;
        domain->poll_misses = 0;
        domain->poll_rest_next = REST_FIRST;
        widen(broker, domain);
    } else if (domain->poll_rest > 0) {
        domain->poll_rest--;
    } else if (now - domain->slept_ns < broker->poll_max_ns) {
        widen(broker, domain);
    }
    if (domain->poll_window_ns == 0) {
        domain->slept_ns = now;
        return;
    }
    domain->poll_until_ns = now + domain->poll_window_ns;
    mailbox_poll(domain);
}

/* A window has passed for nothing. After some of them polling rests, for twice
 * as long each time: where guest and broker share a processor it is in vain. */
static void after_miss(struct domain *domain, uint64_t now)
{
    domain->slept_ns = now;
    if (++domain->poll_misses < MISSES_MAX)
        return;
    domain->poll_misses = 0;
    domain->poll_window_ns = 0;
    if (domain->poll_rest_next < REST_FIRST)
        domain->poll_rest_next = REST_FIRST;
    domain->poll_rest = domain->poll_rest_next;
    if (domain->poll_rest_next < REST_MAX)
        domain->poll_rest_next *= 2;
}

static void serve_mailbox(struct broker *broker, struct domain *domain)
{
    bool kicked = domain->mailbox_due;
    uint64_t now;

    if (!kicked && !domain->polled)
        return;
    domain->mailbox_due = false;
    if (mailbox_serve(broker, domain)) {
        now = log_now_ns();
        domain->active_ns = now;
        domain->hung = false;
        after_batch(broker, domain, kicked, now);
        return;
    }
    if (!domain->polled)
        return;
    now = log_now_ns();
    if (now < domain->poll_until_ns)
        return;
    after_miss(domain, now);
    if (mailbox_sleep(domain))
        domain->mailbox_due = true;
}

static void serve_store(struct broker *broker, struct domain *domain)
{
    struct xenstore_domain_interface *page;
    unsigned answer;

    if (!domain->store_due || !domain->running)
        return;
    domain->store_due = false;
    page = (struct xenstore_domain_interface *)(void *)domain_shared(domain)
               ->store;
    answer = store_ring_serve(broker->store, domain->domid, page);
    if ((answer & STORE_SERVE_RAISE) != 0)
        event_raise_store(domain);
    if ((answer & STORE_SERVE_MORE) != 0)
        domain->store_due = true;
}

/* Raises the interrupts that this domain's turn has called for. */
static void raise_calls(struct broker *broker)
{
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        struct domain *domain = broker->domains[i];

        if (domain == NULL || !domain->call_due)
            continue;
        domain->call_due = false;
        domain->counts.upcalls_raised++;
        if (!vhost_call(&domain->vhost, BROKER_QUEUE_EVENTS))
            connection_end(broker, domain, "its interrupt cannot be raised");
    }
}

static void serve_turn(struct broker *broker, struct domain *domain)
{
    serve_mailbox(broker, domain);
    serve_store(broker, domain);
    if (domain->vhost.memory.hurt != 0)
        connection_end(broker, domain, "the host has no memory for it");
    raise_calls(broker);
}

/* The supervisor acts on it; here it is only told. */
static void watch_over(struct domain *domain, uint64_t now)
{
    if (domain->watchdog_ns == 0 || !domain->running || domain->hung ||
        now < domain->active_ns + domain->watchdog_ns)
        return; /* it may have been active after (now) */
    domain->hung = true;
    domain_log(domain, "event=hung domid=%u silent_ms=%llu", domain->domid,
               (unsigned long long)((now - domain->active_ns) / NS_PER_MS));
}

void rounds_serve(struct broker *broker)
{
    uint64_t now = log_now_ns();

    for (uint32_t i = 0; i < BROKER_DOMAINS_MAX; i++) {
        struct domain *domain =
            broker->domains[(broker->turn + i) % BROKER_DOMAINS_MAX];

        if (!is_live(domain))
            continue;
        if (domain->mailbox_due || domain->polled || domain->store_due)
            serve_turn(broker, domain);
        watch_over(domain, now);
    }
    broker->turn = (broker->turn + 1) % BROKER_DOMAINS_MAX;
}

int rounds_sleep_ms(const struct broker *broker)
{
    uint64_t now = log_now_ns();
    uint64_t wait_ns = UINT64_MAX;

    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        const struct domain *domain = broker->domains[i];

        if (!is_live(domain))
            continue;
        if (domain->mailbox_due || domain->polled ||
            (domain->store_due && domain->running))
            return 0;
        if (domain->watchdog_ns != 0 && domain->running && !domain->hung) {
            uint64_t end = domain->active_ns + domain->watchdog_ns;
            uint64_t left = end > now ? end - now : 0;

            if (left < wait_ns)
                wait_ns = left;
        }
    }
    if (wait_ns == UINT64_MAX)
        return -1;
    /* A millisecond late rather than one early and again. */
    return (int)(wait_ns / NS_PER_MS % 3600000) + 1;
}

static bool anything_asked(const struct broker *broker)
{
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        const struct domain *domain = broker->domains[i];
        uint32_t request;

        if (domain != NULL && domain->polled &&
            handover_take(domain_mailbox(domain), domain->done, &request))
            return true;
    }
    return false;
}

void rounds_spin(const struct broker *broker)
{
    for (int i = 0; i < SPINS && !anything_asked(broker); i++)
        __builtin_ia32_pause();
}
