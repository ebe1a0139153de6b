/*
 * One hypercall for one message: grant copies, then the event. The hypervisor
 * does them in this order, so who sees the event sees the copies.
 */
#include <link/internal.h>

#include <arch_mmu.h>
#include <hypercall/hypercall.h>
#include <kassert.h>

/* A copy ends where a string or a page of either side ends. The pages there are
 * granted, the strings cover no more bytes here than there but begin anywhere;
 * then come the record and its entry. */
#define COPIES_MAX (2u * LINK_REFS_MAX + 2u * NU_STRINGS_MAX + 2u)

static struct gnttab_copy copies[COPIES_MAX];
static uint32_t copy_count;
static uint32_t failed_count; /* of the last batch, before its (first) */

void batch_begin(void)
{
    copy_count = 0;
}

uint32_t batch_room(void)
{
    return COPIES_MAX - copy_count;
}

uint32_t batch_failed(void)
{
    return failed_count;
}

uint32_t batch_count(void)
{
    return copy_count;
}

static void set_own(struct gnttab_copy_ptr *side, paddr_t at)
{
    side->u.gmfn = at / PAGE_BYTES;
    side->domid = DOMID_SELF;
    side->offset = (uint16_t)(at & PAGE_MASK);
}

static void set_far(struct gnttab_copy_ptr *side, uint16_t domid, grant_t ref,
                    uint32_t offset)
{
    side->u.ref = ref;
    side->domid = domid;
    side->offset = (uint16_t)offset;
}

static struct gnttab_copy *next(uint32_t bytes, uint16_t flags)
{
    struct gnttab_copy *copy = &copies[copy_count++];

    KASSERT(copy_count <= COPIES_MAX);
    copy->len = (uint16_t)bytes;
    copy->flags = flags;
    copy->status = GNTST_general_error;
    return copy;
}

void batch_copy_out(uint16_t domid, grant_t ref, uint32_t offset, paddr_t from,
                    uint32_t bytes)
{
    struct gnttab_copy *copy = next(bytes, GNTCOPY_dest_gref);

    set_own(&copy->source, from);
    set_far(&copy->dest, domid, ref, offset);
}

void batch_copy_in(paddr_t to, uint16_t domid, grant_t ref, uint32_t offset,
                   uint32_t bytes)
{
    struct gnttab_copy *copy = next(bytes, GNTCOPY_source_gref);

    set_far(&copy->source, domid, ref, offset);
    set_own(&copy->dest, to);
}

int batch_run(uint32_t port, uint32_t first)
{
    struct multicall_entry calls[2];
    struct evtchn_send send = {.port = port};
    uint32_t count = copy_count;
    uint32_t call_count = 0;

    copy_count = 0;
    failed_count = 0;
    if (count != 0)
        multicall_grant_copy(&calls[call_count++], copies, count);
    if (port != 0)
        multicall_evtchn_send(&calls[call_count++], &send);
    if (call_count == 0)
        return 0;
    if (hypercall_multicall(calls, call_count) != 0)
        return GNTST_general_error;
    for (uint32_t i = 0; i < first; i++)
        failed_count += copies[i].status != GNTST_okay;
    for (uint32_t i = first; i < count; i++) {
        if (copies[i].status != GNTST_okay)
            return copies[i].status;
    }
    for (uint32_t i = 0; i < call_count; i++) {
        if (calls[i].result != 0)
            return 1;
    }
    return 0;
}
