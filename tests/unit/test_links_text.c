/*
 * What connectors read in the store: exactly the form, or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <links/limit.h>
#include <links/text.h>

static void numbers_are_decimal_and_bounded(void **state)
{
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "00",
                                      "1a",
                                      "0x1",
                                      "1.",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t v = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_number(bad[i], UINT64_MAX, &v));
    assert_false(text_number("256", 255, &v));
    assert_int_equal(v, 77);
    assert_true(text_number("255", 255, &v));
    assert_int_equal(v, 255);
    assert_true(text_number("0", 0, &v));
    assert_int_equal(v, 0);
    assert_true(text_number("18446744073709551615", UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
}

static void domids_are_of_domains(void **state)
{
    uint32_t domid = 77;

    (void)state;
    assert_false(text_domid("0", &domid));
    assert_false(text_domid("32752", &domid)); /* DOMID_FIRST_RESERVED */
    assert_false(text_domid("7x", &domid));
    assert_int_equal(domid, 77);
    assert_true(text_domid("32751", &domid));
    assert_int_equal(domid, 32751);
}

static void words_come_back(void **state)
{
    static const char *const bad[] = {"",      ".",   "1",    "1.",   ".1",
                                      "1.2.3", "1,2", "1 .2", "01.2", "a.b"};
    char word[TEXT_VALUE_MAX];
    uint64_t epoch = 1;
    uint64_t number = 1;

    (void)state;
    text_word(word, UINT64_MAX, UINT64_MAX - 1);
    assert_true(text_parse_word(word, &epoch, &number));
    assert_true(epoch == UINT64_MAX && number == UINT64_MAX - 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_parse_word(bad[i], &epoch, &number));
}

static void offers_must_be_complete(void **state)
{
    struct offer offer = {.ring_ref = 77};

    (void)state;
    assert_false(text_offer(&offer, "2", "8", "3", "4.1"));
    assert_false(text_offer(&offer, "", "8", "3", "4.1"));
    assert_false(text_offer(&offer, "1", "0", "3", "4.1"));
    assert_false(text_offer(&offer, "1", "4294967296", "3", "4.1"));
    assert_false(text_offer(&offer, "1", "8", "0", "4.1"));
    assert_false(text_offer(&offer, "1", "8", "-3", "4.1"));
    assert_false(text_offer(&offer, "1", "8", "3", "4"));
    assert_int_equal(offer.ring_ref, 77);
    assert_true(text_offer(&offer, "1", "8", "3", "4.1"));
    assert_int_equal(offer.ring_ref, 8);
    assert_int_equal(offer.port, 3);
    assert_int_equal(offer.epoch, 4);
    assert_false(text_answer(&offer, "0", "5"));
    assert_false(text_answer(&offer, "9", ""));
    assert_true(text_answer(&offer, "9", "5"));
    assert_int_equal(offer.ring_ref, 9);
    assert_int_equal(offer.epoch, 5);
}

static void names_are_plain(void **state)
{
    (void)state;
    assert_true(text_is_name("driver-2_x"));
    assert_false(text_is_name(""));
    assert_false(text_is_name("a/b"));
    assert_false(text_is_name("A"));
    assert_false(text_is_name("..."));
    assert_false(text_is_name("12345678901234567890123456789012"));
}

static void changes_tell_whose_offer_it_is(void **state)
{
    static const struct {
        const char *path;
        enum text_change change;
        uint32_t domid;
    } paths[] = {
        {"/local/domain", TEXT_CHANGE_ALL, 0},
        {"/local/domain/7", TEXT_CHANGE_ONE, 7},
        {"/local/domain/7/data", TEXT_CHANGE_ONE, 7},
        {"/local/domain/7/data/nuncio", TEXT_CHANGE_ONE, 7},
        {"/local/domain/7/data/nuncio/link", TEXT_CHANGE_ONE, 7},
        {"/local/domain/7/data/nuncio/link/5", TEXT_CHANGE_ONE, 7},
        {"/local/domain/7/data/nuncio/link/5/state", TEXT_CHANGE_ONE, 7},
        {"/local/domain/32751/data/nuncio/link/5/x/y", TEXT_CHANGE_ONE, 32751},
        {"/local/domain/7/data/nuncio/link/6/state", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/data/nuncio/link/55", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/data/nuncio/link/5x", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/data/nuncio/link/", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/data/nuncio/links/5", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/data/nuncio/ready", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/dat", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7/", TEXT_CHANGE_NONE, 0},
        {"/local/domain/7x", TEXT_CHANGE_NONE, 0},
        {"/local/domain/5/data/nuncio/link/5", TEXT_CHANGE_NONE, 0},
        {"/local/domain/0", TEXT_CHANGE_NONE, 0},
        {"/local/domain/", TEXT_CHANGE_NONE, 0},
        {"/local/domains", TEXT_CHANGE_NONE, 0},
        {"/local", TEXT_CHANGE_NONE, 0},
        {"", TEXT_CHANGE_NONE, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        uint32_t domid = 0;

        if (text_change(paths[i].path, 5, &domid) != paths[i].change ||
            domid != paths[i].domid)
            fail_msg("%s: domid %u", paths[i].path, domid);
    }
}

static void a_limit_gives_a_burst_and_then_a_rate(void **state)
{
    struct limit limit = limit_of(3, 100);
    uint64_t now = 1000000;

    (void)state;
    assert_true(limit_take(&limit, now));
    assert_true(limit_take(&limit, now));
    assert_true(limit_take(&limit, now));
    assert_false(limit_take(&limit, now));
    assert_int_equal(limit_next(&limit, now), now + 100);
    assert_false(limit_take(&limit, now + 99));
    assert_true(limit_take(&limit, now + 100));
    assert_false(limit_take(&limit, now + 199));
    now += 1000; /* all is paid back, and no more than all */
    for (int i = 0; i < 3; i++)
        assert_true(limit_take(&limit, now));
    assert_false(limit_take(&limit, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_and_bounded),
        cmocka_unit_test(domids_are_of_domains),
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(offers_must_be_complete),
        cmocka_unit_test(names_are_plain),
        cmocka_unit_test(changes_tell_whose_offer_it_is),
        cmocka_unit_test(a_limit_gives_a_burst_and_then_a_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
