/*
 * The first and only program of a Linux guest with a disk: the same operations that
 * Nuncio's bench program measures, by Linux's own system calls.
 *
 * Runs under QEMU's -icount, where the time stamp counter counts instructions,
 * so a difference of two readings is exact and repeatable. Prints one line for
 * each operation, `bench NAME instructions=N`, the least of several rounds, and
 * switches the machine off.
 *
 * Expects: the disk with an ext4 file system that has /bench/file of at least
 *          4 KiB, and the kernel's modules named below in the root directory.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define ROUNDS      20
#define ITERATIONS  64
#define BLOCK_BYTES 4096

static const char *const modules[] = {
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_blk",
    NULL,
};
static const char file_path[] = "/disk/bench/file";
static int file;
static int to_child[2];
static int from_child[2];
static char block[BLOCK_BYTES];

static uint64_t ticks(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void op_nothing(void)
{
    __asm__ volatile("" : : : "memory");
}

static void op_getppid(void)
{
    (void)syscall(SYS_getppid);
}

static void op_pipe_round_trip(void)
{
    char byte = 'x';

    if (write(to_child[1], &byte, 1) != 1 || read(from_child[0], &byte, 1) != 1)
        end("pipe");
}

static void op_pread_4096(void)
{
    if (pread(file, block, sizeof(block), 0) != (ssize_t)sizeof(block))
        end("pread");
}

static void op_open_close(void)
{
    int fd = open(file_path, O_RDONLY);

    if (fd < 0 || close(fd) != 0)
        end("open");
}

static void op_stat(void)
{
    struct stat status;

    if (stat(file_path, &status) != 0)
        end("stat");
}

static void op_spawn(void)
{
    pid_t child = fork();

    if (child == 0) {
        (void)execl("/init", "/init", "nothing", (char *)NULL);
        _exit(1);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child)
        end("fork");
}

/* Instructions of (count) calls of (op): the least of some rounds. */
static uint64_t least(void (*op)(void), int count, int rounds)
{
    uint64_t best = UINT64_MAX;

    for (int round = 0; round < rounds; round++) {
        uint64_t begin = ticks();

        for (int i = 0; i < count; i++)
            op();
        begin = ticks() - begin;
        if (begin < best)
            best = begin;
    }
    return best;
}

static void measure(const char *name, void (*op)(void), int count)
{
    uint64_t empty = least(op_nothing, count, ROUNDS);
    uint64_t full = least(op, count, ROUNDS);

    printf("bench %s instructions=%llu\n", name,
           (unsigned long long)((full - empty) / (uint64_t)count));
}

/* The other process of the pipe: sends each byte back. */
static _Noreturn void echo(void)
{
    char byte;

    while (read(to_child[0], &byte, 1) == 1) {
        if (write(from_child[1], &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static void mount_disk(void)
{
    (void)mkdir("/disk", 0755);
    if (mount("/dev/vda", "/disk", "ext4", MS_RDONLY, NULL) != 0)
        end("mount");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "nothing") == 0)
        return 0;
    load_modules(modules);
    mount_devices();
    mount_disk();
    file = open(file_path, O_RDONLY);
    if (file < 0)
        end(file_path);
    if (pipe(to_child) != 0 || pipe(from_child) != 0)
        end("pipe");
    if (fork() == 0)
        echo();
    measure("null-call", op_getppid, ITERATIONS);
    measure("round-trip", op_pipe_round_trip, ITERATIONS);
    measure("read-4096", op_pread_4096, ITERATIONS);
    measure("open-close", op_open_close, ITERATIONS);
    measure("stat", op_stat, ITERATIONS);
    measure("spawn", op_spawn, 4);
    power_off();
}
