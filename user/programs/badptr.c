/*
 * Bad addresses in every string item and receive buffer: kernel, unmapped,
 * read-only (to receive), wrapping, and ends just behind a mapping. Each must
 * give the error FAULT (or TOOLONG for a length that no message may have), and
 * nothing else may happen. Prints what went wrong; status 0 if nothing did.
 *
 * Needs the handle `pong` (any server that receives no strings: TOOLONG) or
 * `fs`, whose service does.
 */
#include <contract/directory.h>
#include <contract/file.h>
#include <contract/purse.h>
#include <contract/space.h>
#include <nlib/string.h>
#include <user.h>

#define MAPPED 0x600000000000ull

static uint32_t failures;

struct bad {
    const char *name;
    uint64_t addr;
    uint64_t bytes;
};

static const struct bad bads[] = {
    {"null", 0, 200},
    {"unmapped", 0x500000000000ull, 200},
    {"kernel image", 0xffffffff80000000ull, 200},
    {"kernel, last bytes", 0xffffffffffffff00ull, 200},
    {"direct map", 0xffff800000000000ull, 200},
    {"service region", 0xffffa00000010000ull, 200},
    {"not canonical", 0x800000000000ull, 200},
    {"last user page and on", 0x7fffffffff80ull, 200},
    {"wraps", 0xffffffffffffff80ull, 200},
    {"wraps to all", 1, UINT64_MAX >> 1},
    {"over the end of a mapping", MAPPED + NU_PAGE_BYTES - 100, 200},
    {"under the start of a mapping", MAPPED - 100, 200},
    {"a mapping that ends early", MAPPED, NU_PAGE_BYTES + 1},
    {"too long", MAPPED, (1u << 20) + 1},
    {"all of the address space", 0, UINT64_MAX >> 1},
};

static void expect_refused(const char *what, const struct bad *bad, int status)
{
    if (status == NU_FAULT || status == NU_TOOLONG)
        return;
    failures++;
    print("badptr: %s, %s: %s\n", what, bad->name, nu_error_text(status));
}

/* String item (index) of a request is bad; those before it are good. */
static void send_bad(nu_handle_t to, const struct bad *bad, uint32_t index,
                     uint64_t more)
{
    static const char good[256] = {0};
    struct nu_msgbuf *buf = nu_buffer();
    struct nu_regs r = {.tag = DIRECTORY_STAT_METHOD | NU_OP_CALL |
                               NU_SHAPE(1, 0, index + 1, 0)};

    for (uint32_t i = 0; i <= index; i++) {
        buf->strings[i].addr = (uint64_t)(uintptr_t)good;
        buf->strings[i].bytes = 10 | (i > 0 ? more : 0);
    }
    buf->strings[index].addr = bad->addr;
    buf->strings[index].bytes = bad->bytes | (index > 0 ? more : 0);
    r.w0 = bad->bytes & 0xffffffffu;
    expect_refused("sent", bad, nu_message(to, &r));
}

/* Where a reply's string is to be received is bad. */
static void receive_bad(nu_handle_t file, const struct bad *bad)
{
    struct nu_msgbuf *buf = nu_buffer();
    struct nu_regs r = {.tag = FILE_READ_METHOD | NU_OP_CALL |
                               NU_SHAPE(2, 0, 0, 0),
                        .w0 = 0,
                        .w1 = bad->bytes < 8192 ? bad->bytes : 8192};

    buf->rx[0].addr = bad->addr;
    buf->rx[0].bytes = bad->bytes;
    buf->rx_count = 1;
    expect_refused("received", bad, nu_message(file, &r));
    buf->rx_count = 0;
}

static const struct bad read_only[] = {
    {"text", (uint64_t)0, 200}, /* filled in by main */
    {"call page", 0x7ffff000, 200},
};

static bool map_one_page(void)
{
    nu_handle_t memory;

    return purse_create_memory(user_handle("purse"), 1, &memory) == 0 &&
           space_map(user_handle("space"), memory, 0, MAPPED, NU_PAGE_BYTES,
                     SPACE_PROTECTION_READ | SPACE_PROTECTION_WRITE) == 0;
}

static void receive_all(nu_handle_t fs)
{
    static const char path[] = "/bench/file";
    struct bad text = read_only[0];
    nu_handle_t file;
    uint8_t byte = 0;
    size_t got;
    int status =
        directory_open(fs, path, sizeof(path) - 1, 0, &file, NULL, NULL);

    if (status != 0) {
        failures++;
        print("badptr: %s: %s\n", path, nu_error_text(status));
        return;
    }
    text.addr = (uint64_t)(uintptr_t)&receive_all;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        /* Long enough for what comes: only the address may be wrong. */
        if (bads[i].bytes == 200 || bads[i].bytes > NU_PAGE_BYTES)
            receive_bad(file, &bads[i]);
    }
    receive_bad(file, &text);
    receive_bad(file, &read_only[1]);
    /* The server is there and well. */
    status = file_read(file, 0, 1, &byte, 1, &got);
    if (status != 0 || got != 1) {
        failures++;
        print("badptr: the server is gone: %s\n", nu_error_text(status));
    }
}

int main(int argc, char **argv)
{
    nu_handle_t fs = user_handle("fs");

    (void)argc;
    (void)argv;
    if (fs == NU_HANDLE_NONE || (fs & NU_HANDLE_LOCAL) || !map_one_page()) {
        print("badptr: needs purse, space and an fs outside this process\n");
        return 2;
    }
    for (uint32_t i = 0; i < NU_STRINGS_MAX; i++) {
        for (size_t k = 0; k < sizeof(bads) / sizeof(bads[0]); k++) {
            send_bad(fs, &bads[k], i, 0);
            send_bad(fs, &bads[k], i, NU_STRING_MORE);
        }
    }
    receive_all(fs);
    print("badptr: %u failures\n", failures);
    return failures == 0 ? 0 : 1;
}
