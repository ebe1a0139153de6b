/*
 * Nanoseconds for one hand-over through a link's ring, between two threads that
 * are bound to a processor each: the record is written, the other thread sees its
 * entry, copies it and writes back. The median of many short runs, for the
 * machine has other work too.
 */
#include "ring_pair.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS     2001
#define PER_RUN  20 /* round trips, two hand-overs each */
#define MAX_SIZE LINK_SLOT_BYTES

static struct pair_ring there;
static struct pair_ring back;
static const uint32_t sizes[] = {64, 544, 2048};

static void bind_to(size_t cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0) {
        perror("bench-ring: two processors are needed");
        exit(1);
    }
}

static uint32_t wait_for(struct pair_ring *ring, void *copy)
{
    uint32_t slot;
    int bytes;

    while ((bytes = pair_take(ring, &slot, copy)) == 0)
        __builtin_ia32_pause();
    if (bytes < 0)
        abort();
    return (uint32_t)bytes;
}

static void *answer(void *arg)
{
    static uint64_t copy[MAX_SIZE / 8];
    uint32_t rounds =
        (uint32_t)(sizeof(sizes) / sizeof(sizes[0])) * RUNS * PER_RUN;

    (void)arg;
    bind_to(1);
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t bytes = wait_for(&there, copy);

        pair_give(&back, LINK_CALLS + i % LINK_CALLS, copy, bytes);
    }
    return NULL;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t median_ns(uint32_t bytes)
{
    static uint64_t record[MAX_SIZE / 8];
    static uint64_t copy[MAX_SIZE / 8];
    static uint64_t ns[RUNS];

    for (uint32_t run = 0; run < RUNS; run++) {
        uint64_t start = now_ns();

        for (uint32_t i = 0; i < PER_RUN; i++) {
            record[0] = i;
            pair_give(&there, i % LINK_CALLS, record, bytes);
            if (wait_for(&back, copy) != bytes || copy[0] != i)
                abort();
        }
        ns[run] = (now_ns() - start) / (2u * PER_RUN);
    }
    qsort(ns, RUNS, sizeof(ns[0]), by_value);
    return ns[RUNS / 2];
}

int main(void)
{
    pthread_t thread;

    bind_to(0);
    if (pthread_create(&thread, NULL, answer, NULL) != 0)
        return 1;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        printf("bench ring.%u-bytes ns=%lu\n", sizes[i],
               (unsigned long)median_ns(sizes[i]));
    return pthread_join(thread, NULL);
}
