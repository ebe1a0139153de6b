/*
 * The order of the hand-over, on the processor itself: of two who both write
 * and then look, one must see the other. The two threads meet at the critical
 * moment again and again, so that a store that is still in a processor's buffer
 * when the next load is done shows. (ThreadSanitizer, which runs the protocol
 * as a whole, orders more than the processor does.)
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <hypercall/broker_abi.h>

#include "hv/broker/handover.h"

#define MEETINGS 300000u
#define PATIENCE 1000 /* spins before the processor is given away */

static struct broker_mailbox mailbox;
static uint32_t here[2][16]; /* a line each: how many meetings it has come to */
/* What each saw in the meeting. */
static bool broker_saw;
static bool guest_saw;
static unsigned both;

static void pin_to(unsigned processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void meet(int me, uint32_t meeting)
{
    __atomic_store_n(&here[me][0], meeting, __ATOMIC_SEQ_CST);
    for (int i = 0; __atomic_load_n(&here[!me][0], __ATOMIC_SEQ_CST) < meeting;
         i++) {
        if (i > PATIENCE)
            sched_yield();
    }
}

/* One comes a little later, each time another little. */
static void dawdle(uint32_t spins)
{
    while (spins-- > 0)
        __asm__ volatile("" ::: "memory");
}

/* Goes to sleep while the guest asks. */
static void *sleeping_broker(void *unused)
{
    (void)unused;
    pin_to(0);
    for (uint32_t i = 0; i < MEETINGS; i++) {
        handover_poll(&mailbox);
        meet(0, 3 * i + 1);
        dawdle(i % 16);
        broker_saw = handover_sleep(&mailbox, i);
        meet(0, 3 * i + 2);
        meet(0, 3 * i + 3);
    }
    return NULL;
}

static void asking_guest(void)
{
    for (uint32_t i = 0; i < MEETINGS; i++) {
        meet(1, 3 * i + 1);
        dawdle(i / 16 % 16);
        __atomic_store_n(&mailbox.request, i + 1, __ATOMIC_SEQ_CST);
        guest_saw = __atomic_load_n(&mailbox.polling, __ATOMIC_SEQ_CST) == 0;
        meet(1, 3 * i + 2);
        if (!broker_saw && !guest_saw) {
            (void)fprintf(stderr, "meeting %u: nobody kicks, nobody looks\n",
                          i);
            _exit(1);
        }
        both += broker_saw && guest_saw;
        meet(1, 3 * i + 3);
    }
}

/* Answers while the guest goes to sleep. */
static void *answering_broker(void *unused)
{
    (void)unused;
    pin_to(0);
    for (uint32_t i = 0; i < MEETINGS; i++) {
        meet(0, 3 * i + 1);
        dawdle(i % 16);
        broker_saw = handover_finish(&mailbox, i + 1);
        meet(0, 3 * i + 2);
        meet(0, 3 * i + 3);
    }
    return NULL;
}

static void sleeping_guest(void)
{
    for (uint32_t i = 0; i < MEETINGS; i++) {
        __atomic_store_n(&mailbox.want_call, 0, __ATOMIC_SEQ_CST);
        meet(1, 3 * i + 1);
        dawdle(i / 16 % 16);
        __atomic_store_n(&mailbox.want_call, 1, __ATOMIC_SEQ_CST);
        guest_saw = __atomic_load_n(&mailbox.done, __ATOMIC_SEQ_CST) == i + 1;
        meet(1, 3 * i + 2);
        if (!broker_saw && !guest_saw) {
            (void)fprintf(stderr, "meeting %u: nobody calls, nobody looks\n",
                          i);
            _exit(1);
        }
        both += broker_saw && guest_saw;
        meet(1, 3 * i + 3);
    }
}

static void run(void *(*broker)(void *), void (*guest)(void))
{
    pthread_t thread;

    here[0][0] = here[1][0] = 0;
    if (pthread_create(&thread, NULL, broker, NULL) != 0)
        _exit(1);
    pin_to(1);
    guest();
    pthread_join(thread, NULL);
}

int main(void)
{
    run(sleeping_broker, asking_guest);
    run(answering_broker, sleeping_guest);
    printf("2 x %u meetings, in %u both saw the other\n", MEETINGS, both);
    printf("1..1\n%s 1 - nobody_misses_the_other\n",
           both > 0 ? "ok" : "not ok");
    return both > 0 ? 0 : 1;
}
