/*
 * The first and only program of a Linux guest that reads a file of its host: by
 * virtio-9p, without a cache in the guest, so that every read goes to the
 * server. Prints, for each size, `bench NAME ns=N`: the median over the rounds
 * of the time for one read, by the guest's clock; then switches the machine off.
 *
 * Expects: a directory shared under the tag "bench" with bench/file of
 *          FILE_BYTES in it, and the kernel's modules named below.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

/* As in user/programs/bench_time.c. */
#define ROUNDS      15
#define FILE_BYTES  (1024 * 1024)
#define BYTES_MAX   (128 * 1024)
#define SMALL_READS 64
#define LARGE_READS 16

static const char *const modules[] = {
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "netfs",
    "fscache",
    "9pnet",
    "9pnet_virtio",
    "9p",
    NULL,
};
static char data[BYTES_MAX];

static uint64_t now_ns(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        end("clock");
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void measure(const char *name, int file, size_t bytes, unsigned count)
{
    uint64_t took[ROUNDS];
    off_t at = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t begin = now_ns();

        for (unsigned i = 0; i < count; i++) {
            if (pread(file, data, bytes, at) != (ssize_t)bytes)
                end("pread");
            at = (at + (off_t)bytes) % FILE_BYTES;
        }
        took[round] = (now_ns() - begin) / count;
    }
    qsort(took, ROUNDS, sizeof(took[0]), compare);
    printf("bench %s ns=%llu\n", name, (unsigned long long)took[ROUNDS / 2]);
}

int main(void)
{
    int file;

    load_modules(modules);
    mount_devices();
    (void)mkdir("/shared", 0755);
    if (mount("bench", "/shared", "9p", MS_RDONLY,
              "trans=virtio,version=9p2000.L,msize=512000,cache=none") != 0)
        end("mount");
    file = open("/shared/bench/file", O_RDONLY);
    if (file < 0)
        end("open");
    measure("read-4096", file, 4096, SMALL_READS);
    measure("read-131072", file, BYTES_MAX, LARGE_READS);
    power_off();
}
