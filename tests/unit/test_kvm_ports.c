/*
 * hv/kvm's half of the ports between domains; and its hand-over to the broker
 * with one that is a thread, where a kick or an interrupt might get lost.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <hypercall/hypercall.h>

#include "kvm_model.h"

static int setup(void **state)
{
    (void)state;
    model_start(0);
    return 0;
}

/* --- ports --- */

static void broker_is_told_the_port_we_chose(void **state)
{
    uint32_t first = model_port();
    uint32_t port = 77;
    struct evtchn_status status = {.dom = DOMID_SELF, .port = first};

    (void)state;
    assert_int_equal(model.log[0].alloc.port, first);
    assert_int_equal(model.log[0].alloc.dom, DOMID_SELF);
    assert_int_equal(model.log[0].alloc.remote_dom, 3);
    assert_int_equal(hypercall_evtchn_bind_interdomain(4, 5, &port), 0);
    assert_int_not_equal(port, first);
    assert_int_equal(model.log[1].bind.local_port, port);
    assert_int_equal(model.log[1].bind.remote_dom, 4);
    assert_int_equal(model.log[1].bind.remote_port, 5);
    assert_int_equal(hypercall_evtchn_status(&status), 0);
    assert_int_equal(model.log[2].status.port, first);
    assert_int_equal(hypercall_evtchn_close(first), 0);
    assert_int_equal(model.log[3].close.port, first);
    assert_int_equal(hypercall_evtchn_send(first), -XEN_EINVAL);
    assert_int_equal(hypercall_evtchn_close(first), -XEN_EINVAL);
    assert_int_equal(model_port(), first);
}

static void refused_port_is_free_and_not_pending(void **state)
{
    uint32_t first = model_port();
    uint32_t port = 77;

    (void)state;
    assert_int_equal(hypercall_evtchn_close(first), 0);
    kvm_event_set(first);
    model.result = -XEN_ESRCH;
    assert_int_equal(hypercall_evtchn_bind_interdomain(4, 5, &port),
                     -XEN_ESRCH);
    assert_int_equal(port, 77);
    model.result = 0;
    assert_int_equal(model_port(), first);
    assert_int_equal(kvm_shared.events.evtchn_pending[0] >> first & 1, 0);
}

static void unmasking_what_is_pending_interrupts_ourselves(void **state)
{
    uint32_t port = model_port();

    (void)state;
    assert_int_equal(hypercall_evtchn_unmask(port), 0);
    assert_int_equal(model.self_interrupts, 0);
    kvm_shared.events.evtchn_mask[0] = ~0ul;
    kvm_event_set(port);
    assert_false(kvm_upcall_pending());
    assert_int_equal(hypercall_evtchn_unmask(port), 0);
    assert_true(kvm_upcall_pending());
    assert_int_equal(model.self_interrupts, 1);
}

static void stores_port_rings_the_other_bell(void **state)
{
    uint32_t port = kvm_event_take_store();

    (void)state;
    kvm_has_broker = true;
    assert_int_equal(hypercall_evtchn_send(port), 0);
    assert_int_equal(model.kicks[BROKER_QUEUE_EVENTS], 1);
    assert_int_equal(kvm_counts.hypercalls, 0);
    assert_int_equal(hypercall_evtchn_close(port), -XEN_EINVAL);
    kvm_has_broker = false;
    hv_store_notify();
    assert_int_equal(model.kicks[BROKER_QUEUE_EVENTS], 1);
}

/* --- two threads --- */

#define ROUNDS 20000u

static sem_t kick;
static sem_t upcall;

static void ring(void)
{
    (void)sem_post(&kick);
}

static void wait_for_interrupt(void)
{
    struct timespec end;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    while (sem_timedwait(&upcall, &end) != 0) {
        if (errno == ETIMEDOUT) {
            fail_msg("an interrupt got lost");
        }
    }
}

static volatile bool is_over;

/* Recipe of broker_abi.h, the broker's side. */
static void *broker_thread(void *arg)
{
    struct broker_mailbox *box = &kvm_mailbox.box;
    unsigned seed = 1;
    uint32_t served = 0;

    while (!is_over) {
        bool has_work = false;

        __atomic_store_n(&box->polling, 1, __ATOMIC_SEQ_CST);
        for (int spins = rand_r(&seed) % 40; spins >= 0 && !has_work; spins--) {
            has_work =
                __atomic_load_n(&box->request, __ATOMIC_SEQ_CST) != served;
        }
        __atomic_store_n(&box->polling, 0, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&box->request, __ATOMIC_SEQ_CST) == served) {
            (void)sem_wait(&kick);
            continue;
        }
        served = __atomic_load_n(&box->request, __ATOMIC_SEQ_CST);
        for (uint32_t i = 0; i < box->count; i++) {
            box->ops[i].result = 0;
            box->ops[i].copy.status = (int16_t)(served % 1000);
        }
        __atomic_store_n(&box->done, served, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&box->want_call, __ATOMIC_SEQ_CST)) {
            (void)sem_post(&upcall);
        }
    }
    return arg;
}

static void no_kick_and_no_interrupt_is_lost(void **state)
{
    pthread_t thread;
    uint32_t polls[] = {0, 1, 100};

    (void)state;
    for (unsigned p = 0; p < 3; p++) {
        model_start(polls[p]);
        assert_int_equal(sem_init(&kick, 0, 0), 0);
        assert_int_equal(sem_init(&upcall, 0, 0), 0);
        is_over = false;
        model.is_threaded = true;
        model.thread_kick = ring;
        model.thread_wait = wait_for_interrupt;
        assert_int_equal(pthread_create(&thread, NULL, broker_thread, NULL), 0);
        for (uint32_t i = 1; i <= ROUNDS / 3; i++) {
            struct gnttab_copy copies[3];

            model_copies(copies, 3);
            assert_int_equal(hypercall_grant_copy(copies, 1 + i % 3), 0);
            assert_int_equal(copies[i % 3].status, i % 1000);
        }
        is_over = true;
        (void)sem_post(&kick);
        assert_int_equal(pthread_join(thread, NULL), 0);
        model.is_threaded = false;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(broker_is_told_the_port_we_chose, setup),
        cmocka_unit_test_setup(refused_port_is_free_and_not_pending, setup),
        cmocka_unit_test_setup(unmasking_what_is_pending_interrupts_ourselves,
                               setup),
        cmocka_unit_test_setup(stores_port_rings_the_other_bell, setup),
        cmocka_unit_test_setup(no_kick_and_no_interrupt_is_lost, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
