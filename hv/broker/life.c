#include "life.h"

#include <string.h>

#include "event.h"
#include "store.h"

#define ENTRIES_PER_PAGE (GUEST_PAGE_BYTES / sizeof(struct grant_entry_v1))

static struct grant_entry_v1 *find_grants(const struct domain *domain,
                                          uint64_t frame, uint32_t entries)
{
    if (frame > UINT64_MAX / GUEST_PAGE_BYTES)
        return NULL;
    return guest_memory_at(&domain->vhost.memory, frame * GUEST_PAGE_BYTES,
                           entries * sizeof(struct grant_entry_v1));
}

static int check_hello(const struct domain *domain,
                       const struct broker_hello *hello)
{
    if (hello->version != BROKER_ABI_VERSION)
        return -XEN_EOPNOTSUPP;
    if (hello->grant_pages == 0 ||
        hello->grant_pages > BROKER_GRANT_PAGES_MAX || hello->store_port == 0 ||
        hello->store_port >= BROKER_PORTS)
        return -XEN_EINVAL;
    if (find_grants(domain, hello->grant_frame,
                    hello->grant_pages * (uint32_t)ENTRIES_PER_PAGE) == NULL)
        return -XEN_EFAULT;
    return 0;
}

int life_hello(struct broker *broker, struct domain *domain,
               struct broker_hello *hello)
{
    int error = check_hello(domain, hello);

    life_end(broker, domain, "hello");
    if (error != 0) {
        domain_log(domain, "event=hello-refused error=%d", error);
        return error;
    }
    if (store_domain_up(broker->store, domain->domid, domain->name,
                        domain->epoch + 1) != 0)
        return -XEN_ENOMEM;
    domain->epoch++;
    domain->grant_frame = hello->grant_frame;
    domain->grant_count = hello->grant_pages * (uint32_t)ENTRIES_PER_PAGE;
    domain->grants =
        find_grants(domain, domain->grant_frame, domain->grant_count);
    domain->running = true;
    domain->hung = false;
    domain->hello_ns = domain->active_ns = log_now_ns();
    domain->store_due = true;
    hello->domid = domain->domid;
    hello->epoch = domain->epoch;
    domain_log(domain, "event=hello domid=%u epoch=%llu grants=%u",
               domain->domid, (unsigned long long)domain->epoch,
               domain->grant_count);
    return event_bind_store(domain, hello->store_port);
}

void life_end(struct broker *broker, struct domain *domain, const char *why)
{
    struct store_counts counts;

    if (!domain->running)
        return;
    store_domain_counts(broker->store, domain->domid, &counts);
    domain->counts.store_requests += counts.requests;
    event_close_all(broker, domain);
    domain->running = false;
    domain->hung = false;
    domain->grants = NULL;
    domain->grant_count = 0;
    domain->store_due = false;
    store_domain_down(broker->store, domain->domid);
    domain_log(domain, "event=end domid=%u epoch=%llu why=%s", domain->domid,
               (unsigned long long)domain->epoch, why);
}

const char *life_refresh(struct broker *broker, struct domain *domain)
{
    if (!domain->running)
        return NULL;
    if (!vhost_is_live(&domain->vhost)) {
        life_end(broker, domain, "queues-stopped");
        return NULL;
    }
    domain->grants =
        find_grants(domain, domain->grant_frame, domain->grant_count);
    return domain->grants != NULL
               ? NULL
               : "the grant table is not in the guest's memory any more";
}
