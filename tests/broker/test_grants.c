/*
 * Grants between running guests, by the real broker: what each rule of Xen's
 * says to who breaks it. Argument: the broker.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guest.h"
#include "system.h"

#define MINE  (GUEST_FREE_FRAME + 0)
#define OTHER (GUEST_FREE_FRAME + 1)
#define REF   9u

static const char *broker;
static struct system sys;
static struct guest *granter;
static struct guest *user;
static struct guest *third;

static int start(void **state)
{
    (void)state;
    system_start(&sys, broker);
    granter = system_guest(&sys, "granter");
    user = system_guest(&sys, "user");
    third = system_guest(&sys, "third");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    guest_die(granter);
    guest_die(user);
    guest_die(third);
    system_stop(&sys);
    return 0;
}

/* Before each test: nothing is granted, and pages are told apart. */
static int clean(void **state)
{
    (void)state;
    memset(granter->grants, 0, GUEST_GRANTS * sizeof(*granter->grants));
    memset(guest_page(granter, MINE), 'g', GUEST_PAGE_BYTES);
    memset(guest_page(user, MINE), 'u', GUEST_PAGE_BYTES);
    memset(guest_page(user, OTHER), 'v', GUEST_PAGE_BYTES);
    return 0;
}

static bool is_all(struct guest *guest, uint32_t frame, char byte)
{
    const char *page = guest_page(guest, frame);

    for (uint32_t i = 0; i < GUEST_PAGE_BYTES; i++) {
        if (page[i] != byte)
            return false;
    }
    return true;
}

static int read_page(void)
{
    return guest_copy(user, guest_op_read(granter->domid, REF, 0, MINE, 4096));
}

static int write_page(void)
{
    return guest_copy(user, guest_op_write(granter->domid, REF, 0, MINE, 4096));
}

static void a_grant_is_read_and_written(void **state)
{
    (void)state;
    guest_grant(granter, REF, user->domid, MINE, 0);
    assert_int_equal(read_page(), GNTST_okay);
    assert_true(is_all(user, MINE, 'g'));
    memset(guest_page(user, MINE), 'w', GUEST_PAGE_BYTES);
    assert_int_equal(write_page(), GNTST_okay);
    assert_true(is_all(granter, MINE, 'w'));
    /* No pin is left. */
    assert_int_equal(granter->grants[REF].flags, GTF_permit_access);
}

static void parts_go_where_they_should(void **state)
{
    char *page = guest_page(user, MINE);

    (void)state;
    guest_grant(granter, REF, user->domid, MINE, 0);
    struct broker_op op = guest_op_read(granter->domid, REF, 4000, MINE, 96);
    op.copy.dest.offset = 7;
    assert_int_equal(guest_copy(user, op), GNTST_okay);
    assert_int_equal(page[6], 'u');
    assert_int_equal(page[7], 'g');
    assert_int_equal(page[102], 'g');
    assert_int_equal(page[103], 'u');
    assert_int_equal(
        guest_copy(user, guest_op_read(granter->domid, REF, 4096, MINE, 0)),
        GNTST_okay);
}

static void a_read_only_grant_is_not_written(void **state)
{
    (void)state;
    guest_grant(granter, REF, user->domid, MINE, GTF_readonly);
    assert_int_equal(read_page(), GNTST_okay);
    memset(guest_page(user, MINE), 'w', GUEST_PAGE_BYTES);
    assert_int_equal(write_page(), GNTST_general_error);
    assert_true(is_all(granter, MINE, 'g'));
    assert_int_equal(granter->grants[REF].flags,
                     GTF_permit_access | GTF_readonly);
}

static void what_is_not_granted_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_page(), GNTST_general_error);
    assert_int_equal(guest_copy(user, guest_op_read(granter->domid,
                                                    GUEST_GRANTS, 0, MINE, 8)),
                     GNTST_bad_gntref);
    assert_int_equal(
        guest_copy(user, guest_op_read(granter->domid, UINT32_MAX, 0, MINE, 8)),
        GNTST_bad_gntref);
    /* To somebody else. */
    guest_grant(granter, REF, third->domid, MINE, 0);
    assert_int_equal(read_page(), GNTST_general_error);
    assert_int_equal(write_page(), GNTST_general_error);
    /* By somebody who is not there, or is not somebody. */
    assert_int_equal(guest_copy(user, guest_op_read(63, REF, 0, MINE, 8)),
                     GNTST_bad_domain);
    assert_int_equal(guest_copy(user, guest_op_read(0, REF, 0, MINE, 8)),
                     GNTST_bad_domain);
    assert_int_equal(guest_copy(user, guest_op_read(60000, REF, 0, MINE, 8)),
                     GNTST_bad_domain);
    assert_true(is_all(user, MINE, 'u'));
    assert_true(is_all(granter, MINE, 'g'));
    assert_int_equal(granter->grants[REF].flags, GTF_permit_access);
}

