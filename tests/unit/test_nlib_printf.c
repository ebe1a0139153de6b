/*
 * nlib/printf against the C library: the same text and the same length, for
 * every conversion with every combination of flags, width and precision.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <nlib/printf.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static const char *const flags[] = {"",   "-",  "0",  "+",   " ",
                                    "#",  "-0", "+0", "-+",  " 0",
                                    "#0", "-#", "+#", "-+0", "+ "};
static const char *const counts[] = {"",   "1",   "8",    "24",  ".0", ".1",
                                     ".8", "8.3", "12.8", "3.8", ".",  "20."};
static const long values[] = {0,       1,        -1,       7,       8,
                              10,      255,      -128,     65535,   INT_MAX,
                              INT_MIN, LONG_MAX, LONG_MIN, 1l << 33};

static void compare(const char *format, long value)
{
    char ours[128];
    char theirs[128];
    int our_length = nl_snprintf(ours, sizeof(ours), format, value);
    int their_length = snprintf(theirs, sizeof(theirs), format, value);

    if (strcmp(ours, theirs) != 0 || our_length != their_length) {
        fail_msg("%s of %ld: \"%s\" (%d), not \"%s\" (%d)", format, value, ours,
                 our_length, theirs, their_length);
    }
}

static void numbers_equal_libc(void **state)
{
    static const char *const sizes[] = {"", "hh", "h", "l", "ll", "z", "j"};
    static const char types[] = "diuxXo";
    char format[32];

    (void)state;
    for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++) {
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                for (size_t t = 0; types[t] != '\0'; t++) {
                    snprintf(format, sizeof(format), "<%%%s%s%s%c>", flags[f],
                             counts[c], sizes[s], types[t]);
                    for (size_t v = 0; v < sizeof(values) / sizeof(long); v++) {
                        compare(format, values[v]);
                    }
                }
            }
        }
    }
}

static void strings_equal_libc(void **state)
{
    static const char *const texts[] = {"", "a", "nuncio",
                                        "a longer text than any width"};
    char format[32];
    char ours[128];
    char theirs[128];

    (void)state;
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        for (int left = 0; left < 2; left++) {
            snprintf(format, sizeof(format), "[%%%s%ss]", left ? "-" : "",
                     counts[c]);
            for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
                nl_snprintf(ours, sizeof(ours), format, texts[t]);
                snprintf(theirs, sizeof(theirs), format, texts[t]);
                assert_string_equal(ours, theirs);
            }
        }
    }
}

static void stars_and_mixtures_equal_libc(void **state)
{
    char ours[128];
    char theirs[128];

    (void)state;
#define SAME(...)                                      \
    do {                                               \
        nl_snprintf(ours, sizeof(ours), __VA_ARGS__);  \
        snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
        assert_string_equal(ours, theirs);             \
    } while (0)
    SAME("%*d|%-*d|%.*d", 6, 42, 6, 42, 4, 42);
    SAME("%*d|%.*d", -6, 42, -1, 42);
    SAME("%c%c%%%5c|%-5c|", 'a', 'b', 'c', 'd');
    SAME("%s %zu %lx %llu", "x", (size_t)9, 0xfful, ~0ull);
    SAME("%p", (void *)0x1234);
    SAME("%8.3x|%-8x|%+.3d", 0x1fu, 0x1fu, 5);
#undef SAME
}

static void the_end_is_kept(void **state)
{
    char buf[8];

    (void)state;
    for (size_t n = 0; n <= sizeof(buf); n++) {
        memset(buf, 'z', sizeof(buf));
        assert_int_equal(nl_snprintf(buf, n, "%s", "0123456789"), 10);
        if (n > 0) {
            assert_int_equal(strlen(buf), n - 1);
        }
        for (size_t i = n; i < sizeof(buf); i++) {
            assert_int_equal(buf[i], 'z');
        }
    }
}

static void what_is_not_understood_is_copied(void **state)
{
    char buf[32];
    const char *bad = "%y %";

    (void)state;
    nl_snprintf(buf, sizeof(buf), bad);
    assert_string_equal(buf, "%y %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_equal_libc),
        cmocka_unit_test(strings_equal_libc),
        cmocka_unit_test(stars_and_mixtures_equal_libc),
        cmocka_unit_test(the_end_is_kept),
        cmocka_unit_test(what_is_not_understood_is_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
