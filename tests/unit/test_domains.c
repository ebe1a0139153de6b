/*
 * What joins domains, over hv/fake: the grant table, event channels, copies by
 * grant, several hypercalls in one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <abi/error.h>
#include <boot/domain.h>
#include <event/event.h>
#include <grant/grant.h>
#include <hv/fake/peer.h>
#include <hypercall/hypercall.h>
#include <kassert.h>

#define PAGE     4096u
#define PAGES    4u
#define PEER     9u
#define STRANGER 11u

static _Alignas(PAGE) uint8_t ram[PAGES * PAGE];
static _Alignas(PAGE) uint8_t peer_ram[PAGES * PAGE];
static struct fake_peer *peer;
static uint32_t events;
static grant_t tried; /* what the copy hook tries to end */
static bool ended;

void kassert_failed(const char *file, int line, const char *what)
{
    fail_msg("%s:%d: %s", file, line, what);
    abort();
}

static void on_event(void *arg, uint32_t port)
{
    assert_ptr_equal(arg, &events);
    assert_true(port != 0);
    events++;
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    memset(ram, 0, sizeof(ram));
    memset(peer_ram, 0, sizeof(peer_ram));
    fake_memory(ram, sizeof(ram), (PAGES - 1) * PAGE);
    event_init(&fake_hv.shared);
    domain_start();
    peer = fake_peer_add(PEER, peer_ram, PAGES);
    events = 0;
    return 0;
}

/* --- the grant table --- */

static void entry_says_what_was_granted(void **state)
{
    grant_t ref = grant_access(PEER, 2, true);
    grant_t other = grant_access(STRANGER, 0xffffffffu, false);

    (void)state;
    assert_true(ref >= GNTTAB_NR_RESERVED_ENTRIES);
    assert_int_not_equal(ref, other);
    assert_int_equal(fake_hv.grants[ref].frame, 2);
    assert_int_equal(fake_hv.grants[ref].domid, PEER);
    assert_int_equal(fake_hv.grants[ref].flags, GTF_permit_access);
    assert_int_equal(fake_hv.grants[other].flags,
                     GTF_permit_access | GTF_readonly);
    assert_int_equal(grant_used(), 2);
    assert_true(grant_end(ref));
    assert_int_equal(fake_hv.grants[ref].flags, 0);
    assert_int_equal(grant_used(), 1);
    assert_int_equal(grant_access(PEER, 1ull << 32, true), GRANT_NONE);
}

static void table_fills_up_and_is_all_usable_again(void **state)
{
    static grant_t refs[FAKE_GRANTS];
    uint32_t total = grant_total();

    (void)state;
    assert_int_equal(total, FAKE_GRANTS - GNTTAB_NR_RESERVED_ENTRIES);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < total; i++) {
            refs[i] = grant_access(PEER, i, false);
            assert_true(refs[i] != GRANT_NONE);
        }
        assert_int_equal(grant_access(PEER, 0, false), GRANT_NONE);
        assert_int_equal(grant_used(), total);
        for (uint32_t i = 0; i < total; i++) {
            assert_int_equal(fake_hv.grants[refs[i]].frame, i);
            assert_true(grant_end(refs[i]));
        }
        assert_int_equal(grant_used(), 0);
    }
}

static void try_to_end(const struct gnttab_copy *copy)
{
    (void)copy;
    ended = grant_end(tried);
}

/* As between two processors: the hypervisor is in the middle of a copy. */
static void pinned_grant_is_not_ended(void **state)
{
    uint32_t theirs = fake_peer_grant(peer, FAKE_DOMID, 1, true);
    struct gnttab_copy copy = {
        .source = {.u.ref = 0, .domid = DOMID_SELF},
        .dest = {.u.ref = theirs, .domid = PEER},
        .len = 8,
        .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
    };

    (void)state;
    /* A grant to ourselves is the one of ours that our own copy pins. */
    tried = grant_access(FAKE_DOMID, 1, false);
    copy.source.u.ref = tried;
    ended = true;
    fake_copy_hook(try_to_end);
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(copy.status, GNTST_okay);
    assert_false(ended);
    assert_int_equal(grant_used(), 1);
    assert_true(grant_end(tried));
}

