/*
 * A service runtime and a kernel for tests of drivers on the host.
 */
#include "block_console_svc.h"

#include <contract/interrupt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_svc fake;
static struct nu_msgbuf buffer;
static void *blocks[4096]; /* of svc_alloc, to be freed by the next test */
static size_t block_count;

static bool fails_now(void)
{
    return fake.fail_nth != 0 && --fake.fail_nth == 0;
}

void fake_reset(const struct device_ops *ops, void *device)
{
    for (unsigned i = 0; i < fake.memories; i++)
        free(fake.memory[i].at);
    for (size_t i = 0; i < block_count; i++)
        free(blocks[i]);
    block_count = 0;
    memset(&fake, 0, sizeof(fake));
    fake.device_ops = ops;
    fake.device = device;
    fake.defer_max = 128;
}

/* --- the kernel --- */

static int irq_ack(void *self, struct nu_serve *call)
{
    void (*before)(void) = fake.before_ack;

    fake.before_ack = NULL;
    if (before != NULL)
        before();
    fake.masked = false;
    return 0;
}

static const struct interrupt_ops irq_ops = {.ack = irq_ack};

struct nu_msgbuf *nu_buffer(void)
{
    return &buffer;
}

int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    uint64_t words[NU_WORDS_MAX];
    struct nu_serve s = {.tag = r->tag & ~NU_OP_MASK, .words = words};
    uint64_t tag;

    fake.messages++;
    if (fails_now())
        return NU_NOMEM;
    memcpy(words, buffer.words, sizeof(words));
    words[0] = r->w0;
    words[1] = r->w1;
    words[2] = r->w2;
    words[3] = r->w3;
    s.handle_count = nu_tag_handles(s.tag);
    for (uint32_t i = 0; i < s.handle_count; i++)
        s.handles[i] = buffer.handles[i].handle;
    if (handle == FAKE_DEVICE)
        tag = device_dispatch(fake.device_ops, fake.device, &s);
    else if (handle == FAKE_INTERRUPT)
        tag = interrupt_dispatch(&irq_ops, NULL, &s);
    else
        return NU_BADH;
    memset(buffer.words, 0xa5, sizeof(buffer.words)); /* what it was is gone */
    memcpy(buffer.words, words, sizeof(words));
    r->w0 = words[0];
    r->w1 = words[1];
    r->w2 = words[2];
    r->w3 = words[3];
    r->tag = tag | (uint64_t)s.out_handle_count << NU_TAG_HANDLES_SHIFT;
    for (uint32_t i = 0; i < s.out_handle_count; i++)
        buffer.handles[i] = s.out_handles[i];
    return nu_tag_status(tag);
}

nu_handle_t fake_memory_new(size_t bytes, uint64_t bus)
{
    struct fake_memory *m = &fake.memory[fake.memories];

    if (fake.memories == FAKE_MEMORIES)
        abort();
    m->at = aligned_alloc(NU_PAGE_BYTES,
                          (bytes + NU_PAGE_BYTES - 1) & ~(NU_PAGE_BYTES - 1ul));
    memset(m->at, 0, bytes);
    m->bytes = bytes;
    m->bus = bus;
    return FAKE_MEMORY + fake.memories++;
}

uint8_t *fake_bus(uint64_t bus, size_t bytes)
{
    for (unsigned i = 0; i < fake.memories; i++) {
        const struct fake_memory *m = &fake.memory[i];

        if (m->bus != 0 && bus >= m->bus && bytes <= m->bytes &&
            bus - m->bus <= m->bytes - bytes)
            return m->at + (bus - m->bus);
    }
    return NULL;
}

void fake_edge(void)
{
    if (!fake.masked || fake.latched)
        fake.signalled = true;
    else
        fake.lost_edges++;
}

bool fake_run_events(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        if (!fake.signalled || fake.masked || fake.handler == NULL)
            return true;
        fake.signalled = false;
        fake.masked = true;
        fake.handler(fake.handler_arg, 1);
    }
    return false;
}

