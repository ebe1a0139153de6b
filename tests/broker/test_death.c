/*
 * A guest that is killed at any moment leaves nothing behind in the broker: a
 * thousand times, with open ports, grants, watches and transactions, while a
 * good guest lives on. Arguments: the broker, how often (1000).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "system.h"

#define PORT       40u /* the good guest's, for the victim */
#define REF        3u
#define LONGEST_NS 3000000u
#define CHECK_EACH 50u

static struct system sys;
static struct guest *good;
static uint64_t seed = 1;

static unsigned pick(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

__attribute__((noreturn)) static void fail(const char *what, long long number)
{
    (void)fprintf(stderr, "death: %s (%lld)\n", what, number);
    exit(1);
}

static void require_number(const char *name, const char *key, long long wanted)
{
    long long number = system_number(&sys, name, key);

    if (number != wanted) {
        (void)fprintf(stderr, "%s: %s\n", name, key);
        fail("is not what it was before", number);
    }
}

/* One of the things a guest does; it may be killed in each of them. */
static void act(struct guest *guest, uint32_t *transaction)
{
    struct broker_op ops[8];
    uint32_t port = 2 + pick(BROKER_PORTS - 2);
    char path[40];

    (void)snprintf(path, sizeof(path), "data/%u/%u", pick(8), pick(64));
    switch (pick(8)) {
    case 0:
        (void)guest_alloc(guest, port, good->domid);
        break;
    case 1:
        (void)guest_bind(guest, port, good->domid, PORT);
        (void)guest_send(guest, port);
        break;
    case 2:
        for (uint32_t i = 0; i < 8; i++)
            ops[i] = i % 2 == 0 ? guest_op_write(good->domid, REF, 0,
                                                 GUEST_FREE_FRAME, 4096)
                                : guest_op_read(good->domid, REF, 0,
                                                GUEST_FREE_FRAME, 4096);
        guest_post(guest, ops, 8);
        (void)guest_finish(guest);
        break;
    case 3:
        (void)guest_store_watch(guest, "/local/domain", path);
        break;
    case 4:
        *transaction = guest_store_begin(guest);
        break;
    case 5:
        (void)guest_store_ask(guest, XS_MKDIR, *transaction, path);
        break;
    case 6:
        (void)guest_store_write(guest, path, "value");
        break;
    default:
        guest_grant(guest, REF, good->domid, GUEST_FREE_FRAME, 0);
        break;
    }
}

/* A life, from the first word on the socket on. */
__attribute__((noreturn)) static void live(const char *path, uint64_t luck)
{
    struct guest *guest = guest_start(path);
    uint32_t transaction = 0;

    seed = luck;
    if (guest == NULL || guest_hello(guest) != 0)
        _exit(1);
    for (;;)
        act(guest, &transaction);
}

/* True: it had said hello by then. */
static bool live_and_die(const char *path)
{
    struct timespec life = {.tv_nsec = (long)pick(LONGEST_NS)};
    uint64_t luck = pick(1u << 30);
    long long epoch = system_number(&sys, "victim", "epoch");
    pid_t pid = fork();

    if (pid == 0)
        live(path, luck);
    if (pid < 0)
        fail("no process", pid);
    (void)nanosleep(&life, NULL);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    system_await(&sys, "victim", "absent");
    return system_number(&sys, "victim", "epoch") != epoch;
}

/* The last victim's connection may still be on its way through the broker. */
static void settle(size_t files)
{
    const struct timespec pause = {.tv_nsec = 2000000};

    for (int i = 0; i < 1000 && system_files(&sys) != files; i++)
        (void)nanosleep(&pause, NULL);
    system_await(&sys, "victim", "absent");
}

static void nothing_is_left(size_t files, size_t mappings)
{
    static const char *const keys[] = {"ports", "store_nodes", "store_watches",
                                       "store_transactions", "store_bytes"};

    settle(files);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        require_number("victim", keys[i], 0);
    require_number("good", "ports", 2);
    require_number("good", "store_nodes", 1);
    if (guest_status(good, PORT) != EVTCHNSTAT_unbound)
        fail("the good guest's port is not free", guest_status(good, PORT));
    if (good->grants[REF].flags != GTF_permit_access)
        fail("a pin is left", good->grants[REF].flags);
    if (system_files(&sys) != files)
        fail("files are left in the broker", (long long)system_files(&sys));
    /* Its heap may move. */
    if (system_mappings(&sys) > mappings + 4)
        fail("mappings are left in the broker",
             (long long)system_mappings(&sys));
    if (strstr(system_ask(&sys, "ls /local/domain/2"), "error") == NULL)
        fail("its home is left", 0);
}

int main(int argc, char **argv)
{
    char path[SYSTEM_PATH_MAX];
    unsigned times = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    unsigned alive = 0;

    if (argc < 2)
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    system_start(&sys, argv[1]);
    good = system_guest(&sys, "good");
    uint16_t domid = system_add(&sys, "victim", path);
    if (domid != 2 || guest_alloc(good, PORT, domid) != 0)
        fail("no port for the victim", domid);
    guest_grant(good, REF, domid, GUEST_FREE_FRAME, 0);
    /* The broker has then closed what asked it so far. */
    (void)usleep(100000);
    size_t files = system_files(&sys);
    size_t mappings = system_mappings(&sys);
    for (unsigned i = 0; i < times; i++) {
        alive += live_and_die(path);
        if (i % CHECK_EACH == CHECK_EACH - 1)
            nothing_is_left(files, mappings);
    }
    nothing_is_left(files, mappings);
    /* Too few would mean that they died before anything could be left. */
    if (alive < times / 4)
        fail("too few of them lived", alive);
    printf("death: %u killed, %u of them after hello; nothing left\n", times,
           alive);
    guest_die(good);
    system_stop(&sys);
    return 0;
}
