/*
 * The connector as importer: domain 5 uses "fs" of the domain called "driver".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <contract/link.h>

#include "links_host.h"

#define NAME   "/nuncio/domain/driver"
#define READY  "/local/domain/7/data/nuncio/ready"
#define OFFER  "/local/domain/5/data/nuncio/link/7"
#define ANSWER "/local/domain/7/data/nuncio/link/5"
#define STAT   "/local/domain/5/data/nuncio/stat/link/7"

static struct host_link *line = &host.links[0];

static int begin(void **state)
{
    (void)state;
    host_begin();
    host_give("import:fs", 0x5001);
    host_give("import:fs", 0x5002);
    host_give("import:block", 0x5003);
    if (!import_add("fs", "driver") || import_start() != 0)
        return -1;
    host_pass(10);
    return 0;
}

static void serve(uint64_t epoch)
{
    host_set(NAME, "7");
    host_set_number(READY, epoch);
    host_pass(10);
}

static void answer_with(const char *word, const char *ring_ref,
                        const char *epoch)
{
    host_remove(ANSWER);
    host_set(ANSWER "/ring-ref", ring_ref);
    host_set(ANSWER "/epoch", epoch);
    host_set(ANSWER "/answers", word);
    host_set(ANSWER "/state", "connected");
    host_pass(10);
}

/* The answer that the present offer deserves. */
static void answer(uint64_t epoch)
{
    char word[64];
    char text[24];

    assert_non_null(host_get(OFFER "/epoch"));
    snprintf(word, sizeof(word), "%s", host_get(OFFER "/epoch"));
    snprintf(text, sizeof(text), "%lu", (unsigned long)epoch);
    answer_with(word, "444", text);
}

