#include "suite.h"

#include <contract/block.h>
#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/string.h>
#include <user.h>

static int call(nu_handle_t to, uint64_t tag, uint64_t w0, uint64_t w1)
{
    struct nu_regs r = {.tag = tag | NU_OP_CALL, .w0 = w0, .w1 = w1};

    return nu_message(to, &r);
}

/* A path as the stub would send it inline, but with lengths of our choice. */
static int call_inline(nu_handle_t to, const char *path, size_t bytes,
                       uint32_t said, uint32_t words)
{
    struct nu_msgbuf *buf = nu_buffer();

    memset(&buf->words[4], 0, 128);
    memcpy(&buf->words[4], path, bytes);
    return call(
        to, DIRECTORY_STAT_METHOD | NU_TAG_INLINE | NU_SHAPE(words, 0, 0, 0),
        said, 0);
}

static void malformed(nu_handle_t fs)
{
    static char path[4200];
    struct nu_msgbuf *buf = nu_buffer();

    STATUS(call_inline(fs, "/empty", 6, 6, 5), 0);
    STATUS(call_inline(fs, "/empty", 6, 7, 5), NU_INVAL); /* a NUL inside */
    STATUS(call_inline(fs, "/empty", 6, 60, 5), NU_INVAL);
    STATUS(call_inline(fs, "/empty", 6, 6, 4), NU_INVAL);
    STATUS(call_inline(fs, "/empty", 6, 6, 9), NU_INVAL);
    STATUS(call_inline(fs, "/empty", 6, 0xffffffff, 5), NU_INVAL);
    /* No string where one belongs, and one where none does. */
    STATUS(call(fs, DIRECTORY_STAT_METHOD | NU_SHAPE(1, 0, 0, 0), 6, 0),
           NU_INVAL);
    STATUS(call(fs, DIRECTORY_LIST_METHOD | NU_SHAPE(2, 0, 0, 0), 0, 0),
           NU_INVAL);
    STATUS(call(fs, DIRECTORY_LIST_METHOD | NU_SHAPE(0, 0, 0, 0), 0, 0),
           NU_INVAL);
    /* Longer than the contract allows, as an item. */
    memset(path, 'x', sizeof(path));
    buf->strings[0].addr = (uint64_t)(uintptr_t)path;
    buf->strings[0].bytes = 4096;
    STATUS(call(fs, DIRECTORY_STAT_METHOD | NU_SHAPE(1, 0, 1, 0), 4096, 0),
           NU_INVAL);
    buf->strings[0].bytes = 300;
    STATUS(call(fs, DIRECTORY_STAT_METHOD | NU_SHAPE(1, 0, 1, 0), 200, 0),
           NU_INVAL);
}

static void unknown(nu_handle_t fs)
{
    STATUS(call(fs, NU_METHOD(DIRECTORY_CONTRACT, 99), 0, 0), NU_UNSUP);
    STATUS(call(fs, NU_METHOD(DIRECTORY_CONTRACT, 0), 0, 0), NU_UNSUP);
    STATUS(call(fs, FILE_SIZE_METHOD, 0, 0), NU_UNSUP);
    STATUS(call(fs, BLOCK_INFO_METHOD, 0, 0), NU_UNSUP);
    STATUS(call(fs, NU_METHOD(0xffff, 1), 0, 0), NU_UNSUP);
    STATUS(call(fs, NU_METHOD(0, 99), 0, 0), NU_UNSUP);
    STATUS(call(NU_HANDLE_NONE, FILE_SIZE_METHOD, 0, 0), NU_BADH);
    STATUS(call(0x7fffffff, FILE_SIZE_METHOD, 0, 0), NU_BADH);
    STATUS(call(0xffffffff, FILE_SIZE_METHOD, 0, 0), NU_BADH);
}

static void about_handles(nu_handle_t fs)
{
    uint32_t contract = 0;
    uint32_t rights = 0;

    STATUS(handle_info(fs, &contract, &rights), 0);
    CHECK(contract == 0xffff && (rights & NU_RIGHT_SEND));
}

void suite_raw(nu_handle_t fs)
{
    malformed(fs);
    unknown(fs);
    about_handles(fs);
}
