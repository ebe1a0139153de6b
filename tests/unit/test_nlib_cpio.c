#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nlib/cpio.h>

static uint8_t archive[8192];
static size_t archive_bytes;

/* One entry as `cpio -H newc` writes it. */
static void add(const char *name, const void *data, size_t bytes)
{
    size_t name_bytes = strlen(name) + 1;
    char header[111];

    snprintf(header, sizeof(header),
             "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1,
             0100644, 0, 0, 1, 0, (unsigned)bytes, 0, 0, 0, 0,
             (unsigned)name_bytes, 0);
    memcpy(archive + archive_bytes, header, 110);
    memcpy(archive + archive_bytes + 110, name, name_bytes);
    archive_bytes += (110 + name_bytes + 3) & ~(size_t)3;
    if (bytes > 0) {
        memcpy(archive + archive_bytes, data, bytes);
    }
    archive_bytes += (bytes + 3) & ~(size_t)3;
}

static void make(void)
{
    memset(archive, 0, sizeof(archive));
    archive_bytes = 0;
    add("init", "first", 5);
    add("image/fs", "second file", 11);
    add("empty", NULL, 0);
    add("TRAILER!!!", NULL, 0);
}

static void entries_come_in_order(void **state)
{
    static const char *const names[] = {"init", "image/fs", "empty"};
    static const size_t bytes[] = {5, 11, 0};
    struct nl_cpio_entry e;
    size_t at = 0;

    (void)state;
    make();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(nl_cpio_next(archive, archive_bytes, &at, &e), 1);
        assert_string_equal(e.name, names[i]);
        assert_int_equal(e.bytes, bytes[i]);
        assert_int_equal(e.mode, 0100644);
    }
    assert_int_equal(nl_cpio_next(archive, archive_bytes, &at, &e), 0);
}

static void a_name_is_found_or_not(void **state)
{
    struct nl_cpio_entry e;

    (void)state;
    make();
    assert_int_equal(nl_cpio_find(archive, archive_bytes, "image/fs", &e), 1);
    assert_memory_equal(e.data, "second file", 11);
    assert_int_equal(nl_cpio_find(archive, archive_bytes, "image/f", &e), 0);
    assert_int_equal(nl_cpio_find(archive, archive_bytes, "", &e), 0);
}

static void every_truncation_is_malformed_or_lacks_the_end(void **state)
{
    (void)state;
    make();
    for (size_t bytes = 0; bytes < archive_bytes; bytes++) {
        uint8_t *part = malloc(bytes == 0 ? 1 : bytes);
        struct nl_cpio_entry e;
        int found;

        memcpy(part, archive, bytes);
        found = nl_cpio_find(part, bytes, "nothing", &e);
        /* The trailer's padding alone may be missing. */
        if (bytes < archive_bytes - 3) {
            assert_int_equal(found, -1);
        }
        free(part);
    }
}

static void lies_in_a_header_are_malformed(void **state)
{
    static const struct {
        size_t at;
        const char *text;
    } lies[] = {
        {0, "070702"},
        {0, "0707"
            "07"},
        {6 + 6 * 8, "ffffffff"},
        {6 + 6 * 8, "00002000"},
        {6 + 11 * 8, "00000000"},
        {6 + 11 * 8, "ffffffff"},
        {6 + 11 * 8, "00000004"},
        {6 + 6 * 8, "0000000g"},
        {6 + 8, "        "},
    };
    struct nl_cpio_entry e;

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        size_t at = 0;

        make();
        memcpy(archive + lies[i].at, lies[i].text, strlen(lies[i].text));
        assert_int_equal(nl_cpio_next(archive, archive_bytes, &at, &e), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_in_order),
        cmocka_unit_test(a_name_is_found_or_not),
        cmocka_unit_test(every_truncation_is_malformed_or_lacks_the_end),
        cmocka_unit_test(lies_in_a_header_are_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