static void peer_uses_what_it_was_granted_and_no_more(void **state)
{
    grant_t writable = grant_access(PEER, 1, true);
    grant_t readable = grant_access(PEER, 2, false);
    grant_t foreign = grant_access(STRANGER, 0, true);
    char text[6] = {0};

    (void)state;
    assert_int_equal(fake_peer_write(peer, writable, 10, "hello", 5), 0);
    assert_memory_equal(ram + PAGE + 10, "hello", 5);
    memcpy(ram + 2 * PAGE, "reply", 5);
    assert_int_equal(fake_peer_read(peer, readable, 0, text, 5), 0);
    assert_string_equal(text, "reply");
    assert_int_equal(fake_peer_write(peer, readable, 0, "x", 1),
                     GNTST_general_error);
    assert_int_equal(fake_peer_read(peer, foreign, 0, text, 1),
                     GNTST_general_error);
    assert_int_equal(fake_peer_read(peer, writable, PAGE - 1, text, 2),
                     GNTST_bad_copy_arg);
    assert_true(grant_end(writable));
    assert_int_equal(fake_peer_write(peer, writable, 0, "x", 1),
                     GNTST_general_error);
}

/* --- copies --- */

static struct gnttab_copy copy_in(uint32_t ref, uint32_t frame, uint16_t bytes)
{
    return (struct gnttab_copy){
        .source = {.u.ref = ref, .domid = PEER},
        .dest = {.u.gmfn = frame, .domid = DOMID_SELF},
        .len = bytes,
        .flags = GNTCOPY_source_gref,
        .status = 77,
    };
}

static void each_copy_of_a_list_has_its_own_status(void **state)
{
    uint32_t good = fake_peer_grant(peer, FAKE_DOMID, 1, false);
    uint32_t foreign = fake_peer_grant(peer, STRANGER, 1, true);
    struct gnttab_copy list[] = {
        copy_in(foreign, 0, 4),   copy_in(good, 0, 4),
        copy_in(good, PAGES, 4),  copy_in(FAKE_PEER_GRANTS, 0, 4),
        copy_in(good, 0, PAGE),   copy_in(good, 0, 4),
        copy_in(good + 20, 0, 4),
    };

    (void)state;
    memcpy(peer_ram + PAGE, "data", 4);
    list[4].dest.offset = 1;
    list[5].source.domid = STRANGER;
    assert_int_equal(hypercall_grant_copy(list, 7), 0);
    assert_int_equal(list[0].status, GNTST_general_error);
    assert_int_equal(list[1].status, GNTST_okay);
    assert_int_equal(list[2].status, GNTST_bad_page);
    assert_int_equal(list[3].status, GNTST_bad_gntref);
    assert_int_equal(list[4].status, GNTST_bad_copy_arg);
    assert_int_equal(list[5].status, GNTST_bad_domain);
    assert_int_equal(list[6].status, GNTST_general_error);
    assert_memory_equal(ram, "data", 5);
    assert_int_equal(fake_copy_count(), 7);
    assert_int_equal(fake_copy_bytes(), 4);
    assert_int_equal(peer->grants[good].flags & (GTF_reading | GTF_writing), 0);
}

/* --- event channels --- */

static void events_travel_both_ways(void **state)
{
    uint32_t port = 0;
    uint32_t theirs;

    (void)state;
    assert_int_equal(event_alloc_unbound(PEER, on_event, &events, &port), 0);
    assert_int_equal(event_send(port),
                     0); /* nobody there: dropped, as on Xen */
    theirs = fake_peer_bind(peer, port);
    assert_true(theirs != 0);
    fake_peer_send(peer, theirs);
    fake_peer_send(peer, theirs);
    event_upcall();
    assert_int_equal(events, 1); /* a bit, not a count */
    assert_int_equal(event_send(port), 0);
    assert_int_equal(fake_peer_take(peer, theirs), 1);
    fake_peer_remove(peer);
    assert_int_equal(event_send(port), 0);
    event_close(port);
    assert_int_equal(fake_port_count(), 1); /* the store's */
}

