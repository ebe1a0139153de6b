/* Receive rings, ours and the peer's: wire.h, internal.h. */
#include <link/internal.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <hypercall/xen_abi.h>
#include <link/ring_slots.h>
#include <nlib/string.h>

static void free_pages(struct ring *ring)
{
    for (uint32_t i = 0; i <= LINK_SLOT_PAGES; i++) {
        if (ring->frame[i] != FRAME_NONE)
            purse_page_free(ring->purse, ring->frame[i]);
    }
}

static void ring_ended(struct held *held)
{
    struct ring *ring = (struct ring *)held;
    struct purse *purse = ring->purse;

    free_pages(ring);
    purse_object_free(ring);
    object_put(&purse->object);
}

void ring_end(struct ring *ring)
{
    held_end(&ring->held);
}

static void write_head(struct ring *ring)
{
    struct link_head *head = phys_to_virt(ring->frame[0]);

    head->magic = LINK_MAGIC;
    head->version = LINK_VERSION;
    head->slots = LINK_SLOTS;
    head->slot_bytes = LINK_SLOT_BYTES;
    head->entries = LINK_ENTRIES;
    head->page_count = LINK_SLOT_PAGES;
    memcpy(head->page, &ring->refs[1], sizeof(head->page));
}

struct ring *ring_create(struct purse *purse, uint16_t domid)
{
    struct ring *ring = purse_object_alloc(purse, sizeof(*ring));

    if (ring == NULL)
        return NULL;
    object_get(&purse->object);
    ring->purse = purse;
    ring->held.refs = ring->refs;
    ring->held.count = 1 + LINK_SLOT_PAGES;
    ring->held.ended = ring_ended;
    for (uint32_t i = 0; i <= LINK_SLOT_PAGES; i++) {
        ring->frame[i] = purse_page_alloc(purse);
        if (ring->frame[i] != FRAME_NONE)
            ring->refs[i] =
                grant_access(domid, ring->frame[i] / PAGE_BYTES, true);
        if (ring->refs[i] == GRANT_NONE) {
            ring_end(ring);
            return NULL;
        }
    }
    write_head(ring);
    return ring;
}

bool ring_has_more(const struct ring *ring)
{
    return ring_entry_is_next(
        ring_entry(phys_to_virt(ring->frame[0]), ring->taken), ring->taken);
}

int ring_take(struct ring *ring, void *copy, uint32_t *slot, uint32_t *bytes)
{
    int got = ring_next(phys_to_virt(ring->frame[0]), ring->taken, slot, bytes);

    if (got != 1)
        return got;
    ring->taken++;
    ring_read(copy, phys_to_virt(ring->frame[1 + ring_slot_page(*slot)]), *slot,
              *bytes);
    return 1;
}

static int error_of(int grant_status)
{
    return grant_status == GNTST_bad_domain ? NU_GONE : NU_DENIED;
}

int far_ring_attach(struct far_ring *far, uint16_t domid, grant_t ref,
                    paddr_t page)
{
    const struct link_head *head = phys_to_virt(page);
    int status;

    batch_begin();
    batch_copy_in(page, domid, ref, 0, LINK_HEAD_ENTRIES);
    status = batch_run(0, 0);
    if (status != 0)
        return error_of(status);
    if (head->magic != LINK_MAGIC || head->version != LINK_VERSION ||
        head->slots != LINK_SLOTS || head->slot_bytes != LINK_SLOT_BYTES ||
        head->entries != LINK_ENTRIES || head->page_count != LINK_SLOT_PAGES)
        return NU_PROTO;
    far->domid = domid;
    far->head = ref;
    far->given = 0;
    memcpy(far->page, head->page, sizeof(far->page));
    return 0;
}
