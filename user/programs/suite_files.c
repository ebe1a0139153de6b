#include "suite.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define LARGE_BYTES 65536u
#define OPEN_MANY   40u

static int open_file(nu_handle_t directory, const char *path, nu_handle_t *file)
{
    return directory_open(directory, path, strlen(path), 0, file, NULL, NULL);
}

static int stat_path(nu_handle_t directory, const char *path, uint32_t flags,
                     struct file_attributes *a)
{
    return directory_stat(directory, path, strlen(path), flags, a);
}

static int open_directory(nu_handle_t from, const char *path, nu_handle_t *to)
{
    return directory_open_directory(from, path, strlen(path), 0, to, NULL);
}

/* Reads of every kind of length: in registers, inline, as an item. */
static void reads(nu_handle_t fs)
{
    static const uint32_t lengths[] = {0,   1,    8,    127,   128,  129,
                                       512, 4096, 4097, 16384, 65536};
    uint8_t *a = rt_alloc_pages(LARGE_BYTES / NU_PAGE_BYTES);
    uint8_t *all = rt_alloc_pages(LARGE_BYTES / NU_PAGE_BYTES);
    nu_handle_t file = NU_HANDLE_NONE;
    uint64_t bytes = 0;
    size_t got = 0;

    STATUS(open_file(fs, "/bench/file", &file), 0);
    STATUS(file_size(file, &bytes), 0);
    CHECK(bytes == LARGE_BYTES);
    STATUS(file_read(file, 0, LARGE_BYTES, all, LARGE_BYTES, &got), 0);
    CHECK(got == LARGE_BYTES);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint64_t at = i * 31;

        if (at + lengths[i] > LARGE_BYTES)
            at = LARGE_BYTES - lengths[i];
        memset(a, 0xa5, lengths[i]);
        STATUS(file_read(file, at, lengths[i], a, LARGE_BYTES, &got), 0);
        CHECK(got == lengths[i] && memcmp(a, all + at, got) == 0);
    }
    STATUS(file_read(file, LARGE_BYTES - 3, 100, a, LARGE_BYTES, &got), 0);
    CHECK(got == 3 && memcmp(a, all + LARGE_BYTES - 3, 3) == 0);
    STATUS(file_read(file, LARGE_BYTES, 100, a, LARGE_BYTES, &got), 0);
    CHECK(got == 0);
    STATUS(file_read(file, UINT64_MAX, 100, a, LARGE_BYTES, &got), 0);
    CHECK(got == 0);
    STATUS(file_read(file, 0, LARGE_BYTES + 1, a, LARGE_BYTES, &got), NU_RANGE);
    /* A buffer too small for what comes, inline and not. */
    STATUS(file_read(file, 0, 100, a, 50, &got), NU_TOOLONG);
    STATUS(file_read(file, 0, 4096, a, 4000, &got), NU_TOOLONG);
    STATUS(handle_close(file), 0);
    STATUS(file_size(file, &bytes), NU_BADH);
    rt_free_pages(a, LARGE_BYTES / NU_PAGE_BYTES);
    rt_free_pages(all, LARGE_BYTES / NU_PAGE_BYTES);
}

static void attributes(nu_handle_t fs)
{
    struct file_attributes a = {0};
    struct file_attributes same = {0};
    nu_handle_t file = NU_HANDLE_NONE;

    STATUS(stat_path(fs, "/empty", 0, &a), 0);
    CHECK(a.kind == FILE_KIND_REGULAR && a.bytes == 0 && a.links == 1);
    STATUS(stat_path(fs, "/bench", 0, &a), 0);
    CHECK(a.kind == FILE_KIND_DIRECTORY && a.links == 2);
    STATUS(stat_path(fs, "/", 0, &a), 0);
    CHECK(a.kind == FILE_KIND_DIRECTORY && a.inode == 2);
    STATUS(stat_path(fs, "links/short", 0, &a), 0);
    CHECK(a.kind == FILE_KIND_REGULAR);
    STATUS(stat_path(fs, "links/short", DIRECTORY_OPEN_FLAGS_NO_FOLLOW, &a), 0);
    CHECK(a.kind == FILE_KIND_SYMLINK && a.bytes == 8);
    STATUS(open_file(fs, "links/long", &file), 0);
    STATUS(file_stat(file, &a), 0);
    STATUS(stat_path(fs, "bench/file", 0, &same), 0);
    CHECK(memcmp(&a, &same, sizeof(a)) == 0);
    STATUS(handle_close(file), 0);
}

