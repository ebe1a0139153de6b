/*
 * A hostile guest asks the broker for all that it can while two good guests
 * play ping-pong by events: how much slower are they? Argument: the broker.
 *
 * The hostile guest needs a processor for its flood, which it would take from
 * the others on any machine. So the time to compare with is that beside a
 * process that computes at full speed and says nothing to the broker, taken in
 * turns with the flood in the same run.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "system.h"

#define PORT      10u /* ping and pong */
#define EVIL_PORT 11u /* of ping, for the hostile guest */
#define TURNS     7u
#define TURN_MS   150
#define LATER     20000

/*
 * The broker serves by turns, so each of the two batches of a round trip waits
 * for one turn of the flood at most: 256 copies of a page, or 16 requests of
 * the store, some tens of microseconds. And the flood keeps the processor busy
 * that the broker would share with the two. Measured, on two processors: 1 to
 * 4, whatever else runs there; the limit is five times that. A broker that
 * served a flood for as long as there is more of it would never come back.
 */
#define FACTOR_MAX 20.0

static struct system sys;
static struct guest *ping;

__attribute__((noreturn)) static void fail(const char *what, long long number)
{
    (void)fprintf(stderr, "flood: %s (%lld)\n", what, number);
    exit(1);
}

static void require(int error, const char *what)
{
    if (error != 0)
        fail(what, error);
}

/* Runs (act) in a process of its own that ends with this one. */
static pid_t start(void (*act)(struct guest *guest), const char *path)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0)
        fail("no process", errno);
    if (pid > 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    struct guest *guest = NULL;
    if (path != NULL) {
        guest = guest_start(path);
        if (guest == NULL || guest_hello(guest) != 0)
            _exit(1);
    }
    act(guest);
    _exit(1);
}

static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

/* ---- the good ---- */

static void pong(struct guest *guest)
{
    if (guest_bind(guest, PORT, ping->domid, PORT) != 0)
        return;
    (void)guest_wait(guest, PORT, LATER);
    require(guest_send(guest, PORT), "pong cannot send");
    while (guest_wait(guest, PORT, LATER)) {
        if (guest_send(guest, PORT) != 0)
            return;
    }
}

static void round_trip(void)
{
    require(guest_send(ping, PORT), "ping cannot send");
    if (!guest_wait(ping, PORT, LATER))
        fail("no pong", LATER);
}

/* Microseconds for one round trip. */
static double measure(void)
{
    uint64_t from = guest_now_ns();
    uint64_t until = guest_deadline_ns(TURN_MS);
    unsigned count = 0;

    while (guest_now_ns() < until) {
        round_trip();
        count++;
    }
    return (double)(guest_now_ns() - from) / 1000.0 / count;
}

/* ---- the bad ---- */

/* Says nothing to the broker. */
static void compute(struct guest *guest)
{
    (void)guest;
    for (;;)
        __builtin_ia32_pause();
}

static void flood_kicks(struct guest *guest)
{
    for (;;) {
        guest_kick(guest, BROKER_QUEUE_MAILBOX);
        guest_kick(guest, BROKER_QUEUE_EVENTS);
    }
}

/* Full batches, each posted as soon as the last is done. */
static void flood_batches(struct guest *guest)
{
    static struct broker_op ops[BROKER_OPS_MAX];

    for (uint32_t i = 0; i < BROKER_OPS_MAX; i++) {
        guest_grant(guest, i + 8, guest->domid, GUEST_FREE_FRAME + i % 64, 0);
        ops[i] = guest_op_read(guest->domid, i + 8, 0,
                               GUEST_FREE_FRAME + 64 + i % 64, 4096);
    }
    while (guest_batch(guest, ops, BROKER_OPS_MAX) == 0)
        ;
}

/* Events for the one who plays ping. */
static void flood_events(struct guest *guest)
{
    static struct broker_op ops[BROKER_OPS_MAX];

    require(guest_bind(guest, EVIL_PORT, ping->domid, EVIL_PORT),
            "no port for the flood");
    for (uint32_t i = 0; i < BROKER_OPS_MAX; i++) {
        ops[i] = guest_op_event(EVTCHNOP_send);
        ops[i].send.port = EVIL_PORT;
    }
    while (guest_batch(guest, ops, BROKER_OPS_MAX) == 0)
        ;
}

/* Requests as fast as a ring can be filled, which is faster than they can be
 * served; answers are thrown away. */