static void bad_ranges_are_refused(void **state)
{
    static const uint16_t ranges[][2] = {
        {4090, 16}, {4097, 0}, {0, 4097}, {65535, 1}, {1, 65535}};
    struct broker_op op;

    (void)state;
    guest_grant(granter, REF, user->domid, MINE, 0);
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        op = guest_op_read(granter->domid, REF, ranges[i][0], MINE,
                           ranges[i][1]);
        assert_int_equal(guest_copy(user, op), GNTST_bad_copy_arg);
        op = guest_op_write(granter->domid, REF, ranges[i][0], MINE,
                            ranges[i][1]);
        assert_int_equal(guest_copy(user, op), GNTST_bad_copy_arg);
        op = guest_op_read(granter->domid, REF, 0, MINE, ranges[i][1]);
        op.copy.dest.offset = ranges[i][0];
        assert_int_equal(guest_copy(user, op), GNTST_bad_copy_arg);
    }
    assert_int_equal(granter->grants[REF].flags, GTF_permit_access);
    assert_true(is_all(user, MINE, 'u'));
    assert_true(is_all(granter, MINE, 'g'));
}

static void only_memory_is_copied(void **state)
{
    struct broker_op op;

    (void)state;
    guest_grant(granter, REF, user->domid, MINE, 0);
    op = guest_op_read(granter->domid, REF, 0, GUEST_PAGES, 8);
    assert_int_equal(guest_copy(user, op), GNTST_bad_page);
    op.copy.dest.u.gmfn = UINT64_MAX >> 12;
    assert_int_equal(guest_copy(user, op), GNTST_bad_page);
    op.copy.dest.u.gmfn = UINT64_MAX;
    assert_int_equal(guest_copy(user, op), GNTST_bad_page);
    guest_grant(granter, REF, user->domid, GUEST_PAGES, 0);
    assert_int_equal(read_page(), GNTST_bad_page);
    guest_grant(granter, REF, user->domid, UINT32_MAX, 0);
    assert_int_equal(read_page(), GNTST_bad_page);
    assert_int_equal(granter->grants[REF].flags, GTF_permit_access);
    /* Frames of others, without a grant. */
    op.copy.source.domid = granter->domid;
    op.copy.source.u.gmfn = MINE;
    op.copy.dest.u.gmfn = MINE;
    op.copy.flags = 0;
    assert_int_equal(guest_copy(user, op), GNTST_permission_denied);
    assert_true(is_all(user, MINE, 'u'));
}

static void only_copies_are_hypercalls_on_grants(void **state)
{
    static const uint16_t commands[] = {
        GNTTABOP_map_grant_ref, GNTTABOP_unmap_grant_ref, GNTTABOP_setup_table,
        GNTTABOP_transfer, UINT16_MAX};
    struct broker_op op = {.hypercall = __HYPERVISOR_grant_table_op};

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        op.command = commands[i];
        assert_int_equal(guest_batch(user, &op, 1), 0);
        assert_int_equal(op.result, -XEN_ENOSYS);
    }
}

static void a_batch_goes_on_after_an_error(void **state)
{
    struct broker_op ops[3];

    (void)state;
    guest_grant(granter, REF, user->domid, MINE, GTF_readonly);
    ops[0] = guest_op_write(granter->domid, REF, 0, MINE, 8);
    ops[1] = guest_op_read(granter->domid, REF, 0, OTHER, 4096);
    ops[2] = guest_op_read(granter->domid, REF + 1, 0, MINE, 8);
    assert_int_equal(guest_batch(user, ops, 3), 0);
    assert_int_equal(ops[0].copy.status, GNTST_general_error);
    assert_int_equal(ops[1].copy.status, GNTST_okay);
    assert_int_equal(ops[2].copy.status, GNTST_general_error);
    assert_true(is_all(user, OTHER, 'g'));
}

static void a_revoked_grant_is_gone(void **state)
{
    (void)state;
    guest_grant(granter, REF, user->domid, MINE, 0);
    assert_int_equal(read_page(), GNTST_okay);
    assert_true(guest_revoke(granter, REF));
    assert_int_equal(read_page(), GNTST_general_error);
    assert_int_equal(write_page(), GNTST_general_error);
    guest_grant(granter, REF, third->domid, MINE, 0);
    assert_int_equal(read_page(), GNTST_general_error);
}

