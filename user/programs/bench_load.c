/*
 * A load of files as that of Singularity's WebFiles: whole files of the sizes
 * and with the popularity that SPECweb99 gives them, read one after the other.
 * The draw is the same at each run. tests/bench/load.py makes the files.
 */
#include "bench.h"
#include "counters.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define DIRECTORIES 4u
#define CLASSES     4u
#define FILES       9u /* of a class in a directory */
#define PER_MILLE   1000u

/* SPECweb99: of 1000 requests so many are for files below 1, 10, 100, 1000 KiB;
 * in a class so many for each of its nine files. Directories: Zipf's law. */
static const uint32_t class_weight[CLASSES] = {350, 500, 140, 10};
static const uint32_t file_weight[FILES] = {39,  59, 88, 177, 353,
                                            118, 71, 50, 45};
static const uint32_t directory_weight[DIRECTORIES] = {480, 240, 160, 120};

/* Another machine's counters, by a program on it. */
struct far {
    const char *side;
    nu_handle_t pong;
    struct counters begin;
    struct counters now;
};

static uint64_t state;
static uint8_t *data;
static uint64_t bytes_read;

/* xorshift64* (Vigna, 2016). */
static uint32_t draw(const uint32_t *weights, uint32_t count)
{
    uint32_t left;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    left = (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 33) % PER_MILLE;
    for (uint32_t i = 0; i + 1 < count; i++) {
        if (left < weights[i])
            return i;
        left -= weights[i];
    }
    return count - 1;
}

static int read_whole(const char *path)
{
    nu_handle_t file;
    uint64_t at = 0;
    size_t got = 0;
    int status = directory_open(user_handle("fs"), path, strlen(path), 0, &file,
                                NULL, NULL);

    if (status != 0)
        return status;
    do {
        status =
            file_read(file, at, BENCH_READ_MAX, data, BENCH_READ_MAX, &got);
        at += got;
    } while (status == 0 && got == BENCH_READ_MAX);
    bytes_read += at;
    (void)handle_close(file);
    return status;
}

static int read_some(unsigned ops)
{
    for (unsigned i = 0; i < ops; i++) {
        char path[48];
        uint32_t directory = draw(directory_weight, DIRECTORIES);
        uint32_t class = draw(class_weight, CLASSES);
        uint32_t number = draw(file_weight, FILES);
        int status;

        nl_snprintf(path, sizeof(path), "/bench/load/%u/%u.%u", directory,
                    class, number);
        status = read_whole(path);
        if (status != 0) {
            print("bench: %s: %s\n", path, nu_error_text(status));
            return status;
        }
    }
    return 0;
}

/* A program on this machine, or on one that another one is on, tells nothing
 * new. */
static int begin_far(struct far *far, uint32_t count,
                     const struct counters *near)
{
    for (uint32_t i = 0; i < count; i++) {
        int status;

        if (far[i].pong == NU_HANDLE_NONE)
            continue;
        status = counters_read_far(far[i].pong, &far[i].begin);
        if (status != 0)
            return status;
        if (far[i].begin.domid == near->domid ||
            (i > 0 && far[i].begin.domid == far[0].begin.domid))
            far[i].pong = NU_HANDLE_NONE;
    }
    return 0;
}

static int end_far(struct far *far, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int status;

        if (far[i].pong == NU_HANDLE_NONE)
            continue;
        status = counters_read_far(far[i].pong, &far[i].now);
        if (status != 0)
            return status;
        counters_subtract(&far[i].now, &far[i].begin);
    }
    return 0;
}

static int run(unsigned ops, struct far *far, uint32_t count)
{
    struct counters begin;
    struct counters now;
    uint64_t ns;
    int status = counters_read(&begin);

    if (status == 0)
        status = begin_far(far, count, &begin);
    if (status == 0)
        status = counters_read(&begin);
    ns = rt_now_ns();
    if (status == 0)
        status = read_some(ops);
    ns = rt_now_ns() - ns;
    if (status == 0)
        status = counters_read(&now);
    if (status == 0)
        status = end_far(far, count);
    if (status != 0)
        return status;
    counters_subtract(&now, &begin);
    print("load ops=%u bytes=%lu ns=%lu", ops, (unsigned long)bytes_read,
          (unsigned long)ns);
    counters_print("near", &now);
    for (uint32_t i = 0; i < count; i++) {
        if (far[i].pong != NU_HANDLE_NONE)
            counters_print(far[i].side, &far[i].now);
    }
    print("\n");
    return 0;
}

int bench_load(unsigned ops)
{
    struct far far[] = {{.side = "far", .pong = user_handle("pong")},
                        {.side = "disk", .pong = user_handle("pong-disk")}};
    int status;

    state = 1;
    data = rt_alloc_pages(BENCH_READ_MAX / NU_PAGE_BYTES);
    status =
        data == NULL ? NU_NOMEM : run(ops, far, sizeof(far) / sizeof(far[0]));
    if (status != 0)
        print("bench: load: %s\n", nu_error_text(status));
    return status != 0;
}
