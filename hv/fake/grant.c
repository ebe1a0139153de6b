/*
 * grant_table_op: GNTTABOP_copy, with the checks and pin bits of the hypervisor.
 *
 * Spec: Xen public/grant_table.h, GNTTABOP_copy.
 */
#include <hv/fake/peer.h>

#include <string.h>

#define PAGE 4096u

static fake_copy_fn copy_hook;
static uint64_t copies;
static uint64_t copied_bytes;
static uint64_t copy_fail_at;
static int16_t copy_failure;

void fake_copies_reset(void)
{
    copy_hook = NULL;
    copies = 0;
    copied_bytes = 0;
    copy_fail_at = 0;
}

void fake_copy_hook(fake_copy_fn hook)
{
    copy_hook = hook;
}

void fake_copy_fail_nth(uint64_t n, int16_t status)
{
    copy_fail_at = copies + n;
    copy_failure = status;
}

uint64_t fake_copy_count(void)
{
    return copies;
}

uint64_t fake_copy_bytes(void)
{
    return copied_bytes;
}

void fake_memory(void *ram, uint64_t bytes, uint64_t store_phys)
{
    fake_hv.ram = ram;
    fake_hv.ram_bytes = bytes;
    fake_hv.store_phys = store_phys;
}

int16_t fake_pin(struct grant_entry_v1 *table, uint32_t count, uint32_t ref,
                 uint16_t domid, bool write)
{
    struct grant_entry_v1 *entry;

    if (ref >= count) {
        return GNTST_bad_gntref;
    }
    entry = &table[ref];
    if ((entry->flags & GTF_type_mask) != GTF_permit_access ||
        entry->domid != domid || (write && (entry->flags & GTF_readonly))) {
        return GNTST_general_error;
    }
    entry->flags |= (uint16_t)(GTF_reading | (write ? GTF_writing : 0));
    return GNTST_okay;
}

void fake_unpin(struct grant_entry_v1 *entry)
{
    entry->flags &= (uint16_t) ~(GTF_reading | GTF_writing);
}

/* One end of a copy. */
struct side {
    uint8_t *page;
    struct grant_entry_v1 *pinned; /* NULL: it needs no grant */
};

static uint8_t *page_of(uint8_t *memory, uint64_t pages, uint64_t frame)
{
    return frame < pages ? memory + frame * PAGE : NULL;
}

static int16_t claim_own(uint64_t frame, struct side *side)
{
    side->page = page_of(fake_hv.ram, fake_hv.ram_bytes / PAGE, frame);
    return side->page == NULL ? GNTST_bad_page : GNTST_okay;
}

static int16_t claim_granted(uint16_t domid, uint32_t ref, bool write,
                             struct side *side)
{
    struct fake_peer *peer = fake_peer_find(domid);
    int16_t status;

    if (domid == DOMID_SELF) {
        status =
            fake_pin(fake_hv.grants, FAKE_GRANTS, ref, fake_hv.domid, write);
        side->pinned = status == GNTST_okay ? &fake_hv.grants[ref] : NULL;
        return status == GNTST_okay ? claim_own(fake_hv.grants[ref].frame, side)
                                    : status;
    }
    if (peer == NULL) {
        return GNTST_bad_domain;
    }
    status =
        fake_pin(peer->grants, FAKE_PEER_GRANTS, ref, fake_hv.domid, write);
    if (status != GNTST_okay) {
        return status;
    }
    side->pinned = &peer->grants[ref];
    side->page = page_of(peer->memory, peer->pages, side->pinned->frame);
    return side->page == NULL ? GNTST_bad_page : GNTST_okay;
}

static int16_t claim(domid_t domid, uint32_t ref, uint64_t frame, bool by_ref,
                     bool write, struct side *side)
{
    if (by_ref) {
        return claim_granted(domid, ref, write, side);
    }
    return domid == DOMID_SELF ? claim_own(frame, side)
                               : GNTST_permission_denied;
}

static int16_t move(const struct gnttab_copy *op, struct side *from,
                    struct side *to)
{
    int16_t status =
        claim(op->source.domid, op->source.u.ref, op->source.u.gmfn,
              (op->flags & GNTCOPY_source_gref) != 0, false, from);

    if (status == GNTST_okay) {
        status = claim(op->dest.domid, op->dest.u.ref, op->dest.u.gmfn,
                       (op->flags & GNTCOPY_dest_gref) != 0, true, to);
    }
    if (status != GNTST_okay) {
        return status;
    }
    if (op->source.offset + (uint32_t)op->len > PAGE ||
        op->dest.offset + (uint32_t)op->len > PAGE) {
        return GNTST_bad_copy_arg;
    }
    if (copy_hook != NULL) {
        copy_hook(op);
    }
    memmove(to->page + op->dest.offset, from->page + op->source.offset,
            op->len);
    copied_bytes += op->len;
    return GNTST_okay;
}

static int16_t copy_one(const struct gnttab_copy *op)
{
    struct side from = {NULL, NULL};
    struct side to = {NULL, NULL};
    int16_t status;

    copies++;
    if (copies == copy_fail_at) {
        return copy_failure;
    }
    status = move(op, &from, &to);
    if (from.pinned != NULL) {
        fake_unpin(from.pinned);
    }
    if (to.pinned != NULL) {
        fake_unpin(to.pinned);
    }
    return status;
}

long fake_grant_table_op(uint64_t command, uint64_t arg, uint64_t count)
{
    struct gnttab_copy *list = (void *)(uintptr_t)arg;

    if (command != GNTTABOP_copy || fake_hv.domid == 0) {
        return -XEN_ENOSYS;
    }
    for (uint64_t i = 0; i < count; i++) {
        list[i].status = copy_one(&list[i]);
    }
    return 0;
}