/* --- the service runtime --- */

nu_handle_t svc_handle(const char *name)
{
    if (strcmp(name, "device") == 0)
        return FAKE_DEVICE;
    return strcmp(name, "purse") == 0 ? FAKE_PURSE : NU_HANDLE_NONE;
}

const char *svc_option(const char *name)
{
    const struct fake_option *o = fake.options;

    for (; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, name) == 0)
            return o->value;
    return NULL;
}

void *svc_alloc(size_t bytes)
{
    void *p;

    if (fails_now() || block_count == sizeof(blocks) / sizeof(blocks[0]))
        return NULL;
    p = calloc(1, bytes);
    blocks[block_count++] = p;
    return p;
}

void svc_free(void *p)
{
    for (size_t i = 0; i < block_count; i++) {
        if (blocks[i] != p)
            continue;
        blocks[i] = blocks[--block_count];
        free(p);
        return;
    }
    abort();
}

void *svc_map(nu_handle_t memory, size_t bytes, bool writable)
{
    const struct fake_memory *m = &fake.memory[memory - FAKE_MEMORY];

    if (fails_now() || memory < FAKE_MEMORY ||
        memory - FAKE_MEMORY >= fake.memories || !writable)
        return NULL;
    return bytes <= m->bytes ? m->at : NULL;
}

void svc_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(fake.log, sizeof(fake.log), format, args);
    va_end(args);
    fake.log_lines++;
}

int svc_on_interrupt(nu_handle_t interrupt, svc_event_fn handler, void *arg)
{
    if (fails_now() || interrupt != FAKE_INTERRUPT)
        return NU_NOMEM;
    fake.handler = handler;
    fake.handler_arg = arg;
    return 0;
}

struct svc_pending *svc_defer(struct nu_serve *call)
{
    struct fake_call *c = (struct fake_call *)call;

    if (fake.deferred == fake.defer_max)
        return NULL;
    fake.deferred++;
    c->deferred = true;
    return (struct svc_pending *)c;
}

struct nu_serve *svc_resume(struct svc_pending *pending)
{
    return &((struct fake_call *)pending)->serve;
}

/* The reply leaves: its pieces are copied now and may change afterwards. */
static void take_reply(struct fake_call *c, uint64_t tag)
{
    size_t at = 0;

    if (c->done)
        abort(); /* answered twice */
    c->done = true;
    c->status = nu_tag_status(tag);
    c->bytes = c->serve.out_bytes;
    c->data = malloc(c->bytes + 1);
    for (uint32_t i = 0; i < c->serve.out_count; i++) {
        memcpy(c->data + at, c->serve.out[i].data, c->serve.out[i].bytes);
        at += c->serve.out[i].bytes;
    }
    if (at != c->bytes)
        abort();
}

void svc_finish(struct svc_pending *pending, uint64_t reply_tag)
{
    struct fake_call *c = (struct fake_call *)pending;

    if (!c->deferred)
        abort();
    fake.deferred--;
    take_reply(c, reply_tag);
}

/* --- the client --- */

int fake_send(struct svc_object *root, struct fake_call *call, uint64_t method,
              const uint64_t *words, uint32_t count, const void *string,
              size_t bytes)
{
    uint64_t tag = NU_SHAPE(count, 0, string != NULL, 0) | method;

    memset(call, 0, sizeof(*call));
    call->serve.tag = tag;
    call->serve.words = call->words;
    if (count > 0)
        memcpy(call->words, words, count * sizeof(*words));
    if (string != NULL) {
        call->serve.string_count = 1;
        call->serve.strings[0].data = string;
        call->serve.strings[0].bytes = bytes;
    }
    tag = root->class->dispatch(root, &call->serve);
    if (tag == NU_SERVE_PENDING_TAG)
        return 1;
    take_reply(call, tag);
    return call->status;
}

void fake_call_free(struct fake_call *call)
{
    free(call->data);
    call->data = NULL;
}
