/*
 * What a call between two machines takes on both: the difference of two readings
 * of each machine's counters, less that of readings with no calls between, for
 * the other machine's are themselves had by a call.
 */
#include "bench.h"
#include "counters.h"
#include "pong.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define ROUNDS 9
#define CALLS  128u

struct sides {
    struct counters near;
    struct counters far;
};

static const char *only; /* the operation to measure; NULL: all */
static nu_handle_t pong;
static nu_handle_t file;
static uint8_t *data;

static int op_pong(void)
{
    struct nu_regs r = {
        .tag = PONG_CALL(4), .w0 = 1, .w1 = 2, .w2 = 3, .w3 = 4};

    return nu_message(pong, &r);
}

static int op_pong_64(void)
{
    struct nu_regs r = {
        .tag = PONG_CALL(64), .w0 = 1, .w1 = 2, .w2 = 3, .w3 = 4};

    return nu_message(pong, &r);
}

static int read_file(uint32_t bytes)
{
    size_t got = 0;
    int status = file_read(file, 0, bytes, data, bytes, &got);

    return status == 0 && got != bytes ? NU_IO : status;
}

static int op_read_0(void)
{
    return read_file(0);
}

static int op_read_4096(void)
{
    return read_file(NU_PAGE_BYTES);
}

static int op_read_65536(void)
{
    return read_file(BENCH_READ_MAX);
}

/* One round of (calls). */
static int measure(int (*op)(void), unsigned calls, struct sides *sides)
{
    struct sides begin;
    int status = counters_read_far(pong, &begin.far);

    if (status == 0)
        status = counters_read(&begin.near);
    for (unsigned i = 0; i < calls && status == 0; i++)
        status = op();
    if (status == 0)
        status = counters_read(&sides->near);
    if (status == 0)
        status = counters_read_far(pong, &sides->far);
    if (status != 0)
        return status;
    counters_subtract(&sides->near, &begin.near);
    counters_subtract(&sides->far, &begin.far);
    return 0;
}

/* For choosing among rounds: an event reckoned as so many instructions. */
#define EVENT_TICKS 1000u

static uint64_t cost(const struct sides *sides)
{
    uint64_t events = sides->near.doorbells + sides->near.interrupts +
                      sides->far.doorbells + sides->far.interrupts;

    return sides->near.busy + sides->far.busy + EVENT_TICKS * events;
}

/* The round that cost least: in the others one of the machines had something
 * else to do too, or was kept from looking. */
static int least(int (*op)(void), unsigned calls, struct sides *best)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct sides sides;
        int status = measure(op, calls, &sides);

        if (status != 0)
            return status;
        if (round == 0 || cost(&sides) < cost(best))
            *best = sides;
    }
    return 0;
}

static int report(const char *name, int (*op)(void))
{
    struct sides none;
    struct sides full;
    int status;

    if (only != NULL && strcmp(name, only) != 0)
        return 0;
    status = least(op, 0, &none);
    if (status == 0)
        status = least(op, CALLS, &full);
    if (status != 0) {
        print("bench: %s: %s\n", name, nu_error_text(status));
        return 1;
    }
    counters_subtract(&full.near, &none.near);
    counters_subtract(&full.far, &none.far);
    print("sides %s calls=%u", name, CALLS);
    counters_print("near", &full.near);
    counters_print("far", &full.far);
    print("\n");
    return 0;
}

static int sides_of_files(void)
{
    int status = directory_open(user_handle("fs"), BENCH_PATH,
                                sizeof(BENCH_PATH) - 1, 0, &file, NULL, NULL);

    if (status == 0) {
        data = rt_alloc_pages(BENCH_READ_MAX / NU_PAGE_BYTES);
        status = data == NULL ? NU_NOMEM : 0;
    }
    if (status != 0) {
        print("bench: %s: %s\n", BENCH_PATH, nu_error_text(status));
        return 1;
    }
    status = report("read-0", op_read_0);
    status |= report("read-4096", op_read_4096);
    status |= report("read-65536", op_read_65536);
    (void)handle_close(file);
    rt_free_pages(data, BENCH_READ_MAX / NU_PAGE_BYTES);
    return status;
}

int bench_sides(const char *name)
{
    int failed;

    only = name;
    pong = user_handle("pong");
    if (pong == NU_HANDLE_NONE) {
        print("bench: there is no pong here\n");
        return 1;
    }
    failed = report("round-trip", op_pong);
    failed |= report("round-trip-64", op_pong_64);
    if (user_handle("fs") != NU_HANDLE_NONE)
        failed |= sides_of_files();
    return failed;
}
