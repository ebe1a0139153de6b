/*
 * Moving one message from a thread to another: prepare everything, then commit.
 * What is prepared lies in a struct transfer_plan on the stack; only new
 * channels and demand-zero pages are real before the commit, and both are
 * invisible and charged.
 */
#include <ipc/message.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <ipc/carrier.h>
#include <ipc/channel.h>
#include <kassert.h>
#include <mm/ucopy.h>
#include <nlib/string.h>
#include <proc/process.h>

struct handle_move {
    struct handle_slot *source; /* NULL: a new channel */
    struct object *object;
    uint32_t rights;
    bool move;
};

/* (far_from), (far_to): that side's address is in another domain. */
struct string_copy {
    struct ucopy_at to;
    struct ucopy_at from;
    uint64_t bytes;
    bool far_from;
    bool far_to;
};

struct page_move {
    struct mapping *from;
    struct mapping *to;
    uint64_t from_addr;
    uint64_t to_addr;
    uint64_t pages;
};

struct transfer_plan {
    uint32_t words;
    uint32_t handles;
    uint32_t strings;
    uint32_t pages;
    uint32_t rx_used;
    struct handle_move handle[NU_HANDLES_MAX];
    struct string_copy string[NU_STRINGS_MAX];
    struct page_move page[NU_PAGES_MAX];
    uint64_t rx_bytes[NU_RX_MAX];
};

/* One kernel, one transfer at a time: not on the stack, it is large. */
static struct transfer_plan plan;

static int prepare_new(struct thread *from, struct thread *to,
                       const struct nu_handle_item *item,
                       struct handle_move *move)
{
    struct object *port;
    struct channel *channel;
    int status = handle_get(&from->process->handles, item->handle, OBJECT_PORT,
                            NU_RIGHT_RECV, &port);

    if (status != 0)
        return status;
    channel = channel_create_bound(to->process->purse, (struct port *)port,
                                   item->badge);
    if (channel == NULL)
        return NU_NOMEM;
    move->source = NULL;
    move->object = &channel->end[0].object;
    move->rights = NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY;
    move->move = false;
    return 0;
}

static bool is_moved_already(uint32_t count, const struct handle_slot *slot)
{
    for (uint32_t i = 0; i < count; i++) {
        if (plan.handle[i].source == slot && plan.handle[i].move)
            return true;
    }
    return false;
}

static int prepare_handle(struct thread *from, struct thread *to, uint32_t i,
                          enum transfer_side *at_fault)
{
    struct nu_handle_item item = from->buf->handles[i];
    struct handle_move *move = &plan.handle[i];
    struct handle_slot *slot;

    if (item.rights & NU_ITEM_NEW) {
        int status = prepare_new(from, to, &item, move);

        if (status == NU_NOMEM)
            *at_fault = TRANSFER_TO;
        return status;
    }
    slot = handle_find(&from->process->handles, item.handle);
    if (slot == NULL || is_moved_already(i, slot))
        return NU_BADH;
    move->move = (item.rights & NU_ITEM_MOVE) != 0;
    if (!(slot->rights & NU_RIGHT_TRANSFER) ||
        (!move->move && !(slot->rights & NU_RIGHT_COPY)))
        return NU_DENIED;
    move->source = slot;
    move->object = slot->object;
    move->rights = slot->rights & item.rights & NU_RIGHTS_ALL;
    return 0;
}

/* Closes the new channels of a transfer that is not to be. */
static void abandon_handles(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (plan.handle[i].source == NULL)
            object_put(plan.handle[i].object);
    }
}

static int prepare_handles(struct thread *from, struct thread *to,
                           enum transfer_side *at_fault)
{
    if (plan.handles == 0)
        return 0;
    if (plan.handles > to->process->handles.free_count) {
        *at_fault = TRANSFER_TO;
        return NU_NOSLOT;
    }
    for (uint32_t i = 0; i < plan.handles; i++) {
        int status = prepare_handle(from, to, i, at_fault);

        if (status != 0) {
            abandon_handles(i);
            return status;
        }
    }
    return 0;
}

static bool is_far(const struct thread *thread, uint64_t addr)
{
    return thread->agent != NULL && addr >= CARRIER_WINDOW;
}

/* All of a string's memory is there, here or in the domain of (thread). */
static int prepare_memory(const struct thread *thread, struct ucopy_at at,
                          uint64_t bytes, uint32_t access)
{
    if (!is_far(thread, at.addr))
        return ucopy_prepare(at, bytes, access);
    return carrier->reaches(thread, at.addr, bytes, access == PROT_WRITE)
               ? 0
               : NU_FAULT;
}

