/*
 * Events and the store between running guests, by the real broker. Argument:
 * the broker.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest.h"
#include "system.h"

#define SOON  50 /* ms: long enough for what should not come */
#define LATER 20000 /* for what must come */

static const char *broker;
static struct system sys;
static struct guest *one;
static struct guest *two;
static struct guest *three;

static int start(void **state)
{
    (void)state;
    system_start(&sys, broker);
    one = system_guest(&sys, "one");
    two = system_guest(&sys, "two");
    three = system_guest(&sys, "three");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    guest_die(one);
    guest_die(two);
    guest_die(three);
    system_stop(&sys);
    return 0;
}

static void events_go_both_ways(void **state)
{
    (void)state;
    assert_int_equal(guest_alloc(one, 7, two->domid), 0);
    assert_int_equal(guest_status(one, 7), EVTCHNSTAT_unbound);
    assert_int_equal(guest_bind(two, 200, one->domid, 7), 0);
    assert_int_equal(guest_status(one, 7), EVTCHNSTAT_interdomain);
    /* Who binds gets one event, as on Xen. */
    assert_true(guest_wait(two, 200, LATER));
    assert_int_equal(guest_send(one, 7), 0);
    assert_true(guest_wait(two, 200, LATER));
    assert_false(guest_wait(two, 200, SOON));
    assert_int_equal(guest_send(two, 200), 0);
    assert_true(guest_wait(one, 7, LATER));
    for (int i = 0; i < 3; i++)
        assert_int_equal(guest_send(one, 7), 0);
    assert_true(guest_wait(two, 200, LATER));
    assert_false(guest_wait(two, 200, SOON));
    assert_int_equal(guest_close(two, 200), 0);
    assert_int_equal(guest_status(two, 200), EVTCHNSTAT_closed);
    assert_int_equal(guest_status(one, 7), EVTCHNSTAT_unbound);
    assert_int_equal(guest_send(one, 7), 0);
    assert_int_equal(guest_close(one, 7), 0);
}

static void a_port_is_for_who_it_was_made_for(void **state)
{
    (void)state;
    assert_int_equal(guest_alloc(one, 8, two->domid), 0);
    assert_int_equal(guest_bind(three, 8, one->domid, 8), -XEN_EINVAL);
    assert_int_equal(guest_bind(three, 8, one->domid, 99), -XEN_EINVAL);
    assert_int_equal(guest_bind(three, 8, 50, 8), -XEN_ESRCH);
    assert_int_equal(guest_bind(two, 0, one->domid, 8), -XEN_ENOSPC);
    assert_int_equal(guest_bind(two, BROKER_PORTS, one->domid, 8), -XEN_ENOSPC);
    assert_int_equal(guest_bind(two, GUEST_STORE_PORT, one->domid, 8),
                     -XEN_EBUSY);
    assert_int_equal(guest_alloc(one, 8, two->domid), -XEN_EBUSY);
    assert_int_equal(guest_send(three, 8), -XEN_EINVAL);
    assert_int_equal(guest_send(three, UINT32_MAX), -XEN_EINVAL);
    assert_int_equal(guest_close(three, 8), -XEN_EINVAL);
    assert_int_equal(guest_bind(two, 8, one->domid, 8), 0);
    assert_int_equal(guest_bind(two, 9, one->domid, 8), -XEN_EINVAL);
    assert_int_equal(guest_close(one, 8), 0);
    assert_int_equal(guest_close(two, 8), 0);
}

static void a_masked_event_waits(void **state)
{
    struct shared_info *info = &two->shared->events;

    (void)state;
    assert_int_equal(guest_alloc(one, 7, two->domid), 0);
    assert_int_equal(guest_bind(two, 7, one->domid, 7), 0);
    assert_true(guest_wait(two, 7, LATER));
    info->evtchn_mask[0] |= 1u << 7;
    assert_int_equal(guest_send(one, 7), 0);
    assert_int_equal(info->evtchn_pending[0] >> 7 & 1, 1);
    assert_int_equal(info->vcpu_info[0].evtchn_upcall_pending, 0);
    info->evtchn_mask[0] = 0;
    assert_true(guest_wait(two, 7, LATER));
    assert_int_equal(guest_close(one, 7), 0);
    assert_int_equal(guest_close(two, 7), 0);
}

static void nothing_is_done_before_hello(void **state)
{
    char path[SYSTEM_PATH_MAX];
    struct guest *guest;

    (void)state;
    system_add(&sys, "silent", path);
    guest = guest_start(path);
    assert_non_null(guest);
    assert_int_equal(guest_alloc(guest, 7, one->domid), -XEN_EPERM);
    assert_int_equal(guest_hello(guest), 0);
    assert_int_equal(guest_alloc(guest, 7, one->domid), 0);
    /* Said again, it is a new start. */
    assert_int_equal(guest_store_watch(guest, "/local", "w"), 0);
    assert_int_equal(guest_hello(guest), 0);
    assert_int_equal(guest->epoch, 2);
    assert_int_equal(guest_status(guest, 7), EVTCHNSTAT_closed);
    assert_int_equal(system_number(&sys, "silent", "store_watches"), 0);
    assert_string_equal(guest_store_read(guest, "nuncio/epoch"), "2");
    guest_die(guest);
}

