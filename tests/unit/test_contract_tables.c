/* The decoder's tables, against the structs that stubs and dispatch use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <abi/error.h>
#include <contract/every.h>
#include <contract/order.h>
#include <contract/tables.h>

static const struct nu_table_method *method(uint32_t contract, uint32_t ordinal)
{
    const struct nu_table_contract *c = nu_table_find_contract(contract);

    assert_non_null(c);
    return nu_table_find_method(c, ordinal);
}

static const struct nu_table_member *member(const struct nu_table_message *m,
                                            const char *name)
{
    for (uint32_t i = 0; i < m->member_count; i++) {
        if (strcmp(m->members[i].name, name) == 0)
            return &m->members[i];
    }
    fail_msg("no member %s", name);
    return NULL;
}

static void finds_contracts_and_methods(void **state)
{
    const struct nu_table_contract *c = nu_table_find_contract(901);

    (void)state;
    assert_int_equal(nu_table_contract_count, 4);
    assert_string_equal(c->name, "every");
    assert_int_equal(c->version, 2);
    assert_false(c->is_kernel);
    assert_true(nu_table_find_contract(903)->is_kernel);
    assert_null(nu_table_find_contract(904));
    assert_string_equal(nu_table_find_method(c, 65535)->name, "both");
    assert_null(nu_table_find_method(c, 0));
    for (uint32_t i = 1; i < c->method_count; i++)
        assert_true(c->methods[i - 1].ordinal < c->methods[i].ordinal);
}

static void members_lie_where_the_structs_say(void **state)
{
    const struct nu_table_method *m = method(901, EVERY_TYPES_ORDINAL);
    const struct nu_table_member *x = member(&m->request, "nest.two[1].b");

    (void)state;
    assert_int_equal(x->offset,
                     offsetof(struct every_types_req, nest.two[1].b));
    assert_int_equal(x->width, 4);
    assert_int_equal(x->count, 0);
    assert_int_equal(x->kind, NU_TABLE_UNSIGNED);
    x = member(&m->request, "nest.tail");
    assert_int_equal(x->offset, offsetof(struct every_types_req, nest.tail));
    assert_int_equal(x->width, 1);
    assert_int_equal(x->count, 3);
    x = member(&m->request, "color");
    assert_int_equal(x->kind, NU_TABLE_ENUM);
    assert_string_equal(x->values->name, "color");
    assert_int_equal(x->values->count, 3);
    assert_string_equal(x->values->values[2].name, "BLUE");
    assert_int_equal(x->values->values[2].value, 7);
    x = member(&m->request, "wide");
    assert_true(x->values->values[1].value == 1ull << 63);
    assert_int_equal(x->width, 8);
    /* color, wide, 3 mixed of 3 and tail; the gaps are not there. */
    assert_int_equal(m->request.member_count, 12);
    assert_int_equal(m->request.words, sizeof(struct every_types_req) / 8);
    x = member(&method(901, EVERY_WORDS_ORDINAL)->reply, "h2");
    assert_int_equal(x->kind, NU_TABLE_SIGNED);
    assert_int_equal(x->width, 1);
    assert_int_equal(x->offset, offsetof(struct every_words_rep, h2));
}

static void strings_handles_and_pages(void **state)
{
    const struct nu_table_method *m = method(901, EVERY_STRINGS_ORDINAL);

    (void)state;
    assert_int_equal(m->request.string_count, 3);
    assert_string_equal(m->request.strings[2].name, "c");
    assert_int_equal(m->request.strings[2].bytes_max, 2000);
    assert_int_equal(m->request.strings[2].length_offset,
                     offsetof(struct every_strings_req, c_bytes));
    assert_false(m->request.strings[0].is_text);
    assert_true(m->request.strings[1].is_text);
    assert_int_equal(member(&m->request, "b")->kind, NU_TABLE_LENGTH);
    assert_int_equal(member(&m->request, "b")->offset,
                     offsetof(struct every_strings_req, b_bytes));
    m = method(901, EVERY_HANDLES_ORDINAL);
    assert_int_equal(m->request.handle_count, 2);
    assert_string_equal(m->request.handles[0].contract, "every");
    assert_false(m->request.handles[0].is_moved);
    assert_null(m->request.handles[1].contract);
    assert_true(m->request.handles[1].is_moved);
    assert_string_equal(m->reply.handles[0].name, "first");
    assert_string_equal(m->reply.handles[0].contract, "types");
    m = method(901, EVERY_PAGING_ORDINAL);
    assert_int_equal(m->request.page_count, 1);
    assert_int_equal(member(&m->reply, "back")->kind, NU_TABLE_PAGES);
}

static void errors_and_empty_messages(void **state)
{
    const struct nu_table_method *m = method(901, EVERY_WORDS_ORDINAL);

    (void)state;
    assert_int_equal(m->error_count, 1);
    assert_int_equal(m->errors[0], NU_RANGE);
    m = method(901, EVERY_NOTHING_ORDINAL);
    assert_int_equal(m->error_count, 0);
    assert_null(m->errors);
    assert_null(m->request.members);
    assert_int_equal(m->request.words + m->reply.words, 0);
}

/* The table's columns are in the order of the ordinals. */
static void order(void **state)
{
    const struct nu_table_contract *c = nu_table_find_contract(902);
    uint8_t (*const next[])(uint8_t) = {order_open_next, order_use_next,
                                        order_look_next, order_close_next};

    (void)state;
    assert_int_equal(c->order.state_count, 2);
    assert_string_equal(c->order.states[0], "closed");
    for (uint8_t s = 0; s < 2; s++) {
        for (uint8_t m = 0; m < 4; m++)
            assert_int_equal(c->order.next[s * 4 + m], next[m](s));
    }
    assert_int_equal(nu_table_find_contract(901)->order.state_count, 0);
    assert_int_equal(nu_table_find_contract(900)->enum_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_contracts_and_methods),
        cmocka_unit_test(members_lie_where_the_structs_say),
        cmocka_unit_test(strings_handles_and_pages),
        cmocka_unit_test(errors_and_empty_messages),
        cmocka_unit_test(order),
    };

    return cmocka_run_group_tests_name("contract_tables", tests, NULL, NULL);
}