static void binding_to_a_peers_port_raises_ours_once(void **state)
{
    uint32_t theirs = fake_peer_alloc(peer);
    uint32_t port = 0;
    uint32_t other = 77;

    (void)state;
    assert_int_equal(
        event_bind_interdomain(PEER, theirs, on_event, &events, &port), 0);
    event_upcall();
    assert_int_equal(events, 1);
    fake_peer_send(peer, theirs);
    event_upcall();
    assert_int_equal(events, 2);
    assert_int_equal(
        event_bind_interdomain(PEER, theirs, on_event, &events, &other),
        NU_NOENT);
    assert_int_equal(
        event_bind_interdomain(STRANGER, 1, on_event, &events, &other),
        NU_NOENT);
    assert_int_equal(event_bind_interdomain(PEER, 0, on_event, &events, &other),
                     NU_NOENT);
    assert_int_equal(other, 77);
}

static void masked_event_can_be_taken_instead(void **state)
{
    uint32_t port = 0;
    uint32_t theirs;

    (void)state;
    assert_int_equal(event_alloc_unbound(PEER, on_event, &events, &port), 0);
    theirs = fake_peer_bind(peer, port);
    event_mask(port);
    assert_false(event_take(port));
    fake_peer_send(peer, theirs);
    assert_true(event_take(port));
    assert_false(event_take(port));
    event_unmask(port);
    event_upcall();
    assert_int_equal(events, 0);
    event_mask(port);
    fake_peer_send(peer, theirs);
    event_unmask(port);
    event_upcall();
    assert_int_equal(events, 1);
}

static void status_tells_what_a_port_is(void **state)
{
    struct evtchn_status status = {.dom = DOMID_SELF};
    uint32_t port = 0;

    (void)state;
    assert_int_equal(event_alloc_unbound(PEER, on_event, &events, &port), 0);
    status.port = port;
    assert_int_equal(hypercall_evtchn_status(&status), 0);
    assert_int_equal(status.status, EVTCHNSTAT_unbound);
    assert_int_equal(status.u.unbound.dom, PEER);
    (void)fake_peer_bind(peer, port);
    assert_int_equal(hypercall_evtchn_status(&status), 0);
    assert_int_equal(status.status, EVTCHNSTAT_interdomain);
    event_close(port);
    assert_int_equal(hypercall_evtchn_status(&status), 0);
    assert_int_equal(status.status, EVTCHNSTAT_closed);
}

static void stores_port_gets_a_function(void **state)
{
    const struct hv_domain *self = domain_self();

    (void)state;
    assert_non_null(self);
    assert_int_equal(self->domid, FAKE_DOMID);
    assert_ptr_equal(self->store, ram + (PAGES - 1) * PAGE);
    assert_int_equal(event_attach(self->store_port, on_event, &events), 0);
    assert_int_equal(event_attach(self->store_port, on_event, &events),
                     NU_BUSY);
    assert_int_equal(event_attach(EVENT_PORTS, on_event, &events), NU_RANGE);
    assert_int_equal(event_attach(0, on_event, &events), NU_RANGE);
    fake_port_set(self->store_port);
    event_upcall();
    assert_int_equal(events, 1);
    hv_store_notify();
    assert_int_equal(fake_hv.store_notified, 1);
}

/* --- several in one --- */

