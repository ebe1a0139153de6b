/*
 * Each figure is the least of some rounds, less what the loop itself costs, for
 * one operation with its stub. Under QEMU's -icount a tick is an instruction;
 * elsewhere the figures are ticks.
 */
#include "bench.h"
#include "pong.h"

#include <contract/clock.h>
#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define ROUNDS 5
#define COUNT  64

static const char path[] = BENCH_PATH;

static struct {
    nu_handle_t clock;
    nu_handle_t pong;
    nu_handle_t fs;
    nu_handle_t file;
    uint8_t *data;
    int status; /* all errors or'ed: 0 if there was none */
} b;

/* One instruction: it is counted with the operation. */
static inline void note(int status)
{
    b.status |= status;
}

static void op_nothing(void)
{
}

static void op_null(void)
{
    note(clock_null(b.clock));
}

/* Four words there and back. */
static void op_pong(void)
{
    struct nu_regs r = {
        .tag = PONG_CALL(4), .w0 = 1, .w1 = 2, .w2 = 3, .w3 = 4};

    note(nu_message(b.pong, &r));
}

/* All 64 words; those beyond four lie in the buffers. */
static void op_pong_64(void)
{
    struct nu_regs r = {
        .tag = PONG_CALL(64), .w0 = 1, .w1 = 2, .w2 = 3, .w3 = 4};

    note(nu_message(b.pong, &r));
}

static void op_size(void)
{
    uint64_t bytes;

    note(file_size(b.file, &bytes));
}

static void op_read(void)
{
    size_t got;

    note(file_read(b.file, 0, NU_PAGE_BYTES, b.data, NU_PAGE_BYTES, &got));
}

/* Nothing to read: what remains is the way to the service's handler and back. */
static void op_read_nothing(void)
{
    size_t got;

    note(file_read(b.file, 0, 0, b.data, 0, &got));
}

static void op_open(void)
{
    nu_handle_t file = NU_HANDLE_NONE;

    note(directory_open(b.fs, path, sizeof(path) - 1, 0, &file, NULL, NULL));
    note(handle_close(file));
}

static void op_stat(void)
{
    struct file_attributes a;

    note(directory_stat(b.fs, path, sizeof(path) - 1, 0, &a));
}

/* Inlined into a loop of its own for each operation: the call of a function
 * that a program would not make is not counted. */
static inline __attribute__((always_inline)) uint64_t least(void (*op)(void))
{
    uint64_t best = UINT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t begin = read_counter();

        for (int i = 0; i < COUNT; i++) {
            op();
            __asm__ volatile("" ::: "memory");
        }
        begin = read_counter() - begin;
        if (begin < best)
            best = begin;
    }
    return best;
}

static void report(const char *name, uint64_t full)
{
    uint64_t empty = least(op_nothing);

    if (b.status != 0)
        print("bench: %s: %s\n", name, nu_error_text(b.status));
    else
        print("bench %s instructions=%lu\n", name,
              full > empty ? (full - empty) / COUNT : 0);
}

static void bench_files(void)
{
    int status =
        directory_open(b.fs, path, sizeof(path) - 1, 0, &b.file, NULL, NULL);

    if (status == NU_NOENT) {
        print("bench: there is no %s here: files are not measured\n", path);
        return;
    }
    note(status);
    b.data = rt_alloc_pages(1);
    if (b.data == NULL)
        note(NU_NOMEM);
    if (b.status != 0) {
        report(path, 0);
        return;
    }
    report(b.file & NU_HANDLE_LOCAL ? "local-call" : "file-size",
           least(op_size));
    report("read-0", least(op_read_nothing));
    report("read-4096", least(op_read));
    report("open-close", least(op_open));
    report("stat", least(op_stat));
    note(handle_close(b.file));
}

int bench_run(void)
{
    b.status = 0;
    b.clock = user_handle("clock");
    b.pong = user_handle("pong");
    b.fs = user_handle("fs");
    if (b.clock != NU_HANDLE_NONE)
        report("null-call", least(op_null));
    if (b.pong != NU_HANDLE_NONE) {
        report("round-trip", least(op_pong));
        report("round-trip-64", least(op_pong_64));
    }
    if (b.fs != NU_HANDLE_NONE)
        bench_files();
    return b.status == 0 ? 0 : 1;
}
