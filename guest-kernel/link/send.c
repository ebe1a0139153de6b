/*
 * Sending records to the peer, and noticing that it cannot be done. What has to
 * happen when a connection is lost is link.c's: here it is only noted, so that
 * who notices can finish what it does on a link that is still whole.
 */
#include <link/internal.h>

#include <arch_mmu.h>
#include <boot/klog.h>

struct link_draft link_draft;

void link_lost(struct link *link, const char *why)
{
    if (link->lost == NULL)
        link->lost = why;
}

void link_violation(struct link *link, const char *what)
{
    link->stats.violations++;
    link_lost(link, what);
}

/* What clients closed is told with whatever is sent next. */
static uint32_t add_releases(const struct link *link, struct link_draft *draft)
{
    uint32_t room = (LINK_SLOT_BYTES - link_draft_bytes(draft)) / 4u;
    const struct list_node *n = link->closing.next;

    while (n != &link->closing && draft->release_count < LINK_RELEASES_MAX &&
           draft->release_count < room) {
        draft->releases[draft->release_count++] =
            list_entry(n, struct import, node)->object;
        n = n->next;
    }
    return draft->release_count;
}

static void released(struct link *link, uint32_t count)
{
    while (count-- > 0) {
        struct import *import =
            list_entry(link->closing.next, struct import, node);

        list_del(&import->node);
        purse_object_free(import);
    }
}

/* The peer took the buffers of a call back while it was under way, as it does
 * when the caller ends: nobody waits for them then. Said once a connection, for
 * otherwise it would be a fault that nobody sees. */
static void strings_failed(struct link *link)
{
    if (!link->has_failed_strings)
        klog(KLOG_WARN, "link to domain %u: strings of a reply had no place",
             link->domid);
    link->has_failed_strings = true;
}

bool link_send_draft(struct link *link, struct link_draft *draft, uint32_t slot)
{
    struct far_ring *far = &link->far;
    uint32_t offset = slot * LINK_SLOT_BYTES;
    uint32_t first = batch_count();
    uint32_t releases;
    uint32_t bytes;
    uint64_t *entry;

    if (!link_is_up(link)) {
        batch_begin(); /* what was prepared goes nowhere */
        return false;
    }
    releases = list_is_empty(&link->closing) ? 0 : add_releases(link, draft);
    bytes = link_draft_pack(draft, phys_to_virt(link->page));
    entry = (uint64_t *)phys_to_virt(link->page) +
            LINK_SLOT_BYTES / sizeof(uint64_t);
    *entry = link_entry(far->given + 1, slot, bytes);
    batch_copy_out(far->domid, far->page[offset / PAGE_BYTES],
                   offset & PAGE_MASK, link->page, bytes);
    batch_copy_out(far->domid, far->head,
                   LINK_HEAD_ENTRIES +
                       far->given % LINK_ENTRIES * (uint32_t)sizeof(uint64_t),
                   link->page + LINK_SLOT_BYTES, sizeof(uint64_t));
    far->given++;
    link->stats.events_out++;
    if (batch_run(link->port, first) != 0) {
        link_lost(link, "it cannot be reached");
        return false;
    }
    released(link, releases);
    if (batch_failed() != 0)
        strings_failed(link);
    return true;
}
