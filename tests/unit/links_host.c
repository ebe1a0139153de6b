/* The runtime of links_host.h: messages, the log, the clock. */
#include "links_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <contract/link.h>
#include <stub/call.h>
#include <stub/serve.h>
#include <rt/flavour.h>
#include <rt/heap.h>
#include <rt/process.h>

#include "links_kernel.h"
#include "links_store.h"

#define RUNS_MAX 100000u

struct host host;

static struct nu_msgbuf buffer;
static uint64_t raised[64];
static uint32_t raised_count;

static void must(bool good)
{
    if (!good)
        abort();
}

/* ---- messages ---- */

struct nu_msgbuf *nu_buffer(void)
{
    return &buffer;
}

/* The reply's string, as the kernel or the runtime would bring it. */
static uint64_t put_string(const struct nu_serve *s, uint64_t tag)
{
    uint32_t at = nu_inline_start(nu_tag_words(tag));
    uint8_t all[8192];
    size_t bytes = 0;

    for (uint32_t i = 0; i < s->out_count; i++) {
        must(s->out[i].bytes <= sizeof(all) - bytes);
        memcpy(all + bytes, s->out[i].data, s->out[i].bytes);
        bytes += s->out[i].bytes;
    }
    if (bytes > 0 && bytes <= NU_INLINE_BYTES) {
        memcpy(&buffer.words[at], all, bytes);
        tag &= ~((uint64_t)0x7f << NU_TAG_WORDS_SHIFT);
        return tag | NU_TAG_INLINE | NU_SHAPE(at + (bytes + 7) / 8, 0, 0, 0);
    }
    if (bytes > 0) {
        if (buffer.rx_count == 0 || buffer.rx[0].bytes < bytes)
            return (uint32_t)NU_TOOLONG;
        memcpy((void *)buffer.rx[0].addr, all, bytes);
        tag |= NU_SHAPE(0, 0, 1, 0);
    }
    buffer.rx_bytes[0] = bytes;
    return tag;
}

int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    uint64_t words[NU_WORDS_MAX];
    struct nu_serve s;
    uint64_t tag;

    if (r->tag & NU_OP_REPLY) {
        host.replied = r->tag & ~NU_OP_MASK;
        host.given = nu_tag_handles(r->tag) > 0 ? buffer.handles[0].handle : 0;
        return 0;
    }
    memcpy(words, buffer.words, sizeof(words));
    words[0] = r->w0;
    words[1] = r->w1;
    words[2] = r->w2;
    words[3] = r->w3;
    memset(&s, 0, sizeof(s));
    s.tag = r->tag & ~NU_OP_MASK;
    s.words = words;
    s.string_count = nu_tag_strings(s.tag);
    for (uint32_t i = 0; i < s.string_count; i++) {
        s.strings[i].data = (const void *)buffer.strings[i].addr;
        s.strings[i].bytes = buffer.strings[i].bytes;
    }
    s.handle_count = nu_tag_handles(s.tag);
    for (uint32_t i = 0; i < s.handle_count; i++)
        s.handles[i] = buffer.handles[i].handle;
    tag = links_kernel_dispatch(handle, &s);
    memcpy(buffer.words, words, sizeof(words));
    tag = put_string(&s, tag);
    if (nu_tag_status(tag) == 0)
        tag |= NU_SHAPE(0, s.out_handle_count, 0, 0);
    for (uint32_t i = 0; i < s.out_handle_count; i++)
        buffer.handles[i] = s.out_handles[i];
    r->w0 = words[0];
    r->w1 = words[1];
    r->w2 = words[2];
    r->w3 = words[3];
    r->tag = tag;
    return nu_tag_status(tag);
}

uint8_t *nu_channel_state(nu_handle_t handle)
{
    (void)handle;
    return NULL;
}

void nu_channel_broken(nu_handle_t handle)
{
    (void)handle;
    abort();
}

/* ---- the runtime ---- */

const struct nu_start *rt_start(void)
{
    return &host.start;
}

