/* The broker's store: what a domain may not read, write, list, delete, give
 * away, or be told of. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

#define HIS "/local/domain/1/data/"

static int start(void **state)
{
    guests_start(state);
    ask_write(1, 0, "data/secret", "s");
    ask_write(1, 0, "data/dir/below", "b");
    ask_write(1, 0, "data/shown", "r");
    ask(1, XS_SET_PERMS, 0, "data/shown", "r1");
    ask_write(1, 0, "data/for5", "x");
    ask(1, XS_SET_PERMS, 0, "data/for5", "n1", "r5");
    ask_write(1, 0, "data/box", "x");
    ask(1, XS_SET_PERMS, 0, "data/box", "n1", "b5", "w4");
    return 0;
}

static void others_can_do_nothing_by_default(void **state)
{
    (void)state;
    assert_int_equal(ask(5, XS_READ, 0, HIS "secret"), -EACCES);
    assert_int_equal(ask(5, XS_GET_PERMS, 0, HIS "secret"), -EACCES);
    assert_int_equal(ask(5, XS_DIRECTORY, 0, HIS "dir"), -EACCES);
    assert_int_equal(ask(5, XS_DIRECTORY_PART, 0, HIS "dir", "0"), -EACCES);
    assert_int_equal(ask(5, XS_DIRECTORY, 0, "/local/domain/1/data"), -EACCES);
    assert_int_equal(ask_write(5, 0, HIS "secret", "mine"), -EACCES);
    assert_int_equal(ask_write(5, 0, HIS "new", "mine"), -EACCES);
    assert_int_equal(ask(5, XS_MKDIR, 0, HIS "new/deep"), -EACCES);
    assert_int_equal(ask(5, XS_MKDIR, 0, HIS "dir"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, HIS "secret"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, HIS "dir"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, "/local/domain/1"), -EACCES);
    assert_int_equal(ask(5, XS_SET_PERMS, 0, HIS "dir", "b5"), -EACCES);
    assert_int_equal(ask_write(5, 0, "/local/domain/1/name", "x"), -EACCES);
    assert_int_equal(ask_write(5, 0, "/nuncio/domain/six", "5"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, "/nuncio/domain/one"), -EACCES);
    assert_int_equal(ask_write(5, 0, "/new", "5"), -EACCES);
    /* Not even in its own home, but below data. */
    assert_int_equal(ask_write(5, 0, "name", "x"), -EACCES);
    assert_int_equal(ask_write(5, 0, "nuncio/epoch", "x"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, "name"), -EACCES);
    assert_string_equal(ask_read(1, 0, "data/secret"), "s");
    assert_string_equal(ask_read(1, 0, "data/dir/below"), "b");
}

static void what_is_absent_looks_like_what_is_hidden(void **state)
{
    (void)state;
    assert_int_equal(ask(5, XS_READ, 0, HIS "absent"), -EACCES);
    assert_int_equal(ask(5, XS_READ, 0, HIS "dir/absent"), -EACCES);
    assert_int_equal(ask(5, XS_READ, 0, HIS "secret"), -EACCES);
    assert_int_equal(ask(5, XS_READ, 0, "/local/domain/9"), -ENOENT);
    assert_int_equal(ask(5, XS_RM, 0, HIS "absent"), -EACCES);
}

static void rights_given_are_all_that_is_had(void **state)
{
    (void)state;
    assert_string_equal(ask_read(4, 0, HIS "shown"), "r");
    assert_int_equal(ask_write(4, 0, HIS "shown", "x"), -EACCES);
    assert_string_equal(ask_read(5, 0, HIS "for5"), "x");
    assert_int_equal(ask_write(5, 0, HIS "for5", "y"), -EACCES);
    assert_int_equal(ask_write(5, 0, HIS "for5/below", "y"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, HIS "for5"), -EACCES);
    assert_int_equal(ask(4, XS_READ, 0, HIS "for5"), -EACCES);
    assert_int_equal(ask_write(5, 0, HIS "box", "5"), 0);
    assert_int_equal(ask_write(4, 0, HIS "box", "4"), 0);
    assert_int_equal(ask(4, XS_READ, 0, HIS "box"), -EACCES);
    assert_int_equal(ask(3, XS_READ, 0, HIS "box"), -EACCES);
    assert_string_equal(ask_read(5, 0, HIS "box"), "4");
    /* Write is not ownership. */
    assert_int_equal(ask(5, XS_SET_PERMS, 0, HIS "box", "b5"), -EACCES);
    assert_int_equal(ask(5, XS_SET_PERMS, 0, HIS "box", "b1"), -EACCES);
}

