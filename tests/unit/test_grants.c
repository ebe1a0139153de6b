/*
 * The grant table and copies by grant, over hv/fake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <boot/domain.h>
#include <event/event.h>
#include <grant/grant.h>
#include <hv/fake/peer.h>
#include <hypercall/hypercall.h>
#include <kassert.h>

#define PAGE     4096u
#define PAGES    4u
#define PEER     9u
#define STRANGER 11u

static _Alignas(PAGE) uint8_t ram[PAGES * PAGE];
static _Alignas(PAGE) uint8_t peer_ram[PAGES * PAGE];
static struct fake_peer *peer;
static grant_t tried; /* what the copy hook tries to end */
static bool ended;

void kassert_failed(const char *file, int line, const char *what)
{
    fail_msg("%s:%d: %s", file, line, what);
    abort();
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    memset(ram, 0, sizeof(ram));
    memset(peer_ram, 0, sizeof(peer_ram));
    fake_memory(ram, sizeof(ram), (PAGES - 1) * PAGE);
    event_init(&fake_hv.shared);
    domain_start();
    peer = fake_peer_add(PEER, peer_ram, PAGES);
    return 0;
}

/* --- the grant table --- */

static void entry_says_what_was_granted(void **state)
{
    grant_t ref = grant_access(PEER, 2, true);
    grant_t other = grant_access(STRANGER, 0xffffffffu, false);

    (void)state;
    assert_true(ref >= GNTTAB_NR_RESERVED_ENTRIES);
    assert_int_not_equal(ref, other);
    assert_int_equal(fake_hv.grants[ref].frame, 2);
    assert_int_equal(fake_hv.grants[ref].domid, PEER);
    assert_int_equal(fake_hv.grants[ref].flags, GTF_permit_access);
    assert_int_equal(fake_hv.grants[other].flags,
                     GTF_permit_access | GTF_readonly);
    assert_int_equal(grant_used(), 2);
    assert_true(grant_end(ref));
    assert_int_equal(fake_hv.grants[ref].flags, 0);
    assert_int_equal(grant_used(), 1);
    assert_int_equal(grant_access(PEER, 1ull << 32, true), GRANT_NONE);
}

static void table_fills_up_and_is_all_usable_again(void **state)
{
    static grant_t refs[FAKE_GRANTS];
    uint32_t total = grant_total();

    (void)state;
    assert_int_equal(total, FAKE_GRANTS - GNTTAB_NR_RESERVED_ENTRIES);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < total; i++) {
            refs[i] = grant_access(PEER, i, false);
            assert_true(refs[i] != GRANT_NONE);
        }
        assert_int_equal(grant_access(PEER, 0, false), GRANT_NONE);
        assert_int_equal(grant_used(), total);
        for (uint32_t i = 0; i < total; i++) {
            assert_int_equal(fake_hv.grants[refs[i]].frame, i);
            assert_true(grant_end(refs[i]));
        }
        assert_int_equal(grant_used(), 0);
    }
}

static void revoked_reference_comes_back_last(void **state)
{
    uint32_t others = grant_total() - 1;
    grant_t old = grant_access(PEER, 1, true);

    (void)state;
    assert_true(grant_end(old));
    for (uint32_t i = 0; i < others; i++) {
        grant_t ref = grant_access(PEER, 1, true);

        assert_int_not_equal(ref, old);
        assert_true(grant_end(ref));
    }
    assert_int_equal(grant_access(PEER, 1, true), old);
    assert_true(grant_end(old));
}

static void try_to_end(const struct gnttab_copy *copy)
{
    (void)copy;
    ended = grant_end(tried);
}

/* As between two processors: the hypervisor is in the middle of a copy. (What
 * our own copy pins of ours is a grant to ourselves.) */
