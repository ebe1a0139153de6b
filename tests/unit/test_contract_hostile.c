/*
 * Requests that a client should not send: dispatch refuses each before the
 * handler sees it, and reads nothing that is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <contract/core.h>
#include <contract/every.h>
#include "tests/unit/contract_judge.h"

static void tag(uint64_t method, uint32_t count, uint64_t more)
{
    judge_call.tag = method | NU_SHAPE(count, 0, 0, 0) | more;
}

#define ITEMS(n)   ((uint64_t)(n) << NU_TAG_STRINGS_SHIFT)
#define HANDLES(n) ((uint64_t)(n) << NU_TAG_HANDLES_SHIFT)
#define PAGES(n)   ((uint64_t)(n) << NU_TAG_PAGES_SHIFT)

static void unknown_methods(void **state)
{
    (void)state;
    for (uint32_t ordinal = 0; ordinal < 65536; ordinal++) {
        if ((ordinal >= 1 && ordinal <= 12) || ordinal == 65535)
            continue;
        tag(NU_METHOD(EVERY_CONTRACT, ordinal), 0, 0);
        assert_int_equal(judge_every(), NU_UNSUP);
    }
    tag(NU_METHOD(EVERY_CONTRACT + 1, EVERY_GAP_ORDINAL), 3, 0);
    assert_int_equal(judge_every(), NU_UNSUP);
    tag(EVERY_NOTHING_METHOD, 0, 0); /* no such function in the ops */
    assert_int_equal(judge_every(), NU_UNSUP);
    assert_int_equal(judged, 0);
}

static void word_counts(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 128; count++) {
        tag(EVERY_GAP_METHOD, count, 0);
        assert_int_equal(judge_every(), count == 3 ? 0 : NU_INVAL);
    }
    assert_int_equal(judged, 1);
    tag(EVERY_GAP_METHOD, 3, NU_TAG_INLINE);
    assert_int_equal(judge_every(), NU_INVAL);
    tag(EVERY_GAP_METHOD, 3, ITEMS(1));
    assert_int_equal(judge_every(), NU_INVAL);
    tag(EVERY_GAP_METHOD, 3, HANDLES(1));
    assert_int_equal(judge_every(), NU_INVAL);
    tag(EVERY_GAP_METHOD, 3, PAGES(1));
    assert_int_equal(judge_every(), NU_INVAL);
    assert_int_equal(judged, 1);
}

static void zero_members(void **state)
{
    (void)state;
    tag(EVERY_GAP_METHOD, 3, 0);
    for (size_t i = 0; i < 24; i++) {
        bool is_gap = (i >= 1 && i <= 7) || i >= 19;

        ((uint8_t *)judge_request)[i] = 0x80;
        assert_int_equal(judge_every(), is_gap ? NU_INVAL : 0);
        ((uint8_t *)judge_request)[i] = 0;
    }
}

static void enum_ranges(void **state)
{
    struct every_types_req *req;

    (void)state;
    req = (struct every_types_req *)judge_request;
    tag(EVERY_TYPES_METHOD, sizeof(*req) / 8, 0);
    for (int i = 0; i < 256; i++) {
        bool good = i == 1 || i == 2 || i == 7;
        int want = good ? 0 : NU_INVAL;

        req->wide = 1ull << 63;
        req->nest.one.a = 1;
        req->nest.two[0].a = req->nest.two[1].a = 1;
        req->color = (uint8_t)i;
        assert_int_equal(judge_every(), want);
        req->color = 1;
        req->nest.one.a = (uint8_t)i;
        assert_int_equal(judge_every(), want);
        req->nest.one.a = 1;
        req->nest.two[1].a = (uint8_t)i;
        assert_int_equal(judge_every(), want);
        req->nest.two[1].a = 1;
        req->wide = (uint64_t)i;
        assert_int_equal(judge_every(), i == 0 ? 0 : NU_INVAL);
    }
}

/* (bytes) said, (count) words sent. */
static int send_inline(uint64_t method, uint32_t bytes, uint32_t count)
{
    judge_request[0] = 0;
    judge_word32(method == EVERY_ECHO_METHOD ? 1 : 0, bytes);
    tag(method, count, NU_TAG_INLINE);
    return judge_every();
}

static void inline_strings(void **state)
{
    (void)state;
    memset(judge_request + 4, 'x', 60 * 8);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 480, 64), 0);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 0, 4), 0);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 1, 4), NU_INVAL);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 0, 5), NU_INVAL);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 0, 1), NU_INVAL);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 8, 64), NU_INVAL);
    /* As many words as said, and more than there are. */
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 481, 65), NU_INVAL);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 984, 127), NU_INVAL);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 0xfffffff8, 4), NU_INVAL);
    assert_int_equal(send_inline(EVERY_ECHO_METHOD, 0xffffffff, 4), NU_INVAL);
    /* The contract's limit is less than what fits. */
    assert_int_equal(send_inline(EVERY_TEXT_METHOD, 300, 42), 0);
    assert_int_equal(send_inline(EVERY_TEXT_METHOD, 301, 42), NU_INVAL);
    /* NUL, and nothing behind the end counts. */
    ((char *)(judge_request + 4))[299] = '\0';
    assert_int_equal(send_inline(EVERY_TEXT_METHOD, 300, 42), NU_INVAL);
    assert_int_equal(send_inline(EVERY_TEXT_METHOD, 299, 42), 0);
    /* Inline and an item as well. */
    judge_call.string_count = 1;
    assert_int_equal(send_inline(EVERY_TEXT_METHOD, 299, 42), NU_INVAL);
}

