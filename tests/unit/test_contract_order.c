/*
 * Contracts with an order of methods, and contracts of the kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <contract/core.h>
#include <contract/order.h>
#include "tests/unit/contract_wire.h"

#define SELF 7u

static int fail_next;

static int order_look_(void *self, struct nu_serve *call,
                       struct order_look_rep *rep)
{
    (void)self;
    rep->state = call->state != NULL ? *call->state : 99;
    return 0;
}
static int order_open_(void *self, struct nu_serve *call,
                       const struct order_open_req *req)
{
    (void)self;
    (void)call;
    fail_next = req->fail != 0;
    return fail_next ? NU_BUSY : 0;
}
static int order_plain_(void *self, struct nu_serve *call)
{
    (void)self;
    (void)call;
    return 0;
}

static const struct order_ops order_ops = {.look = order_look_,
                                           .open = order_open_,
                                           .use = order_plain_,
                                           .close = order_plain_};

static uint64_t serve_order(struct nu_serve *call)
{
    return order_dispatch(&order_ops, NULL, call);
}

static void order_is_kept_at_both_ends(void **state)
{
    uint8_t client = 0;
    uint8_t server = 0;
    uint32_t seen = 7;

    (void)state;
    wire_reset(serve_order);
    wire.client_state = &client;
    wire.server_state = &server;
    /* Out of order: not even sent. */
    assert_int_equal(order_use(SELF), NU_PROTO);
    assert_int_equal(wire.sent, 0);
    assert_int_equal(wire.broken, 1);
    /* A failed call changes nothing, at either end. */
    assert_int_equal(order_open(SELF, 1), NU_BUSY);
    assert_true(client == 0 && server == 0);
    assert_int_equal(order_open(SELF, 0), 0);
    assert_true(client == 1 && server == 1);
    assert_int_equal(order_use(SELF), 0);
    assert_int_equal(order_look(SELF, &seen), 0);
    assert_int_equal(seen, 1);
    assert_int_equal(order_close(SELF), 0);
    assert_true(client == 0 && server == 0);
    assert_int_equal(wire.broken, 1);
    /* A client that does not check: the server does. */
    wire.client_state = NULL;
    assert_int_equal(order_close(SELF), NU_PROTO);
    assert_int_equal(wire.violation, 1);
    assert_int_equal(server, 0);
    assert_int_equal(order_open(SELF, 0), 0);
    assert_int_equal(wire.violation, 0);
    /* A state that does not exist allows nothing. */
    server = 200;
    assert_int_equal(order_look(SELF, &seen), NU_PROTO);
    /* No state kept: no order. */
    wire.server_state = NULL;
    assert_int_equal(order_close(SELF), 0);
}

static void automaton_is_the_same_as_the_functions(void **state)
{
    const struct nu_automaton *a = &order_automaton;
    uint8_t (*const next[])(uint8_t) = {order_look_next, order_open_next,
                                        order_use_next, order_close_next};

    (void)state;
    assert_int_equal(a->states, 2);
    assert_int_equal(a->methods, 4);
    assert_int_equal(a->start, 0);
    assert_string_equal(a->names[0], "closed");
    assert_string_equal(a->names[1], "opened");
    assert_int_equal(a->ordinals[2], ORDER_USE_ORDINAL);
    for (uint8_t s = 0; s < 2; s++) {
        for (uint8_t m = 0; m < 4; m++)
            assert_int_equal(a->next[s * 4 + m], next[m](s));
    }
    assert_int_equal(a->next[0 * 4 + 1], 1);
    assert_int_equal(a->next[0 * 4 + 2], NU_STATE_REFUSED);
    assert_int_equal(order_use_next(1), 1);
    assert_int_equal(order_use_next(2), NU_STATE_REFUSED);
}

static int core_log_(void *self, struct nu_serve *call,
                     const struct core_log_req *req, const struct nu_blob *text)
{
    (void)self;
    (void)call;
    assert_int_equal(text->bytes, req->text_bytes);
    assert_memory_equal(text->data, "0123456789", 10);
    return 0;
}

static int core_make_(void *self, struct nu_serve *call,
                      const struct core_make_req *req,
                      const struct nu_blob *name, nu_handle_t purse,
                      struct core_make_rep *rep)
{
    (void)self;
    assert_memory_equal(name->data, "init", 4);
    rep->id = req->slots;
    return nu_serve_handle(call, purse + (uint32_t)req->badge, 0, 0);
}

static const struct core_ops core_ops = {.log = core_log_, .make = core_make_};

static uint64_t serve_core(struct nu_serve *call)
{
    return core_dispatch(&core_ops, NULL, call);
}

/* However long: the kernel takes no string items. */
static void kernel_strings_stay_in_the_buffer(void **state)
{
    char text[401] = "0123456789";
    nu_handle_t made = 0;
    uint32_t id = 0;

    (void)state;
    wire_reset(serve_core);
    memset(text + 10, 'x', 391);
    assert_int_equal(core_log(SELF, text, 400), 0);
    assert_true(wire.tag & NU_TAG_INLINE);
    assert_int_equal(nu_tag_strings(wire.tag), 0);
    assert_int_equal(nu_tag_words(wire.tag), 54);
    assert_int_equal(core_log(SELF, text, 401), NU_TOOLONG);
    assert_int_equal(core_make(SELF, "init", 4, 64, 3, 20, &made, &id), 0);
    assert_int_equal(made, 3 + WIRE_FAR + 20);
    assert_int_equal(id, 64);
    assert_int_equal(core_read(SELF, CORE_MODE_ON, NULL, NULL), NU_UNSUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept_at_both_ends),
        cmocka_unit_test(automaton_is_the_same_as_the_functions),
        cmocka_unit_test(kernel_strings_stay_in_the_buffer),
    };

    return cmocka_run_group_tests_name("contract_order", tests, NULL, NULL);
}
