/*
 * The scheduler: one queue, served in turn, ten milliseconds each. A call to a
 * waiting receiver does not pass through it: the receiver runs at once, on the
 * caller's slice.
 *
 * Context: kernel, interrupts off.
 */
#ifndef NUNCIO_PROC_SCHED_H
#define NUNCIO_PROC_SCHED_H

#include <proc/thread.h>

#define SCHED_SLICE_NS 10000000ull

/* (timer_virq): the virtual interrupt that time_set_timer() raises. */
void sched_init(uint32_t timer_virq);
/* State READY, at the end of the queue (unless it is running). */
void sched_ready(struct thread *thread);
/* Puts (current) at the end of the queue; sched_resume() picks another. */
void sched_rotate(void);

/* Runs (current), or, when it cannot go on, the next ready thread; idles until
 * there is one. Never returns. */
_Noreturn void sched_resume(void);

/* SLEEPING until (until_ns). */
void sched_sleep(struct thread *thread, uint64_t until_ns);
void sched_unsleep(struct thread *thread);

/* Calls (fire) once, in trap or kernel context, when (at_ns) has come. */
struct sched_timer {
    struct list_node link;
    uint64_t at_ns;
    bool armed;
    void (*fire)(struct sched_timer *timer);
};
void sched_timer_set(struct sched_timer *timer, uint64_t at_ns);
void sched_timer_cancel(struct sched_timer *timer);

/* (poll) is asked before the machine waits for an interrupt: true, it found
 * something to do, or has waited itself; false, wait. */
void sched_set_idle_poll(bool (*poll)(void));

/* Between these the machine has nothing to do: it halts, or looks whether
 * something has come. The second may come without the first. */
void sched_idle_begin(void);
void sched_idle_end(void);
/* Ticks of the TSC that passed so since boot. */
uint64_t sched_idle_ticks(void);

uint64_t sched_switches(void);

#endif /* NUNCIO_PROC_SCHED_H */
