#include "report.h"

#include <inttypes.h>
#include <stddef.h>

#include "store.h"

#define NS_PER_MS 1000000ull

static const struct {
    const char *name;
    size_t offset;
} counters[] = {
    {"batches", offsetof(struct domain_counts, batches)},
    {"operations", offsetof(struct domain_counts, operations)},
    {"copies", offsetof(struct domain_counts, copies)},
    {"bytes", offsetof(struct domain_counts, bytes)},
    {"copy_errors", offsetof(struct domain_counts, copy_errors)},
    {"events_sent", offsetof(struct domain_counts, events_sent)},
    {"upcalls_raised", offsetof(struct domain_counts, upcalls_raised)},
    {"kicks", offsetof(struct domain_counts, kicks)},
    {"polled_batches", offsetof(struct domain_counts, polled_batches)},
    {"bad_messages", offsetof(struct domain_counts, bad_messages)},
};

const char *report_state(const struct domain *domain, uint64_t now_ns)
{
    if (domain->connection < 0)
        return "absent";
    if (!domain->running)
        return "connected";
    if (domain->watchdog_ns != 0 && now_ns > domain->active_ns &&
        now_ns - domain->active_ns >= domain->watchdog_ns)
        return "hung";
    return "running";
}

static uint64_t ms_since(uint64_t then_ns, uint64_t now_ns)
{
    return now_ns > then_ns ? (now_ns - then_ns) / NS_PER_MS : 0;
}

static uint64_t counter_at(const struct domain_counts *counts, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)counts + offset);
}

static unsigned ports_in_use(const struct domain *domain)
{
    unsigned count = 0;

    for (uint32_t i = 1; i < BROKER_PORTS; i++)
        count += domain->ports[i].state != PORT_FREE;
    return count;
}

void report_domain(FILE *out, const struct broker *broker,
                   const struct domain *domain, uint64_t now_ns)
{
    struct store_counts store = {0};

    /* Of a domain that is gone all of these are 0. */
    store_domain_counts(broker->store, domain->domid, &store);
    /* Names are of letters that JSON leaves alone. */
    (void)fprintf(out,
                  "{\"name\":\"%s\",\"domid\":%u,\"state\":\"%s\","
                  "\"epoch\":%" PRIu64 ",\"uptime_ms\":%" PRIu64,
                  domain->name, (unsigned)domain->domid,
                  report_state(domain, now_ns), domain->epoch,
                  domain->running ? ms_since(domain->hello_ns, now_ns) : 0);
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        (void)fprintf(out, ",\"%s\":%" PRIu64, counters[i].name,
                      counter_at(&domain->counts, counters[i].offset));
    (void)fprintf(out,
                  ",\"ports\":%u,\"store_requests\":%" PRIu64
                  ",\"store_nodes\":%u,\"store_watches\":%u,"
                  "\"store_transactions\":%u,\"store_bytes\":%u,"
                  "\"last_activity_ms\":%" PRIu64 ",\"time_ms\":%" PRIu64 "}\n",
                  ports_in_use(domain),
                  domain->counts.store_requests + store.requests, store.nodes,
                  store.watches, store.transactions, store.memory_bytes,
                  domain->running ? ms_since(domain->active_ns, now_ns) : 0,
                  ms_since(broker->started_ns, now_ns));
}
