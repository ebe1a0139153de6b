/*
 * The layout of structs and messages: the compiler's against C's own, for
 * declarations written twice, and the gaps by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "check.h"
#include "layout.h"

static const char text[] =
    "contract a = 1 version 1 {\n"
    "enum e : u16 { ONE = 1 }\n"
    "struct small { u8 a; u32 b; u8 c; }\n"
    "struct odd { u8[3] a; e b; u8 c; }\n"
    "struct big { odd a; small[3] b; i64 c; i8 d; u16[2] e; }\n"
    "method m = 1 (u8 a, string<9> b, handle<any> h, u16 c, big d,"
    " pages<1> p, u8[5] f, i16 g, bytes<2> x) -> (u8 z);\n"
    "method none = 2 (handle<any> h) -> ();\n"
    "}\n";

/* The same as a person writes it in C. */
struct small {
    uint8_t a;
    uint32_t b;
    uint8_t c;
};
struct odd {
    uint8_t a[3];
    uint16_t b;
    uint8_t c;
};
struct big {
    struct odd a;
    struct small b[3];
    int64_t c;
    int8_t d;
    uint16_t e[2];
};
struct request {
    uint8_t a;
    uint32_t b_bytes;
    uint16_t c;
    struct big d;
    uint32_t p_pages;
    uint8_t f[5];
    int16_t g;
    uint32_t x_bytes;
};

static void collect(void *arg, const struct position *at, const char *reason)
{
    (void)arg;
    print_message("%d:%d: %s\n", at->line, at->column, reason);
}

static int setup(void **state)
{
    static struct compilation c;

    compilation_init(&c, collect, NULL);
    parse_text(&c, "a.contract", text, strlen(text));
    if (!check_all(&c))
        return -1;
    *state = &c;
    return 0;
}

static int teardown(void **state)
{
    compilation_free(*state);
    return 0;
}

static const struct field *find(const struct layout *layout, const char *name)
{
    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        if (strcmp(f->name, name) == 0)
            return f;
    }
    fail_msg("no field %s", name);
    return NULL;
}

static const struct layout *struct_layout(const struct compilation *c,
                                          const char *name)
{
    for (const struct struct_def *s = c->contracts->structs; s != NULL;
         s = s->next) {
        if (strcmp(s->name, name) == 0)
            return s->layout;
    }
    fail_msg("no struct %s", name);
    return NULL;
}

#define SAME(layout, tag, member)                                       \
    do {                                                                \
        const struct field *f_ = find(layout, #member);                 \
        assert_int_equal(f_->offset, offsetof(struct tag, member));     \
        assert_int_equal(f_->bytes, sizeof(((struct tag *)0)->member)); \
    } while (0)

/* Every byte belongs to exactly one field. */
static void assert_whole(const struct layout *layout)
{
    uint32_t at = 0;

    for (const struct field *f = layout->fields; f != NULL; f = f->next) {
        assert_int_equal(f->offset, at);
        at += f->bytes;
        if (f->kind == FIELD_ZERO)
            assert_int_equal(f->offset % f->bytes, 0);
    }
    assert_int_equal(at, layout->bytes);
}

static void structs_lie_as_in_c(void **state)
{
    const struct compilation *c = *state;
    const struct layout *layout = struct_layout(c, "small");

    SAME(layout, small, a);
    SAME(layout, small, b);
    SAME(layout, small, c);
    assert_int_equal(layout->bytes, sizeof(struct small));
    assert_whole(layout);
    layout = struct_layout(c, "odd");
    SAME(layout, odd, a);
    SAME(layout, odd, b);
    SAME(layout, odd, c);
    assert_int_equal(layout->bytes, sizeof(struct odd));
    assert_whole(layout);
    layout = struct_layout(c, "big");
    SAME(layout, big, a);
    SAME(layout, big, b);
    SAME(layout, big, c);
    SAME(layout, big, d);
    SAME(layout, big, e);
    assert_int_equal(layout->bytes, sizeof(struct big));
    assert_whole(layout);
    assert_true(layout->has_enum && layout->has_zero);
}

static void messages_lie_as_in_c(void **state)
{
    const struct compilation *c = *state;
    const struct layout *layout = c->contracts->methods->request_layout;

    SAME(layout, request, a);
    SAME(layout, request, b_bytes);
    SAME(layout, request, c);
    SAME(layout, request, d);
    SAME(layout, request, p_pages);
    SAME(layout, request, f);
    SAME(layout, request, g);
    SAME(layout, request, x_bytes);
    assert_int_equal(layout->bytes, sizeof(struct request));
    assert_int_equal(layout->bytes % 8, 0);
    assert_whole(layout);
    assert_int_equal(layout->string_count, 2);
    assert_int_equal(layout->handle_count, 1);
    assert_int_equal(layout->page_count, 1);
    assert_string_equal(layout->strings->next->param->name, "x");
    assert_int_equal(layout->strings->next->index, 1);
}

static void gaps_are_named(void **state)
{
    const struct compilation *c = *state;
    const struct layout *layout = struct_layout(c, "small");

    /* 3 bytes at 1, and 3 at 9: one and two, each aligned. */
    assert_int_equal(find(layout, "zero0_")->offset, 1);
    assert_int_equal(find(layout, "zero0_")->width, 1);
    assert_int_equal(find(layout, "zero1_")->offset, 2);
    assert_int_equal(find(layout, "zero1_")->width, 2);
    assert_int_equal(find(layout, "zero2_")->offset, 9);
    assert_int_equal(find(layout, "zero3_")->offset, 10);
    /* A message is filled up to whole words, a struct is not. */
    layout = c->contracts->methods->reply_layout;
    assert_int_equal(layout->bytes, 8);
    assert_int_equal(find(layout, "zero0_")->offset, 1);
    assert_int_equal(find(layout, "zero1_")->offset, 2);
    assert_int_equal(find(layout, "zero2_")->offset, 4);
    assert_int_equal(find(layout, "zero2_")->width, 4);
    assert_int_equal(struct_layout(c, "odd")->bytes, 8);
    assert_int_equal(struct_layout(c, "small")->bytes, 12);
    /* Nothing fixed: no words. */
    layout = c->contracts->methods->next->request_layout;
    assert_int_equal(layout->bytes, 0);
    assert_int_equal(layout_words(layout), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs_lie_as_in_c),
        cmocka_unit_test(messages_lie_as_in_c),
        cmocka_unit_test(gaps_are_named),
    };

    return cmocka_run_group_tests_name("contract_layout", tests, setup,
                                       teardown);
}
