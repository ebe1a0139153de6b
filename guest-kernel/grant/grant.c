/*
 * The grant table: grant.h.
 */
#include <grant/grant.h>

#include <hypercall/hv.h>
#include <hypercall/xen_abi.h>
#include <kassert.h>

/* More entries than this are not used: 8 pages of them. */
#define GRANTS_MAX 4096u

static struct grant_entry_v1 *entries; /* NULL: no table */
static uint32_t grant_count; /* entries that can be had */
static uint32_t used_count;
/*
 * References that are free, in the order they will be given: what was revoked
 * last comes last. So a domain that was slow to hear that it may not, and still
 * writes by an old reference, finds nothing there for a long time.
 */
static uint16_t free_refs[GRANTS_MAX];
static uint32_t free_first;
static uint32_t free_count;

static void put_free(uint32_t ref)
{
    free_refs[(free_first + free_count++) % GRANTS_MAX] = (uint16_t)ref;
}

static uint32_t take_free(void)
{
    uint32_t ref = free_refs[free_first];

    free_first = (free_first + 1) % GRANTS_MAX;
    free_count--;
    return ref;
}

void grant_init(const struct hv_domain *domain)
{
    entries = NULL;
    used_count = 0;
    free_first = 0;
    free_count = 0;
    if (domain != NULL) {
        entries = domain->grants;
        for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES;
             ref < GRANTS_MAX && ref < domain->grant_count; ref++) {
            put_free(ref);
        }
    }
    grant_count = free_count;
}

/* Recipe "Introducing a valid entry": the flags go last. */
grant_t grant_access(uint16_t domid, uint64_t frame, bool writable)
{
    struct grant_entry_v1 *entry;
    grant_t ref;

    if (free_count == 0 || frame > UINT32_MAX) {
        return GRANT_NONE;
    }
    ref = take_free();
    used_count++;
    entry = &entries[ref];
    entry->frame = (uint32_t)frame;
    entry->domid = domid;
    __atomic_store_n(&entry->flags,
                     (uint16_t)(writable ? GTF_permit_access
                                         : GTF_permit_access | GTF_readonly),
                     __ATOMIC_RELEASE);
    return ref;
}

/* Recipe "Invalidating an unused entry". */
bool grant_end(grant_t ref)
{
    uint16_t *flags;
    uint16_t seen;

    KASSERT(ref >= GNTTAB_NR_RESERVED_ENTRIES && ref < GRANTS_MAX &&
            entries != NULL);
    flags = &entries[ref].flags;
    seen = __atomic_load_n(flags, __ATOMIC_RELAXED);
    KASSERT((seen & GTF_type_mask) == GTF_permit_access);
    do {
        if (seen & (GTF_reading | GTF_writing)) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(flags, &seen, 0, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    put_free(ref);
    used_count--;
    return true;
}

uint32_t grant_total(void)
{
    return grant_count;
}

uint32_t grant_used(void)
{
    return used_count;
}