static void flood_store(struct guest *guest)
{
    static const char path[] = "/";
    struct xsd_sockmsg header = {XS_READ, 1, 0, sizeof(path)};
    char message[sizeof(header) + sizeof(path)];
    struct xenstore_domain_interface *page = guest->wire.page;

    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), path, sizeof(path));
    for (unsigned i = 0;; i++) {
        size_t at = 0;

        while (at < sizeof(message)) {
            at += wire_put(&guest->wire, message + at, sizeof(message) - at);
            page->rsp_cons = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);
        }
        if (i % 16 == 0)
            guest_kick(guest, BROKER_QUEUE_EVENTS);
    }
}

/* Changes that 100 watches of its own must be told of. */
static void flood_watches(struct guest *guest)
{
    struct xenstore_domain_interface *page = guest->wire.page;
    static const char payload[] = "data/a\0value";
    struct xsd_sockmsg header = {XS_WRITE, 1, 0, sizeof(payload) - 1};
    char token[8];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(token, sizeof(token), "%d", i);
        require(guest_store_watch(guest, "/", token), "no watch");
    }
    for (;;) {
        if (page->req_prod -
                __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE) <
            XENSTORE_RING_SIZE / 2) {
            wire_put(&guest->wire, &header, sizeof(header));
            wire_put(&guest->wire, payload, sizeof(payload) - 1);
        }
        page->rsp_cons = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);
        guest_kick(guest, BROKER_QUEUE_EVENTS);
    }
}

/* All memory and nodes that it may have, made and removed. */
static void flood_trees(struct guest *guest)
{
    char path[32];

    for (;;) {
        for (int i = 0; i < 900; i++) {
            (void)snprintf(path, sizeof(path), "data/t/%d/%d", i / 100, i);
            require(guest_store_ask(guest, XS_MKDIR, 0, path), "no directory");
        }
        require(guest_store_ask(guest, XS_RM, 0, "data/t"), "no removal");
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *values)
{
    qsort(values, TURNS, sizeof(*values), compare_doubles);
    return values[TURNS / 2];
}

/* What happened there must have been a flood. */
static void require_flood(const char *name, long long before)
{
    long long after = system_number(&sys, "evil", "kicks") +
                      system_number(&sys, "evil", "polled_batches");

    /* Kicks are counted when they are seen, and many are seen as one. */
    if (after - before < 5)
        fail(name, after - before);
}

/* The factor by which (act) slows a round trip down. */
static double slow_down(const char *name, void (*act)(struct guest *guest),
                        const char *path)
{
    double calm[TURNS];
    double flooded[TURNS];

    for (unsigned i = 0; i < TURNS; i++) {
        pid_t pid = start(compute, NULL);
        calm[i] = measure();
        end(pid);
        long long before = system_number(&sys, "evil", "kicks") +
                           system_number(&sys, "evil", "polled_batches");
        pid = start(act, path);
        system_await(&sys, "evil", "running");
        flooded[i] = measure();
        require_flood(name, before);
        end(pid);
        system_await(&sys, "evil", "absent");
    }
    double factor = median(flooded) / median(calm);
    printf("flood of %-8s %6.1f us a round trip, not %6.1f: factor %.1f\n",
           name, median(flooded), median(calm), factor);
    return factor;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*act)(struct guest *guest);
    } floods[] = {{"kicks", flood_kicks},     {"batches", flood_batches},
                  {"events", flood_events},   {"store", flood_store},
                  {"watches", flood_watches}, {"trees", flood_trees}};
    char path[SYSTEM_PATH_MAX];
    double worst = 0;

    if (argc < 2)
        return 2;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    system_start(&sys, argv[1]);
    ping = system_guest(&sys, "ping");
    uint16_t domid = system_add(&sys, "pong", path);
    require(guest_alloc(ping, PORT, domid), "no port");
    pid_t other = start(pong, path);
    if (!guest_wait(ping, PORT, LATER))
        fail("pong does not start", 0);
    domid = system_add(&sys, "evil", path);
    require(guest_alloc(ping, EVIL_PORT, domid), "no port for the flood");
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        double factor = slow_down(floods[i].name, floods[i].act, path);

        if (factor > worst)
            worst = factor;
    }
    end(other);
    guest_die(ping);
    system_stop(&sys);
    printf("flood: worst factor %.1f, limit %.0f\n", worst, FACTOR_MAX);
    return worst <= FACTOR_MAX ? 0 : 1;
}