static void paths(nu_handle_t fs)
{
    static char name[256];
    struct file_attributes a = {0};
    nu_handle_t h = NU_HANDLE_NONE;

    STATUS(open_file(fs, "/nothing", &h), NU_NOENT);
    STATUS(open_file(fs, "/empty/x", &h), NU_NOTDIR);
    STATUS(open_file(fs, "/bench", &h), NU_ISDIR);
    STATUS(open_file(fs, "links/dangling", &h), NU_NOENT);
    STATUS(open_directory(fs, "/empty", &h), NU_NOTDIR);
    STATUS(open_directory(fs, "/nothing", &h), NU_NOENT);
    STATUS(stat_path(fs, "/bench/../bench/./file", 0, &a), 0);
    CHECK(a.bytes == LARGE_BYTES);
    STATUS(stat_path(fs, "/../../bench/file", 0, &a), 0);
    memset(name, 'n', 255);
    STATUS(open_directory(fs, "names", &h), 0);
    STATUS(stat_path(h, name, 0, &a), 0);
    CHECK(a.bytes == 10);
    STATUS(stat_path(h, "with space", 0, &a), 0);
    CHECK(a.bytes == 11);
    /* Its root is where it was opened: nothing above can be named. */
    STATUS(stat_path(h, "../bench/file", 0, &a), NU_NOENT);
    STATUS(stat_path(h, "/with space", 0, &a), 0);
    STATUS(handle_close(h), 0);
    STATUS(stat_path(h, "with space", 0, &a), NU_BADH);
}

static void links(nu_handle_t fs)
{
    char target[300] = {0};
    size_t bytes = 0;

    STATUS(directory_read_link(fs, "links/short", 11, target, sizeof(target),
                               &bytes),
           0);
    CHECK(bytes == 8 && memcmp(target, "../empty", 8) == 0);
    /* Long enough to be no longer inside the inode. */
    STATUS(directory_read_link(fs, "links/long", 10, target, sizeof(target),
                               &bytes),
           0);
    CHECK(bytes == 3 + 120 + 10);
    STATUS(directory_read_link(fs, "empty", 5, target, sizeof(target), &bytes),
           NU_NOTLINK);
    STATUS(directory_read_link(fs, "links/short", 11, target, 3, &bytes),
           NU_TOOLONG);
}

/* Entries of a directory of several messages; each name is there once. */
static void lists(nu_handle_t fs)
{
    static uint8_t raw[16384];
    nu_handle_t h = NU_HANDLE_NONE;
    uint64_t cursor = 0;
    uint32_t entries = 0;
    uint32_t rounds = 0;

    STATUS(open_directory(fs, "index", &h), 0);
    do {
        size_t bytes = 0;
        size_t at = 0;
        int status =
            directory_list(h, cursor, raw, sizeof(raw), &bytes, &cursor);

        STATUS(status, 0);
        if (status != 0)
            break;
        for (; at + 10 <= bytes; at += 10u + raw[at + 9])
            entries++;
        CHECK(at == bytes);
        rounds++;
    } while (cursor != 0 && rounds < 100);
    CHECK(entries == 600 && rounds > 1);
    STATUS(handle_close(h), 0);
}

/* Many objects at once; a number that was closed never names another. */
static void many(nu_handle_t fs)
{
    nu_handle_t files[OPEN_MANY] = {0};
    nu_handle_t copy = NU_HANDLE_NONE;
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < OPEN_MANY; i++)
        STATUS(open_file(fs, i % 2 == 0 ? "/empty" : "/bench/file", &files[i]),
               0);
    for (uint32_t i = 0; i < OPEN_MANY; i++) {
        STATUS(file_size(files[i], &bytes), 0);
        CHECK(bytes == (i % 2 == 0 ? 0 : LARGE_BYTES));
    }
    STATUS(handle_copy(files[1], NU_RIGHT_SEND, &copy), 0);
    for (uint32_t i = 0; i < OPEN_MANY; i++)
        STATUS(handle_close(files[i]), 0);
    STATUS(file_size(copy, &bytes), 0);
    CHECK(bytes == LARGE_BYTES);
    STATUS(handle_close(copy), 0);
    for (uint32_t i = 0; i < OPEN_MANY; i++) {
        nu_handle_t again = NU_HANDLE_NONE;

        STATUS(open_file(fs, "/empty", &again), 0);
        for (uint32_t k = 0; k < OPEN_MANY; k++)
            CHECK(again != files[k]);
        STATUS(handle_close(again), 0);
    }
    STATUS(handle_close(files[0]), NU_BADH);
}

void suite_files(nu_handle_t fs)
{
    reads(fs);
    attributes(fs);
    paths(fs);
    links(fs);
    lists(fs);
    many(fs);
}
