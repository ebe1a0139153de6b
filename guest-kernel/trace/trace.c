/* The recorder: trace/trace.h. */
#include <trace/trace.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <boot/time.h>
#include <hypercall/hv.h>
#include <mm/ucopy.h>
#include <nlib/string.h>

#define RING_PAGES 64u
#define RING_COUNT \
    ((uint32_t)(RING_PAGES * PAGE_BYTES / sizeof(struct nu_trace_record)))

static struct nu_trace_record *ring;
static uint32_t ring_first; /* oldest record */
static uint32_t ring_used;
static uint64_t recorded;
static uint64_t lost;
static bool exporting; /* the launcher takes records as they come */
static bool header_written;

static uint32_t ring_at(uint32_t offset)
{
    uint32_t at = ring_first + offset;

    return at >= RING_COUNT ? at - RING_COUNT : at;
}

/* A zeroed record at the end; the oldest makes room if nobody takes them. */
static struct nu_trace_record *ring_push(void)
{
    struct nu_trace_record *record;

    if (ring_used == RING_COUNT && exporting)
        trace_export();
    if (ring_used == RING_COUNT) {
        trace_consume(1);
        lost++;
    }
    record = &ring[ring_at(ring_used)];
    ring_used++;
    recorded++;
    memset(record, 0, sizeof(*record));
    record->ns = time_now_ns();
    return record;
}

uint32_t trace_peek(struct trace_piece pieces[2], uint32_t count)
{
    uint32_t straight = RING_COUNT - ring_first;

    if (count > ring_used)
        count = ring_used;
    pieces[0].records = ring == NULL ? NULL : &ring[ring_first];
    pieces[0].count = count < straight ? count : straight;
    pieces[1].records = ring;
    pieces[1].count = count - pieces[0].count;
    return count;
}

void trace_consume(uint32_t count)
{
    ring_first = ring_at(count);
    ring_used -= count;
}

uint64_t trace_export(void)
{
    static const struct nu_trace_header header = {
        NU_TRACE_MAGIC, 1, sizeof(struct nu_trace_record)};
    struct trace_piece pieces[2];
    uint32_t count;

    if (!header_written && hv_trace_write(&header, sizeof(header)) != 0)
        return 0;
    header_written = true;
    exporting = true;
    count = trace_peek(pieces, ring_used);
    for (int i = 0; i < 2; i++) {
        if (pieces[i].count != 0)
            hv_trace_write(pieces[i].records, pieces[i].count * sizeof(*ring));
    }
    trace_consume(count);
    return count;
}

/* The first bytes of (items) in the process's memory. */
static void record_string(struct nu_trace_record *record,
                          const struct thread *thread,
                          const struct nu_string_item *item, uint64_t bytes)
{
    struct ucopy_at from = {thread->process->space, item->addr};
    struct ucopy_at to = {NULL, (uint64_t)(uintptr_t)record->payload};

    if (bytes > NU_TRACE_PAYLOAD_BYTES)
        bytes = NU_TRACE_PAYLOAD_BYTES;
    record->flags |= NU_TRACE_FLAG_STRING;
    if (ucopy_prepare(from, bytes, PROT_READ) == 0)
        ucopy(to, from, bytes);
}

/* Words 4.. of the buffer, as many as the message has. */
static void record_words(struct nu_trace_record *record,
                         const struct thread *thread, uint32_t words)
{
    uint64_t bytes;

    if (words <= NU_REG_WORDS)
        return;
    if (words > NU_WORDS_MAX)
        words = NU_WORDS_MAX;
    bytes = (words - NU_REG_WORDS) * sizeof(uint64_t);
    if (bytes > NU_TRACE_PAYLOAD_BYTES)
        bytes = NU_TRACE_PAYLOAD_BYTES;
    memcpy(record->payload, &thread->buf->words[NU_REG_WORDS], bytes);
}

static struct nu_trace_record *record_begin(const struct thread *thread,
                                            uint16_t kind)
{
    struct nu_trace_record *record = ring_push();

    record->kind = kind;
    record->process = thread->process->id;
    record->thread = thread->id;
    record->sequence = thread->sequence;
    record->tag = thread->regs.rsi & ~NU_OP_MASK;
    record->words[0] = thread->regs.rdx;
    record->words[1] = thread->regs.r10;
    record->words[2] = thread->regs.r8;
    record->words[3] = thread->regs.r9;
    if (thread->regs.rsi & NU_TAG_INLINE)
        record->flags |= NU_TRACE_FLAG_INLINE;
    if (nu_tag_handles(thread->regs.rsi) != 0)
        record->handle_out = thread->buf->handles[0].handle;
    return record;
}

void trace_call(struct thread *thread)
{
    uint64_t tag = thread->regs.rsi;
    uint32_t strings = nu_tag_strings(tag);
    bool is_call = (tag & (NU_OP_RECV | NU_OP_NOTE)) != 0;
    struct nu_trace_record *record;

    thread->sequence++;
    record = record_begin(thread, is_call ? NU_TRACE_CALL : NU_TRACE_SEND);
    record->handle = (uint32_t)thread->regs.rdi;
    thread->traced_handle = record->handle;
    if (tag & NU_OP_COMPONENT)
        record->flags |= NU_TRACE_FLAG_COMPONENT;
    thread->traced_component = (tag & NU_OP_COMPONENT) != 0;
    for (uint32_t i = 0; i < strings && i < NU_STRINGS_MAX; i++)
        record->bytes += thread->buf->strings[i].bytes & ~NU_STRING_MORE;
    if (strings != 0)
        record_string(record, thread, &thread->buf->strings[0],
                      thread->buf->strings[0].bytes & ~NU_STRING_MORE);
    else
        record_words(record, thread, nu_tag_words(tag));
}

void trace_reply(struct thread *thread)
{
    uint64_t tag = thread->regs.rsi;
    struct nu_trace_record *record = record_begin(thread, NU_TRACE_REPLY);

    record->handle = thread->traced_handle;
    if (thread->traced_component)
        record->flags |= NU_TRACE_FLAG_COMPONENT;
    if (nu_tag_strings(tag) != 0) {
        record->bytes = thread->buf->rx_bytes[0];
        record_string(record, thread, &thread->buf->rx[0], record->bytes);
    } else {
        record_words(record, thread, nu_tag_words(tag));
    }
}

void trace_note(struct thread *thread)
{
    if (!(thread->hooks & THREAD_HOOK_TRACE))
        return;
    if (thread->regs.rsi & NU_OP_NOTE_REPLY) {
        thread->traced_handle = (uint32_t)thread->regs.rdi;
        thread->traced_component = (thread->regs.rsi & NU_OP_COMPONENT) != 0;
        trace_reply(thread);
    } else {
        trace_call(thread);
    }
}

int trace_begin(uint32_t process_id, const char *name)
{
    struct nu_trace_record *record;

    if (ring == NULL) {
        paddr_t base = purse_run_alloc(&purse_root, RING_PAGES);

        if (base == FRAME_NONE)
            return NU_NOMEM;
        ring = phys_to_virt(base);
        trace_export();
    }
    record = ring_push();
    record->kind = NU_TRACE_BEGIN;
    record->process = process_id;
    record->words[0] = process_id;
    strlcpy((char *)record->payload, name, NU_TRACE_PAYLOAD_BYTES);
    return 0;
}

struct trace_info trace_info(void)
{
    return (struct trace_info){recorded, lost, RING_COUNT};
}
