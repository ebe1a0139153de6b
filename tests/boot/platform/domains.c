/*
 * Two domains: each boots this kernel with `test=domains role=a|b peer=N`. They
 * meet by a page that each grants to the other first, so that its reference is
 * known. a shows pages; b copies by grants, good ones and bad ones, and both
 * send events. A timer ticks all the time: no event function may run while a
 * hypercall waits, and no tick may get lost by that.
 */
#include "platform.h"

#include <boot/cmdline.h>
#include <boot/domain.h>
#include <boot/klog.h>
#include <boot/time.h>
#include <cpu.h>
#include <event/event.h>
#include <grant/grant.h>
#include <hypercall/hv.h>
#include <hypercall/hypercall.h>
#include <image.h>
#include <nlib/string.h>

#define PAGE       4096u
#define MAGIC      0x4e756e63u
#define FIRST_REF  GNTTAB_NR_RESERVED_ENTRIES
#define STRANGER   63u /* no such domain */
#define MEET_TRIES 5000u
#define ROUNDS     200u
#define BATCH      4u
#define BATCHES    64u

struct bulletin {
    uint32_t magic; /* last */
    uint32_t port;
    grant_t readable;
    grant_t writable;
    grant_t foreign; /* to STRANGER */
    grant_t outside; /* a frame that is no memory */
    grant_t ended;
};

static _Alignas(PAGE) union {
    struct bulletin b;
    uint8_t bytes[PAGE];
} shown, seen;
static _Alignas(PAGE) uint8_t pages[4][PAGE];

static uint16_t peer;
static uint32_t tick_port;
static volatile uint32_t ticks;
static volatile uint32_t events;
static volatile uint32_t echoes; /* events still to be answered */
static volatile bool in_hypercall;

static uint64_t frame_of(const void *page)
{
    return image_phys(page) / PAGE;
}

static void on_tick(void *arg, uint32_t port)
{
    (void)arg;
    (void)port;
    expect(!in_hypercall, "no event function runs while a hypercall waits");
    ticks++;
    time_set_timer(time_now_ns() + MS);
}

/* Answers from where it runs: on the trap stack. */
static void on_event(void *arg, uint32_t port)
{
    (void)arg;
    expect(!in_hypercall, "no event function runs while a hypercall waits");
    events++;
    if (echoes > 0) {
        echoes--;
        in_hypercall = true;
        expect(event_send(port) == 0, "the answer is sent");
        in_hypercall = false;
    }
}

static int16_t copy(uint16_t from_domid, uint32_t from, uint16_t to_domid,
                    uint32_t to, uint16_t flags, uint16_t bytes)
{
    struct gnttab_copy op = {
        .source = {.u.gmfn = from, .domid = from_domid},
        .dest = {.u.gmfn = to, .domid = to_domid},
        .len = bytes,
        .flags = flags,
        .status = 77,
    };
    long rc;

    in_hypercall = true;
    rc = hypercall_grant_copy(&op, 1);
    in_hypercall = false;
    expect(rc == 0, "the copy is looked at");
    return op.status;
}

static int16_t copy_from(grant_t ref, void *page, uint16_t bytes)
{
    return copy(peer, ref, DOMID_SELF, (uint32_t)frame_of(page),
                GNTCOPY_source_gref, bytes);
}

static int16_t copy_to(grant_t ref, const void *page, uint16_t bytes)
{
    return copy(DOMID_SELF, (uint32_t)frame_of(page), peer, ref,
                GNTCOPY_dest_gref, bytes);
}

/* Until the peer's page is there. */
static void meet(void)
{
    uint64_t next = time_now_ns();

    for (unsigned tries = 0; tries < MEET_TRIES; tries++) {
        if (copy_from(FIRST_REF, &seen, PAGE) == GNTST_okay &&
            seen.b.magic == MAGIC) {
            return;
        }
        for (next += 2 * MS; time_now_ns() < next;) {
            (void)hypercall_sched_block();
            event_upcall();
        }
    }
    fail("the peer does not show up");
}

static void show(uint32_t port)
{
    expect(grant_access(peer, frame_of(&shown), false) == FIRST_REF,
           "the first reference is known");
    memset(pages[0], 0xa5, PAGE);
    shown.b.port = port;
    shown.b.readable = grant_access(peer, frame_of(pages[0]), false);
    shown.b.writable = grant_access(peer, frame_of(pages[1]), true);
    shown.b.foreign = grant_access(STRANGER, frame_of(pages[0]), true);
    shown.b.outside = grant_access(peer, 0xfffffff0u, true);
    shown.b.ended = grant_access(peer, frame_of(pages[0]), true);
    expect(grant_end(shown.b.ended), "a grant that nobody uses ends");
    __atomic_store_n(&shown.b.magic, MAGIC, __ATOMIC_RELEASE);
}