static void connect(uint64_t epoch)
{
    serve(epoch);
    answer(epoch);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void an_offer_is_made_when_the_domain_serves(void **state)
{
    (void)state;
    assert_int_equal(line->import_count, 2);
    assert_string_equal(line->imports[1], "fs");
    host_pass(5000);
    assert_int_equal(line->opens, 0);
    host_set(NAME, "7");
    host_pass(5000);
    assert_int_equal(line->opens, 0);
    host_set(READY, ""); /* as it is made */
    host_pass(10);
    assert_int_equal(line->opens, 0);
    host_set(READY, "3");
    host_pass(10);
    assert_int_equal(line->opens, 1);
    assert_int_equal(line->domid, 7);
    assert_int_equal(line->remote_port, 0);
    assert_string_equal(host_get(OFFER "/version"), "1");
    assert_string_equal(host_get(OFFER "/ring-ref"), "801");
    assert_string_equal(host_get(OFFER "/event-channel"), "31");
    assert_string_equal(host_get(OFFER "/epoch"), "9.1");
    assert_string_equal(host_get(OFFER "/state"), "offered");
    assert_int_equal(line->attaches, 0);
}

static void an_answer_to_the_offer_connects(void **state)
{
    (void)state;
    connect(3);
    assert_int_equal(line->ring_ref, 444);
    assert_int_equal(line->epoch, 3);
    assert_non_null(
        strstr(host.log, "connected to driver (domain 7, epoch 3)"));
    host_pass(1100);
    assert_non_null(host_get(STAT));
    assert_non_null(strstr(host_get(STAT), "state=up role=import epoch=3"));
    assert_non_null(strstr(host_get(STAT), " calls=1234 "));
    assert_int_equal(line->opens, 1);
    assert_int_equal(line->closes, 0);
}

static void other_answers_do_not_count(void **state)
{
    (void)state;
    serve(3);
    answer_with("9.2", "444", "3");
    answer_with("8.1", "444", "3");
    answer_with("9.1 ", "444", "3");
    answer_with("", "444", "3");
    host_set(ANSWER "/answers", "9.1");
    host_set(ANSWER "/state", "Connected");
    host_pass(10);
    assert_int_equal(line->attaches, 0);
    assert_int_equal(line->closes, 0);
    host_set(ANSWER "/state", "connected");
    host_pass(10);
    assert_int_equal(line->attaches, 1);
}

/* A wrong answer to the right offer: the peer is at fault, and gets a new one. */
static void malformed_answers_are_refused(void **state)
{
    static const char *const wrong[][2] = {
        {"0", "3"},   {"", "3"},   {"-1", "3"},   {"4294967296", "3"},
        {"444", "4"}, {"444", ""}, {"444", "3x"},
    };

    (void)state;
    serve(3);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char word[64];

        snprintf(word, sizeof(word), "%s", host_get(OFFER "/epoch"));
        answer_with(word, wrong[i][0], wrong[i][1]);
        assert_int_equal(line->attaches, 0);
        host_pass(4000); /* the next offer */
        assert_string_not_equal(host_get(OFFER "/epoch"), word);
    }
    answer(3);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void a_domain_that_started_anew_gets_a_new_offer(void **state)
{
    (void)state;
    connect(3);
    host_pass(10000);
    host_remove("/local/domain/7"); /* whole, as when it ends */
    host_pass(10);
    assert_int_equal(line->state, LINK_STATE_IDLE);
    assert_null(host_get(OFFER "/state"));
    assert_non_null(strstr(host.log, "lost driver (domain 7): it is gone"));
    host_pass(700);
    assert_int_equal(line->opens, 1);
    serve(4);
    assert_int_equal(line->opens, 2);
    assert_string_equal(host_get(OFFER "/epoch"), "9.2");
    answer(4);
    assert_int_equal(line->state, LINK_STATE_UP);
    assert_non_null(strstr(host.log, "is back after 720 ms"));
}

static void a_new_epoch_ends_the_connection_at_once(void **state)
{
    (void)state;
    connect(3);
    host_set(READY, "4");
    host_pass(5);
    assert_int_equal(line->closes, 1);
    assert_int_equal(line->opens, 2);
    assert_string_equal(host_get(OFFER "/epoch"), "9.2");
    /* The old answer is not to the new offer. */
    host_pass(100);
    assert_int_equal(line->attaches, 1);
}

static void a_silent_peer_is_lost(void **state)
{
    (void)state;
    connect(3);
    host_pass(10000);
    assert_in_range(line->probes, 18, 22);
    assert_int_equal(line->state, LINK_STATE_UP);
    line->is_dead = true;
    host_pass(2400);
    assert_int_equal(line->state, LINK_STATE_UP);
    host_pass(1200);
    assert_int_equal(line->closes, 1);
    assert_non_null(strstr(host.log, "no sign of life"));
    assert_int_equal(line->opens, 2); /* and offered to again */
}

static void a_machine_that_stood_still_loses_nobody(void **state)
{
    (void)state;
    connect(3);
    for (int i = 0; i < 5; i++) {
        line->is_dead = true;
        host_pass(1000);
        host.now_ns += 60000 * LINKS_MS; /* nothing ran, nothing was heard */
        host_pass(1);
        line->is_dead = false;
        host_pass(1000);
    }
    assert_int_equal(line->closes, 0);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void a_broken_link_is_made_anew(void **state)
{
    (void)state;
    connect(3);
    line->state = LINK_STATE_BROKEN;
    host_signal(line->badge);
    host_pass(5);
    assert_int_equal(line->closes, 1);
    host_pass(50);
    assert_int_equal(line->opens, 2);
    answer(3);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void a_peer_that_drops_the_link_is_offered_another(void **state)
{
    (void)state;
    connect(3);
    host_remove(ANSWER);
    host_pass(5);
    assert_int_equal(line->closes, 1);
    host_pass(50);
    assert_int_equal(line->opens, 2);
}

static void offers_without_an_answer_are_made_anew(void **state)
{
    (void)state;
    serve(3);
    host_pass(4900);
    assert_int_equal(line->opens, 1);
    host_pass(300);
    assert_int_equal(line->opens, 2);
    assert_string_equal(host_get(OFFER "/epoch"), "9.2");
    host_pass(60000);
    assert_in_range(line->opens, 8, 14);
}

static void a_refused_offer_is_followed_by_another(void **state)
{
    (void)state;
    serve(3);
    host_set(ANSWER "/answers", "9.1");
    host_set(ANSWER "/state", "refused");
    host_pass(60);
    assert_int_equal(line->closes, 1);
    assert_int_equal(line->opens, 2);
    assert_string_equal(host_get(OFFER "/epoch"), "9.2");
    for (uint32_t i = 0; i < 100; i++) {
        if (host_get(OFFER "/epoch") != NULL)
            host_set(ANSWER "/answers", host_get(OFFER "/epoch"));
        host_set(ANSWER "/state", "refused");
        host_pass(100);
    }
    assert_in_range(line->opens, 5, 20);
    host_pass(2100);
    answer(3);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void failures_are_not_tried_without_rest(void **state)
{
    (void)state;
    host.open_status = NU_NOMEM;
    serve(3);
    host_pass(20000);
    assert_in_range(line->opens, 10, 25);
    assert_null(host_get(OFFER "/state"));
    host.open_status = 0;
    host_pass(2100);
    host.attach_status = NU_PROTO;
    for (int i = 0; i < 10; i++) {
        answer(3);
        host_pass(2100);
    }
    assert_in_range(line->attaches, 9, 11);
    host.attach_status = 0;
    answer(3);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void a_flapping_domain_is_not_followed_everywhere(void **state)
{
    (void)state;
    host_set(NAME, "7");
    for (uint32_t i = 0; i < 3000; i++) {
        host_set_number(READY, 100 + i);
        host_pass(1);
    }
    assert_in_range(line->opens, 3, 8 + 12 + 1);
    assert_true(host.store_calls < 3000);
    serve(5000);
    host_pass(1000);
    answer(5000);
    assert_int_equal(line->state, LINK_STATE_UP);
}

static void a_name_can_move_to_another_domain(void **state)
{
    (void)state;
    connect(3);
    host_set("/local/domain/8/data/nuncio/ready", "1");
    host_set(NAME, "8");
    host_pass(50);
    assert_int_equal(line->closes, 1);
    assert_int_equal(line->opens, 2);
    assert_int_equal(line->domid, 8);
    assert_null(host_get(OFFER "/state"));
    assert_null(host_get(STAT));
    assert_non_null(host_get("/local/domain/5/data/nuncio/link/8/state"));
    host_set(NAME, "none");
    host_pass(50);
    assert_int_equal(line->closes, 2);
    assert_null(host_get("/local/domain/5/data/nuncio/link/8/state"));
}

static void a_store_that_fails_changes_nothing(void **state)
{
    uint32_t calls;

    (void)state;
    connect(3);
    host.store_status = NU_IO;
    calls = host.store_calls;
    host_signal(line->badge);
    host_pass(20000);
    assert_int_equal(line->state, LINK_STATE_UP);
    assert_int_equal(line->closes, 0);
    assert_true(host.store_calls - calls < 100);
    host.store_status = 0;
    host_remove(READY);
    host_pass(1500);
    assert_int_equal(line->closes, 1);
}

static void there_are_limits(void **state)
{
    char domain[32];

    (void)state;
    host_begin();
    assert_false(import_add("fs", "a/b"));
    assert_false(import_add("", "driver"));
    for (uint32_t i = 0; i < LINKS_DOMAINS_MAX; i++) {
        snprintf(domain, sizeof(domain), "d%u", i);
        assert_true(import_add("fs", domain));
    }
    assert_false(import_add("fs", "another"));
    assert_true(import_add("fs", "d0"));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_offer_is_made_when_the_domain_serves),
        TEST(an_answer_to_the_offer_connects),
        TEST(other_answers_do_not_count),
        TEST(malformed_answers_are_refused),
        TEST(a_domain_that_started_anew_gets_a_new_offer),
        TEST(a_new_epoch_ends_the_connection_at_once),
        TEST(a_silent_peer_is_lost),
        TEST(a_machine_that_stood_still_loses_nobody),
        TEST(a_broken_link_is_made_anew),
        TEST(a_peer_that_drops_the_link_is_offered_another),
        TEST(offers_without_an_answer_are_made_anew),
        TEST(a_refused_offer_is_followed_by_another),
        TEST(failures_are_not_tried_without_rest),
        TEST(a_flapping_domain_is_not_followed_everywhere),
        TEST(a_name_can_move_to_another_domain),
        TEST(a_store_that_fails_changes_nothing),
        TEST(there_are_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