static void expect_event(struct guest *guest, const char *wanted)
{
    char *event = guest_store_event(guest, LATER);

    assert_non_null(event);
    assert_string_equal(event, wanted);
    free(event);
}

/* What two connectors would do: an offer, which only the other may read, an
 * answer, and the events that tell of them. */
static void a_handshake_goes_through_the_store(void **state)
{
    char path[128], event[160], perms[2][8];

    (void)state;
    snprintf(perms[0], 8, "n%u", one->domid);
    snprintf(perms[1], 8, "r%u", two->domid);
    assert_int_equal(guest_store_watch(two, "/local/domain", "offers"), 0);
    assert_int_equal(guest_store_watch(three, "/local/domain", "offers"), 0);
    expect_event(two, "/local/domain offers");
    expect_event(three, "/local/domain offers");
    snprintf(path, sizeof(path), "/local/domain/%u/data/nuncio/link/%u",
             one->domid, two->domid);
    assert_int_equal(guest_store_ask(one, XS_MKDIR, 0, path), 0);
    assert_int_equal(
        guest_store_ask(one, XS_SET_PERMS, 0, path, perms[0], perms[1]), 0);
    snprintf(event, sizeof(event), "%s offers", path);
    expect_event(two, event);
    snprintf(path, sizeof(path), "/local/domain/%u/data/nuncio/link/%u/state",
             one->domid, two->domid);
    assert_int_equal(guest_store_write(one, path, "offered"), 0);
    snprintf(event, sizeof(event), "%s offers", path);
    expect_event(two, event);
    assert_string_equal(guest_store_read(two, path), "offered");
    assert_null(guest_store_read(three, path));
    assert_int_equal(errno, EACCES);
    assert_null(guest_store_event(three, SOON));
    assert_string_equal(guest_store_read(three, "/nuncio/domain/two"),
                        two->domid == 2 ? "2" : "?");
}

static void transactions_conflict_between_guests(void **state)
{
    char perms[2][8], path[64];
    uint32_t transaction;

    (void)state;
    snprintf(perms[0], 8, "n%u", one->domid);
    snprintf(perms[1], 8, "b%u", two->domid);
    snprintf(path, sizeof(path), "/local/domain/%u/data/box", one->domid);
    assert_int_equal(guest_store_write(one, path, "0"), 0);
    assert_int_equal(
        guest_store_ask(one, XS_SET_PERMS, 0, path, perms[0], perms[1]), 0);
    transaction = guest_store_begin(one);
    assert_int_not_equal(transaction, 0);
    assert_int_equal(guest_store_ask(one, XS_READ, transaction, path), 0);
    assert_int_equal(guest_store_write(two, path, "2"), 0);
    assert_int_equal(guest_store_ask(one, XS_MKDIR, transaction, "data/new"),
                     0);
    assert_int_equal(guest_store_end(one, transaction, true), -EAGAIN);
    transaction = guest_store_begin(one);
    assert_int_equal(guest_store_ask(one, XS_MKDIR, transaction, "data/new"),
                     0);
    assert_int_equal(guest_store_end(one, transaction, true), 0);
}

/* Others hear that it went, and that it came again. */
static void the_end_of_a_domain_is_told(void **state)
{
    char path[SYSTEM_PATH_MAX], name[64], event[96];
    uint16_t domid = system_add(&sys, "short", path);
    struct guest *guest = guest_start(path);

    (void)state;
    assert_non_null(guest);
    assert_int_equal(guest_hello(guest), 0);
    snprintf(name, sizeof(name), "/local/domain/%u/nuncio/epoch", domid);
    assert_int_equal(guest_store_watch(one, name, "life"), 0);
    snprintf(event, sizeof(event), "%s life", name);
    expect_event(one, event);
    assert_int_equal(guest_alloc(one, 30, domid), 0);
    assert_int_equal(guest_bind(guest, 30, one->domid, 30), 0);
    guest_die(guest);
    expect_event(one, event);
    assert_null(guest_store_read(one, name));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(guest_status(one, 30), EVTCHNSTAT_unbound);
    assert_int_equal(guest_send(one, 30), 0);
    guest = guest_start(path);
    assert_non_null(guest);
    assert_int_equal(guest_hello(guest), 0);
    expect_event(one, event);
    assert_string_equal(guest_store_read(one, name), "2");
    guest_die(guest);
    assert_int_equal(guest_close(one, 30), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_go_both_ways),
        cmocka_unit_test(a_port_is_for_who_it_was_made_for),
        cmocka_unit_test(a_masked_event_waits),
        cmocka_unit_test(nothing_is_done_before_hello),
        cmocka_unit_test(a_handshake_goes_through_the_store),
        cmocka_unit_test(transactions_conflict_between_guests),
        cmocka_unit_test(the_end_of_a_domain_is_told),
    };

    if (argc != 2)
        return 2;
    broker = argv[1];
    return cmocka_run_group_tests(tests, start, stop);
}
