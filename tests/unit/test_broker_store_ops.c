/* The broker's store: its layout, its operations, and domains that come and
 * go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

static void a_domain_finds_itself(void **state)
{
    (void)state;
    assert_string_equal(ask_read(2, 0, "name"), "two");
    assert_string_equal(ask_read(2, 0, "domid"), "2");
    assert_string_equal(ask_read(2, 0, "/local/domain/2/nuncio/epoch"), "7");
    assert_string_equal(ask_read(2, 0, "/nuncio/domain/three"), "3");
    assert_string_equal(ask_read(2, 0, "/local/domain/3/name"), "three");
    assert_int_equal(ask(2, XS_GET_DOMAIN_PATH, 0, "2"), 0);
    assert_string_equal(answer, "/local/domain/2");
    assert_int_equal(ask(2, XS_GET_DOMAIN_PATH, 0, "2x"), -EINVAL);
    assert_int_equal(ask(2, XS_GET_PERMS, 0, "data"), 0);
    assert_string_equal(answer, "n2");
}

static void what_is_written_is_read(void **state)
{
    static const char zeros[] = "data/z\0a\0b";

    (void)state;
    assert_int_equal(ask_write(1, 0, "data/a/b/c", "value"), 0);
    assert_string_equal(answer, "OK");
    assert_string_equal(ask_read(1, 0, "/local/domain/1/data/a/b/c"), "value");
    assert_int_equal(answer_bytes, 5);
    assert_string_equal(ask_read(1, 0, "data/a/b"), "");
    assert_int_equal(ask_write(1, 0, "data/a/b/c", "v"), 0);
    assert_string_equal(ask_read(1, 0, "data/a/b/c"), "v");
    assert_int_equal(ask_bytes(1, XS_WRITE, 0, zeros, sizeof(zeros) - 1), 0);
    assert_int_equal(ask(1, XS_READ, 0, "data/z"), 0);
    assert_int_equal(answer_bytes, 3);
    assert_memory_equal(answer, "a\0b", 3);
    assert_int_equal(ask(1, XS_READ, 0, "data/none"), -ENOENT);
}

static void directories_list_their_children(void **state)
{
    (void)state;
    assert_int_equal(ask(1, XS_MKDIR, 0, "data/d/one"), 0);
    assert_int_equal(ask(1, XS_MKDIR, 0, "data/d/two"), 0);
    assert_int_equal(ask(1, XS_MKDIR, 0, "data/d/two"), 0);
    assert_int_equal(ask(1, XS_MKDIR, 0, "data/d/three"), 0);
    assert_int_equal(ask(1, XS_RM, 0, "data/d/two"), 0);
    assert_int_equal(ask(1, XS_DIRECTORY, 0, "data/d"), 0);
    assert_int_equal(answer_bytes, 10);
    assert_memory_equal(answer, "one\0three", 10);
    assert_int_equal(ask(1, XS_DIRECTORY, 0, "data/d/one"), 0);
    assert_int_equal(answer_bytes, 0);
    assert_int_equal(ask(1, XS_DIRECTORY, 0, "data/no"), -ENOENT);
}

static void remove_takes_all_below(void **state)
{
    (void)state;
    ask_write(1, 0, "data/t/a/b/c", "");
    ask_write(1, 0, "data/t/a/d", "");
    ask_write(1, 0, "data/t/e", "");
    assert_int_equal(ask(1, XS_RM, 0, "data/t"), 0);
    assert_int_equal(ask(1, XS_READ, 0, "data/t/a/b/c"), -ENOENT);
    assert_int_equal(ask(1, XS_RM, 0, "data/t"), 0);
    assert_int_equal(ask(1, XS_RM, 0, "data/t/a/b"), -ENOENT);
    assert_int_equal(ask(1, XS_DIRECTORY, 0, "data"), 0);
    assert_int_equal(answer_bytes, 0);
    assert_int_equal(ask(1, XS_RM, 0, "/"), -EACCES);
}

/* Reads (path) of domain 1 by parts: all of its names, in order. */
static size_t read_parts(const char *path, unsigned *parts)
{
    size_t bytes = 0;
    char offset[16];

    for (*parts = 0; *parts < 100; (*parts)++) {
        size_t from;

        snprintf(offset, sizeof(offset), "%zu", bytes);
        assert_int_equal(ask(1, XS_DIRECTORY_PART, 0, path, offset), 0);
        from = strlen(answer) + 1;
        if (answer_bytes >= from + 1 && answer[answer_bytes - 1] == '\0' &&
            (answer_bytes == from + 1 || answer[answer_bytes - 2] == '\0'))
            return bytes + (answer_bytes - from - 1);
        bytes += answer_bytes - from;
    }
    return 0;
}