static int send_item(uint32_t said, size_t bytes, uint64_t items)
{
    void *data = test_malloc(bytes + 1);
    int status;

    memset(data, 'x', bytes);
    judge_word32(1, said);
    judge_call.strings[0].data = data;
    judge_call.strings[0].bytes = bytes;
    judge_call.string_count = items != 0;
    tag(EVERY_ECHO_METHOD, 1, ITEMS(items));
    status = judge_every();
    test_free(data);
    return status;
}

static void string_items(void **state)
{
    (void)state;
    assert_int_equal(send_item(5000, 5000, 1), 0);
    assert_int_equal(send_item(5000, 5000, 17), 0); /* in pieces */
    assert_int_equal(send_item(5001, 5001, 1), NU_INVAL);
    assert_int_equal(send_item(10, 9, 1), NU_INVAL);
    assert_int_equal(send_item(9, 10, 1), NU_INVAL);
    assert_int_equal(send_item(0, 0, 0), NU_INVAL);
    assert_int_equal(judged, 2);
}

static void several_strings(void **state)
{
    (void)state;
    judge_word32(0, 1);
    judge_word32(1, 2);
    judge_word32(3, 3);
    for (uint32_t i = 0; i < 3; i++) {
        judge_call.strings[i].data = "xyz";
        judge_call.strings[i].bytes = i + 1;
    }
    judge_call.string_count = 3;
    tag(EVERY_STRINGS_METHOD, 2, ITEMS(3));
    assert_int_equal(judge_every(), 0);
    judge_call.string_count = 2;
    assert_int_equal(judge_every(), NU_INVAL);
    judge_call.string_count = 4;
    assert_int_equal(judge_every(), NU_INVAL);
    judge_call.string_count = 3;
    tag(EVERY_STRINGS_METHOD, 2, ITEMS(3) | NU_TAG_INLINE);
    assert_int_equal(judge_every(), NU_INVAL);
    tag(EVERY_STRINGS_METHOD, 2, ITEMS(3));
    judge_call.strings[2].data = "x\0z"; /* bytes: may have one */
    assert_int_equal(judge_every(), 0);
    judge_call.strings[1].data = "x\0z"; /* string: may not */
    assert_int_equal(judge_every(), NU_INVAL);
}

static void handle_and_page_counts(void **state)
{
    (void)state;
    judge_call.handles[0] = 5;
    judge_call.handles[1] = 6;
    for (uint32_t n = 0; n <= NU_HANDLES_MAX; n++) {
        judge_call.handle_count = n;
        tag(EVERY_HANDLES_METHOD, 1, HANDLES(n));
        assert_int_equal(judge_every(), n == 2 ? NU_BUSY : NU_INVAL);
        tag(EVERY_HANDLES_METHOD, 1, HANDLES(2));
        assert_int_equal(judge_every(), n == 2 ? NU_BUSY : NU_INVAL);
    }
    judge_call.handle_count = 0;
    for (uint32_t n = 0; n <= NU_PAGES_MAX; n++) {
        judge_call.page_count = n;
        judge_call.pages[0].pages = 3;
        judge_word32(0, 3);
        tag(EVERY_PAGING_METHOD, 1, PAGES(n));
        assert_int_equal(judge_every(), n == 1 ? NU_BUSY : NU_INVAL);
        tag(EVERY_PAGING_METHOD, 1, PAGES(1)); /* the runtime found others */
        assert_int_equal(judge_every(), n == 1 ? NU_BUSY : NU_INVAL);
        judge_call.page_count = 1;
        tag(EVERY_PAGING_METHOD, 1, PAGES(n));
        assert_int_equal(judge_every(), n == 1 ? NU_BUSY : NU_INVAL);
    }
    judge_call.page_count = 1;
    tag(EVERY_PAGING_METHOD, 1, PAGES(1));
    judge_word32(0, 2);
    assert_int_equal(judge_every(), NU_INVAL);
    judge_word32(0, 5);
    judge_call.pages[0].pages = 5;
    assert_int_equal(judge_every(), NU_INVAL);
}

/* The kernel never takes a string item. */
static void kernel_strings(void **state)
{
    static char text[400];

    (void)state;
    memset(text, 'x', sizeof(text));
    memset(judge_request + 4, 'x', 480);
    judge_word32(0, 400);
    tag(CORE_LOG_METHOD, 54, NU_TAG_INLINE);
    assert_int_equal(judge_core(), 0);
    judge_call.string_count = 1;
    judge_call.strings[0].data = text;
    judge_call.strings[0].bytes = 400;
    tag(CORE_LOG_METHOD, 1, ITEMS(1));
    assert_int_equal(judge_core(), NU_INVAL);
    judge_call.string_count = 0;
    tag(CORE_LOG_METHOD, 54, NU_TAG_INLINE | ITEMS(1));
    assert_int_equal(judge_core(), NU_INVAL);
    tag(CORE_LOG_METHOD, 1, 0);
    judge_word32(0, 0);
    assert_int_equal(judge_core(), NU_INVAL);
    assert_int_equal(judged, 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, judge_setup, judge_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_methods), TEST(word_counts),
        TEST(zero_members),    TEST(enum_ranges),
        TEST(inline_strings),  TEST(string_items),
        TEST(several_strings), TEST(handle_and_page_counts),
        TEST(kernel_strings),
    };

    return cmocka_run_group_tests_name("contract_hostile", tests, NULL, NULL);
}
