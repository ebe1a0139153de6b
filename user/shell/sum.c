/* sum: SHA-256 of files, written as sha256sum does. */
#include "shell.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/sha256.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define READ_BYTES 65536u

static void print_digest(const uint8_t *digest, const char *shown)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * NL_SHA256_BYTES + 1];

    for (size_t i = 0; i < NL_SHA256_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[sizeof(text) - 1] = '\0';
    print_bytes(text, sizeof(text) - 1);
    print_bytes("  ", 2);
    print_bytes(shown, strlen(shown));
    print_bytes("\n", 1);
}

static int sum_file(void *data, const char *shown, const char *full)
{
    struct nl_sha256 sum;
    uint8_t digest[NL_SHA256_BYTES];
    nu_handle_t file;
    uint64_t offset = 0;
    size_t got = 1;
    int status = directory_open(user_handle("fs"), full, strlen(full), 0, &file,
                                NULL, NULL);

    if (status != 0)
        return complain("sum", shown, status);
    nl_sha256_begin(&sum);
    while (status == 0 && got > 0) {
        status = file_read(file, offset, READ_BYTES, data, READ_BYTES, &got);
        if (status == 0)
            nl_sha256_add(&sum, data, got);
        offset += got;
    }
    (void)handle_close(file);
    if (status != 0)
        return complain("sum", shown, status);
    nl_sha256_end(&sum, digest);
    print_digest(digest, shown);
    return 0;
}

static int sum_visited(void *data, const char *shown, const char *full,
                       uint8_t kind)
{
    return kind == FILE_KIND_REGULAR ? sum_file(data, shown, full) : 0;
}

int command_sum(int argc, char **argv)
{
    bool is_recursive = argc > 1 && strcmp(argv[1], "-r") == 0;
    int first = is_recursive ? 2 : 1;
    static char full[PATH_BYTES];
    int result = 0;
    void *data;

    if (argc <= first || argv[first][0] == '-')
        return WRONG_USAGE;
    data = rt_alloc_pages(READ_BYTES / NU_PAGE_BYTES);
    if (data == NULL)
        return complain("sum", argv[first], NU_NOMEM);
    for (int i = first; i < argc; i++) {
        if (is_recursive)
            result |= walk("sum", argv[i], sum_visited, data);
        else if (!path_resolve(argv[i], full))
            result = complain("sum", argv[i], NU_TOOLONG);
        else
            result |= sum_file(data, argv[i], full);
    }
    rt_free_pages(data, READ_BYTES / NU_PAGE_BYTES);
    return result;
}