static void expect_status(uint32_t port, unsigned wanted)
{
    struct evtchn_status status = {.dom = DOMID_SELF, .port = port};

    expect(hypercall_evtchn_status(&status) == 0, "the port has a state");
    expect(status.status == wanted, "the port's state is right");
    if (wanted == EVTCHNSTAT_interdomain) {
        expect(status.u.interdomain.dom == peer, "the peer is there");
    }
}

/* --- a --- */

static void run_a(void)
{
    uint32_t port = 0;

    expect(event_alloc_unbound(peer, on_event, NULL, &port) == 0,
           "a port is allocated");
    expect_status(port, EVTCHNSTAT_unbound);
    show(port);
    wait_until(&events, 1, "the peer has copied");
    expect_status(port, EVTCHNSTAT_interdomain);
    for (unsigned i = 0; i < PAGE; i++) {
        expect(pages[1][i] == (i < 3000 ? 0xa5 : 0), "the peer's bytes");
        expect(pages[0][i] == 0xa5, "nobody wrote to what is read-only");
    }
    expect(grant_end(shown.b.writable), "no pin is left behind");
    echoes = ROUNDS + 1;
    expect(event_send(port) == 0, "the peer is told");
    wait_until(&events, 1 + ROUNDS + 1, "all events arrive");
    event_close(port);
    kprintf("%u events, %u ticks\n", events, ticks);
}

/* --- b --- */

static void copy_everything_wrong(void)
{
    const struct bulletin *b = &seen.b;

    expect(copy_to(b->readable, pages[0], 16) == GNTST_general_error,
           "a read-only grant is not written");
    expect(copy_from(b->ended, pages[0], 16) == GNTST_general_error,
           "an ended grant is none");
    expect(copy_from(b->foreign, pages[0], 16) == GNTST_general_error,
           "another domain's grant is not ours");
    expect(copy_from(b->outside, pages[0], 16) == GNTST_bad_page,
           "a frame that is no memory");
    expect(copy_from(0x7fffffffu, pages[0], 16) == GNTST_bad_gntref,
           "a reference beyond the table");
    expect(copy(peer, b->readable, DOMID_SELF, 0xfffffff0u, GNTCOPY_source_gref,
                16) == GNTST_bad_page,
           "a frame of ours that is no memory");
    expect(copy(STRANGER, 8, DOMID_SELF, (uint32_t)frame_of(pages[0]),
                GNTCOPY_source_gref, 16) == GNTST_bad_domain,
           "no such domain");
    expect(copy(peer, 8, DOMID_SELF, (uint32_t)frame_of(pages[0]), 0, 16) ==
               GNTST_permission_denied,
           "a page of the peer's without a grant");
    expect(copy_from(b->readable, pages[0], PAGE + 1) == GNTST_bad_copy_arg,
           "more than a page");
    for (unsigned i = 0; i < PAGE; i++) {
        expect(pages[0][i] == 0, "what failed moved nothing");
    }
}

/* As a message goes: copies, then the event, in one hypercall. */
static void send_in_one(struct evtchn_send *send)
{
    struct gnttab_copy copies[BATCH];
    struct multicall_entry list[2];
    struct hv_counts before;
    struct hv_counts after;

    for (unsigned i = 0; i < BATCH; i++) {
        copies[i] = (struct gnttab_copy){
            .source = {.u.gmfn = frame_of(pages[0]),
                       .domid = DOMID_SELF,
                       .offset = (uint16_t)(750 * i)},
            .dest = {.u.ref = seen.b.writable,
                     .domid = peer,
                     .offset = (uint16_t)(750 * i)},
            .len = 750,
            .flags = GNTCOPY_dest_gref,
            .status = 77,
        };
    }
    multicall_grant_copy(&list[0], copies, BATCH);
    multicall_evtchn_send(&list[1], send);
    hv_counts(&before);
    in_hypercall = true;
    expect(hypercall_multicall(list, 2) == 0, "the list is done");
    in_hypercall = false;
    hv_counts(&after);
    expect(list[0].result == 0 && list[1].result == 0, "each is done");
    for (unsigned i = 0; i < BATCH; i++) {
        expect(copies[i].status == GNTST_okay, "each copy is done");
    }
    expect(after.hypercalls == before.hypercalls + 1, "it was one batch");
    expect(after.operations == before.operations + BATCH + 1,
           "of all operations");
}

