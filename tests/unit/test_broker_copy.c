/*
 * GNTTABOP_copy: what is copied under which grant, and Xen's answer to each
 * mistake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "broker_fixture.h"
#include "hv/broker/copy.h"

#define PAGE  GUEST_PAGE_BYTES
#define LOCAL FRAME_HEAP
/* Pages of the granter, and the references it gives them. */
#define WRITABLE      20u
#define READONLY      21u
#define REF_WRITABLE  3u
#define REF_READONLY  4u
#define REF_FOR_OTHER 5u
#define REF_NOWHERE   6u
#define REF_TRANSFER  7u

static struct guest a; /* grants */
static struct guest b; /* copies */
static struct guest c; /* another one */

static void grant(struct guest *guest, uint32_t ref, uint16_t flags,
                  domid_t domid, uint32_t frame)
{
    guest->grants[ref] = (struct grant_entry_v1){flags, domid, frame};
}

static int setup(void **state)
{
    domid_t b_domid;

    if (fixture_setup(state) != 0)
        return -1;
    fixture_run(&a, "a");
    fixture_run(&b, "b");
    fixture_run(&c, "c");
    b_domid = b.domain->domid;
    grant(&a, REF_WRITABLE, GTF_permit_access, b_domid, WRITABLE);
    grant(&a, REF_READONLY, GTF_permit_access | GTF_readonly, b_domid,
          READONLY);
    grant(&a, REF_FOR_OTHER, GTF_permit_access, c.domain->domid, WRITABLE);
    grant(&a, REF_NOWHERE, GTF_permit_access, b_domid, FIXTURE_PAGES);
    grant(&a, REF_TRANSFER, GTF_accept_transfer, b_domid, WRITABLE);
    memset(a.memory + WRITABLE * PAGE, 'w', PAGE);
    memset(a.memory + READONLY * PAGE, 'r', PAGE);
    memset(b.memory + LOCAL * PAGE, 'l', PAGE);
    return 0;
}

static int teardown(void **state)
{
    fixture_leave(&a);
    fixture_leave(&b);
    fixture_leave(&c);
    return fixture_teardown(state);
}

/* From reference (ref) of a to b's page, or the other way. */
static struct gnttab_copy from_ref(uint32_t ref)
{
    struct gnttab_copy copy = {.len = 8, .flags = GNTCOPY_source_gref};

    copy.source.u.ref = ref;
    copy.source.domid = a.domain->domid;
    copy.dest.u.gmfn = LOCAL;
    copy.dest.domid = DOMID_SELF;
    return copy;
}

static struct gnttab_copy to_ref(uint32_t ref)
{
    struct gnttab_copy copy = {.len = 8, .flags = GNTCOPY_dest_gref};

    copy.source.u.gmfn = LOCAL;
    copy.source.domid = DOMID_SELF;
    copy.dest.u.ref = ref;
    copy.dest.domid = a.domain->domid;
    return copy;
}

static int16_t copy_by(struct guest *guest, const struct gnttab_copy *copy)
{
    struct broker_op op = {.hypercall = __HYPERVISOR_grant_table_op,
                           .command = GNTTABOP_copy,
                           .copy = *copy};

    op.copy.status = 1234;
    assert_int_equal(fixture_op(guest, &op), 0);
    return guest->mailbox->ops[0].copy.status;
}

static void expect_status(struct gnttab_copy copy, int16_t status)
{
    assert_int_equal(copy_by(&b, &copy), status);
    /* No pin is left behind. */
    for (uint32_t ref = 0; ref < 512; ref++)
        assert_int_equal(a.grants[ref].flags & (GTF_reading | GTF_writing), 0);
}

static void bytes_move_where_they_are_told(void **state)
{
    struct gnttab_copy copy = from_ref(REF_READONLY);

    (void)state;
    copy.source.offset = 1;
    copy.dest.offset = 4000;
    copy.len = 96;
    expect_status(copy, GNTST_okay);
    assert_int_equal(b.memory[LOCAL * PAGE + 3999], 'l');
    assert_int_equal(b.memory[LOCAL * PAGE + 4000], 'r');
    assert_int_equal(b.memory[LOCAL * PAGE + 4095], 'r');
    copy = to_ref(REF_WRITABLE);
    copy.dest.offset = 10;
    expect_status(copy, GNTST_okay);
    assert_memory_equal(a.memory + WRITABLE * PAGE + 9, "wllllllllw", 10);
    copy.len = PAGE;
    copy.dest.offset = 0;
    expect_status(copy, GNTST_okay);
    copy.len = 0;
    expect_status(copy, GNTST_okay);
    assert_int_equal(b.domain->counts.bytes, 96 + 8 + PAGE);
    assert_int_equal(b.domain->counts.copy_errors, 0);
}

/* Both ends by reference, from one granter to another or to itself. */
static void both_ends_may_be_references(void **state)
{
    struct gnttab_copy copy = from_ref(REF_READONLY);

    (void)state;
    copy.flags |= GNTCOPY_dest_gref;
    copy.dest.u.ref = REF_WRITABLE;
    copy.dest.domid = a.domain->domid;
    expect_status(copy, GNTST_okay);
    assert_memory_equal(a.memory + WRITABLE * PAGE, "rrrrrrrrw", 9);
    copy.source = copy.dest;
    copy.dest.offset = 4;
    a.memory[WRITABLE * PAGE] = '0';
    expect_status(copy, GNTST_okay);
    assert_memory_equal(a.memory + WRITABLE * PAGE, "0rrr0rrrrrrrw", 13);
}

