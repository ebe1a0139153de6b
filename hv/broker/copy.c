#include "copy.h"

#include <string.h>

/* How often an entry is tried that its owner changes meanwhile. Xen's. */
#define PIN_TRIES 5

/* One end of a copy: a page, and the entry that is pinned for it or NULL. */
struct end {
    struct domain *owner;
    uint8_t *page;
    struct grant_entry_v1 *entry;
    bool is_grant;
    bool for_writing;
};

static int16_t find_owner(const struct broker *broker, struct domain *domain,
                          domid_t domid, struct end *end)
{
    if (domid != DOMID_SELF && !end->is_grant)
        return GNTST_permission_denied;
    end->owner = domid == DOMID_SELF ? domain : broker_running(broker, domid);
    return end->owner != NULL && end->owner->grants != NULL ? GNTST_okay
                                                            : GNTST_bad_domain;
}

/* Flags and domid of an entry: one word, so that they are judged together. */
static uint32_t *entry_word(struct grant_entry_v1 *entry)
{
    return (uint32_t *)(void *)entry;
}

static int16_t pin(struct end *end, domid_t user, struct grant_entry_v1 *entry)
{
    uint32_t seen = __atomic_load_n(entry_word(entry), __ATOMIC_SEQ_CST);
    uint32_t bits = GTF_reading | (end->for_writing ? GTF_writing : 0);

    for (int i = 0; i < PIN_TRIES; i++) {
        if ((seen & GTF_type_mask) != GTF_permit_access ||
            (domid_t)(seen >> 16) != user ||
            (end->for_writing && (seen & GTF_readonly) != 0))
            return GNTST_general_error;
        if (__atomic_compare_exchange_n(entry_word(entry), &seen, seen | bits,
                                        false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            end->entry = entry;
            return GNTST_okay;
        }
    }
    return GNTST_general_error;
}

/* There is one copy at a time, so no other pin can be on the entry. */
static void unpin(const struct end *end)
{
    if (end->entry != NULL)
        (void)__atomic_fetch_and(&end->entry->flags,
                                 (uint16_t) ~(GTF_reading | GTF_writing),
                                 __ATOMIC_SEQ_CST);
}

static int16_t find_page(struct end *end, uint64_t frame)
{
    if (frame < UINT64_MAX / GUEST_PAGE_BYTES)
        end->page = guest_memory_at(&end->owner->vhost.memory,
                                    frame * GUEST_PAGE_BYTES, GUEST_PAGE_BYTES);
    return end->page != NULL ? GNTST_okay : GNTST_bad_page;
}

static int16_t claim(const struct domain *user,
                     const struct gnttab_copy_ptr *where, struct end *end)
{
    struct grant_entry_v1 *entry;
    int16_t status;

    if (!end->is_grant)
        return find_page(end, where->u.gmfn);
    if (where->u.ref >= end->owner->grant_count)
        return GNTST_bad_gntref;
    entry = &end->owner->grants[where->u.ref];
    status = pin(end, user->domid, entry);
    if (status != GNTST_okay)
        return status;
    return find_page(end, __atomic_load_n(&entry->frame, __ATOMIC_SEQ_CST));
}

static void move(uint8_t *to, const uint8_t *from, size_t bytes)
{
    if (bytes == sizeof(uint64_t) &&
        ((uintptr_t)to | (uintptr_t)from) % sizeof(uint64_t) == 0) {
        const uint64_t *source = (const uint64_t *)(const void *)from;
        uint64_t *target = (uint64_t *)(void *)to;

        __atomic_store_n(target, __atomic_load_n(source, __ATOMIC_ACQUIRE),
                         __ATOMIC_RELEASE);
        return;
    }
    /* Both may be in the same page. */
    memmove(to, from, bytes);
}

static int16_t copy_page(const struct gnttab_copy *copy,
                         const struct end *source, const struct end *dest)
{
    if (copy->source.offset + (uint32_t)copy->len > GUEST_PAGE_BYTES ||
        copy->dest.offset + (uint32_t)copy->len > GUEST_PAGE_BYTES)
        return GNTST_bad_copy_arg;
    move(dest->page + copy->dest.offset, source->page + copy->source.offset,
         copy->len);
    return GNTST_okay;
}

int16_t copy_grants(const struct broker *broker, struct domain *domain,
                    const struct gnttab_copy *copy)
{
    struct end source = {.is_grant = (copy->flags & GNTCOPY_source_gref) != 0};
    struct end dest = {.is_grant = (copy->flags & GNTCOPY_dest_gref) != 0,
                       .for_writing = true};
    int16_t status = find_owner(broker, domain, copy->source.domid, &source);

    if (status == GNTST_okay)
        status = find_owner(broker, domain, copy->dest.domid, &dest);
    if (status == GNTST_okay)
        status = claim(domain, &copy->source, &source);
    if (status == GNTST_okay)
        status = claim(domain, &copy->dest, &dest);
    if (status == GNTST_okay)
        status = copy_page(copy, &source, &dest);
    unpin(&dest);
    unpin(&source);
    domain->counts.copies++;
    if (status == GNTST_okay)
        domain->counts.bytes += copy->len;
    else
        domain->counts.copy_errors++;
    return status;
}