static void list_of_calls_is_one_hypercall(void **state)
{
    uint32_t ref = fake_peer_grant(peer, FAKE_DOMID, 1, false);
    struct gnttab_copy copies[] = {copy_in(ref, 0, 4), copy_in(0, 0, 4)};
    struct evtchn_send send = {0};
    struct evtchn_send nowhere = {.port = 200};
    struct multicall_entry list[3];
    uint64_t before;
    uint32_t theirs;

    (void)state;
    assert_int_equal(event_alloc_unbound(PEER, on_event, &events, &send.port),
                     0);
    theirs = fake_peer_bind(peer, send.port);
    multicall_grant_copy(&list[0], copies, 2);
    multicall_evtchn_send(&list[1], &send);
    multicall_evtchn_send(&list[2], &nowhere);
    before = fake_hv.calls;
    assert_int_equal(hypercall_multicall(list, 3), 0);
    assert_int_equal(fake_hv.calls, before + 1);
    assert_int_equal(copies[0].status, GNTST_okay);
    assert_int_equal(copies[1].status, GNTST_general_error);
    assert_int_equal(list[0].result, 0);
    assert_int_equal(list[1].result, 0);
    assert_int_equal((long)list[2].result, -XEN_EINVAL);
    assert_int_equal(fake_peer_take(peer, theirs), 1);
    fake_copy_fail_nth(2, GNTST_eagain);
    assert_int_equal(hypercall_multicall(list, 3), 0);
    assert_int_equal(copies[0].status, GNTST_okay);
    assert_int_equal(copies[1].status, GNTST_eagain);
    assert_int_equal(fake_peer_take(peer, theirs), 1);
}

/* --- alone --- */

static void without_others_everything_says_so(void **state)
{
    struct gnttab_copy copy = {0};
    uint32_t port = 77;

    (void)state;
    fake_reset();
    fake_hv.domid = 0;
    event_init(&fake_hv.shared);
    domain_start();
    assert_null(domain_self());
    assert_int_equal(grant_total(), 0);
    assert_int_equal(grant_access(PEER, 0, true), GRANT_NONE);
    assert_int_equal(event_alloc_unbound(PEER, on_event, &events, &port),
                     NU_UNSUP);
    assert_int_equal(event_bind_interdomain(PEER, 1, on_event, &events, &port),
                     NU_UNSUP);
    assert_int_equal(hypercall_grant_copy(&copy, 1), -XEN_ENOSYS);
    assert_int_equal(port, 77);
}

/* Every hypercall fails in turn: a port is bound, or none is left over. */
static void failure_leaves_no_port(void **state)
{
    uint64_t n;

    for (n = 1; n < 10; n++) {
        uint32_t port = 77;
        uint32_t before;
        int rc;

        setup(state);
        before = fake_port_count();
        fake_fail_nth(n, -XEN_ENOSPC);
        rc = event_alloc_unbound(PEER, on_event, &events, &port);
        if (!fake_failed()) {
            assert_int_equal(rc, 0);
            break;
        }
        if (rc != 0) {
            assert_int_equal(rc, NU_NOMEM);
            assert_int_equal(port, 77);
            assert_int_equal(fake_port_count(), before);
        }
    }
    assert_in_range(n, 2, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(entry_says_what_was_granted, setup),
        cmocka_unit_test_setup(table_fills_up_and_is_all_usable_again, setup),
        cmocka_unit_test_setup(pinned_grant_is_not_ended, setup),
        cmocka_unit_test_setup(peer_uses_what_it_was_granted_and_no_more,
                               setup),
        cmocka_unit_test_setup(each_copy_of_a_list_has_its_own_status, setup),
        cmocka_unit_test_setup(events_travel_both_ways, setup),
        cmocka_unit_test_setup(binding_to_a_peers_port_raises_ours_once, setup),
        cmocka_unit_test_setup(masked_event_can_be_taken_instead, setup),
        cmocka_unit_test_setup(status_tells_what_a_port_is, setup),
        cmocka_unit_test_setup(stores_port_gets_a_function, setup),
        cmocka_unit_test_setup(list_of_calls_is_one_hypercall, setup),
        cmocka_unit_test_setup(without_others_everything_says_so, setup),
        cmocka_unit_test_setup(failure_leaves_no_port, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
