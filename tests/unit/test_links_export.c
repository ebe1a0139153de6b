/*
 * The connector as exporter: domain 5 lets others open "fs" and "block".
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

#define READY "/local/domain/5/data/nuncio/ready"

static int begin(void **state)
{
    (void)state;
    host_begin();
    host_give("fs", HOST_SERVICE + 1);
    host_give("block", HOST_SERVICE + 2);
    if (!names_add("fs") || !names_add("block"))
        return -1;
    host_pass(10);
    return 0;
}

/* Paths of what domain (of) wrote for (to). */
static const char *path_of(uint32_t of, uint32_t to, const char *leaf)
{
    static char path[4][128];
    static uint32_t which;

    which = (which + 1) % 4;
    snprintf(path[which], sizeof(path[0]),
             "/local/domain/%u/data/nuncio/link/%u%s", of, to, leaf);
    return path[which];
}

static void offer_fields(uint32_t of, const char *version, const char *ring_ref,
                         const char *port, const char *word)
{
    host_remove(path_of(of, HOST_DOMID, ""));
    host_set(path_of(of, HOST_DOMID, ""), "");
    host_set(path_of(of, HOST_DOMID, "/version"), version);
    host_set(path_of(of, HOST_DOMID, "/ring-ref"), ring_ref);
    host_set(path_of(of, HOST_DOMID, "/event-channel"), port);
    host_set(path_of(of, HOST_DOMID, "/epoch"), word);
    host_set(path_of(of, HOST_DOMID, "/state"), "offered");
}

static void offer(uint32_t of, const char *word)
{
    offer_fields(of, "1", "77", "12", word);
}

static void we_say_that_we_serve(void **state)
{
    (void)state;
    assert_string_equal(host_get(READY), "9");
    /* But not without exports, and not while the store fails. */
    host_begin();
    host_pass(5000);
    assert_null(host_get(READY));
    host_give("fs", HOST_SERVICE + 1);
    assert_true(names_add("fs"));
    host.store_status = NU_IO;
    host_pass(10000);
    assert_true(host.store_calls < 20);
    host.store_status = 0;
    host_pass(1100);
    assert_string_equal(host_get(READY), "9");
}

static void an_offer_is_answered(void **state)
{
    const struct host_link *link;

    (void)state;
    host_set("/local/domain/7/name", "client");
    offer(7, "3.1");
    host_pass(5);
    link = host_link_to(7);
    assert_non_null(link);
    assert_int_equal(link->state, LINK_STATE_UP);
    assert_int_equal(link->remote_port, 12);
    assert_int_equal(link->ring_ref, 77);
    assert_int_equal(link->epoch, 3);
    assert_int_not_equal(link->gate, NU_HANDLE_NONE);
    assert_string_equal(host_get(path_of(5, 7, "/ring-ref")), "801");
    assert_string_equal(host_get(path_of(5, 7, "/epoch")), "9");
    assert_string_equal(host_get(path_of(5, 7, "/answers")), "3.1");
    assert_string_equal(host_get(path_of(5, 7, "/state")), "connected");
    assert_non_null(strstr(host.log, "client (domain 7, epoch 3) connected"));
    host_pass(10000);
    assert_non_null(strstr(host_get("/local/domain/5/data/nuncio/stat/link/7"),
                           "state=up role=export epoch=3"));
    assert_int_equal(link->opens, 1);
    assert_in_range(link->probes, 18, 22);
}

