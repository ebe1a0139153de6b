#include "bench.h"
#include "pong.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <rt/heap.h>
#include <user.h>

/* As in tests/bench/linux/shared.c. */
#define ROUNDS      15
#define BYTES_MAX   (128u * 1024u)
#define SMALL_READS 64
#define LARGE_READS 16
#define CALLS       64

static nu_handle_t file;
static uint8_t *data;

static int call_pong(size_t bytes, uint64_t at)
{
    struct nu_regs r = {.tag = PONG_CALL(4)};

    (void)bytes;
    (void)at;
    return nu_message(user_handle("pong"), &r);
}

static int read_file(size_t bytes, uint64_t at)
{
    for (size_t done = 0; done < bytes;) {
        size_t piece = bytes - done;
        size_t got = 0;
        int status;

        if (piece > BENCH_READ_MAX)
            piece = BENCH_READ_MAX;
        status = file_read(file, at + done, (uint32_t)piece, data + done, piece,
                           &got);
        if (status != 0)
            return status;
        if (got != piece)
            return NU_IO;
        done += piece;
    }
    return 0;
}

static uint64_t median(uint64_t *values, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        for (unsigned k = i; k > 0 && values[k] < values[k - 1]; k--) {
            uint64_t swap = values[k];

            values[k] = values[k - 1];
            values[k - 1] = swap;
        }
    }
    return values[count / 2];
}

/* (op) of (bytes), (count) times a round, through the file from its begin. */
static int measure(const char *name, int (*op)(size_t bytes, uint64_t at),
                   size_t bytes, unsigned count)
{
    uint64_t took[ROUNDS];
    uint64_t at = 0;
    int status = 0;

    for (unsigned round = 0; round < ROUNDS && status == 0; round++) {
        uint64_t begin = rt_now_ns();

        for (unsigned i = 0; i < count && status == 0; i++) {
            status = op(bytes, at);
            at = (at + bytes) % BENCH_FILE_BYTES;
        }
        took[round] = (rt_now_ns() - begin) / count;
    }
    if (status != 0)
        print("bench: %s: %s\n", name, nu_error_text(status));
    else
        print("bench %s ns=%lu\n", name, (unsigned long)median(took, ROUNDS));
    return status != 0;
}

static int time_files(void)
{
    int status = directory_open(user_handle("fs"), BENCH_PATH,
                                sizeof(BENCH_PATH) - 1, 0, &file, NULL, NULL);

    if (status == 0) {
        data = rt_alloc_pages(BYTES_MAX / NU_PAGE_BYTES);
        status = data == NULL ? NU_NOMEM : 0;
    }
    if (status != 0) {
        print("bench: %s: %s\n", BENCH_PATH, nu_error_text(status));
        return 1;
    }
    status = measure("read-4096", read_file, NU_PAGE_BYTES, SMALL_READS);
    status |= measure("read-131072", read_file, BYTES_MAX, LARGE_READS);
    (void)handle_close(file);
    rt_free_pages(data, BYTES_MAX / NU_PAGE_BYTES);
    return status;
}

int bench_time(void)
{
    int failed = 0;

    if (user_handle("pong") != NU_HANDLE_NONE)
        failed |= measure("round-trip", call_pong, 0, CALLS);
    if (user_handle("fs") != NU_HANDLE_NONE)
        failed |= time_files();
    return failed;
}
