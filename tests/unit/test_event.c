/*
 * The event core over hv/fake: order, masks, acknowledgement, and above all the
 * events that could get lost.
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
#include <boot/klog.h>
#include <event/event.h>
#include <hv/fake/fake.h>
#include <kassert.h>

#define SEEN_MAX 512
#define LINE     5u

static uint32_t seen[SEEN_MAX];
static uint32_t seen_count;
/* What the next call of (on_event) does, and how often. */
static void (*act)(uint32_t port);
static uint32_t act_times;

void kassert_failed(const char *file, int line, const char *what)
{
    fail_msg("%s:%d: %s", file, line, what);
    abort();
}

static void on_event(void *arg, uint32_t port)
{
    assert_ptr_equal(arg, &seen_count);
    assert_true(seen_count < SEEN_MAX);
    seen[seen_count++] = port;
    if (act_times > 0) {
        act_times--;
        act(port);
    }
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    event_init(&fake_hv.shared);
    seen_count = 0;
    act_times = 0;
    return 0;
}

static uint32_t bind_virq(uint32_t virq)
{
    uint32_t port = 0;

    assert_int_equal(event_bind_virq(virq, on_event, &seen_count, &port), 0);
    return port;
}

static uint32_t bind_pirq(uint32_t pirq)
{
    uint32_t port = 0;

    assert_int_equal(event_bind_pirq(pirq, on_event, &seen_count, &port), 0);
    return port;
}

static bool is_masked(uint32_t port)
{
    return fake_hv.shared.evtchn_mask[port / 64] >> port % 64 & 1;
}

static void event_reaches_its_function_once(void **state)
{
    uint32_t port = bind_virq(VIRQ_TIMER);

    (void)state;
    event_upcall();
    assert_int_equal(seen_count, 0);
    fake_virq_raise(VIRQ_TIMER);
    assert_true(event_is_pending());
    event_upcall();
    event_upcall();
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0], port);
    assert_int_equal(event_count(port), 1);
    assert_false(event_is_pending());
}

static void ports_are_served_in_order(void **state)
{
    uint32_t ports[130];

    (void)state;
    for (uint32_t i = 0; i < 130; i++) {
        ports[i] = bind_virq(i);
    }
    for (uint32_t i = 130; i-- > 0;) {
        fake_virq_raise(i);
    }
    event_upcall();
    assert_int_equal(seen_count, 130);
    for (uint32_t i = 0; i < 130; i++) {
        assert_int_equal(seen[i], ports[i]);
    }
}

static void raise_again(uint32_t port)
{
    fake_port_set(port);
}

/* Were the bit cleared after the function, this event would be lost. */
static void event_during_its_function_is_not_lost(void **state)
{
    (void)state;
    (void)bind_virq(VIRQ_TIMER);
    act = raise_again;
    act_times = 1;
    fake_virq_raise(VIRQ_TIMER);
    event_upcall();
    assert_int_equal(seen_count, 2);
}

static void raise_first(uint32_t port)
{
    (void)port;
    fake_virq_raise(0);
}

/* The word was scanned already when a lower port of it becomes pending. */
static void event_behind_the_scan_is_not_lost(void **state)
{
    uint32_t first = bind_virq(0);
    uint32_t second = bind_virq(1);

    (void)state;
    act = raise_first;
    act_times = 1;
    fake_virq_raise(1);
    event_upcall();
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[0], second);
    assert_int_equal(seen[1], first);
}

static void endless_source_does_not_hold_the_kernel(void **state)
{
    (void)state;
    (void)bind_virq(VIRQ_TIMER);
    act = raise_again;
    act_times = UINT32_MAX;
    fake_virq_raise(VIRQ_TIMER);
    event_upcall();
    assert_in_range(seen_count, 1, 100);
    assert_true(event_is_pending());
    act_times = 0;
    seen_count = 0;
    event_upcall();
    assert_int_equal(seen_count, 1);
}

static void masked_event_waits_for_unmasking(void **state)
{
    uint32_t port = bind_virq(VIRQ_TIMER);

    (void)state;
    event_mask(port);
    fake_virq_raise(VIRQ_TIMER);
    fake_virq_raise(VIRQ_TIMER);
    event_upcall();
    assert_int_equal(seen_count, 0);
    event_unmask(port);
    event_upcall();
    assert_int_equal(seen_count, 1);
}

static void interrupt_is_masked_until_acknowledged(void **state)
{
    uint32_t port = bind_pirq(LINE);

    (void)state;
    assert_true(is_masked(port));
    event_unmask(port);
    fake_pirq_raise(LINE);
    event_upcall();
    assert_int_equal(seen_count, 1);
    assert_true(is_masked(port));
    fake_pirq_raise(LINE); /* an edge while masked */
    event_upcall();
    assert_int_equal(seen_count, 1);
    event_unmask(port);
    event_upcall();
    assert_int_equal(seen_count, 2);
    assert_int_equal(fake_hv.pirqs[LINE].eoi_count, 0);
}

static void level_line_is_acknowledged_and_comes_again(void **state)
{
    uint32_t port;

    (void)state;
    fake_hv.pirqs[LINE].level = true;
    port = bind_pirq(LINE);
    event_unmask(port);
    fake_pirq_raise(LINE);
    event_upcall();
    assert_int_equal(seen_count, 1);
    event_unmask(port); /* the device still wants service */
    event_upcall();
    assert_int_equal(seen_count, 2);
    fake_pirq_drop(LINE);
    event_unmask(port);
    event_upcall();
    assert_int_equal(seen_count, 2);
    assert_int_equal(fake_hv.pirqs[LINE].eoi_count, 3);
}