static void a_domain_may_copy_within_itself(void **state)
{
    struct gnttab_copy copy = {.len = 4};

    (void)state;
    copy.source.u.gmfn = copy.dest.u.gmfn = LOCAL;
    copy.source.domid = copy.dest.domid = DOMID_SELF;
    copy.dest.offset = 2;
    memcpy(b.memory + LOCAL * PAGE, "abcdef", 6);
    expect_status(copy, GNTST_okay);
    assert_memory_equal(b.memory + LOCAL * PAGE, "ababcd", 6);
}

static void each_mistake_has_its_status(void **state)
{
    struct gnttab_copy copy;

    (void)state;
    /* Frames are for oneself only, and by that name. */
    copy = from_ref(REF_READONLY);
    copy.flags = 0;
    expect_status(copy, GNTST_permission_denied);
    copy = to_ref(REF_WRITABLE);
    copy.source.domid = b.domain->domid;
    expect_status(copy, GNTST_permission_denied);
    /* Domains. */
    copy = from_ref(REF_READONLY);
    for (uint32_t domid = 0; domid < 0x10000; domid += 61) {
        copy.source.domid = (domid_t)domid;
        if (domid != DOMID_SELF && (domid == 0 || domid > 3))
            expect_status(copy, GNTST_bad_domain);
    }
    /* References. */
    expect_status(from_ref(512), GNTST_bad_gntref);
    expect_status(from_ref(~0u), GNTST_bad_gntref);
    expect_status(from_ref(511), GNTST_general_error);
    expect_status(from_ref(REF_FOR_OTHER), GNTST_general_error);
    expect_status(from_ref(REF_TRANSFER), GNTST_general_error);
    expect_status(to_ref(REF_READONLY), GNTST_general_error);
    /* Frames. */
    expect_status(from_ref(REF_NOWHERE), GNTST_bad_page);
    copy = from_ref(REF_READONLY);
    copy.dest.u.gmfn = FIXTURE_PAGES;
    expect_status(copy, GNTST_bad_page);
    copy.dest.u.gmfn = 1ull << 52; /* its address is 0 in 64 bits */
    expect_status(copy, GNTST_bad_page);
    copy.dest.u.gmfn = ~0ull;
    expect_status(copy, GNTST_bad_page);
    /* Bytes. */
    copy = from_ref(REF_READONLY);
    copy.source.offset = PAGE - 7;
    expect_status(copy, GNTST_bad_copy_arg);
    copy = from_ref(REF_READONLY);
    copy.dest.offset = PAGE - 7;
    expect_status(copy, GNTST_bad_copy_arg);
    copy.dest.offset = 65535;
    copy.len = 65535;
    expect_status(copy, GNTST_bad_copy_arg);
    assert_int_equal(b.memory[LOCAL * PAGE], 'l');
    assert_int_equal(a.memory[READONLY * PAGE], 'r');
    assert_int_equal(b.domain->counts.copies, b.domain->counts.copy_errors);
}

static void what_is_revoked_is_not_copied(void **state)
{
    (void)state;
    expect_status(from_ref(REF_READONLY), GNTST_okay);
    a.grants[REF_READONLY].flags = 0;
    expect_status(from_ref(REF_READONLY), GNTST_general_error);
}

static void who_has_gone_grants_nothing(void **state)
{
    struct guest back;

    (void)state;
    fixture_leave(&a);
    assert_int_equal(
        copy_by(&b, &(struct gnttab_copy){.source = {.domid = 1},
                                          .dest = {.domid = DOMID_SELF},
                                          .flags = GNTCOPY_source_gref}),
        GNTST_bad_domain);
    /* It is back, but has not said hello. */
    back.domain = a.domain;
    fixture_connect(&back);
    a = back;
    expect_status(from_ref(REF_READONLY), GNTST_bad_domain);
}

/* The pin is there while the copy is under way: the page that is written is
 * the table itself, so the entry's own flags are copied. */
static void entries_are_pinned_during_a_copy(void **state)
{
    struct gnttab_copy copy = from_ref(REF_READONLY);
    uint16_t flags;

    (void)state;
    a.grants[REF_READONLY].frame = FRAME_GRANTS;
    copy.source.offset = REF_READONLY * sizeof(struct grant_entry_v1);
    expect_status(copy, GNTST_okay);
    memcpy(&flags, b.memory + LOCAL * PAGE, sizeof(flags));
    assert_int_equal(flags, GTF_permit_access | GTF_readonly | GTF_reading);
    copy = to_ref(REF_WRITABLE);
    copy.source.u.ref = REF_WRITABLE;
    copy.source.domid = a.domain->domid;
    copy.flags |= GNTCOPY_source_gref;
    a.grants[REF_WRITABLE].frame = FRAME_GRANTS;
    copy.source.offset = REF_WRITABLE * sizeof(struct grant_entry_v1);
    copy.dest.offset = 100 * sizeof(struct grant_entry_v1);
    assert_int_equal(copy_by(&b, &copy), GNTST_okay);
    assert_int_equal(a.grants[100].flags,
                     GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(a.grants[REF_WRITABLE].flags, GTF_permit_access);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bytes_move_where_they_are_told),
        TEST(both_ends_may_be_references),
        TEST(a_domain_may_copy_within_itself),
        TEST(each_mistake_has_its_status),
        TEST(what_is_revoked_is_not_copied),
        TEST(who_has_gone_grants_nothing),
        TEST(entries_are_pinned_during_a_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
