/*
 * hv/kvm's client of the broker: batches, how it waits for their answers, what
 * an interrupt does meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cpu.h>
#include <hypercall/hypercall.h>

#include "kvm_model.h"

static int setup(void **state)
{
    (void)state;
    model_start(0);
    return 0;
}

static void list_is_one_batch_with_its_statuses(void **state)
{
    struct gnttab_copy copies[5];

    (void)state;
    model.has_statuses = true;
    model_copies(copies, 5);
    assert_int_equal(hypercall_grant_copy(copies, 5), 0);
    assert_int_equal(model.batches, 1);
    assert_int_equal(model.kicks[BROKER_QUEUE_MAILBOX], 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(model.log[i].copy.source.u.ref, i);
        assert_int_equal(model.log[i].command, GNTTABOP_copy);
        assert_int_equal(copies[i].status, -i - 1);
    }
    assert_int_equal(kvm_counts.hypercalls, 1);
    assert_int_equal(kvm_counts.operations, 5);
    assert_int_equal(hypercall_grant_copy(copies, 0), 0);
    assert_int_equal(model.batches, 1);
}

static void long_list_is_split(void **state)
{
    static struct gnttab_copy copies[BROKER_OPS_MAX + 44];

    (void)state;
    model.has_statuses = true;
    model_copies(copies, BROKER_OPS_MAX + 44);
    assert_int_equal(hypercall_grant_copy(copies, BROKER_OPS_MAX + 44), 0);
    assert_int_equal(model.batches, 2);
    assert_int_equal(model.counts[0], BROKER_OPS_MAX);
    assert_int_equal(model.counts[1], 44);
    for (int i = 0; i < (int)BROKER_OPS_MAX + 44; i++) {
        assert_int_equal(copies[i].status, -i - 1);
    }
}

/* The broker refuses, or answers with what is no answer. */
static void refusal_is_the_hypercalls_answer(void **state)
{
    struct gnttab_copy copies[2];

    (void)state;
    model_copies(copies, 2);
    model.result = -XEN_EPERM;
    assert_int_equal(hypercall_grant_copy(copies, 2), -XEN_EPERM);
    assert_int_equal(copies[0].status, 77);
    assert_int_equal(copies[1].status, 77);
    model.result = 5;
    assert_int_equal(hypercall_grant_copy(copies, 2), -XEN_EIO);
}

static void list_of_calls_is_one_batch_in_order(void **state)
{
    struct gnttab_copy copies[3];
    struct multicall_entry list[4];
    struct evtchn_send send = {.port = model_port()};
    struct evtchn_send nowhere = {.port = 99};

    (void)state;
    model.has_statuses = true;
    model_copies(copies, 3);
    multicall_grant_copy(&list[0], copies, 2);
    multicall_evtchn_send(&list[1], &send);
    multicall_evtchn_send(&list[2], &nowhere);
    multicall_grant_copy(&list[3], copies + 2, 1);
    model.batches = model.logged = 0;
    assert_int_equal(hypercall_multicall(list, 4), 0);
    assert_int_equal(model.batches, 1);
    assert_int_equal(model.counts[0], 4);
    assert_int_equal(model.log[2].command, EVTCHNOP_send);
    assert_int_equal(model.log[2].send.port, send.port);
    assert_int_equal(copies[0].status, -1);
    assert_int_equal(copies[1].status, -2);
    assert_int_equal(copies[2].status, -4);
    assert_int_equal(list[1].result, 0);
    assert_int_equal((long)list[2].result, -XEN_EINVAL);
    assert_int_equal(list[3].result, 0);
}

/* What is not for the broker ends a batch: the order stays. */
static void other_calls_in_a_list_keep_their_place(void **state)
{
    struct gnttab_copy copy;
    struct multicall_entry list[4];
    struct evtchn_send send = {.port = model_port()};
    struct evtchn_close close = {.port = send.port};

    (void)state;
    model_copies(&copy, 1);
    multicall_grant_copy(&list[0], &copy, 1);
    list[1] = (struct multicall_entry){
        .op = __HYPERVISOR_event_channel_op,
        .args = {EVTCHNOP_close, (uint64_t)(uintptr_t)&close}};
    multicall_evtchn_send(&list[2], &send);
    list[3] = (struct multicall_entry){.op = __HYPERVISOR_multicall};
    model.batches = model.logged = 0;
    assert_int_equal(hypercall_multicall(list, 4), 0);
    assert_int_equal(model.batches, 2);
    assert_int_equal(model.log[1].command, EVTCHNOP_close);
    assert_int_equal(list[1].result, 0);
    assert_int_equal((long)list[2].result, -XEN_EINVAL); /* it was closed */
    assert_int_equal((long)list[3].result, -XEN_ENOSYS);
}

static void polling_broker_is_not_kicked(void **state)
{
    struct gnttab_copy copy;

    (void)state;
    model_start(1000);
    model_copies(&copy, 1);
    kvm_mailbox.box.polling = 1;
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(model.kicks[BROKER_QUEUE_MAILBOX], 0);
    assert_int_equal(model.halts, 1);
}

/* --- waiting --- */

