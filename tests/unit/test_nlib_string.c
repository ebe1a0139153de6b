/*
 * nlib/string against the C library. The build renames the functions under test
 * to nl_memcpy and so on, here and in string.c.
 */
#include <nlib/string.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strlcpy

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BYTES 300
#define EDGE  16

static uint8_t ours[BYTES + 2 * EDGE];
static uint8_t theirs[BYTES + 2 * EDGE];

static void fill(void)
{
    for (size_t i = 0; i < sizeof(ours); i++) {
        ours[i] = theirs[i] = (uint8_t)(i * 37 + 11);
    }
}

static void copies_equal_libc(void **state)
{
    uint8_t source[BYTES + EDGE];

    (void)state;
    for (size_t i = 0; i < sizeof(source); i++) {
        source[i] = (uint8_t)(i * 101);
    }
    for (size_t bytes = 0; bytes < BYTES; bytes++) {
        for (size_t at = 0; at < EDGE; at += 3) {
            fill();
            assert_ptr_equal(nl_memcpy(ours + at, source + EDGE - at, bytes),
                             ours + at);
            memcpy(theirs + at, source + EDGE - at, bytes);
            assert_memory_equal(ours, theirs, sizeof(ours));
        }
    }
}

static void overlapping_moves_equal_libc(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 200; bytes++) {
        for (size_t from = 0; from < 40; from += 3) {
            for (size_t to = 0; to < 40; to++) {
                fill();
                nl_memmove(ours + to, ours + from, bytes);
                memmove(theirs + to, theirs + from, bytes);
                assert_memory_equal(ours, theirs, sizeof(ours));
            }
        }
    }
}

static void fills_equal_libc(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < BYTES; bytes++) {
        fill();
        nl_memset(ours + bytes % EDGE, (int)(bytes + 0x180), bytes);
        memset(theirs + bytes % EDGE, (int)(bytes + 0x180), bytes);
        assert_memory_equal(ours, theirs, sizeof(ours));
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void comparisons_equal_libc(void **state)
{
    static const char *const words[] = {
        "", "a", "b", "ab", "abc", "abd", "\xff", "ab\x80", "abcdefgh"};
    size_t count = sizeof(words) / sizeof(words[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(nl_strlen(words[i]), strlen(words[i]));
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(sign(nl_strcmp(words[i], words[j])),
                             sign(strcmp(words[i], words[j])));
            for (size_t n = 0; n < 10; n++) {
                assert_int_equal(sign(nl_strncmp(words[i], words[j], n)),
                                 sign(strncmp(words[i], words[j], n)));
            }
        }
        for (int c = 0; c < 256; c++) {
            assert_ptr_equal(nl_strchr(words[i], c), strchr(words[i], c));
        }
    }
    assert_int_equal(sign(nl_memcmp("a\0b", "a\0c", 3)), -1);
    assert_int_equal(sign(nl_memcmp("\xff", "\x01", 1)), 1);
    assert_int_equal(nl_memcmp("x", "y", 0), 0);
}

static void strlcpy_cuts_and_ends(void **state)
{
    char buf[8] = "zzzzzzz";

    (void)state;
    assert_int_equal(nl_strlcpy(buf, "abcdefghij", 4), 10);
    assert_string_equal(buf, "abc");
    assert_int_equal(buf[4], 'z');
    assert_int_equal(nl_strlcpy(buf, "abc", sizeof(buf)), 3);
    assert_string_equal(buf, "abc");
    assert_int_equal(nl_strlcpy(buf, "abc", 1), 3);
    assert_string_equal(buf, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_equal_libc),
        cmocka_unit_test(overlapping_moves_equal_libc),
        cmocka_unit_test(fills_equal_libc),
        cmocka_unit_test(comparisons_equal_libc),
        cmocka_unit_test(strlcpy_cuts_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
