/*
 * What a machine has done since it was started: for differences over a
 * measurement.
 *
 * Units: ticks of the TSC, under -icount instructions; else numbers of events.
 */
#ifndef NUNCIO_USER_PROGRAMS_COUNTERS_H
#define NUNCIO_USER_PROGRAMS_COUNTERS_H

#include <stdint.h>
#include <abi/message.h>

/* As words of a message. */
struct counters {
    uint64_t domid; /* whose they are; 0: of a machine that is alone */
    uint64_t busy; /* ticks not spent idle or waiting for the hypervisor */
    uint64_t hypercalls; /* batches */
    uint64_t operations; /* in them: copies, events */
    uint64_t doorbells; /* exits to raise them */
    uint64_t interrupts; /* from other domains and from the hypervisor */
    uint64_t switches; /* of threads, by the scheduler */
};
#define COUNTERS_WORDS (sizeof(struct counters) / sizeof(uint64_t))

/* By the handles `system` and `domain`: what one of them would tell is 0 without
 * it. 0 or an error. */
int counters_read(struct counters *now);

/* The same of the machine where the program behind (pong) runs. */
int counters_read_far(nu_handle_t pong, struct counters *now);

/* (a) - (b), a later and an earlier reading. */
void counters_subtract(struct counters *a, const struct counters *b);

/* Prints " SIDE.busy=N SIDE.hypercalls=N ...". */
void counters_print(const char *side, const struct counters *counters);

#endif /* NUNCIO_USER_PROGRAMS_COUNTERS_H */
