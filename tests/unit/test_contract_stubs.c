/*
 * Generated stubs against generated dispatch: every kind of parameter there
 * and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <contract/handle.h>
#include "tests/unit/contract_every.h"
#include "tests/unit/contract_wire.h"

#define SELF 7u

static void words_travel_in_registers(void **state)
{
    uint64_t a = 0;
    int64_t b = 0;
    uint32_t c = 0;
    int32_t d = 0;
    uint16_t e = 0;
    int16_t f = 0;
    uint8_t g = 0;
    int8_t h = 0;
    struct nu_msgbuf before;

    (void)state;
    before = wire.buffer;
    assert_int_equal(every_words(SELF, ~0ull, INT64_MIN, 0xfffffff0u, -2,
                                 0xfff1, -3, 0xf2, -4, &h, &g, &f, &e, &d, &c,
                                 &b, &a),
                     0);
    assert_true(a == ~0ull && b == INT64_MIN && c == 0xfffffff0u && d == -2);
    assert_true(e == 0xfff1 && f == -3 && g == 0xf2 && h == -4);
    assert_int_equal(wire.tag & ~NU_OP_MASK,
                     EVERY_WORDS_METHOD | NU_SHAPE(4, 0, 0, 0));
    assert_memory_equal(&before, &wire.buffer, sizeof(before));
    /* Unwanted results, and an error that leaves the rest alone. */
    assert_int_equal(every_words(SELF, 1, 2, 3, 4, 5, 6, 7, 8, NULL, NULL, NULL,
                                 NULL, NULL, NULL, NULL, NULL),
                     0);
    assert_int_equal(every_words(SELF, 1, 2, 13, 4, 5, 6, 7, 8, &h, &g, &f, &e,
                                 &d, &c, &b, &a),
                     NU_RANGE);
    assert_true(a == ~0ull && h == -4);
}

static void unused_registers_are_zero(void **state)
{
    (void)state;
    assert_int_equal(every_nothing(SELF), 0);
    assert_int_equal(wire.tag & ~NU_OP_MASK, EVERY_NOTHING_METHOD);
    assert_true((wire.w[0] | wire.w[1] | wire.w[2] | wire.w[3]) == 0);
}

static void large_messages_use_the_buffer(void **state)
{
    uint64_t in[64];
    uint64_t out[64];

    (void)state;
    for (uint64_t i = 0; i < 64; i++)
        in[i] = i * 0x0101010101010101ull;
    assert_int_equal(every_large(SELF, in, out), 0);
    for (int i = 0; i < 64; i++)
        assert_true(out[i] == in[63 - i]);
}

static void types_of_another_contract(void **state)
{
    struct types_nest nest;
    struct types_nest back;
    uint8_t color = 0;

    (void)state;
    memset(&nest, 0, sizeof(nest));
    nest.one.a = TYPES_COLOR_RED;
    nest.two[0].a = TYPES_COLOR_GREEN;
    nest.two[1].a = TYPES_COLOR_BLUE;
    nest.two[1].b = 0x12345678;
    nest.tail[2] = 9;
    assert_int_equal(every_types(SELF, TYPES_COLOR_BLUE, TYPES_WIDE_LARGE,
                                 &nest, &back, &color),
                     0);
    assert_int_equal(color, TYPES_COLOR_BLUE);
    assert_memory_equal(&nest, &back, sizeof(nest));
    nest.two[1].a = 3; /* not in the enum */
    assert_int_equal(every_types(SELF, TYPES_COLOR_BLUE, TYPES_WIDE_LARGE,
                                 &nest, &back, &color),
                     NU_INVAL);
    nest.two[1].a = TYPES_COLOR_RED;
    nest.two[0].zero2_ = 1;
    assert_int_equal(every_types(SELF, TYPES_COLOR_BLUE, TYPES_WIDE_LARGE,
                                 &nest, &back, &color),
                     NU_INVAL);
}

