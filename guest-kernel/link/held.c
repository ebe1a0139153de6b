/* Grants that end now or later: internal.h. */
#include <link/internal.h>

#include <boot/time.h>

#define RETRY_NS 10000000ull

static struct list_node waiting = {&waiting, &waiting};
static uint32_t waiting_count;
static struct sched_timer retry;

/* Ends what can be ended; what is left moves to the front. */
static bool end_all(struct held *held)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < held->count; i++) {
        if (held->refs[i] != GRANT_NONE && !grant_end(held->refs[i]))
            held->refs[left++] = held->refs[i];
    }
    held->count = left;
    return left == 0;
}

static void try_again(struct sched_timer *timer)
{
    struct list_node *n = waiting.next;

    while (n != &waiting) {
        struct held *held = list_entry(n, struct held, node);

        n = n->next;
        if (!end_all(held))
            continue;
        list_del(&held->node);
        waiting_count--;
        held->ended(held);
    }
    if (!list_is_empty(&waiting))
        sched_timer_set(timer, time_now_ns() + RETRY_NS);
    object_reap();
}

void held_end(struct held *held)
{
    if (end_all(held)) {
        held->ended(held);
        return;
    }
    list_add_tail(&waiting, &held->node);
    waiting_count++;
    retry.fire = try_again;
    if (!retry.armed)
        sched_timer_set(&retry, time_now_ns() + RETRY_NS);
}

uint32_t held_waiting(void)
{
    return waiting_count;
}
