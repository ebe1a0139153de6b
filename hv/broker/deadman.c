#include "deadman.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

/* Ticks without work before the timer stops. */
#define IDLE_TICKS 10

static volatile sig_atomic_t ticking;
static volatile sig_atomic_t idle;

static void set_timer(int milliseconds)
{
    struct itimerval timer = {{0, milliseconds * 1000},
                              {0, milliseconds * 1000}};

    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_tick(int number)
{
    (void)number;
    idle++;
    if (idle < IDLE_TICKS)
        return;
    ticking = 0;
    set_timer(0);
}

void deadman_start(void)
{
    /* Without SA_RESTART: what waits is to return. */
    struct sigaction action = {.sa_handler = on_tick};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGALRM, &action, NULL);
}

void deadman_work(void)
{
    idle = 0;
    if (ticking != 0)
        return;
    ticking = 1;
    set_timer(DEADMAN_TICK_MS);
}