/* Every length around the cut-off, both ways of the reply. */
static void strings_come_back(void **state)
{
    static uint8_t data[5001];
    static uint8_t back[5001];
    const size_t lengths[] = {0,   1,   7,   8,   9,    127, 128,
                              129, 160, 480, 481, 4096, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < 2 * sizeof(lengths) / sizeof(*lengths); i++) {
        size_t length = lengths[i / 2];
        size_t got = 99;
        uint32_t tag = 0;

        wire.reply_items = i % 2 != 0;
        memset(back, 0, sizeof(back));
        assert_int_equal(
            every_echo(SELF, 41, data, length, back, 5000, &got, &tag), 0);
        assert_int_equal(got, length);
        assert_int_equal(tag, 42);
        assert_memory_equal(data, back, length);
        assert_int_equal(back[length], 0);
        assert_int_equal((wire.tag & NU_TAG_INLINE) != 0,
                         length <= NU_INLINE_BYTES);
        assert_int_equal(nu_tag_strings(wire.tag), length > NU_INLINE_BYTES);
        assert_int_equal(wire.buffer.rx_count, 0);
    }
    assert_int_equal(every_echo(SELF, 1, data, 5001, back, 5000, NULL, NULL),
                     NU_TOOLONG);
}

static void short_result_buffers(void **state)
{
    static uint8_t data[300];
    uint8_t back[8] = {0};
    size_t got = 99;

    (void)state;
    assert_int_equal(every_echo(SELF, 1, data, 9, back, 8, &got, NULL),
                     NU_TOOLONG);
    assert_int_equal(every_echo(SELF, 1, data, 300, back, 8, &got, NULL),
                     NU_TOOLONG);
    assert_int_equal(every_echo(SELF, 1, data, 9, NULL, 100, &got, NULL),
                     NU_TOOLONG);
    assert_int_equal(got, 99);
    assert_int_equal(wire.buffer.rx_count, 0);
    assert_int_equal(every_echo(SELF, 1, data, 0, NULL, 0, &got, NULL), 0);
    assert_int_equal(got, 0);
}

/* The last inline word must not carry what the buffer held before. */
static void inline_data_leaks_nothing(void **state)
{
    char back[16];
    size_t got = 0;

    (void)state;
    assert_int_equal(every_text(SELF, "abc", 3, back, 16, &got), 0);
    assert_int_equal(nu_tag_words(wire.tag), 5);
    assert_memory_equal((char *)&wire.buffer.words[4] + 3, "\0\0\0\0\0", 5);
}

static void nul_in_a_string_is_refused(void **state)
{
    char back[300];
    size_t got = 99;

    (void)state;
    assert_int_equal(every_text(SELF, "a\0c", 3, back, 300, &got), NU_INVAL);
    memset(back, 'x', 200);
    back[199] = '\0';
    assert_int_equal(every_text(SELF, back, 200, back, 300, &got), NU_INVAL);
    assert_int_equal(got, 99);
}

static void several_strings_are_items(void **state)
{
    static uint8_t c[2000];
    uint64_t sum = 0;

    (void)state;
    c[1999] = 3;
    assert_int_equal(
        every_strings(SELF, "\x01\x02", 2, "\x05", 1, 7, c, 2000, &sum), 0);
    assert_int_equal(sum, 3 + 5000 + 3000000 + 7);
    assert_int_equal(nu_tag_strings(wire.tag), 3);
    assert_int_equal(every_strings(SELF, c, 101, "b", 1, 7, c, 1, &sum),
                     NU_TOOLONG);
    assert_int_equal(every_strings(SELF, NULL, 0, NULL, 0, 7, NULL, 0, &sum),
                     0);
    assert_int_equal(sum, 7);
}

static void handles_both_ways(void **state)
{
    nu_handle_t first = 0;
    nu_handle_t second = 0;
    uint32_t n = 0;

    (void)state;
    assert_int_equal(every_handles(SELF, 5, 6, 77, &first, &n, &second), 0);
    assert_int_equal(first, 5 + WIRE_FAR);
    assert_int_equal(second, 6 + WIRE_FAR);
    assert_int_equal(n, 77);
    assert_int_equal(wire.item_rights[0], NU_RIGHTS_ALL | NU_ITEM_COPY);
    assert_int_equal(wire.item_rights[1], NU_RIGHTS_ALL | NU_ITEM_MOVE);
    assert_int_equal(wire.close_count, 0);
    /* Not wanted: closed. */
    assert_int_equal(every_handles(SELF, 5, 6, 77, NULL, NULL, &second), 0);
    assert_int_equal(wire.close_count, 1);
    assert_int_equal(wire.closed[0], 5 + WIRE_FAR);
    /* The service gave one handle, not two; an error carries none. */
    assert_int_equal(every_handles(SELF, 5, 6, 1, &first, &n, &second),
                     NU_INTERNAL);
    assert_int_equal(every_handles(SELF, 5, 6, 2, &first, &n, &second),
                     NU_BUSY);
    assert_int_equal(NU_HANDLE_CLOSE, HANDLE_CLOSE_METHOD);
}