static void long_directories_come_in_parts(void **state)
{
    char path[64];
    unsigned parts;
    size_t bytes = 0;

    (void)state;
    /* More than one domain may make, so the root does. */
    for (int i = 0; i < 600; i++) {
        snprintf(path, sizeof(path), "/tool/list/name-%d", i);
        assert_int_equal(store_root_write(store, path, "", 0), 0);
        bytes += strlen(path) + 1 - strlen("/tool/list/");
    }
    assert_int_equal(ask(1, XS_DIRECTORY, 0, "/tool/list"), -E2BIG);
    assert_int_equal(read_parts("/tool/list", &parts), bytes);
    assert_int_equal(parts, 1);
    assert_int_equal(read_parts("/nuncio", &parts), sizeof("domain"));
    assert_int_equal(ask(1, XS_DIRECTORY_PART, 0, "/nuncio"), -EINVAL);
    assert_int_equal(
        ask(1, XS_DIRECTORY_PART, 0, "/nuncio", "99999999999999999999"), 0);
}

static void bad_requests_are_refused(void **state)
{
    char path[XENSTORE_ABS_PATH_MAX + 8];

    (void)state;
    assert_int_equal(ask(1, XS_READ, 0, ""), -EINVAL);
    assert_int_equal(ask(1, XS_READ, 0, "a//b"), -EINVAL);
    assert_int_equal(ask(1, XS_READ, 0, "a/"), -EINVAL);
    assert_int_equal(ask(1, XS_READ, 0, "a b"), -EINVAL);
    assert_int_equal(ask(1, XS_READ, 0, "data", "more"), -EINVAL);
    assert_int_equal(ask_bytes(1, XS_READ, 0, "data", 4), -EINVAL);
    assert_int_equal(ask_bytes(1, XS_WRITE, 0, "data", 4), -EINVAL);
    assert_int_equal(ask_bytes(1, XS_WRITE, 0, "", 0), -EINVAL);
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data"), -EINVAL);
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data", "q1"), -EINVAL);
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data", "n"), -EINVAL);
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data", "n99999"), -EINVAL);
    assert_int_equal(ask(1, XS_WATCH, 0, "data"), -EINVAL);
    assert_int_equal(ask_bytes(1, XS_WATCH, 0, "data\0t", 6), -EINVAL);
    assert_int_equal(ask(1, XS_TRANSACTION_END, 0, "T"), -ENOENT);
    assert_int_equal(ask(1, XS_READ, 77, "data"), -ENOENT);
    memset(path, 'a', sizeof(path));
    path[XENSTORE_REL_PATH_MAX + 1] = '\0';
    assert_int_equal(ask(1, XS_READ, 0, path), -EINVAL);
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[XENSTORE_ABS_PATH_MAX + 1] = '\0';
    assert_int_equal(ask(1, XS_READ, 0, path), -EINVAL);
}

static void the_toolstack_s_requests_are_refused(void **state)
{
    static const uint32_t refused[] = {XS_CONTROL, XS_INTRODUCE, XS_RELEASE,
                                       XS_RESUME, XS_SET_TARGET};

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_int_equal(ask(1, refused[i], 0, "1"), -EACCES);
    assert_int_equal(ask(1, XS_WATCH_EVENT, 0, "a", "b"), -ENOSYS);
    assert_int_equal(ask(1, XS_ERROR, 0, "a"), -ENOSYS);
    assert_int_equal(ask(1, XS_SET_TARGET + 1, 0, "a"), -ENOSYS);
    assert_int_equal(ask(1, XS_TYPE_COUNT, 0, "a"), -ENOSYS);
    assert_int_equal(ask(1, UINT32_MAX, 0, "a"), -ENOSYS);
    assert_int_equal(ask(1, XS_IS_DOMAIN_INTRODUCED, 0, "2"), 0);
    assert_string_equal(answer, "T");
    assert_int_equal(ask(1, XS_IS_DOMAIN_INTRODUCED, 0, "9"), 0);
    assert_string_equal(answer, "F");
}

