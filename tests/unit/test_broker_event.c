/*
 * Event channels: Xen's rules for ports and their states, its errors, and how a
 * pending port becomes one interrupt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "broker_fixture.h"
#include "hv/broker/event.h"
#include "hv/broker/life.h"
#include "hv/broker/rounds.h"

static struct guest a;
static struct guest b;

static int setup(void **state)
{
    if (fixture_setup(state) != 0)
        return -1;
    fixture_run(&a, "a");
    fixture_run(&b, "b");
    return 0;
}

static int teardown(void **state)
{
    fixture_leave(&a);
    fixture_leave(&b);
    return fixture_teardown(state);
}

static struct evtchn_status status_of(struct guest *guest, uint32_t port)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_event_channel_op,
                           .command = EVTCHNOP_status,
                           .status = {.dom = DOMID_SELF, .port = port}};

    assert_int_equal(fixture_op(guest, &op), 0);
    return guest->mailbox->ops[0].status;
}

static int32_t status_error(domid_t domid, uint32_t port)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_event_channel_op,
                           .command = EVTCHNOP_status,
                           .status = {.dom = domid, .port = port}};

    return fixture_op(&a, &op);
}

/* What the guest does with an upcall. */
static void take_events(struct guest *guest)
{
    guest->shared->events.vcpu_info[0].evtchn_upcall_pending = 0;
    guest->shared->events.vcpu_info[0].evtchn_pending_sel = 0;
    memset(guest->shared->events.evtchn_pending, 0,
           sizeof(guest->shared->events.evtchn_pending));
    guest->domain->call_due = false;
}

static void join(uint32_t a_port, uint32_t b_port)
{
    assert_int_equal(fixture_alloc(&a, a_port, b.domain->domid), 0);
    assert_int_equal(fixture_bind(&b, b_port, a.domain->domid, a_port), 0);
    take_events(&a);
    take_events(&b);
}

static void who_binds_is_notified_first(void **state)
{
    (void)state;
    assert_int_equal(fixture_alloc(&a, 70, b.domain->domid), 0);
    assert_int_equal(status_of(&a, 70).status, EVTCHNSTAT_unbound);
    assert_int_equal(status_of(&a, 70).u.unbound.dom, b.domain->domid);
    take_events(&b);
    assert_int_equal(fixture_bind(&b, 9, a.domain->domid, 70), 0);
    assert_true(fixture_pending(&b, 9));
    assert_false(fixture_pending(&a, 70));
    assert_int_equal(status_of(&a, 70).status, EVTCHNSTAT_interdomain);
    assert_int_equal(status_of(&a, 70).u.interdomain.port, 9);
    assert_int_equal(status_of(&b, 9).u.interdomain.dom, a.domain->domid);
    assert_int_equal(status_of(&b, 9).u.interdomain.port, 70);
}

static void a_notification_is_pending_selector_and_one_upcall(void **state)
{
    struct vcpu_info *vcpu = &a.shared->events.vcpu_info[0];

    (void)state;
    join(70, 9);
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 9), 0);
    assert_true(fixture_pending(&a, 70));
    assert_int_equal(vcpu->evtchn_pending_sel, 1u << 1);
    assert_int_equal(vcpu->evtchn_upcall_pending, 1);
    assert_true(a.domain->call_due);
    /* Pending already: nothing more happens. */
    a.domain->call_due = false;
    vcpu->evtchn_upcall_pending = 0;
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 9), 0);
    assert_false(a.domain->call_due);
    assert_int_equal(vcpu->evtchn_upcall_pending, 0);
    /* Another port of a word that is selected already. */
    assert_int_equal(fixture_alloc(&a, 71, b.domain->domid), 0);
    assert_int_equal(fixture_bind(&b, 10, a.domain->domid, 71), 0);
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 10), 0);
    assert_true(fixture_pending(&a, 71));
    assert_false(a.domain->call_due);
    /* A port of another word, while the upcall is pending. */
    vcpu->evtchn_upcall_pending = 1;
    assert_int_equal(fixture_alloc(&a, 130, b.domain->domid), 0);
    assert_int_equal(fixture_bind(&b, 11, a.domain->domid, 130), 0);
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 11), 0);
    assert_int_equal(vcpu->evtchn_pending_sel, 6);
    assert_false(a.domain->call_due);
}

