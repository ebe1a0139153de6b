#include "rt_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <contract/channel.h>
#include <contract/directory.h>
#include <contract/handle.h>
#include <contract/interrupt.h>
#include <contract/log.h>
#include <contract/purse.h>
#include <contract/reply.h>
#include <contract/space.h>
#include <rt/flavour.h>
#include <rt/local_table.h>
#include <rt/rt.h>

#define ARENA_BYTES (64u << 20)

struct fake fake;

static nu_handle_t next_handle;

struct nu_msgbuf *nu_buffer(void)
{
    return &fake.buf;
}

static void plain_enter(void)
{
}

rt_enter_fn rt_enter(bool has_locals)
{
    (void)has_locals;
    return plain_enter;
}

void rt_component_enter(void)
{
}

void rt_local_dispatch(void)
{
}

const struct nu_call_data *rt_call_data(void)
{
    return NULL;
}

static void give_name(const char *name, nu_handle_t handle)
{
    struct nu_start_handle *h = &fake.start.handles[fake.start.handle_count++];

    snprintf(h->name, sizeof(h->name), "%s", name);
    h->handle = handle;
}

void fake_begin(void)
{
    static void *arena;

    if (arena != NULL) {
        munmap(arena, ARENA_BYTES);
    }
    arena = mmap(NULL, ARENA_BYTES, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    memset(&fake, 0, sizeof(fake));
    memset(&rt, 0, sizeof(rt));
    next_handle = FAKE_NEW;
    test_files_open = test_files_closed = test_deferred = 0;
    fake.buf.self = &fake.buf;
    fake.purse_pages = 4096;
    fake.start.version = NU_START_VERSION;
    fake.start.heap_base = (uint64_t)(uintptr_t)arena;
    give_name("purse", FAKE_PURSE);
    give_name("space", FAKE_SPACE);
    give_name("log", FAKE_LOG);
    give_name("clock", FAKE_CLOCK);
    give_name("other", FAKE_OTHER);
    give_name("interrupt", FAKE_INTERRUPT);
    give_name("client:test", FAKE_CLIENT);
}

struct fake_message *fake_request(uint64_t badge, uint64_t method,
                                  uint32_t words)
{
    struct fake_message *m = &fake.queue[fake.queued++];

    memset(m, 0, sizeof(*m));
    m->badge = badge;
    m->tag = method | NU_SHAPE(words, 0, 0, 0);
    return m;
}

void fake_event(uint32_t event, uint64_t badge, uint64_t w0)
{
    fake_request(badge, event, 4)->words[0] = w0;
}

/* --- what leaves the thread --- */

static void note_sent(nu_handle_t to, const struct nu_regs *r)
{
    struct fake_message *m = &fake.sent[fake.sent_count++];
    uint32_t strings = nu_tag_strings(r->tag);

    memset(m, 0, sizeof(*m));
    m->to = to;
    m->tag = r->tag & ~NU_OP_MASK;
    memcpy(m->words, fake.buf.words, sizeof(m->words));
    m->words[0] = r->w0;
    m->words[1] = r->w1;
    m->words[2] = r->w2;
    m->words[3] = r->w3;
    memcpy(m->handles, fake.buf.handles, sizeof(m->handles));
    m->pieces = strings;
    for (uint32_t i = 0; i < strings; i++) {
        const struct nu_string_item *item = &fake.buf.strings[i];
        uint64_t bytes = item->bytes & ~NU_STRING_MORE;

        if (i > 0 && !(item->bytes & NU_STRING_MORE)) {
            abort(); /* one string in a reply */
        }
        memcpy(m->string + m->string_bytes, (void *)item->addr, bytes);
        m->string_bytes += (uint32_t)bytes;
    }
}

static int receive(struct nu_regs *r)
{
    const struct fake_message *m = &fake.queue[fake.taken];

    if (fake.taken == fake.queued) {
        return NU_GONE;
    }
    fake.taken++;
    r->badge = m->badge;
    r->tag = m->tag;
    memcpy(fake.buf.words, m->words, sizeof(fake.buf.words));
    r->w0 = m->words[0];
    r->w1 = m->words[1];
    r->w2 = m->words[2];
    r->w3 = m->words[3];
    memcpy(fake.buf.handles, m->handles, sizeof(m->handles));
    if (m->string_bytes > 0) {
        if (fake.buf.rx_count == 0 || fake.buf.rx[0].bytes < m->string_bytes) {
            abort();
        }
        memcpy((void *)fake.buf.rx[0].addr, m->string, m->string_bytes);
        fake.buf.rx_bytes[0] = m->string_bytes;
        r->tag |= NU_SHAPE(0, 0, 1, 0);
    }
    fake.has_call = nu_tag_contract(m->tag) != 0;
    return m->status;
}

/* --- objects --- */

static int new_handle(struct nu_regs *r)
{
    fake.buf.handles[0].handle = next_handle++;
    r->tag = NU_SHAPE(0, 1, 0, 0);
    return 0;
}

static int map(const struct nu_regs *r)
{
    /* memory is handle item 0: offset, addr, bytes, protection are words. */
    void *at = (void *)r->w1;

    return mprotect(at, r->w2, PROT_READ | PROT_WRITE) == 0 ? 0 : NU_RANGE;
}

static int commit(const struct nu_regs *r)
{
    uint64_t pages = r->w1 / NU_PAGE_BYTES;

    if (pages > fake.purse_pages) {
        return NU_NOMEM;
    }
    fake.purse_pages -= pages;
    return 0;
}

/* Answers with a long string and writes all over the buffer. */
static int other(struct nu_regs *r)
{
    uint64_t bytes = fake.buf.rx[0].bytes;

    fake.other_calls++;
    fake.other_was_component = fake.buf.enter == rt_component_enter;
    memset((void *)fake.buf.rx[0].addr, 'o', bytes);
    memset(fake.buf.words, 0xee, sizeof(fake.buf.words));
    fake.buf.rx_bytes[0] = bytes;
    r->w0 = bytes;
    r->tag = NU_SHAPE(1, 0, 1, 0);
    return 0;
}

static int call_object(nu_handle_t handle, struct nu_regs *r)
{
    int status = 0;

    switch (r->tag & 0xffffffffu) {
    case PURSE_CREATE_MEMORY_METHOD:
    case PURSE_CREATE_PORT_METHOD:
    case PURSE_CREATE_REPLY_METHOD:
    case HANDLE_COPY_METHOD:
        return new_handle(r);
    case SPACE_MAP_METHOD:
        status = map(r);
        break;
    case SPACE_COMMIT_METHOD:
        status = commit(r);
        break;
    case HANDLE_CLOSE_METHOD:
        fake.closed[fake.closed_count++ % 64] = handle;
        break;
    case REPLY_SAVE_METHOD:
        status = fake.has_call ? 0 : NU_NOENT;
        fake.has_call = false;
        break;
    case CHANNEL_BIND_METHOD:
        fake.root_badge = r->w0;
        break;
    case INTERRUPT_BIND_METHOD:
        fake.event_badge = r->w0;
        break;
    case LOG_WRITE_METHOD:
        fake.logged++;
        memcpy(fake.log, &fake.buf.words[4],
               r->w0 < sizeof(fake.log) ? r->w0 : sizeof(fake.log) - 1);
        break;
    case DIRECTORY_READ_LINK_METHOD:
        return other(r);
    default:
        status = NU_UNSUP;
        break;
    }
    r->tag = (uint32_t)status;
    return status;
}

static int message_to_kernel(nu_handle_t handle, struct nu_regs *r)
{
    if (r->tag & NU_OP_REPLY) {
        int refuse = fake.refuse_reply;

        fake.refuse_reply = 0;
        if (refuse != 0) {
            return refuse;
        }
        if (fake.has_call) {
            note_sent(0, r);
        }
        fake.has_call = false;
        if (!(r->tag & NU_OP_RECV)) {
            return 0;
        }
    }
    if (r->tag & NU_OP_SEND) {
        if (r->tag & NU_OP_RECV) {
            return call_object(handle, r);
        }
        note_sent(handle, r);
        return 0;
    }
    return receive(r);
}

int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    /* As the call page does it. */
    if (handle & NU_HANDLE_LOCAL) {
        struct nu_local *entry = rt_local_find(handle);

        if (entry == NULL) {
            r->tag = (uint32_t)NU_BADH;
            return NU_BADH;
        }
        if (entry->word_tag == r->tag) {
            r->w0 = *entry->word;
            r->tag = NU_TAG_ONE_WORD;
            return 0;
        }
        return rt_local_serve(entry, r);
    }
    return message_to_kernel(handle, r);
}
