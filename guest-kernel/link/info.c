/* What link.info says. */
#include <link/internal.h>

#include <hypercall/hv.h>

void link_info_get(const struct link *link, struct link_info *info)
{
    const struct link_stats *stats = &link->stats;
    struct hv_counts counts;

    hv_counts(&counts);
    *info = (struct link_info){
        .state = link->state,
        .domid = link->domid,
        .epoch = link->epoch,
        .connections = stats->connections,
        .imports = link->import_count,
        .exports = link->agents == NULL ? 0
                                        : link->agents->handles.mask + 1 -
                                              link->agents->handles.free_count,
        .waiting = link->calling,
        .served = link->serving,
        .zombies = held_waiting(),
        .heard_ns = stats->heard_ns,
        .outage_ns = stats->outage_ns,
        .calls = stats->calls,
        .calls_served = stats->calls_served,
        .replayed = stats->replayed,
        .bytes_out = stats->bytes_out,
        .bytes_in = stats->bytes_in,
        .events_out = stats->events_out,
        .events_in = stats->events_in,
        .polled = stats->polled,
        .violations = stats->violations,
        .wait_ticks = counts.wait_ticks,
    };
}

uint32_t link_count(void)
{
    uint32_t count = 0;

    for (struct list_node *n = link_all.next; n != &link_all; n = n->next)
        count++;
    return count;
}

uint32_t link_held_grants(void)
{
    return held_waiting();
}