static void malformed_offers_are_no_offers(void **state)
{
    static const char *const wrong[][4] = {
        {"2", "77", "12", "3.1"},   {"", "77", "12", "3.2"},
        {"1", "0", "12", "3.3"},    {"1", "x", "12", "3.4"},
        {"1", "77", "0", "3.5"},    {"1", "77", "-1", "3.6"},
        {"1", "77", "12", "3"},     {"1", "77", "12", ""},
        {"1", "77", "12", "3.8.1"}, {"1", "4294967296", "12", "3.9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        offer_fields(7, wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3]);
        host_pass(1000);
        assert_null(host_link_to(7));
        assert_string_equal(host_get(path_of(5, 7, "/state")), "refused");
        assert_string_equal(host_get(path_of(5, 7, "/answers")), wrong[i][3]);
        assert_null(host_get(path_of(5, 7, "/ring-ref")));
    }
    offer(7, "3.10");
    host_remove(path_of(7, 5, "/ring-ref"));
    host_pass(1000);
    assert_null(host_link_to(7));
    assert_int_equal(host.link_count, 0);
    offer(7, "3.11");
    host_pass(1000);
    assert_non_null(host_link_to(7));
}

static void long_values_are_no_offers(void **state)
{
    char longest[500];

    (void)state;
    memset(longest, '7', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    offer_fields(7, "1", longest, "12", "3.1");
    host_pass(100);
    offer_fields(7, "1", "77", "12", longest);
    host_pass(100);
    assert_int_equal(host.link_count, 0);
}

static void a_peer_that_offers_again_loses_the_old_link_first(void **state)
{
    struct host_link *link;

    (void)state;
    offer(7, "3.1");
    host_pass(5);
    link = host_link_to(7);
    offer(7, "3.1"); /* the same: answered already */
    host_pass(100);
    assert_int_equal(link->opens, 1);
    assert_int_equal(link->closes, 0);
    offer(7, "4.1");
    host_pass(100);
    assert_int_equal(link->opens, 2);
    assert_int_equal(link->closes, 1);
    assert_int_equal(link->epoch, 4);
    assert_string_equal(host_get(path_of(5, 7, "/answers")), "4.1");
    assert_non_null(strstr(host.log, "is back after"));
}

static void what_is_withdrawn_is_closed_at_once(void **state)
{
    struct host_link *link;

    (void)state;
    offer(7, "3.1");
    offer(8, "1.1");
    host_pass(2000);
    link = host_link_to(7);
    host_remove("/local/domain/7");
    host_pass(5);
    assert_int_equal(link->closes, 1);
    assert_null(host_get(path_of(5, 7, "/state")));
    assert_null(host_get("/local/domain/5/data/nuncio/stat/link/7"));
    assert_non_null(host_link_to(8));
    link = host_link_to(8);
    host_set(path_of(8, 5, "/state"), "closed");
    host_pass(5);
    assert_int_equal(link->closes, 1);
    host_set(path_of(8, 5, "/state"), "offered"); /* it changed its mind */
    host_pass(600);
    assert_int_equal(link->state, LINK_STATE_UP);
}

static void a_silent_peer_is_dropped_until_it_offers_again(void **state)
{
    struct host_link *link;

    (void)state;
    offer(7, "3.1");
    host_pass(1000);
    link = host_link_to(7);
    link->is_dead = true;
    host_pass(3600);
    assert_int_equal(link->closes, 1);
    assert_null(host_get(path_of(5, 7, "/state")));
    host_pass(10000);
    assert_int_equal(link->opens, 1);
    link->is_dead = false;
    offer(7, "3.2");
    host_pass(100);
    assert_int_equal(link->opens, 2);
}

static void a_broken_link_is_closed(void **state)
{
    struct host_link *link;

    (void)state;
    offer(7, "3.1");
    host_pass(1000);
    link = host_link_to(7);
    link->state = LINK_STATE_BROKEN;
    host_signal(link->badge);
    host_pass(5);
    assert_int_equal(link->closes, 1);
    assert_null(host_get(path_of(5, 7, "/state")));
}

static void who_offers_in_a_loop_waits_and_hurts_nobody(void **state)
{
    uint32_t calls;
    uint32_t lines;

    (void)state;
    offer(8, "1.1");
    host_pass(5);
    calls = host.store_calls;
    lines = host.lines;
    for (uint32_t i = 0; i < 250; i++) {
        char word[32];

        snprintf(word, sizeof(word), "3.%u", i);
        offer(7, word);
        host_pass(10);
        if (i % 2 == 0)
            host_remove("/local/domain/7");
        host_pass(10);
    }
    /* Four at once and two a second: in five seconds fourteen. */
    assert_in_range(host.links[1].opens, 10, 15);
    assert_true(host.store_calls - calls < 5000);
    assert_true(host.lines - lines <= 40);
    assert_int_equal(host_link_to(8)->closes, 0);
    offer(9, "1.1");
    host_pass(400);
    assert_non_null(host_link_to(9));
    offer(7, "4.1");
    host_pass(1000);
    assert_non_null(host_link_to(7));
}

static void offers_from_before_and_in_crowds_are_found(void **state)
{
    uint32_t found = 0;

    (void)state;
    host_begin();
    offer(7, "3.1");
    host_give("fs", HOST_SERVICE + 1);
    assert_true(names_add("fs"));
    host_pass(50);
    assert_non_null(host_link_to(7));
    /* More changes than are looked at in one go; more than a watch keeps. */
    for (uint32_t i = 100; i < 140; i++)
        host_set(path_of(i, HOST_DOMID, "/x"), "");
    offer(9, "1.1");
    host_pass(200);
    assert_non_null(host_link_to(9));
    for (uint32_t i = 10; i < 50; i++)
        offer(i, "1.1");
    host_pass(200);
    for (uint32_t i = 10; i < 50; i++)
        found += host_link_to(i) != NULL;
    assert_int_equal(found, 40);
}

static void there_are_as_many_peers_as_there_is_room_for(void **state)
{
    uint32_t found = 0;

    (void)state;
    for (uint32_t i = 100; i < 170; i++) {
        offer(i, "1.1");
        host_pass(20);
    }
    for (uint32_t i = 100; i < 170; i++)
        found += host_link_to(i) != NULL;
    assert_int_equal(found, LINKS_PEERS_MAX);
    assert_int_equal(host.link_count, LINKS_PEERS_MAX);
    assert_null(host_link_to(169));
    host_remove("/local/domain/100");
    host_pass(20);
    offer(169, "1.2");
    host_pass(100);
    assert_non_null(host_link_to(169));
    assert_int_equal(host.link_count, LINKS_PEERS_MAX);
    assert_int_equal(host.threads <= LINKS_PEERS_MAX, 1);
}

static void a_failing_link_is_no_answer(void **state)
{
    (void)state;
    host.attach_status = NU_PROTO;
    offer(7, "3.1");
    host_pass(5000);
    assert_null(host_link_to(7));
    assert_string_equal(host_get(path_of(5, 7, "/state")), "refused");
    assert_int_equal(host.links[0].opens, 1); /* the same is not tried again */
    host.attach_status = 0;
    offer(7, "3.2");
    host_pass(5);
    assert_non_null(host_link_to(7));
}

/* Each peer is paid from its own purse; when ours has no more, who comes then is
 * refused and nobody else notices. */
static void an_empty_purse_refuses_the_next_peer(void **state)
{
    (void)state;
    host.purse_pages = 2 * LINKS_PEER_PAGES + LINKS_OWN_PAGES + 1;
    for (uint32_t i = 7; i < 10; i++) {
        offer(i, "1.1");
        host_pass(1000);
    }
    assert_non_null(host_link_to(7));
    assert_non_null(host_link_to(8));
    assert_null(host_link_to(9));
    assert_string_equal(host_get(path_of(5, 9, "/state")), "refused");
    assert_int_equal(host_link_to(7)->closes, 0);
    host_remove("/local/domain/7"); /* what it had is there for others */
    offer(9, "1.2");
    host_pass(1000);
    assert_non_null(host_link_to(9));
    assert_false(host.links[0].is_made);
    assert_int_equal(host_link_to(8)->closes, 0);
}

/* Many more domains than there are places, one after the other. */
static void domains_come_and_go_for_ever(void **state)
{
    (void)state;
    host.purse_pages = 3 * LINKS_PEER_PAGES + LINKS_OWN_PAGES;
    for (uint32_t i = 10; i < 110; i++) {
        offer(i, "1.1");
        host_pass(100);
        assert_non_null(host_link_to(i));
        host_remove("/local/domain");
        host_pass(100);
        assert_null(host_link_to(i));
    }
}

/* A peer that we also import from has two links, and two nodes of figures. */
static void both_roles_go_together(void **state)
{
    (void)state;
    assert_true(import_add("net", "other"));
    assert_int_equal(import_start(), 0);
    host_set("/nuncio/domain/other", "7");
    host_set("/local/domain/7/data/nuncio/ready", "3");
    offer(7, "3.1");
    host_pass(2000);
    assert_non_null(host_get("/local/domain/5/data/nuncio/stat/link/7"));
    assert_non_null(strstr(
        host_get("/local/domain/5/data/nuncio/stat/link/7.in"), "role=export"));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(we_say_that_we_serve),
        TEST(an_offer_is_answered),
        TEST(malformed_offers_are_no_offers),
        TEST(long_values_are_no_offers),
        TEST(a_peer_that_offers_again_loses_the_old_link_first),
        TEST(what_is_withdrawn_is_closed_at_once),
        TEST(a_silent_peer_is_dropped_until_it_offers_again),
        TEST(a_broken_link_is_closed),
        TEST(who_offers_in_a_loop_waits_and_hurts_nobody),
        TEST(offers_from_before_and_in_crowds_are_found),
        TEST(there_are_as_many_peers_as_there_is_room_for),
        TEST(a_failing_link_is_no_answer),
        TEST(an_empty_purse_refuses_the_next_peer),
        TEST(domains_come_and_go_for_ever),
        TEST(both_roles_go_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