static void a_masked_port_is_pending_only(void **state)
{
    (void)state;
    join(70, 9);
    a.shared->events.evtchn_mask[1] = 1ull << 6;
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 9), 0);
    assert_true(fixture_pending(&a, 70));
    assert_int_equal(a.shared->events.vcpu_info[0].evtchn_pending_sel, 0);
    assert_int_equal(a.shared->events.vcpu_info[0].evtchn_upcall_pending, 0);
    assert_false(a.domain->call_due);
}

/* The last guest that is interrupted is interrupted once in a turn. */
static void an_upcall_is_raised_when_there_was_none(void **state)
{
    (void)state;
    join(70, 9);
    (void)fixture_calls(&a);
    b.mailbox->want_call = 0;
    b.mailbox->count = 2;
    for (int i = 0; i < 2; i++)
        b.mailbox->ops[i] =
            (struct broker_op){.hypercall = __HYPERVISOR_event_channel_op,
                               .command = EVTCHNOP_send,
                               .send = {9}};
    b.mailbox->request++;
    rounds_kick_mailbox(b.domain);
    rounds_serve(&fixture_broker);
    assert_int_equal(fixture_calls(&a), 1);
    assert_int_equal(a.domain->counts.upcalls_raised, 1);
}

static void wrong_ports_have_xens_errors(void **state)
{
    domid_t a_domid = a.domain->domid;

    (void)state;
    join(70, 9);
    assert_int_equal(fixture_alloc(&a, 0, 2), -XEN_ENOSPC);
    assert_int_equal(fixture_alloc(&a, BROKER_PORTS, 2), -XEN_ENOSPC);
    assert_int_equal(fixture_alloc(&a, ~0u, 2), -XEN_ENOSPC);
    assert_int_equal(fixture_alloc(&a, 70, 2), -XEN_EBUSY);
    assert_int_equal(fixture_alloc(&a, STORE_PORT, 2), -XEN_EBUSY);
    assert_int_equal(fixture_bind(&b, 9, a_domid, 70), -XEN_EBUSY);
    assert_int_equal(fixture_bind(&b, 10, a_domid, 70), -XEN_EINVAL);
    assert_int_equal(fixture_bind(&b, 10, a_domid, 71), -XEN_EINVAL);
    assert_int_equal(fixture_bind(&b, 10, a_domid, 0), -XEN_EINVAL);
    assert_int_equal(fixture_bind(&b, 10, a_domid, ~0u), -XEN_EINVAL);
    assert_int_equal(fixture_bind(&b, 10, 7, 70), -XEN_ESRCH);
    assert_int_equal(fixture_bind(&b, 10, 0, 70), -XEN_ESRCH);
    assert_int_equal(fixture_bind(&b, 10, 0xffff, 70), -XEN_ESRCH);
    /* A port for somebody else. */
    assert_int_equal(fixture_alloc(&a, 71, 9), 0);
    assert_int_equal(fixture_bind(&b, 10, a_domid, 71), -XEN_EINVAL);
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 10), -XEN_EINVAL);
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 0), -XEN_EINVAL);
    assert_int_equal(fixture_port(&b, EVTCHNOP_send, 1u << 31), -XEN_EINVAL);
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, 71), 0);
    assert_int_equal(fixture_port(&b, EVTCHNOP_close, 10), -XEN_EINVAL);
    assert_int_equal(fixture_port(&b, EVTCHNOP_close, 256), -XEN_EINVAL);
    assert_int_equal(status_error(DOMID_SELF, 0), -XEN_EINVAL);
    assert_int_equal(status_error(DOMID_SELF, BROKER_PORTS), -XEN_EINVAL);
    assert_int_equal(status_error(b.domain->domid, 9), -XEN_EPERM);
    assert_int_equal(status_error(44, 9), -XEN_ESRCH);
    assert_int_equal(status_of(&a, 200).status, EVTCHNSTAT_closed);
    assert_int_equal(fixture_port(&a, EVTCHNOP_bind_virq, 5), -XEN_ENOSYS);
}