/* 63 fixed words leave room for 8 bytes inline. */
static void a_full_buffer_makes_an_item(void **state)
{
    uint64_t fixed[62] = {0};
    uint8_t data[128] = {0};
    uint32_t sum = 0;

    (void)state;
    fixed[61] = 1000;
    data[7] = 4;
    assert_int_equal(every_tight(SELF, fixed, data, 8, &sum), 0);
    assert_int_equal(sum, 1004);
    assert_int_equal(nu_tag_words(wire.tag), 64);
    assert_true(wire.tag & NU_TAG_INLINE);
    data[8] = 5;
    assert_int_equal(every_tight(SELF, fixed, data, 9, &sum), 0);
    assert_int_equal(sum, 1009);
    assert_false(wire.tag & NU_TAG_INLINE);
}

static void pages_both_ways(void **state)
{
    char area[1];
    size_t got = 9;

    (void)state;
    assert_int_equal(every_paging(SELF, area, 3, 2, area, 2, &got), 0);
    assert_ptr_equal(every_pages, area);
    assert_int_equal(got, 2);
    assert_int_equal(nu_tag_pages(wire.tag), 1);
    assert_int_equal(wire.buffer.rx_page_count, 0);
    assert_int_equal(every_paging(SELF, area, 5, 2, area, 2, &got), NU_RANGE);
}

static void deferred_replies(void **state)
{
    struct nu_serve call;
    struct every_later_rep rep;
    uint64_t words[64];
    uint64_t tag;

    (void)state;
    memset(&call, 0, sizeof(call));
    memset(words, 0, sizeof(words));
    words[0] = 4;
    call.words = words;
    call.tag = EVERY_LATER_METHOD | NU_SHAPE(1, 0, 0, 0);
    assert_true(every_serve(&call) == NU_SERVE_PENDING_TAG);
    memset(&rep, 0x33, sizeof(rep)); /* a service need not clear it */
    rep.twice = 8;
    nu_serve_bytes(&call, "name", 4);
    tag = every_later_reply(&call, 0, &rep);
    assert_int_equal(tag, NU_SHAPE(3, 0, 0, 0));
    memcpy(&rep, words, sizeof(rep));
    assert_int_equal(rep.twice, 8);
    assert_int_equal(rep.name_bytes, 4);
    assert_int_equal(rep.m.zero0_, 0);
    assert_int_equal(rep.m.zero1_, 0);
    assert_int_equal(rep.m.zero2_, 0);
    assert_int_equal(rep.zero0_, 0);
    /* An error carries nothing. */
    tag = every_later_reply(&call, NU_IO, NULL);
    assert_int_equal(nu_tag_status(tag), NU_IO);
    assert_int_equal(tag >> 32, 0);
    assert_int_equal(call.out_count + call.out_bytes, 0);
    /* More than the contract's 16 bytes. */
    nu_serve_bytes(&call, "0123456789abcdefg", 17);
    assert_int_equal(nu_tag_status(every_later_reply(&call, 0, &rep)),
                     NU_INTERNAL);
    /* What is not a status is a fault of the service. */
    words[0] = 5;
    assert_int_equal(nu_tag_status(every_serve(&call)), NU_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(words_travel_in_registers, every_setup),
        cmocka_unit_test_setup(unused_registers_are_zero, every_setup),
        cmocka_unit_test_setup(large_messages_use_the_buffer, every_setup),
        cmocka_unit_test_setup(types_of_another_contract, every_setup),
        cmocka_unit_test_setup(strings_come_back, every_setup),
        cmocka_unit_test_setup(short_result_buffers, every_setup),
        cmocka_unit_test_setup(inline_data_leaks_nothing, every_setup),
        cmocka_unit_test_setup(nul_in_a_string_is_refused, every_setup),
        cmocka_unit_test_setup(several_strings_are_items, every_setup),
        cmocka_unit_test_setup(handles_both_ways, every_setup),
        cmocka_unit_test_setup(a_full_buffer_makes_an_item, every_setup),
        cmocka_unit_test_setup(pages_both_ways, every_setup),
        cmocka_unit_test_setup(deferred_replies, every_setup),
    };

    return cmocka_run_group_tests_name("contract_stubs", tests, NULL, NULL);
}