static void measure_batches(void)
{
    struct gnttab_copy copies[BATCH];
    struct hv_counts before;
    struct hv_counts after;
    uint64_t begin;
    uint64_t total;

    for (unsigned i = 0; i < BATCH; i++) {
        copies[i] = (struct gnttab_copy){
            .source = {.u.ref = seen.b.readable, .domid = peer},
            .dest = {.u.gmfn = frame_of(pages[2]), .domid = DOMID_SELF},
            .len = 8,
            .flags = GNTCOPY_source_gref,
        };
    }
    hv_counts(&before);
    begin = cpu_tsc();
    for (unsigned i = 0; i < BATCHES; i++) {
        expect(hypercall_grant_copy(copies, BATCH) == 0, "the batch is done");
    }
    total = cpu_tsc() - begin;
    hv_counts(&after);
    kprintf("batch of %u: %lu ticks, %lu of them outside of waiting; "
            "%lu doorbells for %u batches\n",
            BATCH, total / BATCHES,
            (total - (after.wait_ticks - before.wait_ticks)) / BATCHES,
            after.doorbells - before.doorbells, BATCHES);
}

static void play(uint32_t port)
{
    uint64_t begin = time_now_ns();
    uint32_t first = events;

    for (unsigned i = 1; i <= ROUNDS; i++) {
        in_hypercall = true;
        expect(event_send(port) == 0, "an event is sent");
        in_hypercall = false;
        wait_until(&events, first + i, "each event is answered");
    }
    kprintf("event there and back: %lu us\n",
            (time_now_ns() - begin) / ROUNDS / 1000);
}

static void run_b(void)
{
    struct evtchn_send send = {0};
    uint32_t other = 0;

    meet();
    copy_everything_wrong();
    expect(copy_from(seen.b.readable, pages[0], PAGE) == GNTST_okay,
           "a page is read");
    expect(pages[0][0] == 0xa5 && pages[0][PAGE - 1] == 0xa5, "all of it");
    expect(event_bind_interdomain(peer, seen.b.port, on_event, NULL,
                                  &send.port) == 0,
           "the peer's port is bound to");
    event_upcall();
    expect(events == 1, "as on Xen, ours is raised once then");
    expect_status(send.port, EVTCHNSTAT_interdomain);
    expect(event_bind_interdomain(peer, seen.b.port, on_event, NULL, &other) !=
               0,
           "a port is bound to once");
    expect(event_bind_interdomain(STRANGER, 1, on_event, NULL, &other) != 0,
           "no such domain");
    event_mask(send.port);
    send_in_one(&send);
    for (uint64_t end = time_now_ns() + 3000 * MS; !event_take(send.port);) {
        expect(time_now_ns() < end, "the peer answers");
        (void)hypercall_sched_block();
        event_upcall();
    }
    event_unmask(send.port);
    expect(events == 1, "who takes an event is not called for it");
    expect(copy_to(seen.b.writable, pages[0], 16) == GNTST_general_error,
           "a grant that was ended is none");
    measure_batches();
    play(send.port);
    expect(event_send(send.port) == 0, "the last event");
    wait_until(&events, 1 + ROUNDS + 1, "the last answer");
    event_close(send.port);
    expect(hypercall_evtchn_send(send.port) == -XEN_EINVAL,
           "a closed port sends nothing");
    kprintf("%u events, %u ticks\n", events, ticks);
}

/* Hypercalls until the broker, which the runner stops, has answered one late. */
void test_silence(void)
{
    uint64_t longest = 0;

    expect(domain_self() != NULL, "there are other domains");
    peer = STRANGER;
    expect(event_bind_virq(VIRQ_TIMER, on_tick, NULL, &tick_port) == 0,
           "VIRQ_TIMER binds");
    time_set_timer(time_now_ns() + MS);
    kprintf("READY\n");
    while (longest < 1000 * MS) {
        uint64_t begin = time_now_ns();

        expect(copy_from(FIRST_REF, pages[0], 8) == GNTST_bad_domain,
               "there is no such domain");
        if (time_now_ns() - begin > longest) {
            longest = time_now_ns() - begin;
        }
        (void)hypercall_sched_block();
    }
    ticks = 0;
    wait_until(&ticks, 3, "the timer goes on");
    kprintf("answered after %lu ms\n", (unsigned long)(longest / MS));
}

void test_domains(void)
{
    uint64_t number = 0;
    char role[4] = "";

    expect(cmdline_get_u64("peer", &number) == 0, "peer= is given");
    peer = (uint16_t)number;
    expect(domain_self() != NULL, "there are other domains");
    kprintf("domain %u, store's port %u\n", domain_self()->domid,
            domain_self()->store_port);
    for (uint32_t i = 0; device_get(i) != NULL; i++) {
        expect(device_get(i)->vendor != 0x1af4 ||
                   device_get(i)->product != 0x105a,
               "drivers do not see the broker's device");
    }
    expect(event_bind_virq(VIRQ_TIMER, on_tick, NULL, &tick_port) == 0,
           "VIRQ_TIMER binds");
    time_set_timer(time_now_ns() + MS);
    if (cmdline_get("role", role, sizeof(role)) == 1 && role[0] == 'a') {
        run_a();
    } else {
        run_b();
    }
    expect(ticks > 0, "the timer ticked meanwhile");
}
