/*
 * Event channels between domains, over hv/fake; several hypercalls in one; a
 * domain that is alone.
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