static void a_domain_that_goes_leaves_nothing(void **state)
{
    struct store_counts counts;

    (void)state;
    ask_write(2, 0, "data/share", "");
    ask(2, XS_SET_PERMS, 0, "data/share", "n2", "b3");
    ask_write(3, 0, "/local/domain/2/data/share/mine/deep", "x");
    ask_write(3, 0, "data/own", "x");
    ask(3, XS_WATCH, 0, "/", "token");
    ask_write(3, ask_transaction(3), "data/later", "x");
    store_domain_down(store, 3);
    store_domain_counts(store, 3, &counts);
    assert_int_equal(counts.nodes, 0);
    assert_int_equal(counts.watches, 0);
    assert_int_equal(counts.transactions, 0);
    assert_int_equal(counts.memory_bytes, 0);
    assert_int_equal(ask(1, XS_READ, 0, "/local/domain/3"), -ENOENT);
    assert_int_equal(ask(2, XS_READ, 0, "data/share/mine"), -ENOENT);
    assert_int_equal(ask(2, XS_READ, 0, "data/share"), 0);
    assert_string_equal(ask_read(1, 0, "/nuncio/domain/three"), "3");
    assert_int_equal(store_ring_serve(store, 3, &guests[3].page), 0);
    store_domain_down(store, 3);
    memset(&guests[3].page, 0, sizeof(guests[3].page));
    assert_int_equal(store_domain_up(store, 3, "three", 8), 0);
    assert_string_equal(ask_read(3, 0, "nuncio/epoch"), "8");
}

static void rights_do_not_pass_to_the_next_owner_of_a_number(void **state)
{
    (void)state;
    ask_write(1, 0, "data/secret", "x");
    ask(1, XS_SET_PERMS, 0, "data/secret", "n1", "r3", "r2");
    assert_string_equal(ask_read(3, 0, "/local/domain/1/data/secret"), "x");
    store_name_remove(store, "three", 3);
    assert_int_equal(ask(1, XS_READ, 0, "/nuncio/domain/three"), -ENOENT);
    /* Not even those given while nobody had it. */
    ask(1, XS_SET_PERMS, 0, "data", "n1", "b3");
    assert_int_equal(store_name_add(store, "other", 3), 0);
    memset(&guests[3].page, 0, sizeof(guests[3].page));
    assert_int_equal(store_domain_up(store, 3, "other", 1), 0);
    assert_int_equal(ask(3, XS_READ, 0, "/local/domain/1/data/secret"),
                     -EACCES);
    assert_int_equal(ask(3, XS_READ, 0, "/local/domain/1/data"), -EACCES);
    assert_string_equal(ask_read(2, 0, "/local/domain/1/data/secret"), "x");
    assert_int_equal(store_name_add(store, "other", 9), -EEXIST);
    assert_int_equal(store_name_add(store, "o/r", 9), -EINVAL);
    assert_int_equal(store_name_add(store, "zero", 0), -EINVAL);
    assert_int_equal(store_name_add(store, "big", BROKER_DOMAINS_MAX), -EINVAL);
}

#define NAMES_ROOM 64u

static void add_name(void *context, const char *name)
{
    size_t used = strlen(context);

    snprintf((char *)context + used, NAMES_ROOM - used, "%s ", name);
}

static void the_broker_reads_and_writes(void **state)
{
    char text[NAMES_ROOM] = "", value[8];
    size_t bytes;

    (void)state;
    assert_int_equal(store_root_list(store, "/nuncio/domain", add_name, text),
                     0);
    assert_string_equal(text, "one two three four five ");
    assert_int_equal(store_root_list(store, "/no", add_name, text), -ENOENT);
    assert_int_equal(store_root_list(store, "no", add_name, text), -EINVAL);
    ask_write(1, 0, "data/a", "private");
    assert_int_equal(store_root_read(store, "/local/domain/1/data/a", value,
                                     sizeof(value), &bytes),
                     0);
    assert_int_equal(bytes, 7);
    assert_memory_equal(value, "private", 7);
    assert_int_equal(
        store_root_read(store, "/local/domain/1/data/a", value, 6, &bytes),
        -E2BIG);
    assert_int_equal(store_root_read(store, "/no", value, 6, &bytes), -ENOENT);
    assert_int_equal(store_root_write(store, "/local/domain/1/data/b", "x", 1),
                     0);
    assert_string_equal(ask_read(1, 0, "data/b"), "x");
    assert_int_equal(store_root_write(store, "@x", "x", 1), -EINVAL);
}

#define store_test(function) \
    cmocka_unit_test_setup_teardown(function, guests_start, guests_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_domain_finds_itself),
        store_test(what_is_written_is_read),
        store_test(directories_list_their_children),
        store_test(remove_takes_all_below),
        store_test(long_directories_come_in_parts),
        store_test(bad_requests_are_refused),
        store_test(the_toolstack_s_requests_are_refused),
        store_test(a_domain_that_goes_leaves_nothing),
        store_test(rights_do_not_pass_to_the_next_owner_of_a_number),
        store_test(the_broker_reads_and_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
