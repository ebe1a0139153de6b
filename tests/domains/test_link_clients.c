/*
 * Clients of a running driver domain that are played by programs (link_guest.h).
 *
 *   link-clients SYSTEM DOMAIN sum PATH
 *       reads a file by hand, as a client's kernel would, to the output
 *   link-clients SYSTEM DOMAIN die COUNT SEED PATH
 *       COUNT of them, AT_ONCE at a time, each killed at a random moment of its
 *       life; every moment of MOMENTS must have been somebody's last
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "link_guest.h"
#include "tests/broker/system.h"

#define READ_BYTES 65536u
#define READ_PAGES (READ_BYTES / GUEST_PAGE_BYTES)
#define READS      4u /* of each client under way at a time */
#define FILES      8u
#define SHORT_READ 8192u

#define AT_ONCE 8u
#define PLACES  48u /* domains to play; of one that has gone the next may come */
#define LIFE_S  20
/* An offer that is refused, or not answered by then, is made anew. */
#define ANSWER_MS 5000
#define OFFERS    8u

/* When a client's time comes. */
enum moment {
    STARTING, /* has said hello */
    OFFERING, /* writes its offer */
    WAITING, /* the server reads it, and answers */
    CONNECTED,
    OPENING, /* files, one after the other */
    READING, /* requests under way, answers coming to granted pages */
    REVOKING, /* the same, while it takes the pages back */
    FLOODING, /* the same, and it does not look at answers */
    MOMENTS,
};
static const char *const moment_names[MOMENTS] = {
    "starting", "offering", "waiting",  "connected",
    "opening",  "reading",  "revoking", "flooding"};

static struct system sys;
static const char *server;
static const char *file_path;
/* Of each place, written by who plays it. */
static volatile uint32_t *reached;
static volatile uint32_t *refusals;

__attribute__((noreturn)) static void fail(const char *what, long long number)
{
    (void)fprintf(stderr, "link-clients: %s (%lld)\n", what, number);
    exit(1);
}

static void require(int status, const char *what)
{
    if (status != 0)
        fail(what, status);
}

/* ---- reading by hand ---- */

static void sum(const char *name)
{
    static struct link_guest lg;
    char path[SYSTEM_PATH_MAX];
    uint64_t bytes = 0;
    uint32_t root = 0;
    uint32_t file = 0;
    uint32_t got = 1;

    (void)system_add(&sys, name, path);
    require(link_guest_start(&lg, path), "cannot start");
    require(link_guest_connect(&lg, server), "cannot connect");
    require(link_guest_gate(&lg, "fs", &root), "the gate is closed");
    require(link_guest_open(&lg, root, file_path, &file, &bytes),
            "cannot open the file");
    for (uint64_t at = 0; at < bytes; at += got) {
        uint32_t id = link_guest_begin_read(&lg, 1, file, at, LINK_GUEST_FRAME,
                                            READ_BYTES);

        /* What an answer does not bring is not there. */
        memset(guest_page(lg.guest, LINK_GUEST_FRAME), 0xee, READ_BYTES);
        require(link_guest_call(&lg, id), "cannot read");
        got = link_guest_was_read(&lg, LINK_GUEST_FRAME);
        if (got == 0 || fwrite(guest_page(lg.guest, LINK_GUEST_FRAME), 1, got,
                               stdout) != got)
            fail("read short of its size at", (long long)at);
    }
    link_guest_die(&lg);
    (void)system_ask(&sys, "remove by-hand");
}

/* ---- a short life ---- */

struct life {
    uint32_t place;
    enum moment last;
    uint32_t after_us; /* of that moment */
};

/* From its last moment on the kernel kills it when the time is over. */
static void reach(const struct life *life, enum moment moment)
{
    struct sigevent how = {.sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGKILL};
    struct itimerspec when = {
        .it_value = {.tv_nsec = 1000 + (long)life->after_us * 1000}};
    timer_t timer;

    reached[life->place] = moment;
    if (moment != life->last)
        return;
    if (timer_create(CLOCK_MONOTONIC, &how, &timer) != 0 ||
        timer_settime(timer, 0, &when, NULL) != 0)
        fail("no timer", 0);
}

static void begin_read(struct link_guest *lg, uint32_t index, uint32_t file,
                       uint32_t bytes)
{
    (void)link_guest_begin_read(lg, index, file, 0,
                                LINK_GUEST_FRAME + index * READ_PAGES, bytes);
    require(link_guest_send(lg, index), "cannot send");
}

/* Until it dies. */
__attribute__((noreturn)) static void read_on(struct link_guest *lg,
                                              const struct life *life,
                                              const uint32_t files[FILES])
{
    bool revokes = life->last == REVOKING;

    for (uint32_t i = 0; i < READS; i++)
        begin_read(lg, i, files[i % FILES], READ_BYTES);
    reach(life, READING);
    if (revokes)
        reach(life, REVOKING);
    while (life->last == FLOODING) {
        reach(life, FLOODING);
        (void)sleep(LIFE_S);
    }
    for (uint32_t n = 0;; n++) {
        if (revokes)
            link_guest_revoke(lg);
        if (link_guest_take(lg, LIFE_S * 1000) != 1 ||
            lg->view.head.kind != LINK_RESPONSE)
            fail("no answer to a read", n);
        if (nu_tag_status(lg->view.head.tag) != 0 && !revokes)
            fail("a read fails", nu_tag_status(lg->view.head.tag));
        begin_read(lg, LINK_CALL_INDEX(lg->view.head.id), files[n % FILES],
                   n % 3 == 0 ? SHORT_READ : READ_BYTES);
    }
}

