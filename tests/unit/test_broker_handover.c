/*
 * The hand-over of batches between two threads that run at the same time: the
 * broker polls and sleeps, the guest spins and sleeps, each whenever it likes.
 * A kick or an interrupt that is lost is a thread that sleeps for good, and
 * what one wrote is there when the other one looks. Run by ThreadSanitizer.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <hypercall/broker_abi.h>

#include "hv/broker/handover.h"

#define BATCHES     30000u
#define PATIENCE_MS 10000

static struct broker_mailbox mailbox;
static int kick;
static int call;
static atomic_bool over;
/* Of both threads: how often each path was taken. */
static unsigned kicks;
static unsigned unkicked;
static unsigned calls;
static unsigned uncalled;
static unsigned rescued;

static void fail(const char *what)
{
    (void)fprintf(stderr, "%s (request %u, done %u, polling %u)\n", what,
                  mailbox.request, mailbox.done, mailbox.polling);
    _exit(1);
}

static void wait_for(int file, const char *who)
{
    struct pollfd wait = {.fd = file, .events = POLLIN};
    uint64_t count;

    if (poll(&wait, 1, PATIENCE_MS) != 1)
        fail(who);
    if (read(file, &count, sizeof(count)) != sizeof(count))
        fail("eventfd");
}

static void raise_file(int file)
{
    static const uint64_t one = 1;

    if (write(file, &one, sizeof(one)) != sizeof(one))
        fail("eventfd");
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void pin_to(unsigned processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/* Serves what is there; false: nothing. */
static bool serve(uint32_t *done)
{
    uint32_t request;

    if (!handover_take(&mailbox, *done, &request))
        return false;
    if (request != *done + 1)
        fail("a batch was left out");
    mailbox.ops[0].result = (int32_t)(mailbox.ops[0].command + request);
    *done = request;
    if (handover_finish(&mailbox, request)) {
        calls++;
        raise_file(call);
    } else {
        uncalled++;
    }
    return true;
}

static void *broker_thread(void *unused)
{
    unsigned seed = 1;
    uint32_t done = 0;

    (void)unused;
    pin_to(0);
    while (!atomic_load(&over)) {
        if (serve(&done)) {
            unsigned window = next_random(&seed) % 200;

            if (window < 100)
                continue;
            handover_poll(&mailbox);
            for (unsigned i = 0; i < window && !serve(&done); i++)
                ;
            if (handover_sleep(&mailbox, done)) {
                rescued++;
                continue;
            }
        }
        wait_for(kick, "the broker sleeps for good");
    }
    return NULL;
}

/* One hypercall, as hv/kvm makes it. */
static void call_broker(uint32_t request, unsigned *seed)
{
    unsigned spins = next_random(seed) % 300;

    mailbox.ops[0].command = (uint16_t)request;
    mailbox.ops[0].result = -1;
    __atomic_store_n(&mailbox.count, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&mailbox.want_call, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&mailbox.request, request, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&mailbox.polling, __ATOMIC_SEQ_CST) == 0) {
        kicks++;
        raise_file(kick);
    } else {
        unkicked++;
    }
    for (unsigned i = 0; i < spins; i++) {
        if (__atomic_load_n(&mailbox.done, __ATOMIC_ACQUIRE) == request)
            return;
    }
    __atomic_store_n(&mailbox.want_call, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&mailbox.done, __ATOMIC_SEQ_CST) != request)
        wait_for(call, "the guest sleeps for good");
}

static void *guest_thread(void *unused)
{
    unsigned seed = 7;

    (void)unused;
    pin_to(1);
    for (uint32_t request = 1; request <= BATCHES; request++) {
        call_broker(request, &seed);
        if (mailbox.ops[0].result != (int32_t)((uint16_t)request + request))
            fail("the answer is not there");
    }
    atomic_store(&over, true);
    raise_file(kick);
    return NULL;
}

int main(void)
{
    pthread_t broker;
    pthread_t guest;
    bool is_all;

    kick = eventfd(0, EFD_CLOEXEC);
    call = eventfd(0, EFD_CLOEXEC);
    if (pthread_create(&broker, NULL, broker_thread, NULL) != 0 ||
        pthread_create(&guest, NULL, guest_thread, NULL) != 0)
        return 1;
    pthread_join(broker, NULL);
    pthread_join(guest, NULL);
    printf("%u batches: %u kicks, %u without; %u interrupts, %u without; %u "
           "seen at the last moment\n",
           BATCHES, kicks, unkicked, calls, uncalled, rescued);
    /* All the paths were taken, or nothing was tried. */
    is_all = kicks > 0 && unkicked > 0 && calls > 0 && uncalled > 0;
    printf("1..1\n%s 1 - no_wake_up_is_lost\n", is_all ? "ok" : "not ok");
    return is_all ? 0 : 1;
}