static void make_pending(void)
{
    kvm_shared.events.evtchn_mask[0] = 0;
    kvm_event_set(9);
}

static void halts_until_answered_and_delivers_afterwards(void **state)
{
    struct gnttab_copy copy;

    (void)state;
    model.answers_at_once = false;
    model_copies(&copy, 1);
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(model.halts, 1);
    assert_int_equal(model.pauses, 0);
    assert_int_equal(kvm_mailbox.box.want_call, 0);
    assert_int_equal(model.interrupts, 1);
    assert_int_equal(model.self_interrupts, 0); /* nothing waits */
    assert_true(model.wakes > 0);
    model.at_interrupt = make_pending;
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(model.self_interrupts, 1);
    assert_true(kvm_upcall_pending());
}

static void take_long(void)
{
    fake_tsc += 1000000;
}

static void waiting_is_counted_but_not_what_an_interrupt_does(void **state)
{
    struct gnttab_copy copy;

    (void)state;
    model.answers_at_once = false;
    model.halt_us = 50;
    model.at_interrupt = take_long;
    model_copies(&copy, 1);
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(model.halts, 1);
    assert_in_range(kvm_counts.wait_ticks, kvm_ticks(50000),
                    kvm_ticks(50000) + 100);
}

static uint32_t silent_halts;

static void come_back(void)
{
    if (++silent_halts == 50) {
        model.is_dead = false;
    }
}

static void silence_is_told_once_and_waited_for(void **state)
{
    struct gnttab_copy copy;
    const char *first;

    (void)state;
    silent_halts = 0;
    model.answers_at_once = false;
    model.is_dead = true;
    model.at_interrupt = come_back;
    model_copies(&copy, 1);
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(model.halts, 50);
    first = strstr(model.said, "has not answered");
    assert_non_null(first);
    assert_null(strstr(first + 1, "has not answered"));
}

/* As hello does: a broker that never answered is of no use. */
static void who_gives_up_closes_the_mailbox(void **state)
{
    long result = 0;
    struct kvm_sink sink = {.result = &result, .copies = NULL};
    struct gnttab_copy copy;
    uint32_t one = 1;
    uint32_t port = 77;

    (void)state;
    model.answers_at_once = false;
    model.is_dead = true;
    memset(kvm_mailbox_add(&one, &sink), 0, sizeof(struct broker_op));
    assert_false(kvm_mailbox_flush_within(10000000000ull));
    assert_in_range(model.halts, 20, 30);
    assert_int_equal(result, 0);
    model_copies(&copy, 1);
    assert_int_equal(hypercall_grant_copy(&copy, 1), -XEN_ENOSYS);
    assert_int_equal(hypercall_evtchn_alloc_unbound(3, &port), -XEN_ENOSYS);
    assert_int_equal(port, 77);
    assert_int_equal(kvm_counts.hypercalls, 1);
}

static uint32_t pauses_of_one_call(void)
{
    struct gnttab_copy copy;
    uint32_t before = model.pauses;

    model_copies(&copy, 1);
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    return model.pauses - before;
}

static void spinning_grows_and_shrinks_with_the_answers(void **state)
{
    uint32_t last;
    uint32_t now;

    (void)state;
    model_start(1000);
    model.answers_at_once = false;
    model.halt_us = 50;
    assert_int_equal(pauses_of_one_call(), 0);
    last = pauses_of_one_call();
    assert_true(last > 0);
    now = pauses_of_one_call();
    assert_in_range(now, last + last / 2, 3 * last);
    /* A spin that ends in an answer is long enough. */
    model.pauses = model.halts = 0;
    model.answer_after = 1;
    for (int i = 0; i < 5; i++) {
        model.pauses = 0;
        assert_int_equal(pauses_of_one_call(), 1);
    }
    assert_int_equal(model.halts, 0);
    model.answer_after = UINT32_MAX;
    model.halt_us = 5000;
    model.batches = 0;
    last = pauses_of_one_call();
    assert_true(last > now);
    now = pauses_of_one_call();
    assert_true(now < last);
    while (now > 0) {
        model.batches = 0;
        last = now;
        now = pauses_of_one_call();
        assert_true(now < last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(list_is_one_batch_with_its_statuses, setup),
        cmocka_unit_test_setup(long_list_is_split, setup),
        cmocka_unit_test_setup(refusal_is_the_hypercalls_answer, setup),
        cmocka_unit_test_setup(list_of_calls_is_one_batch_in_order, setup),
        cmocka_unit_test_setup(other_calls_in_a_list_keep_their_place, setup),
        cmocka_unit_test_setup(polling_broker_is_not_kicked, setup),
        cmocka_unit_test_setup(halts_until_answered_and_delivers_afterwards,
                               setup),
        cmocka_unit_test_setup(
            waiting_is_counted_but_not_what_an_interrupt_does, setup),
        cmocka_unit_test_setup(silence_is_told_once_and_waited_for, setup),
        cmocka_unit_test_setup(who_gives_up_closes_the_mailbox, setup),
        cmocka_unit_test_setup(spinning_grows_and_shrinks_with_the_answers,
                               setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