__attribute__((noreturn)) static void live(const struct life *life,
                                           const char *path)
{
    static struct link_guest lg;
    uint32_t files[FILES];
    uint64_t bytes;
    uint32_t root;
    int status;

    require(link_guest_start(&lg, path), "cannot start");
    reach(life, STARTING);
    require(link_guest_find(&lg, server), "no server");
    reach(life, OFFERING);
    require(link_guest_offer(&lg), "cannot offer");
    reach(life, WAITING);
    status = link_guest_attach(&lg, ANSWER_MS);
    for (uint32_t i = 0; i < OFFERS && status != 0; i++) {
        refusals[life->place]++;
        status = link_guest_offer(&lg);
        if (status == 0)
            status = link_guest_attach(&lg, ANSWER_MS);
    }
    require(status, "no answer");
    reach(life, CONNECTED);
    require(link_guest_gate(&lg, "fs", &root), "the gate is closed");
    reach(life, OPENING);
    for (uint32_t i = 0; i < FILES; i++)
        require(link_guest_open(&lg, root, file_path, &files[i], &bytes),
                "cannot open the file");
    read_on(&lg, life, files);
}

/* ---- many of them ---- */

static struct {
    pid_t pid; /* 0: nobody is there */
    char path[SYSTEM_PATH_MAX];
} places[PLACES];

static void start(const struct life *life)
{
    char name[32];
    pid_t parent = getpid();

    (void)snprintf(name, sizeof(name), "dies%u", life->place);
    if (places[life->place].path[0] == '\0')
        (void)system_add(&sys, name, places[life->place].path);
    reached[life->place] = MOMENTS;
    places[life->place].pid = fork();
    if (places[life->place].pid != 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    live(life, places[life->place].path);
}

/* Waits for one to die; its place is free, and its domain is taken from the
 * system or left for the next. */
static enum moment bury(bool remove)
{
    char line[40];
    int status;
    pid_t pid = wait(&status);

    for (uint32_t i = 0; i < PLACES; i++) {
        if (places[i].pid != pid)
            continue;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            fail("a client ended before its time, status", status);
        places[i].pid = 0;
        if (remove) {
            (void)snprintf(line, sizeof(line), "remove dies%u", i);
            (void)system_ask(&sys, line);
            places[i].path[0] = '\0';
        }
        return (enum moment)reached[i];
    }
    fail("no child", pid);
}

/* A place that is free, each in its turn. */
static uint32_t find_place(void)
{
    static uint32_t last;

    do {
        last = (last + 1) % PLACES;
    } while (places[last].pid != 0);
    return last;
}

static void remove_all(void)
{
    char line[40];

    for (uint32_t i = 0; i < PLACES; i++) {
        (void)snprintf(line, sizeof(line), "remove dies%u", i);
        if (places[i].path[0] != '\0')
            (void)system_ask(&sys, line);
    }
}

static void die(uint32_t count, uint32_t seed)
{
    uint32_t deaths[MOMENTS] = {0};
    uint64_t from = guest_now_ns();
    uint32_t running = 0;
    uint32_t again = 0;
    double seconds;

    srand(seed);
    for (uint32_t n = 0; n < count || running > 0;) {
        if (n < count && running < AT_ONCE) {
            struct life life = {find_place(), (enum moment)(n % MOMENTS),
                                (uint32_t)rand() % (1u << rand() % 13)};
            start(&life);
            n++;
            running++;
            continue;
        }
        deaths[bury(rand() % 2 == 0)]++;
        running--;
    }
    seconds = (double)(guest_now_ns() - from) / 1e9;
    remove_all();
    for (uint32_t i = 0; i < PLACES; i++)
        again += refusals[i];
    printf("%u clients died, %.0f a second, %u offers made again (seed %u):",
           count, count / seconds, again, seed);
    for (uint32_t i = 0; i < MOMENTS; i++) {
        printf(" %u %s", deaths[i], moment_names[i]);
        if (deaths[i] == 0)
            fail(moment_names[i], 0);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc < 5)
        fail("arguments", argc);
    (void)snprintf(sys.directory, sizeof(sys.directory), "%s", argv[1]);
    server = argv[2];
    file_path = argv[argc - 1];
    if (strcmp(argv[3], "sum") == 0) {
        sum("by-hand");
        return 0;
    }
    reached = mmap(NULL, 2 * PLACES * sizeof(*reached), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (reached == MAP_FAILED || argc != 7)
        fail("arguments or memory", argc);
    refusals = reached + PLACES;
    die((uint32_t)strtoul(argv[4], NULL, 10),
        (uint32_t)strtoul(argv[5], NULL, 10));
    return 0;
}