static void a_node_belongs_to_its_maker(void **state)
{
    (void)state;
    assert_int_equal(ask_write(5, 0, HIS "box/made", "5"), 0);
    assert_int_equal(ask(5, XS_GET_PERMS, 0, HIS "box/made"), 0);
    /* Named as owner, and by what the parent gave. */
    assert_memory_equal(answer, "n5\0b5\0w4", 9);
    assert_int_equal(ask(1, XS_READ, 0, "data/box/made"), -EACCES);
    /* Whoever may write the directory may clear it. */
    assert_int_equal(ask(1, XS_RM, 0, "data/box"), 0);
    assert_int_equal(ask(5, XS_READ, 0, HIS "box/made"), -EACCES);
}

static void an_owner_cannot_give_a_node_away(void **state)
{
    (void)state;
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data/secret", "n5"), -EPERM);
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data/secret", "n0"), -EPERM);
    assert_int_equal(
        ask(1, XS_SET_PERMS, 0, "data/secret", "n1", "r2", "r3", "r4", "r5"),
        0);
    assert_int_equal(ask(1, XS_SET_PERMS, 0, "data/secret", "n1", "r2", "r3",
                         "r4", "r5", "r6"),
                     -ENOSPC);
}

static void a_watch_tells_only_what_may_be_read(void **state)
{
    (void)state;
    assert_int_equal(ask(5, XS_WATCH, 0, HIS "secret", "s"), 0);
    assert_int_equal(ask(5, XS_WATCH, 0, "/local/domain", "all"), 0);
    assert_string_equal(next_event(5), HIS "secret s");
    assert_string_equal(next_event(5), "/local/domain all");
    ask_write(1, 0, "data/secret", "t");
    ask_write(1, 0, "data/dir/below", "t");
    ask_write(1, 0, "data/dir/new", "t");
    ask(1, XS_RM, 0, "data/dir");
    ask(1, XS_RM, 0, "data/secret");
    no_events();
    ask_write(1, 0, "data/for5", "t");
    assert_string_equal(next_event(5), HIS "for5 all");
    ask_write(1, 0, "data/shown", "t");
    assert_string_equal(next_event(5), HIS "shown all");
    no_events();
}

static void who_gets_or_loses_the_right_is_told(void **state)
{
    (void)state;
    ask(5, XS_WATCH, 0, "/local/domain", "all");
    next_event(5);
    ask(1, XS_SET_PERMS, 0, "data/secret", "n1", "r5");
    assert_string_equal(next_event(5), HIS "secret all");
    ask(1, XS_SET_PERMS, 0, "data/secret", "n1");
    assert_string_equal(next_event(5), HIS "secret all");
    ask(1, XS_SET_PERMS, 0, "data/secret", "n1", "w5");
    no_events();
    ask(1, XS_RM, 0, "data/for5");
    assert_string_equal(next_event(5), HIS "for5 all");
    no_events();
}

static void special_watches_are_the_toolstack_s(void **state)
{
    (void)state;
    assert_int_equal(ask(5, XS_WATCH, 0, "@releaseDomain", "r"), 0);
    assert_string_equal(next_event(5), "@releaseDomain r");
    store_domain_down(store, 2);
    no_events();
    assert_int_equal(ask(5, XS_GET_PERMS, 0, "@releaseDomain"), -EACCES);
    assert_int_equal(ask(5, XS_SET_PERMS, 0, "@releaseDomain", "r5"), -EACCES);
    assert_int_equal(ask_write(5, 0, "@releaseDomain", "x"), -EACCES);
    assert_int_equal(ask(5, XS_MKDIR, 0, "@x"), -EACCES);
    assert_int_equal(ask(5, XS_RM, 0, "@x"), -EACCES);
    assert_int_equal(ask(5, XS_UNWATCH, 0, "@releaseDomain", "r"), 0);
}

#define store_test(function) \
    cmocka_unit_test_setup_teardown(function, start, guests_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(others_can_do_nothing_by_default),
        store_test(what_is_absent_looks_like_what_is_hidden),
        store_test(rights_given_are_all_that_is_had),
        store_test(a_node_belongs_to_its_maker),
        store_test(an_owner_cannot_give_a_node_away),
        store_test(a_watch_tells_only_what_may_be_read),
        store_test(who_gets_or_loses_the_right_is_told),
        store_test(special_watches_are_the_toolstack_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
