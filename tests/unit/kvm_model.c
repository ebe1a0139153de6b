/*
 * kvm_model.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kvm_model.h"

#include <sched.h>

#include <cpu.h>
#include <hypercall/hypercall.h>
#include <hypercall_call.h>

#define TICKS_PER_US 10u
#define VECTOR       0x55u

uint64_t fake_tsc;
struct kvm_model model;

static void serve(void)
{
    struct broker_mailbox *box = &kvm_mailbox.box;

    if (model.is_dead || box->request == model.served) {
        return;
    }
    assert_int_equal(box->request, model.served + 1);
    assert_in_range(box->count, 1, BROKER_OPS_MAX);
    assert_true(model.batches < 8);
    model.counts[model.batches++] = box->count;
    for (uint32_t i = 0; i < box->count; i++) {
        struct broker_op *op = &box->ops[i];

        assert_true(model.logged < MODEL_LOG_MAX);
        model.log[model.logged++] = *op;
        op->result = model.result;
        if (op->hypercall == __HYPERVISOR_grant_table_op &&
            model.has_statuses) {
            op->copy.status = (int16_t) - (int)model.logged;
        }
    }
    model.served = box->request;
    box->done = box->request;
}

/* What the rest of hv/kvm and the processor would do. */
void kvm_device_kick(uint32_t queue)
{
    model.kicks[queue]++;
    if (model.is_threaded) {
        model.thread_kick();
        return;
    }
    if (model.answers_at_once) {
        serve();
    }
}

void cpu_pause(void)
{
    if (model.is_threaded) {
        (void)sched_yield();
        return;
    }
    model.pauses++;
    if (model.pauses >= model.answer_after) {
        serve();
    }
}

static void take(uint32_t vector)
{
    assert_int_equal(vector, VECTOR);
    model.interrupts++;
    if (model.at_interrupt != NULL) {
        model.at_interrupt();
    }
}

void cpu_wait_vector(void (*taken)(uint32_t vector))
{
    model.halts++;
    if (model.is_threaded) {
        model.thread_wait();
        taken(VECTOR);
        return;
    }
    fake_tsc += model.halt_us * TICKS_PER_US;
    assert_int_equal(kvm_mailbox.box.want_call, 1);
    assert_true(model.halts < 1000);
    taken(VECTOR);
    serve();
}

void kvm_lapic_self(uint8_t vector)
{
    assert_int_equal(vector, KVM_VECTOR_UPCALL);
    model.self_interrupts++;
}

void kvm_timer_wake_within(uint64_t ns)
{
    assert_true(ns <= 1000000000ull);
    model.wakes++;
}

uint64_t kvm_ticks(uint64_t ns)
{
    return ns * TICKS_PER_US / 1000;
}

bool kvm_is_emulated(void)
{
    return true;
}

long kvm_console_io(uint64_t command, uint64_t count, uint64_t text)
{
    assert_int_equal(command, CONSOLEIO_write);
    strncat(model.said, (const char *)(uintptr_t)text, count);
    return 0;
}

int kvm_pirq_bind(uint32_t number, uint32_t port)
{
    (void)number;
    (void)port;
    return 0;
}

void kvm_pirq_unbind(uint32_t number)
{
    (void)number;
}

long hypercall_call(unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case __HYPERVISOR_grant_table_op:
        return kvm_grant_table_op(a, b, c);
    case __HYPERVISOR_event_channel_op:
        return kvm_event_channel_op(a, b);
    case __HYPERVISOR_multicall:
        return kvm_multicall(a, b);
    default:
        return -XEN_ENOSYS;
    }
}

void model_start(uint32_t poll_us)
{
    memset(&model, 0, sizeof(model));
    memset(&kvm_mailbox, 0, sizeof(kvm_mailbox));
    memset(&kvm_counts, 0, sizeof(kvm_counts));
    memset(&kvm_shared, 0, sizeof(kvm_shared));
    model.answers_at_once = true;
    model.answer_after = UINT32_MAX;
    model.halt_us = 400000;
    kvm_options.has_poll = true;
    kvm_options.poll_us = poll_us;
    kvm_event_init();
    kvm_mailbox_init(take);
    kvm_mailbox_open();
}

void model_copies(struct gnttab_copy *copies, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = (struct gnttab_copy){.source = {.u.ref = i, .domid = 3},
                                         .dest = {.domid = DOMID_SELF},
                                         .len = 8,
                                         .flags = GNTCOPY_source_gref,
                                         .status = 77};
    }
}

uint32_t model_port(void)
{
    uint32_t port = 0;

    assert_int_equal(hypercall_evtchn_alloc_unbound(3, &port), 0);
    return port;
}
