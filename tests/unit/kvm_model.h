/*
 * What hv/kvm's client of the broker stands on, for tests on the build machine:
 * a broker that a test steps, the device's bells, the processor's halt.
 */
#ifndef NUNCIO_TESTS_KVM_MODEL_H
#define NUNCIO_TESTS_KVM_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <hv/kvm/kvm_internal.h>

#define MODEL_LOG_MAX 600u

/* What the broker saw, and what it does. */
struct kvm_model {
    uint32_t served; /* number of the last request */
    uint32_t batches;
    uint32_t counts[8]; /* operations in each */
    struct broker_op log[MODEL_LOG_MAX];
    uint32_t logged;
    int32_t result; /* of every operation */
    bool has_statuses; /* those of copies count from -1 downwards */
    uint32_t
        answer_after; /* pauses of a spin; UINT32_MAX: not while it spins */
    bool answers_at_once; /* when it is kicked */
    bool is_dead;
    /* What we did. */
    uint32_t kicks[BROKER_QUEUES];
    uint32_t pauses;
    uint32_t halts;
    uint64_t halt_us; /* how long each takes */
    uint32_t interrupts; /* one comes with each halt */
    uint32_t self_interrupts;
    uint32_t wakes; /* kvm_timer_wake_within() */
    void (*at_interrupt)(void);
    char said[256];
    /* Not stepped: a thread of the test's, told and heard by these. */
    bool is_threaded;
    void (*thread_kick)(void);
    void (*thread_wait)(void);
};
extern struct kvm_model model;

/* Everything anew; hypercalls spin for (poll_us) at most. */
void model_start(uint32_t poll_us);

void model_copies(struct gnttab_copy *copies, uint32_t count);
/* A port for domain 3. */
uint32_t model_port(void);

#endif /* NUNCIO_TESTS_KVM_MODEL_H */
