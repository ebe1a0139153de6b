/* Contracts `clock` and `timer`. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <boot/time.h>
#include <contract/clock.h>
#include <contract/timer.h>
#include <obj/obj_timer.h>
#include <proc/sched.h>

struct timer {
    struct object object;
    struct sched_timer sched;
    struct notice notice;
    uint64_t period_ns;
};

/* Not faster than the kernel can tell: a flood of signals serves nobody. */
#define PERIOD_MIN_NS 10000ull

static void timer_fire(struct sched_timer *sched)
{
    struct timer *timer = list_entry(sched, struct timer, sched);

    uint64_t now = time_now_ns();

    notice_post(&timer->notice);
    /* A period that would wrap is never over. */
    if (timer->period_ns != 0 && timer->period_ns <= UINT64_MAX - now)
        sched_timer_set(sched, now + timer->period_ns);
}

static void timer_destroy(struct object *object)
{
    struct timer *timer = (struct timer *)object;

    sched_timer_cancel(&timer->sched);
    notice_unbind(&timer->notice);
    purse_object_free(timer);
}

struct object *timer_create(struct purse *purse, struct port *port,
                            uint64_t badge)
{
    struct timer *timer = purse_object_alloc(purse, sizeof(*timer));

    if (timer == NULL)
        return NULL;
    object_init(&timer->object, OBJECT_TIMER);
    timer->sched.fire = timer_fire;
    notice_bind(&timer->notice, NU_EVENT_SIGNAL, port, badge);
    return &timer->object;
}

static int timer_set_serve(void *self, struct nu_serve *call,
                           const struct timer_set_req *req)
{
    struct timer *timer = self;

    (void)call;
    timer->period_ns = req->period_ns != 0 && req->period_ns < PERIOD_MIN_NS
                           ? PERIOD_MIN_NS
                           : req->period_ns;
    sched_timer_set(&timer->sched, req->at_ns);
    return 0;
}

static int timer_cancel_serve(void *self, struct nu_serve *call)
{
    struct timer *timer = self;

    (void)call;
    sched_timer_cancel(&timer->sched);
    return 0;
}

static int clock_read_serve(void *self, struct nu_serve *call,
                            struct clock_read_rep *rep)
{
    (void)self;
    (void)call;
    rep->ns = time_now_ns();
    rep->boot_epoch_s = time_boot_epoch_s();
    return 0;
}

static int clock_sleep_serve(void *self, struct nu_serve *call,
                             const struct clock_sleep_req *req)
{
    (void)self;
    if (req->until_ns <= time_now_ns())
        return 0;
    sched_sleep(kcall_of(call)->caller, req->until_ns);
    return NU_SERVE_PENDING;
}

static int clock_null_serve(void *self, struct nu_serve *call)
{
    (void)self;
    (void)call;
    return 0;
}

static const struct timer_ops timer_ops = {
    .set = timer_set_serve,
    .cancel = timer_cancel_serve,
};

static const struct clock_ops clock_ops = {
    .read = clock_read_serve,
    .sleep = clock_sleep_serve,
    .null = clock_null_serve,
};

static uint64_t dispatch_timer(struct object *object, struct nu_serve *call)
{
    return timer_dispatch(&timer_ops, object, call);
}

static uint64_t dispatch_clock(struct object *object, struct nu_serve *call)
{
    return clock_dispatch(&clock_ops, object, call);
}

void obj_time_init(void)
{
    kobject_serve(OBJECT_TIMER, dispatch_timer);
    kobject_serve(OBJECT_CLOCK, dispatch_clock);
    object_set_destroy(OBJECT_TIMER, timer_destroy);
}
