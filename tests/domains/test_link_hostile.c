/*
 * A hostile peer beside honest clients of a running driver domain: it does all
 * of its attacks at least once, and goes on until the time is over. That the
 * others are well is for who runs it to see.
 *
 *   link-hostile SYSTEM DOMAIN SEED SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile.h"
#include "tests/broker/system.h"

/* Domains to play: a connection that was broken comes back twice a second. */
#define EVILS      24u
#define CONNECT_MS 3000
#define PATIENCE_S 60u
#define PONG_MS    20
#define PONGS      100u
#define ATTACKS    32u

static struct system sys;
static const char *server;
static struct evil evils[EVILS];
static uint32_t seed;
static uint64_t random_state;
static uint32_t connections;

const uint64_t hostile_edges[HOSTILE_EDGES] = {
    0,      1,      2,      15,         0x7f,        0xff,        0x100,
    0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000u, 0xffffffffu, ~0ull,
};

__attribute__((noreturn)) void hostile_fail(const char *what, long long number)
{
    (void)fprintf(stderr, "link-hostile: %s (%lld, seed %u)\n", what, number,
                  seed);
    exit(1);
}

/* xorshift64* */
uint32_t hostile_pick(uint32_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1dull) >> 32) % limit;
}

void hostile_reborn(struct evil *evil)
{
    link_guest_die(&evil->lg);
    evil->is_up = false;
    for (int i = 0; i < 100; i++) {
        if (link_guest_start(&evil->lg, evil->path) == 0 &&
            link_guest_find(&evil->lg, server) == 0)
            return;
        link_guest_die(&evil->lg);
        system_await(&sys, evil->name, "absent");
    }
    hostile_fail("cannot start again", 0);
}

bool hostile_is_up(struct evil *evil)
{
    for (uint32_t i = 0; i < PONGS; i++) {
        link_draft_begin(&evil->lg.draft, LINK_PING, i, 0);
        if (link_guest_send(&evil->lg, LINK_SLOT_PING) != 0)
            return false;
        for (;;) {
            int got = link_guest_take(&evil->lg, PONG_MS);

            if (got == 1 && evil->lg.view.head.kind == LINK_PONG)
                return true;
            if (got < -1)
                return false;
            if (got == 0)
                break;
        }
    }
    return false;
}

static void connect_one(struct evil *evil)
{
    uint64_t bytes;

    if (guest_is_cut(evil->lg.guest))
        hostile_reborn(evil);
    link_guest_revoke(&evil->lg);
    evil->is_up = link_guest_offer(&evil->lg) == 0 &&
                  link_guest_attach(&evil->lg, CONNECT_MS) == 0 &&
                  link_guest_gate(&evil->lg, "fs", &evil->root) == 0 &&
                  link_guest_open(&evil->lg, evil->root, "large/odd",
                                  &evil->file, &bytes) == 0;
    connections += evil->is_up;
}

/* The next in turn; up, if it shall be. */
static struct evil *next_evil(bool up)
{
    static uint32_t last;
    uint64_t deadline = guest_deadline_ns(PATIENCE_S * 1000);

    while (guest_now_ns() < deadline) {
        struct evil *evil = &evils[last = (last + 1) % EVILS];

        if (up && !evil->is_up)
            connect_one(evil);
        if (!up || evil->is_up)
            return evil;
    }
    hostile_fail("no connection is made any more", connections);
}

static void attack(const struct attack *how, uint32_t *n)
{
    struct evil *evil = next_evil(how->is_connected);

    *n = how->act(evil, *n) ? *n + 1 : 0;
    if (!how->is_connected)
        evil->is_up = false;
    else if (evil->is_up)
        evil->is_up = hostile_is_up(evil);
    if (guest_is_cut(evil->lg.guest))
        hostile_reborn(evil);
}

static void start_all(void)
{
    char path[SYSTEM_PATH_MAX];

    for (uint32_t i = 0; i < EVILS; i++) {
        (void)snprintf(evils[i].name, sizeof(evils[i].name), "evil%u", i);
        (void)system_add(&sys, evils[i].name, path);
        (void)snprintf(evils[i].path, sizeof(evils[i].path), "%s", path);
        if (link_guest_start(&evils[i].lg, path) != 0 ||
            link_guest_find(&evils[i].lg, server) != 0)
            hostile_fail("cannot start", i);
        evils[i].lg.guest->patience_ms = 5000;
    }
}

static void stop_all(void)
{
    char line[32];

    for (uint32_t i = 0; i < EVILS; i++) {
        link_guest_die(&evils[i].lg);
        (void)snprintf(line, sizeof(line), "remove %s", evils[i].name);
        (void)system_ask(&sys, line);
    }
}

/* Each case of each attack, in turns; then any attack until (deadline). */
static void attack_all(struct attack *all, uint32_t *cases, uint32_t count,
                       uint64_t deadline)
{
    static uint32_t n[ATTACKS];
    static bool is_done[ATTACKS] = {false};
    uint32_t left = count - 1; /* there is no last of random records */

    while (left > 0 || guest_now_ns() < deadline) {
        uint32_t first = left > 0 ? 0 : hostile_pick(count);
        uint32_t end = left > 0 ? count : first + 1;

        for (uint32_t i = first; i < end; i++) {
            if (left > 0 && is_done[i])
                continue;
            attack(&all[i], &n[i]);
            cases[i]++;
            if (n[i] == 0 && !is_done[i]) {
                is_done[i] = true;
                left--;
            }
        }
    }
}

int main(int argc, char **argv)
{
    static struct attack all[ATTACKS];
    static uint32_t cases[ATTACKS];
    uint32_t count = 0;
    uint64_t deadline;

    if (argc != 5)
        hostile_fail("arguments", argc);
    (void)snprintf(sys.directory, sizeof(sys.directory), "%s", argv[1]);
    server = argv[2];
    seed = (uint32_t)strtoul(argv[3], NULL, 10);
    random_state = seed + 1ull;
    deadline = guest_deadline_ns((int)strtoul(argv[4], NULL, 10) * 1000);
    for (const struct attack *a = hostile_records; a->name != NULL; a++)
        all[count++] = *a;
    for (const struct attack *a = hostile_store; a->name != NULL; a++)
        all[count++] = *a;
    start_all();
    attack_all(all, cases, count, deadline);
    stop_all();
    printf("%u connections, seed %u:", connections, seed);
    for (uint32_t i = 0; i < count; i++)
        printf("%s %u %s", i == 0 ? "" : ",", cases[i], all[i].name);
    printf("\n");
    return 0;
}
