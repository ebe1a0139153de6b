/*
 * A thread's message as a record: words and short strings in it, the pages of
 * longer strings and of the buffers for the reply granted.
 */
#include <link/internal.h>

#include <abi/error.h>

/* Strings of a request up to this many bytes travel in the record: whatever else
 * is in it, they fit. */
#define INLINE_BYTES_MAX 640u
_Static_assert(sizeof(struct link_record) + 8 * NU_WORDS_MAX +
                       8 * NU_STRINGS_MAX + 8 * NU_RX_MAX + 8 * NU_HANDLES_MAX +
                       4 * LINK_REFS_MAX + INLINE_BYTES_MAX <=
                   LINK_SLOT_BYTES,
               "a request at all its limits fits a slot");

static int grant_page(struct link_call *call, struct ucopy_at at, bool writable)
{
    struct mapping *mapping = space_find(at.space, at.addr);
    paddr_t frame = ucopy_frame(at, writable ? PROT_WRITE : PROT_READ);
    grant_t ref;

    /* Pages that are the kernel's own (message buffers) are not to be given. */
    if (mapping == NULL || mapping->memory == NULL)
        return NU_FAULT;
    if (call->held.count == LINK_REFS_MAX)
        return NU_TOOLONG;
    ref = grant_access(call->link->domid, frame / PAGE_BYTES, writable);
    if (ref == GRANT_NONE)
        return NU_AGAIN;
    call->refs[call->held.count++] = ref;
    link_draft.refs[link_draft.ref_count++] = ref;
    if (call->pin_count == 0 ||
        call->pins[call->pin_count - 1] != mapping->memory) {
        if (call->pin_count == sizeof(call->pins) / sizeof(call->pins[0]))
            return NU_TOOLONG;
        memory_pin(mapping->memory);
        call->pins[call->pin_count++] = mapping->memory;
    }
    return 0;
}

/* Grants what [at, at + bytes) touches, and says so in (extent). */
static int grant_memory(struct link_call *call, struct ucopy_at at,
                        uint64_t bytes, bool writable,
                        struct link_extent *extent)
{
    uint64_t page = at.addr & ~PAGE_MASK;
    uint64_t end = at.addr + bytes;
    int status = ucopy_prepare(at, bytes, writable ? PROT_WRITE : PROT_READ);

    extent->bytes = (uint32_t)bytes;
    extent->offset = (uint16_t)(at.addr & PAGE_MASK);
    extent->pages = 0;
    if (bytes == 0)
        extent->offset = 0;
    for (; status == 0 && bytes != 0 && page < end; page += PAGE_BYTES) {
        status = grant_page(call, (struct ucopy_at){at.space, page}, writable);
        extent->pages++;
    }
    return status;
}

static uint64_t string_bytes(const struct thread *sender, uint32_t count)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += sender->buf->strings[i].bytes & ~NU_STRING_MORE;
    return total;
}

/* Piece (i) of (sender)'s strings: into the record, or granted if (call). */
static int draft_string(struct link_call *call, const struct thread *sender,
                        uint32_t i)
{
    struct nu_string_item item = sender->buf->strings[i];
    struct link_extent *extent = &link_draft.pieces[i];
    uint64_t bytes = item.bytes & ~NU_STRING_MORE;
    struct ucopy_at at = {sender->process->space, item.addr};
    struct ucopy_at to = {
        NULL, (uint64_t)(uintptr_t)(link_draft.data + link_draft.data_bytes)};
    int status;

    if (bytes > NU_STRING_BYTES_MAX)
        return NU_TOOLONG;
    if (call != NULL) {
        status = grant_memory(call, at, bytes, false, extent);
    } else {
        status = ucopy_prepare(at, bytes, PROT_READ);
        if (status == 0 &&
            bytes > sizeof(link_draft.data) - link_draft.data_bytes)
            status = NU_TOOLONG;
        if (status == 0)
            ucopy(to, at, bytes);
        *extent = (struct link_extent){.bytes = (uint32_t)bytes};
        link_draft.data_bytes += (uint32_t)bytes;
    }
    if (item.bytes & NU_STRING_MORE)
        extent->bytes |= LINK_MORE;
    return status;
}

static int draft_rx(struct link_call *call, const struct thread *sender)
{
    const struct nu_msgbuf *buf = sender->buf;
    uint32_t count = buf->rx_count;

    if (count > NU_RX_MAX)
        count = NU_RX_MAX;
    for (uint32_t i = 0; i < count; i++) {
        struct nu_string_item rx = buf->rx[i];
        struct ucopy_at at = {sender->process->space, rx.addr};
        uint64_t room = (LINK_REFS_MAX - call->held.count) * PAGE_BYTES;
        int status;

        /* No more than the references that are left can carry. */
        if (room < 2 * PAGE_BYTES)
            rx.bytes = 0;
        else if (rx.bytes > room - PAGE_BYTES)
            rx.bytes = room - PAGE_BYTES;
        status = grant_memory(call, at, rx.bytes, true, &link_draft.rx[i]);
        if (status != 0)
            return status;
        call->rx_bytes[i] = (uint32_t)rx.bytes;
        link_draft.rx_count = i + 1;
    }
    call->rx_count = link_draft.rx_count;
    return 0;
}

