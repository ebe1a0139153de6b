/* The scheduler: proc/sched.h. */
#include <proc/sched.h>

#include <boot/time.h>
#include <cpu.h>
#include <event/event.h>
#include <ipc/answer.h>
#include <kassert.h>
#include <proc/process.h>
#include <switch.h>

struct thread *current;

static struct list_node ready;
static bool (*idle_poll)(void);
static struct list_node sleepers; /* earliest first */
static uint64_t timer_at; /* what the timer is set to, or 0 */
static uint64_t slice_began; /* when (current) was last charged */
static uint64_t switch_count;
static uint64_t idle_ticks;
static uint64_t idle_since; /* 0: the machine has something to do */

static void arm(uint64_t at)
{
    if (at == 0)
        at = 1; /* 0 would disarm it */
    if (timer_at != 0 && timer_at <= at)
        return;
    timer_at = at;
    time_set_timer(at);
}

/* Time since the last call is (current)'s, or nobody's. */
static void charge(void)
{
    uint64_t now = time_now_ns();

    if (current != NULL)
        current->run_ns += now - slice_began;
    slice_began = now;
}

void sched_ready(struct thread *thread)
{
    thread->state = THREAD_READY;
    if (thread == current)
        return;
    if (list_is_empty(&ready) && current != NULL)
        arm(time_now_ns() + SCHED_SLICE_NS);
    list_add_tail(&ready, &thread->link);
}

static void wake_sleepers(uint64_t now)
{
    while (!list_is_empty(&sleepers)) {
        struct thread *thread = list_entry(sleepers.next, struct thread, link);

        if (thread->wake_ns > now)
            return;
        list_del(&thread->link);
        answer_status(thread, 0);
        sched_ready(thread);
    }
}

void sched_sleep(struct thread *thread, uint64_t until_ns)
{
    struct list_node *place = sleepers.next;

    while (place != &sleepers &&
           list_entry(place, struct thread, link)->wake_ns <= until_ns)
        place = place->next;
    thread->wake_ns = until_ns;
    thread->state = THREAD_SLEEPING;
    list_add_tail(place, &thread->link);
    arm(list_entry(sleepers.next, struct thread, link)->wake_ns);
}

void sched_unsleep(struct thread *thread)
{
    list_del(&thread->link);
}

void sched_rotate(void)
{
    struct thread *thread = current;

    charge();
    current = NULL;
    list_add_tail(&ready, &thread->link);
}

static struct list_node timers; /* struct sched_timer, earliest first */

void sched_timer_set(struct sched_timer *timer, uint64_t at_ns)
{
    struct list_node *place;

    sched_timer_cancel(timer); /* before the list is looked at */
    place = timers.next;
    while (place != &timers &&
           list_entry(place, struct sched_timer, link)->at_ns <= at_ns)
        place = place->next;
    timer->at_ns = at_ns;
    timer->armed = true;
    list_add_tail(place, &timer->link);
    arm(list_entry(timers.next, struct sched_timer, link)->at_ns);
}

void sched_timer_cancel(struct sched_timer *timer)
{
    if (timer->armed)
        list_del(&timer->link);
    timer->armed = false;
}

static void run_timers(uint64_t now)
{
    while (!list_is_empty(&timers)) {
        struct sched_timer *timer =
            list_entry(timers.next, struct sched_timer, link);

        if (timer->at_ns > now)
            return;
        sched_timer_cancel(timer);
        timer->fire(timer);
    }
}

/* The timer's event: due sleepers and timers, then the end of the slice. */
static void tick(void *arg, uint32_t port)
{
    uint64_t now = time_now_ns();

    (void)arg;
    (void)port;
    timer_at = 0;
    wake_sleepers(now);
    run_timers(now);
    if (!list_is_empty(&sleepers))
        arm(list_entry(sleepers.next, struct thread, link)->wake_ns);
    if (!list_is_empty(&timers))
        arm(list_entry(timers.next, struct sched_timer, link)->at_ns);
    /* At the end of a message (current) may have begun to wait. */
    if (!list_is_empty(&ready) && current != NULL &&
        current->state == THREAD_READY)
        sched_rotate();
}

void sched_init(uint32_t timer_virq)
{
    uint32_t port;
    int status;

    list_init(&ready);
    list_init(&sleepers);
    list_init(&timers);
    timer_at = 0;
    status = event_bind_virq(timer_virq, tick, NULL, &port);
    KASSERT(status == 0);
}

void sched_idle_begin(void)
{
    idle_since = cpu_tsc();
}

void sched_idle_end(void)
{
    if (idle_since != 0)
        idle_ticks += cpu_tsc() - idle_since;
    idle_since = 0;
}

uint64_t sched_idle_ticks(void)
{
    return idle_ticks;
}

/* The next thread that is ready; the machine waits for interrupts until then. */
static struct thread *pick(void)
{
    struct thread *thread;

    while (list_is_empty(&ready)) {
        if (event_is_pending())
            event_upcall();
        else if (idle_poll == NULL || !idle_poll()) {
            sched_idle_begin();
            cpu_wait_interrupt();
            sched_idle_end();
        }
        object_reap();
    }
    thread = list_entry(ready.next, struct thread, link);
    list_del(&thread->link);
    if (!list_is_empty(&ready))
        arm(time_now_ns() + SCHED_SLICE_NS);
    return thread;
}

static _Noreturn void run(void)
{
    if (current == NULL) {
        struct thread *next = pick();

        charge();
        current = next;
        switch_count++;
    }
    switch_to(current);
    exit_frame(&current->regs);
}

_Noreturn void sched_resume(void)
{
    if (current != NULL && current->state == THREAD_READY) {
        switch_to(current);
        exit_frame(&current->regs);
    }
    if (current != NULL)
        charge();
    current = NULL;
    on_kernel_stack(run);
}

void sched_set_idle_poll(bool (*poll)(void))
{
    idle_poll = poll;
}

uint64_t sched_switches(void)
{
    return switch_count;
}
