/*
 * Paths and attributes as the shell writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <shell/shell.h>

size_t strlcpy(char *to, const char *from, size_t bytes);

/* The freestanding library's, which the C library here does not have. */
size_t strlcpy(char *to, const char *from, size_t bytes)
{
    size_t length = strlen(from);
    size_t copied = length < bytes ? length : bytes - 1;

    memcpy(to, from, copied);
    to[copied] = '\0';
    return length;
}

static void paths_are_resolved(void **state)
{
    static const struct {
        const char *here;
        const char *path;
        const char *full;
    } cases[] = {
        {"/", "", "/"},
        {"/", ".", "/"},
        {"/", "..", "/"},
        {"/", "a", "/a"},
        {"/a", "b/c", "/a/b/c"},
        {"/a", "/b", "/b"},
        {"/a/b", "..", "/a"},
        {"/a/b", "../..", "/"},
        {"/a/b", "../../..", "/"},
        {"/a", "./b//c/./", "/a/b/c"},
        {"/a", "b/../c", "/a/c"},
        {"/a", "...", "/a/..."},
        {"/a", "..b", "/a/..b"},
        {"/", "//a//", "/a"},
    };
    static char full[PATH_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        path_set_here(cases[i].here);
        assert_true(path_resolve(cases[i].path, full));
        assert_string_equal(full, cases[i].full);
    }
}

static void paths_that_are_too_long_are_refused(void **state)
{
    static char path[2 * PATH_BYTES];
    static char full[PATH_BYTES + 1];

    (void)state;
    path_set_here("/");
    for (size_t bytes = PATH_BYTES - 3; bytes < PATH_BYTES + 3; bytes++) {
        memset(path, 'x', bytes);
        path[bytes] = '\0';
        full[PATH_BYTES] = '!';
        assert_int_equal(path_resolve(path, full), bytes <= PATH_BYTES - 2);
        assert_int_equal(full[PATH_BYTES], '!');
        assert_int_equal(path_join(full, "/", path), bytes <= PATH_BYTES - 2);
        assert_int_equal(full[PATH_BYTES], '!');
    }
    assert_true(path_join(full, "/a", "b"));
    assert_string_equal(full, "/a/b");
    assert_true(path_join(full, "/", "b"));
    assert_string_equal(full, "/b");
}

static void times_are_those_of_the_c_library(void **state)
{
    char ours[17];
    char theirs[64];

    (void)state;
    /* From 1834 to 2106, by a step that meets every day of the year. */
    for (int64_t s = -4294967296; s < 4294967296; s += 86400 * 3 + 12347) {
        time_t t = (time_t)s;
        struct tm tm;

        gmtime_r(&t, &tm);
        strftime(theirs, sizeof(theirs), "%Y-%m-%d %H:%M", &tm);
        format_time(ours, s);
        assert_string_equal(ours, theirs);
    }
}

static void modes_are_those_of_ls(void **state)
{
    char mode[11];

    (void)state;
    format_mode(mode, 2, 0755);
    assert_string_equal(mode, "drwxr-xr-x");
    format_mode(mode, 1, 04640);
    assert_string_equal(mode, "-rwSr-----");
    format_mode(mode, 2, 01777);
    assert_string_equal(mode, "drwxrwxrwt");
    format_mode(mode, 3, 02777);
    assert_string_equal(mode, "lrwxrwsrwx");
    format_mode(mode, 99, 0);
    assert_string_equal(mode, "?---------");
    assert_string_equal(kind_name(3), "symbolic link");
    assert_string_equal(kind_name(99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_resolved),
        cmocka_unit_test(paths_that_are_too_long_are_refused),
        cmocka_unit_test(times_are_those_of_the_c_library),
        cmocka_unit_test(modes_are_those_of_ls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