/* The object of item (i), which must be a channel, as the peer is to know it. */
static int draft_handle(struct link *link, const struct thread *sender,
                        uint32_t i)
{
    struct nu_handle_item item = sender->buf->handles[i];
    struct handle_slot *slot;

    if (item.rights & NU_ITEM_NEW)
        return NU_UNSUP;
    slot = handle_find(&sender->process->handles, item.handle);
    if (slot == NULL)
        return NU_BADH;
    if (!(slot->rights & NU_RIGHT_TRANSFER) ||
        (!(item.rights & NU_ITEM_MOVE) && !(slot->rights & NU_RIGHT_COPY)))
        return NU_DENIED;
    if (slot->object->type != OBJECT_CHANNEL ||
        !agent_export(link, (struct endpoint *)slot->object,
                      slot->rights & item.rights & NU_RIGHTS_ALL,
                      &link_draft.handles[i]))
        return NU_UNSUP;
    return 0;
}

static int draft_handles(struct link *link, const struct thread *sender)
{
    uint32_t count = nu_tag_handles(sender->regs.rsi);

    for (uint32_t i = 0; i < count; i++) {
        int status = draft_handle(link, sender, i);

        if (status == 0)
            continue;
        /* What the peer is not told of it does not hold. */
        while (i-- > 0) {
            if (!(link_draft.handles[i].rights & LINK_HANDLE_YOURS))
                agent_release(link, &link_draft.handles[i].object, 1);
        }
        return status;
    }
    return 0;
}

void request_sent(struct thread *sender)
{
    uint32_t count = nu_tag_handles(sender->regs.rsi);

    for (uint32_t i = 0; i < count; i++) {
        struct nu_handle_item item = sender->buf->handles[i];
        struct handle_slot *slot =
            handle_find(&sender->process->handles, item.handle);

        if ((item.rights & NU_ITEM_MOVE) && slot != NULL)
            object_put(handle_take(&sender->process->handles, slot));
    }
}

static void draft_words(const struct thread *sender)
{
    link_draft.reg_words[0] = sender->regs.rdx;
    link_draft.reg_words[1] = sender->regs.r10;
    link_draft.reg_words[2] = sender->regs.r8;
    link_draft.reg_words[3] = sender->regs.r9;
    link_draft.words = sender->buf->words;
}

static int check_counts(uint64_t tag)
{
    if (nu_tag_words(tag) > NU_WORDS_MAX ||
        nu_tag_handles(tag) > NU_HANDLES_MAX ||
        nu_tag_strings(tag) > NU_STRINGS_MAX)
        return NU_INVAL;
    return nu_tag_pages(tag) != 0 ? NU_UNSUP : 0;
}

int request_draft(struct link_call *call, const struct thread *sender,
                  uint32_t object)
{
    uint64_t tag = sender->regs.rsi & ~NU_OP_MASK;
    uint32_t strings = nu_tag_strings(tag);
    int status = check_counts(tag);
    bool far;

    if (status != 0)
        return status;
    link_draft_begin(&link_draft, LINK_REQUEST, call->id, tag);
    link_draft.head.object = object;
    draft_words(sender);
    far = string_bytes(sender, strings) > INLINE_BYTES_MAX;
    for (uint32_t i = 0; i < strings && status == 0; i++)
        status = draft_string(far ? call : NULL, sender, i);
    if (sender->regs.rsi & NU_OP_RECV) {
        if (status == 0)
            status = draft_rx(call, sender);
    } else {
        link_draft.head.flags = LINK_FLAG_ONEWAY;
    }
    if (status == 0 && link_draft_bytes(&link_draft) > LINK_SLOT_BYTES)
        status = NU_TOOLONG;
    if (status == 0)
        status = draft_handles(call->link, sender);
    return status;
}

/* The request that (client) still holds, for the recipe of what it was given;
 * NULL if it cannot be said again. */
const struct link_draft *request_draft_again(const struct thread *client)
{
    uint64_t tag = client->regs.rsi & ~NU_OP_MASK;
    uint32_t strings = nu_tag_strings(tag);
    int status = nu_tag_handles(tag) == 0 ? 0 : NU_UNSUP;

    link_draft_begin(&link_draft, LINK_REQUEST, 0, tag);
    draft_words(client);
    for (uint32_t i = 0; i < strings && status == 0; i++)
        status = draft_string(NULL, client, i);
    return status == 0 ? &link_draft : NULL;
}