/* Piece (i) goes to buffer (*buffer) at (*filled); both advance. */
static int prepare_string(struct thread *from, struct thread *to, uint32_t i,
                          uint32_t *buffer, enum transfer_side *at_fault)
{
    struct nu_string_item item = from->buf->strings[i];
    struct string_copy *copy = &plan.string[i];
    struct nu_string_item rx;
    int status;

    if (i > 0 && !(item.bytes & NU_STRING_MORE))
        ++*buffer;
    copy->bytes = item.bytes & ~NU_STRING_MORE;
    if (copy->bytes > NU_STRING_BYTES_MAX)
        return NU_TOOLONG;
    copy->from = (struct ucopy_at){from->process->space, item.addr};
    copy->far_from = is_far(from, item.addr);
    status = prepare_memory(from, copy->from, copy->bytes, PROT_READ);
    if (status != 0)
        return status;
    *at_fault = TRANSFER_TO;
    if (*buffer >= NU_RX_MAX || *buffer >= to->buf->rx_count)
        return NU_TOOLONG;
    rx = to->buf->rx[*buffer];
    if (rx.bytes > NU_STRING_BYTES_MAX)
        rx.bytes = NU_STRING_BYTES_MAX;
    if (copy->bytes > rx.bytes - plan.rx_bytes[*buffer])
        return NU_TOOLONG;
    copy->to =
        (struct ucopy_at){to->process->space, rx.addr + plan.rx_bytes[*buffer]};
    copy->far_to = is_far(to, copy->to.addr);
    status = prepare_memory(to, copy->to, copy->bytes, PROT_WRITE);
    if (status == 0 && copy->far_from && copy->far_to)
        status = NU_UNSUP; /* from domain to domain: nobody's own message */
    plan.rx_bytes[*buffer] += copy->bytes;
    if (status == 0)
        *at_fault = TRANSFER_FROM;
    return status;
}

static int prepare_strings(struct thread *from, struct thread *to,
                           enum transfer_side *at_fault)
{
    uint32_t buffer = 0;

    memset(plan.rx_bytes, 0, sizeof(plan.rx_bytes));
    for (uint32_t i = 0; i < plan.strings; i++) {
        int status = prepare_string(from, to, i, &buffer, at_fault);

        if (status != 0)
            return status;
    }
    plan.rx_used = plan.strings == 0 ? 0 : buffer + 1;
    return 0;
}

/* The writable anonymous mapping that holds all of [addr, addr + pages). */
static struct mapping *find_pages(struct thread *thread, uint64_t addr,
                                  uint64_t pages)
{
    struct mapping *mapping = space_find(thread->process->space, addr);

    if (mapping == NULL || (addr & PAGE_MASK) || mapping->memory == NULL ||
        pages > (mapping->end - addr) / PAGE_BYTES ||
        !(mapping->prot & PROT_WRITE) ||
        !memory_can_move_pages(mapping->memory))
        return NULL;
    return mapping;
}

static int prepare_page_item(struct thread *from, struct thread *to, uint32_t i,
                             enum transfer_side *at_fault)
{
    struct nu_page_item item = from->buf->pages[i];
    struct page_move *move = &plan.page[i];
    struct nu_page_item rx;
    uint64_t first;

    if (item.pages == 0 || item.pages > NU_STRING_BYTES_MAX / PAGE_BYTES)
        return NU_TOOLONG;
    move->from = find_pages(from, item.addr, item.pages);
    if (move->from == NULL)
        return NU_FAULT;
    *at_fault = TRANSFER_TO;
    if (i >= to->buf->rx_page_count)
        return NU_TOOLONG;
    rx = to->buf->rx_pages[i];
    if (rx.pages < item.pages)
        return NU_TOOLONG;
    move->to = find_pages(to, rx.addr, item.pages);
    if (move->to == NULL || move->to->memory == move->from->memory)
        return NU_FAULT;
    move->from_addr = item.addr;
    move->to_addr = rx.addr;
    move->pages = item.pages;
    first = move->to->first_page + (rx.addr - move->to->begin) / PAGE_BYTES;
    for (uint64_t n = 0; n < item.pages; n++) {
        if (!memory_page_prepare(move->to->memory, first + n))
            return NU_NOMEM;
    }
    *at_fault = TRANSFER_FROM;
    return 0;
}