static uint32_t victim;

static void close_victim(uint32_t port)
{
    (void)port;
    event_close(victim);
}

static void closed_port_is_not_served(void **state)
{
    (void)state;
    (void)bind_virq(0);
    victim = bind_virq(1);
    act = close_victim;
    act_times = 1;
    fake_virq_raise(0);
    fake_virq_raise(1);
    event_upcall();
    assert_int_equal(seen_count, 1);
    assert_int_equal(fake_port_count(), 1);
    assert_int_equal(event_count(victim), 0);
}

/* Nobody asked for it, so it is masked rather than looked at for ever. */
static void port_nobody_bound_is_masked(void **state)
{
    (void)state;
    fake_hv.shared.evtchn_mask[0] &= ~(1ul << 9);
    fake_port_set(9);
    event_upcall();
    assert_int_equal(seen_count, 0);
    assert_true(is_masked(9));
    assert_false(event_is_pending());
}

static void selector_of_foreign_ports_is_ignored(void **state)
{
    (void)state;
    fake_hv.shared.evtchn_pending[63] = ~0ul;
    fake_hv.shared.vcpu_info[0].evtchn_pending_sel = 1ul << 63;
    fake_hv.shared.vcpu_info[0].evtchn_upcall_pending = 1;
    event_upcall();
    assert_int_equal(seen_count, 0);
    assert_false(event_is_pending());
}

static void source_binds_once(void **state)
{
    uint32_t port = 77;

    (void)state;
    (void)bind_virq(VIRQ_TIMER);
    (void)bind_pirq(LINE);
    assert_int_equal(event_bind_virq(VIRQ_TIMER, on_event, &seen_count, &port),
                     NU_BUSY);
    assert_int_equal(event_bind_pirq(LINE, on_event, &seen_count, &port),
                     NU_BUSY);
    assert_int_equal(event_bind_pirq(FAKE_PIRQS, on_event, NULL, &port),
                     NU_INVAL);
    assert_int_equal(port, 77);
}

static void port_beyond_the_table_is_given_back(void **state)
{
    uint32_t port = 77;

    (void)state;
    fake_hv.first_port = EVENT_PORTS;
    assert_int_equal(event_bind_virq(0, on_event, NULL, &port), NU_NOMEM);
    assert_int_equal(event_bind_pirq(LINE, on_event, NULL, &port), NU_NOMEM);
    assert_int_equal(fake_port_count(), 0);
    assert_int_equal(port, 77);
}

/* Every hypercall of a binding fails in turn: it works, or nothing is left. */
static void failure_leaves_nothing_bound(void **state)
{
    uint64_t n;

    for (n = 1; n < 10; n++) {
        uint32_t port = 77;
        int rc;

        setup(state);
        fake_fail_nth(n, -XEN_ENOSPC);
        rc = event_bind_pirq(LINE, on_event, &seen_count, &port);
        if (!fake_failed()) {
            assert_int_equal(rc, 0);
            break;
        }
        if (rc != 0) {
            assert_int_equal(rc, NU_NOMEM);
            assert_int_equal(port, 77);
            assert_int_equal(fake_port_count(), 0);
        } else {
            assert_int_equal(fake_port_count(), 1);
        }
    }
    assert_in_range(n, 2, 9);
}

static void log_lines_have_prefix_level_and_limit(void **state)
{
    char longer[600];

    (void)state;
    klog(KLOG_DEBUG, "not now");
    assert_int_equal(fake_hv.console_bytes, 0);
    klog(KLOG_INFO, "%s %d", "one", 1);
    assert_string_equal(fake_hv.console, "nuncio: one 1\n");
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    fake_reset();
    klog(KLOG_ERROR, "%s", longer);
    assert_int_equal(fake_hv.console_bytes, 399);
    assert_int_equal(fake_hv.console[398], '\n');
    fake_reset();
    event_init(&fake_hv.shared);
    (void)bind_virq(VIRQ_TIMER);
    event_dump();
    assert_non_null(strstr(fake_hv.console, "virq 0, count 0,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(event_reaches_its_function_once, setup),
        cmocka_unit_test_setup(ports_are_served_in_order, setup),
        cmocka_unit_test_setup(event_during_its_function_is_not_lost, setup),
        cmocka_unit_test_setup(event_behind_the_scan_is_not_lost, setup),
        cmocka_unit_test_setup(endless_source_does_not_hold_the_kernel, setup),
        cmocka_unit_test_setup(masked_event_waits_for_unmasking, setup),
        cmocka_unit_test_setup(interrupt_is_masked_until_acknowledged, setup),
        cmocka_unit_test_setup(level_line_is_acknowledged_and_comes_again,
                               setup),
        cmocka_unit_test_setup(closed_port_is_not_served, setup),
        cmocka_unit_test_setup(port_nobody_bound_is_masked, setup),
        cmocka_unit_test_setup(selector_of_foreign_ports_is_ignored, setup),
        cmocka_unit_test_setup(source_binds_once, setup),
        cmocka_unit_test_setup(port_beyond_the_table_is_given_back, setup),
        cmocka_unit_test_setup(failure_leaves_nothing_bound, setup),
        cmocka_unit_test_setup(log_lines_have_prefix_level_and_limit, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