static void pinned_grant_is_not_ended(void **state)
{
    uint32_t theirs = fake_peer_grant(peer, FAKE_DOMID, 1, true);
    struct gnttab_copy copy = {
        .source = {.domid = DOMID_SELF},
        .dest = {.u.ref = theirs, .domid = PEER},
        .len = 8,
        .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
    };

    (void)state;
    copy.source.u.ref = tried = grant_access(FAKE_DOMID, 1, false);
    ended = true;
    fake_copy_hook(try_to_end);
    assert_int_equal(hypercall_grant_copy(&copy, 1), 0);
    assert_int_equal(copy.status, GNTST_okay);
    assert_false(ended);
    assert_int_equal(grant_used(), 1);
    assert_true(grant_end(tried));
}

static void peer_uses_what_it_was_granted_and_no_more(void **state)
{
    grant_t writable = grant_access(PEER, 1, true);
    grant_t readable = grant_access(PEER, 2, false);
    grant_t foreign = grant_access(STRANGER, 0, true);
    char text[6] = {0};

    (void)state;
    assert_int_equal(fake_peer_write(peer, writable, 10, "hello", 5), 0);
    assert_memory_equal(ram + PAGE + 10, "hello", 5);
    memcpy(ram + 2 * PAGE, "reply", 5);
    assert_int_equal(fake_peer_read(peer, readable, 0, text, 5), 0);
    assert_string_equal(text, "reply");
    assert_int_equal(fake_peer_write(peer, readable, 0, "x", 1),
                     GNTST_general_error);
    assert_int_equal(fake_peer_read(peer, foreign, 0, text, 1),
                     GNTST_general_error);
    assert_int_equal(fake_peer_read(peer, writable, PAGE - 1, text, 2),
                     GNTST_bad_copy_arg);
    assert_true(grant_end(writable));
    assert_int_equal(fake_peer_write(peer, writable, 0, "x", 1),
                     GNTST_general_error);
}

/* --- copies --- */

static struct gnttab_copy copy_in(uint32_t ref, uint32_t frame, uint16_t bytes)
{
    return (struct gnttab_copy){
        .source = {.u.ref = ref, .domid = PEER},
        .dest = {.u.gmfn = frame, .domid = DOMID_SELF},
        .len = bytes,
        .flags = GNTCOPY_source_gref,
        .status = 77,
    };
}

static void each_copy_of_a_list_has_its_own_status(void **state)
{
    uint32_t good = fake_peer_grant(peer, FAKE_DOMID, 1, false);
    uint32_t foreign = fake_peer_grant(peer, STRANGER, 1, true);
    struct gnttab_copy list[] = {
        copy_in(foreign, 0, 4),   copy_in(good, 0, 4),
        copy_in(good, PAGES, 4),  copy_in(FAKE_PEER_GRANTS, 0, 4),
        copy_in(good, 0, PAGE),   copy_in(good, 0, 4),
        copy_in(good + 20, 0, 4),
    };

    (void)state;
    memcpy(peer_ram + PAGE, "data", 4);
    list[4].dest.offset = 1;
    list[5].source.domid = STRANGER;
    assert_int_equal(hypercall_grant_copy(list, 7), 0);
    assert_int_equal(list[0].status, GNTST_general_error);
    assert_int_equal(list[1].status, GNTST_okay);
    assert_int_equal(list[2].status, GNTST_bad_page);
    assert_int_equal(list[3].status, GNTST_bad_gntref);
    assert_int_equal(list[4].status, GNTST_bad_copy_arg);
    assert_int_equal(list[5].status, GNTST_bad_domain);
    assert_int_equal(list[6].status, GNTST_general_error);
    assert_memory_equal(ram, "data", 5);
    assert_int_equal(fake_copy_count(), 7);
    assert_int_equal(fake_copy_bytes(), 4);
    assert_int_equal(peer->grants[good].flags & (GTF_reading | GTF_writing), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(entry_says_what_was_granted, setup),
        cmocka_unit_test_setup(table_fills_up_and_is_all_usable_again, setup),
        cmocka_unit_test_setup(revoked_reference_comes_back_last, setup),
        cmocka_unit_test_setup(pinned_grant_is_not_ended, setup),
        cmocka_unit_test_setup(peer_uses_what_it_was_granted_and_no_more,
                               setup),
        cmocka_unit_test_setup(each_copy_of_a_list_has_its_own_status, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