/* Full batches of writes by the user, until it is told to stop. */
struct writer {
    bool stop;
    uint64_t done;
    uint64_t refused;
    int error;
};

static void *write_on(void *argument)
{
    struct writer *writer = argument;
    static struct broker_op ops[BROKER_OPS_MAX];

    while (!__atomic_load_n(&writer->stop, __ATOMIC_SEQ_CST)) {
        for (uint32_t i = 0; i < BROKER_OPS_MAX; i++)
            ops[i] = guest_op_write(granter->domid, REF, 0, MINE, 4096);
        writer->error = guest_batch(user, ops, BROKER_OPS_MAX);
        if (writer->error != 0)
            return NULL;
        for (uint32_t i = 0; i < BROKER_OPS_MAX; i++) {
            writer->done += ops[i].copy.status == GNTST_okay;
            writer->refused += ops[i].copy.status != GNTST_okay;
        }
    }
    return NULL;
}

/*
 * While the user writes into the page at full speed the granter takes it back:
 * it sees the pin, it is refused while there is one, and once it has succeeded
 * the page is its own at that very moment.
 */
static void no_write_comes_after_a_revocation(void **state)
{
    struct writer writer = {0};
    pthread_t thread;
    unsigned pins = 0;
    uint64_t end = guest_deadline_ns(20000);

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
    for (unsigned round = 0; round < 200 || pins < 20; round++) {
        guest_grant(granter, REF, user->domid, MINE, 0);
        /* It is in use. */
        while ((__atomic_load_n(&granter->grants[REF].flags, __ATOMIC_SEQ_CST) &
                GTF_writing) == 0)
            assert_true(guest_now_ns() < end);
        while (!guest_revoke(granter, REF)) {
            pins++;
            assert_true(guest_now_ns() < end);
        }
        memset(guest_page(granter, MINE), 'x', GUEST_PAGE_BYTES);
        for (unsigned i = 0; i < 3; i++)
            assert_true(is_all(granter, MINE, 'x'));
    }
    __atomic_store_n(&writer.stop, true, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    assert_int_equal(writer.error, 0);
    assert_true(writer.done > 0);
    assert_true(writer.refused > 0);
    printf("revoked in use: refused %u times while pinned\n", pins);
}

/* A granter that went leaves nothing to copy, and its successor none of it. */
static void a_grant_ends_with_its_domain(void **state)
{
    char path[SYSTEM_PATH_MAX];
    uint16_t domid = system_add(&sys, "short", path);
    struct guest *guest = guest_start(path);
    struct broker_op op = guest_op_read(domid, REF, 0, MINE, 8);

    (void)state;
    assert_non_null(guest);
    assert_int_equal(guest_copy(user, op), GNTST_bad_domain);
    assert_int_equal(guest_hello(guest), 0);
    guest_grant(guest, REF, user->domid, MINE, 0);
    assert_int_equal(guest_copy(user, op), GNTST_okay);
    guest_die(guest);
    system_await(&sys, "short", "absent");
    assert_int_equal(guest_copy(user, op), GNTST_bad_domain);
    guest = guest_start(path);
    assert_non_null(guest);
    assert_int_equal(guest_hello(guest), 0);
    assert_int_equal(guest->domid, domid);
    assert_int_equal(guest->epoch, 2);
    assert_int_equal(guest_copy(user, op), GNTST_general_error);
    guest_die(guest);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_grant_is_read_and_written, clean),
        cmocka_unit_test_setup(parts_go_where_they_should, clean),
        cmocka_unit_test_setup(a_read_only_grant_is_not_written, clean),
        cmocka_unit_test_setup(what_is_not_granted_is_refused, clean),
        cmocka_unit_test_setup(bad_ranges_are_refused, clean),
        cmocka_unit_test_setup(only_memory_is_copied, clean),
        cmocka_unit_test_setup(only_copies_are_hypercalls_on_grants, clean),
        cmocka_unit_test_setup(a_batch_goes_on_after_an_error, clean),
        cmocka_unit_test_setup(a_revoked_grant_is_gone, clean),
        cmocka_unit_test_setup(no_write_comes_after_a_revocation, clean),
        cmocka_unit_test_setup(a_grant_ends_with_its_domain, clean),
    };

    if (argc != 2)
        return 2;
    broker = argv[1];
    return cmocka_run_group_tests(tests, start, stop);
}