nu_handle_t rt_handle(const char *name)
{
    for (uint32_t i = 0; i < host.start.handle_count; i++) {
        if (strcmp(host.start.handles[i].name, name) == 0)
            return host.start.handles[i].handle;
    }
    return NU_HANDLE_NONE;
}

void rt_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(host.log, sizeof(host.log), format, args);
    va_end(args);
    host.lines++;
}

void *rt_alloc_pages(size_t pages)
{
    static uint8_t stack[64 * NU_PAGE_BYTES]
        __attribute__((aligned(NU_PAGE_BYTES)));

    return pages <= 64 ? stack : NULL;
}

void rt_free_pages(void *p, size_t pages)
{
    (void)p;
    (void)pages;
}

rt_enter_fn rt_enter(bool has_locals)
{
    (void)has_locals;
    return NULL;
}

void rt_exit(int status)
{
    (void)status;
    abort();
}

size_t strlcpy(char *to, const char *from, size_t bytes); /* nlib */

size_t strlcpy(char *to, const char *from, size_t bytes)
{
    size_t length = strlen(from);

    if (bytes > 0) {
        size_t fits = length < bytes ? length : bytes - 1;

        memcpy(to, from, fits);
        to[fits] = '\0';
    }
    return length;
}

/* ---- time ---- */

void host_give(const char *name, nu_handle_t handle)
{
    struct nu_start_handle *h = &host.start.handles[host.start.handle_count++];

    must(host.start.handle_count <= NU_START_HANDLES_MAX);
    snprintf(h->name, sizeof(h->name), "%s", name);
    h->handle = handle;
}

void host_begin(void)
{
    memset(&host, 0, sizeof(host));
    links_store_begin();
    links_kernel_begin();
    raised_count = 0;
    host.purse_pages = 100000;
    host.now_ns = 1000 * LINKS_MS;
    host_give("store", HOST_STORE);
    host_give("domain", HOST_DOMAIN);
    host_give("purse", HOST_PURSE);
    host_give("self", HOST_SELF);
    here = (struct here){.domid = HOST_DOMID,
                         .epoch = HOST_EPOCH,
                         .port = HOST_PORT,
                         .heartbeat_ns = 500 * LINKS_MS,
                         .dead_ns = 3000 * LINKS_MS};
    import_begin();
    names_begin();
    export_begin();
}

void host_signal(uint64_t badge)
{
    for (uint32_t i = 0; i < raised_count; i++) {
        if (raised[i] == badge)
            return; /* counted together */
    }
    must(raised_count < 64);
    raised[raised_count++] = badge;
}

static void deliver(void)
{
    uint64_t now[64];
    uint32_t count = raised_count;

    memcpy(now, raised, sizeof(now));
    raised_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        enum happening what = (enum happening)(now[i] >> 32);

        if (what == HAPPENS_IMPORT)
            import_happens((uint32_t)now[i]);
        else
            export_happens(what, (uint32_t)now[i]);
    }
}

/* As main.c does it. */
static void run_once(void)
{
    deliver();
    host.next_ns = import_run(host.now_ns);
    host.next_ns = sooner(host.next_ns, export_run(host.now_ns));
    if (host.next_ns <= host.now_ns)
        host.next_ns = host.now_ns + LINKS_MS;
    must(++host.runs < RUNS_MAX); /* else it never rests */
}

void host_pass(uint64_t ms)
{
    uint64_t until = host.now_ns + ms * LINKS_MS;

    run_once();
    for (;;) {
        while (raised_count > 0)
            run_once();
        if (host.next_ns > until)
            break;
        host.now_ns = host.next_ns;
        run_once();
    }
    host.now_ns = until;
}

struct host_link *host_link_to(uint32_t domid)
{
    for (uint32_t i = 0; i < host.link_count; i++) {
        if (host.links[i].domid == domid &&
            host.links[i].state != LINK_STATE_IDLE)
            return &host.links[i];
    }
    return NULL;
}
