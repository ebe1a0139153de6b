/*
 * Gates: what a peer may open, and how it is handed over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <contract/gate.h>
#include <links/gate.h>

#include "links_host.h"

static int begin(void **state)
{
    (void)state;
    host_begin();
    host_give("fs", HOST_SERVICE + 1);
    host_give("block", HOST_SERVICE + 2);
    return names_add("fs") && names_add("block") ? 0 : -1;
}

static int open_by_name(const char *name, size_t bytes)
{
    struct nu_regs r = {
        .tag = GATE_OPEN_METHOD | nu_pack_string(1, name, bytes), .w0 = bytes};

    host.connected = NU_HANDLE_NONE;
    host.replied = UINT64_MAX;
    gate_serve(0x4fff, &r);
    return nu_tag_status(host.replied);
}

static void gates_open_what_is_exported(void **state)
{
    (void)state;
    assert_int_equal(open_by_name("fs", 2), 0);
    assert_int_equal(host.connected, HOST_SERVICE + 1);
    assert_int_not_equal(host.given, NU_HANDLE_NONE);
    assert_int_equal(host.closed, host.given); /* ours, after it was copied */
    assert_int_equal(open_by_name("block", 5), 0);
    assert_int_equal(host.connected, HOST_SERVICE + 2);
    assert_int_equal(open_by_name("store", 5), NU_NOENT);
    assert_int_equal(host.given, NU_HANDLE_NONE);
    assert_int_equal(open_by_name("f", 1), NU_NOENT);
    assert_int_equal(open_by_name("fs2", 3), NU_NOENT);
    assert_int_equal(open_by_name("", 0), NU_NOENT);
    assert_int_equal(host.connected, NU_HANDLE_NONE);
}

static void gates_take_nothing_else(void **state)
{
    struct nu_regs r = {.tag = NU_METHOD(GATE_CONTRACT, 9)};

    (void)state;
    gate_serve(0x4fff, &r);
    assert_int_equal(nu_tag_status(host.replied), NU_UNSUP);
    /* A handle that nobody asked for is closed. */
    r = (struct nu_regs){.tag = GATE_OPEN_METHOD | nu_pack_string(1, "fs", 2) |
                                NU_SHAPE(0, 1, 0, 0),
                         .w0 = 2};
    nu_pack_handle(0, 0x4ffe, NU_RIGHTS_ALL);
    gate_serve(0x4fff, &r);
    assert_int_equal(nu_tag_status(host.replied), NU_INVAL);
    assert_int_equal(host.closed, 0x4ffe);
    /* An event asks nothing, and gets no answer. */
    host.replied = UINT64_MAX;
    r = (struct nu_regs){.tag = NU_EVENT_CLOSED};
    gate_serve(0x4fff, &r);
    assert_true(host.replied == UINT64_MAX);
}

static void exports_are_handles_that_we_have(void **state)
{
    (void)state;
    assert_false(names_add("console"));
    assert_false(names_add(""));
    host_give("inside", NU_HANDLE_LOCAL);
    assert_false(names_add("inside")); /* nobody else can be given it */
}

static void gates_are_used_again(void **state)
{
    uint32_t index[LINKS_PEERS_MAX];
    nu_handle_t gate[LINKS_PEERS_MAX];
    nu_handle_t again = 0;

    (void)state;
    for (uint32_t i = 0; i < LINKS_PEERS_MAX; i++) {
        assert_int_equal(gate_take(&index[i], &gate[i]), 0);
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(gate[k], gate[i]);
    }
    assert_int_equal(host.threads, LINKS_PEERS_MAX);
    assert_int_equal(gate_take(&index[0], &again), NU_NOSLOT);
    gate_put(index[7]);
    assert_int_equal(gate_take(&index[7], &again), 0);
    assert_int_equal(again, gate[7]);
    assert_int_equal(host.threads, LINKS_PEERS_MAX);
    for (uint32_t i = 0; i < LINKS_PEERS_MAX; i++)
        gate_put(index[i]);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gates_open_what_is_exported),
        TEST(gates_take_nothing_else),
        TEST(exports_are_handles_that_we_have),
        TEST(gates_are_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