static void a_closed_end_leaves_the_other_unbound(void **state)
{
    (void)state;
    join(70, 9);
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, 70), 0);
    assert_true(fixture_pending(&b, 9));
    assert_int_equal(fixture_port(&b, EVTCHNOP_close, 9), 0);
    assert_false(fixture_pending(&b, 9));
    assert_int_equal(status_of(&b, 9).status, EVTCHNSTAT_closed);
    assert_int_equal(status_of(&a, 70).status, EVTCHNSTAT_unbound);
    assert_int_equal(status_of(&a, 70).u.unbound.dom, b.domain->domid);
    /* To nobody; and then it may be bound again. */
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, 70), 0);
    assert_false(fixture_pending(&b, 9));
    assert_int_equal(fixture_bind(&b, 11, a.domain->domid, 70), 0);
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, 70), 0);
    assert_true(fixture_pending(&b, 11));
}

static void who_goes_leaves_unbound_ports(void **state)
{
    struct guest back = b;

    (void)state;
    join(70, 9);
    fixture_leave(&b);
    assert_int_equal(status_of(&a, 70).status, EVTCHNSTAT_unbound);
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, 70), 0);
    fixture_connect(&back);
    b = back;
    assert_int_equal(fixture_bind(&b, 9, a.domain->domid, 70), -XEN_EPERM);
}

/* Hello again: as if the domain had been restarted. */
static void hello_closes_all_ports(void **state)
{
    struct broker_hello hello = {1, 1, FRAME_GRANTS, 33, 0, 0, 0};

    (void)state;
    join(70, 9);
    assert_int_equal(fixture_hello(&b, &hello), 0);
    assert_int_equal(b.mailbox->ops[0].hello.epoch, 2);
    assert_int_equal(status_of(&b, 9).status, EVTCHNSTAT_closed);
    assert_int_equal(status_of(&b, STORE_PORT).status, EVTCHNSTAT_closed);
    assert_int_equal(status_of(&b, 33).status, EVTCHNSTAT_interdomain);
    assert_int_equal(status_of(&a, 70).status, EVTCHNSTAT_unbound);
}

static void a_domain_may_talk_to_itself(void **state)
{
    (void)state;
    assert_int_equal(fixture_alloc(&a, 70, DOMID_SELF), 0);
    assert_int_equal(fixture_bind(&a, 71, DOMID_SELF, 70), 0);
    take_events(&a);
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, 71), 0);
    assert_true(fixture_pending(&a, 70));
    assert_int_equal(fixture_port(&a, EVTCHNOP_close, 70), 0);
    assert_int_equal(status_of(&a, 71).status, EVTCHNSTAT_unbound);
    assert_int_equal(fixture_bind(&a, 72, a.domain->domid, 72), -XEN_EINVAL);
}

static void the_stores_port_is_one_like_others(void **state)
{
    (void)state;
    assert_int_equal(status_of(&a, STORE_PORT).u.interdomain.dom, 0);
    take_events(&a);
    event_raise_store(a.domain);
    assert_true(fixture_pending(&a, STORE_PORT));
    a.domain->store_due = false;
    assert_int_equal(fixture_port(&a, EVTCHNOP_send, STORE_PORT), 0);
    assert_true(a.domain->store_due);
    assert_int_equal(fixture_port(&a, EVTCHNOP_close, STORE_PORT), 0);
    take_events(&a);
    event_raise_store(a.domain);
    assert_false(fixture_pending(&a, STORE_PORT));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_binds_is_notified_first),
        TEST(a_notification_is_pending_selector_and_one_upcall),
        TEST(a_masked_port_is_pending_only),
        TEST(an_upcall_is_raised_when_there_was_none),
        TEST(wrong_ports_have_xens_errors),
        TEST(a_closed_end_leaves_the_other_unbound),
        TEST(who_goes_leaves_unbound_ports),
        TEST(hello_closes_all_ports),
        TEST(a_domain_may_talk_to_itself),
        TEST(the_stores_port_is_one_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
