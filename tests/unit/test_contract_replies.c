/*
 * What stubs make of a server's reply that breaks the contract.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/contract_every.h"
#include "tests/unit/contract_wire.h"

#define SELF 7u

static void add_word(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->tag += 1ull << NU_TAG_WORDS_SHIFT;
}
static void add_handle(struct nu_regs *r, struct nu_msgbuf *b)
{
    b->handles[nu_tag_handles(r->tag)].handle = 66;
    r->tag += 1ull << NU_TAG_HANDLES_SHIFT;
}
static void add_page(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->tag += 1ull << NU_TAG_PAGES_SHIFT;
}
static void add_string(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->tag += 1ull << NU_TAG_STRINGS_SHIFT;
}
static void flip_inline(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->tag ^= NU_TAG_INLINE;
}
static void all_words(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->tag |= 0x7full << NU_TAG_WORDS_SHIFT;
}
static void longer(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->w0 += 8;
}
static void huge(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->w0 |= 0xffffffff;
}

static void lies_about_counts(void **state)
{
    static void (*const list[])(struct nu_regs *, struct nu_msgbuf *) = {
        add_word, add_handle, add_page, add_string, flip_inline, all_words};
    uint32_t n = 7;
    size_t got = 7;
    nu_handle_t h = 7;
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        wire.tamper = list[i];
        wire.close_count = 0;
        assert_int_equal(every_nothing(SELF), NU_PROTO);
        assert_int_equal(wire.close_count, list[i] == add_handle);
        wire.close_count = 0;
        assert_int_equal(every_handles(SELF, 1, 2, 3, &h, &n, &h), NU_PROTO);
        /* What came is closed, or a server could fill our table. */
        assert_int_equal(wire.close_count, list[i] == add_handle ? 3 : 2);
        wire.close_count = 0;
        assert_int_equal(every_both(SELF, &h, text, 40, &got), NU_PROTO);
        assert_int_equal(wire.close_count, list[i] == add_handle ? 2 : 1);
    }
    assert_true(n == 7 && h == 7 && got == 7);
}

static void lies_about_lengths(void **state)
{
    static void (*const list[])(struct nu_regs *, struct nu_msgbuf *) = {
        longer, huge, flip_inline, add_word, all_words};
    static uint8_t data[200];
    static uint8_t back[400];
    size_t got = 7;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(list) / sizeof(*list); i++) {
        wire.tamper = list[i / 2];
        wire.reply_items = i % 2 != 0;
        assert_int_equal(every_echo(SELF, 1, data, 24, back, 400, &got, NULL),
                         NU_PROTO);
        assert_int_equal(every_echo(SELF, 1, data, 200, back, 400, &got, NULL),
                         NU_PROTO);
    }
    assert_int_equal(got, 7);
}

static void bad_enum(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)r;
    b->words[5] |= 0xff; /* color2 */
}
static void bad_gap(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)b;
    r->w0 |= 0x100; /* behind nest2.one.a */
}
static void nul_inside(struct nu_regs *r, struct nu_msgbuf *b)
{
    (void)r;
    ((char *)&b->words[4])[1] = '\0';
}

static void lies_about_values(void **state)
{
    struct types_nest nest;
    struct types_nest back;
    uint8_t color = 9;
    char text[8] = "";
    size_t got = 9;

    (void)state;
    assert_int_equal(offsetof(struct every_types_rep, color2), 40);
    memset(&nest, 0, sizeof(nest));
    nest.one.a = nest.two[0].a = nest.two[1].a = 1;
    wire.tamper = bad_enum;
    assert_int_equal(
        every_types(SELF, 1, TYPES_WIDE_LARGE, &nest, &back, &color), NU_PROTO);
    wire.tamper = bad_gap;
    assert_int_equal(
        every_types(SELF, 1, TYPES_WIDE_LARGE, &nest, &back, &color), NU_PROTO);
    assert_int_equal(color, 9);
    wire.tamper = nul_inside;
    assert_int_equal(every_text(SELF, "abc", 3, text, 8, &got), NU_PROTO);
    assert_int_equal(got, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lies_about_counts, every_setup),
        cmocka_unit_test_setup(lies_about_lengths, every_setup),
        cmocka_unit_test_setup(lies_about_values, every_setup),
    };

    return cmocka_run_group_tests_name("contract_replies", tests, NULL, NULL);
}