static int prepare_pages(struct thread *from, struct thread *to,
                         enum transfer_side *at_fault)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < plan.pages; i++) {
        int status = prepare_page_item(from, to, i, at_fault);

        if (status != 0)
            return status;
        total += plan.page[i].pages;
    }
    /* The receiver pays for what it is given. */
    for (uint32_t i = 0; i < plan.pages; i++) {
        if (purse_has_room(plan.page[i].to->memory->purse, total))
            continue;
        *at_fault = TRANSFER_TO;
        return NU_NOMEM;
    }
    return 0;
}

static void commit_page(const struct page_move *move, uint64_t n)
{
    uint64_t offset = n * PAGE_BYTES;
    struct memory *source = move->from->memory;
    struct memory *target = move->to->memory;
    uint64_t source_page =
        move->from->first_page +
        (move->from_addr + offset - move->from->begin) / PAGE_BYTES;
    uint64_t target_page =
        move->to->first_page +
        (move->to_addr + offset - move->to->begin) / PAGE_BYTES;
    paddr_t frame = memory_page_take(source, source_page);
    paddr_t old = memory_page_take(target, target_page);

    space_forget_page(move->from->space, move->from_addr + offset);
    space_forget_page(move->to->space, move->to_addr + offset);
    if (old != FRAME_NONE)
        purse_page_free(target->purse, old);
    if (frame == FRAME_NONE)
        return; /* never touched: zero on both sides */
    if (!purse_page_move(source->purse, target->purse))
        KASSERT(false);
    memory_page_put(target, target_page, frame);
}

static void commit_handles(struct thread *from, struct thread *to)
{
    for (uint32_t i = 0; i < plan.handles; i++) {
        const struct handle_move *move = &plan.handle[i];

        if (move->source != NULL)
            object_get(move->object);
        if (move->move)
            object_put(handle_take(&from->process->handles, move->source));
        to->buf->handles[i] = (struct nu_handle_item){
            handle_put(&to->process->handles, move->object, move->rights),
            move->rights, 0};
    }
}

/*
 * Strings that lie in another domain come into the receiver's buffers before the
 * commit, for the copy can fail. The receiver has offered the buffers and has
 * not been told of anything in them yet.
 */
static int pull_strings(struct thread *from)
{
    bool any = false;

    for (uint32_t i = 0; i < plan.strings; i++) {
        const struct string_copy *copy = &plan.string[i];

        if (!copy->far_from || copy->bytes == 0)
            continue;
        carrier->pull(from, copy->from.addr, copy->to, copy->bytes);
        any = true;
    }
    return any ? carrier->pulled(from) : 0;
}

static void commit_string(struct thread *to, const struct string_copy *copy)
{
    if (copy->bytes == 0 || copy->far_from)
        return;
    if (copy->far_to)
        carrier->push(to, copy->to.addr, copy->from, copy->bytes);
    else
        ucopy(copy->to, copy->from, copy->bytes);
}

static void commit(struct thread *from, struct thread *to)
{
    if (plan.words > NU_REG_WORDS)
        memcpy(&to->buf->words[NU_REG_WORDS], &from->buf->words[NU_REG_WORDS],
               (plan.words - NU_REG_WORDS) * sizeof(uint64_t));
    for (uint32_t i = 0; i < plan.strings; i++)
        commit_string(to, &plan.string[i]);
    for (uint32_t i = 0; i < plan.rx_used; i++)
        to->buf->rx_bytes[i] = plan.rx_bytes[i];
    commit_handles(from, to);
    for (uint32_t i = 0; i < plan.pages; i++) {
        for (uint64_t n = 0; n < plan.page[i].pages; n++)
            commit_page(&plan.page[i], n);
    }
}

int transfer(struct thread *from, struct thread *to,
             enum transfer_side *at_fault)
{
    uint64_t tag = from->regs.rsi;
    int status;

    *at_fault = TRANSFER_FROM;
    plan.words = nu_tag_words(tag);
    plan.handles = nu_tag_handles(tag);
    plan.strings = nu_tag_strings(tag);
    plan.pages = nu_tag_pages(tag);
    if (plan.words > NU_WORDS_MAX || plan.handles > NU_HANDLES_MAX ||
        plan.strings > NU_STRINGS_MAX || plan.pages > NU_PAGES_MAX)
        return NU_INVAL;
    status = prepare_strings(from, to, at_fault);
    if (status == 0)
        status = prepare_handles(from, to, at_fault);
    if (status != 0)
        return status;
    /* Last: it makes sure of room that nothing may take any more. */
    status = prepare_pages(from, to, at_fault);
    if (status == 0)
        status = pull_strings(from);
    if (status != 0) {
        abandon_handles(plan.handles);
        return status;
    }
    commit(from, to);
    return 0;
}
