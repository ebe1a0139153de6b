/*
 * Requests made at random, most of them nearly good: whatever dispatch lets
 * through, the handlers of contract_judge.c accept.
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

/* What a good request of each method has; ordinal 0 and 13 do not exist. */
struct shape {
    uint32_t count, handles, items;
    uint32_t length_at; /* of the first string, in 32-bit words */
};
static const struct shape log_shape = {1, 0, 1, 0};
static const struct shape read_shape = {1, 0, 0, 0};
static const struct shape shapes[14] = {
    {0, 0, 0, 0}, {4, 0, 0, 0}, {0, 0, 0, 0}, {64, 0, 0, 0}, {7, 0, 0, 0},
    {1, 0, 1, 1}, {1, 0, 1, 0}, {2, 0, 3, 0}, {1, 2, 0, 0},  {63, 0, 1, 124},
    {1, 0, 0, 0}, {1, 0, 0, 0}, {3, 0, 0, 0}, {0, 0, 0, 0},
};

static bool one_in(int n)
{
    return rand() % n == 0;
}

/* A good request of (ordinal), each part of it wrong now and then. */
static void make_random(uint64_t method, const struct shape *shape,
                        const char *text)
{
    uint32_t count = shape->count;
    uint32_t handles = shape->handles;
    uint32_t items = shape->items;
    uint32_t bytes = (uint32_t)rand() % (one_in(3) ? 6000 : 20);
    bool is_inline = items == 1 && (method == CORE_LOG_METHOD || one_in(2));

    judge_clear();
    judge_call.handles[0] = 5;
    judge_call.handles[1] = 6;
    for (uint32_t s = 0; s < NU_RX_MAX; s++) {
        judge_call.strings[s].data = text;
        judge_call.strings[s].bytes = bytes;
    }
    for (uint32_t w = 0; w < NU_WORDS_MAX; w++)
        judge_request[w] = one_in(90) ? (uint64_t)rand() << (rand() % 64) : 0;
    if (is_inline)
        memset(judge_request + 4, one_in(4) ? 0 : 'x', 58 * 8);
    for (uint32_t s = 0; s < items; s++)
        judge_word32(shape->length_at + s + s / 2, bytes);
    if (is_inline) {
        count = (count < 4 ? 4 : count) + (bytes + 7) / 8;
        items = 0;
    }
    if (one_in(10))
        count = (uint32_t)rand() % 128;
    if (one_in(10))
        handles = (uint32_t)rand() % 9;
    if (one_in(10))
        items = (uint32_t)rand() % 5;
    if (one_in(20))
        is_inline = !is_inline;
    judge_call.handle_count = handles;
    judge_call.string_count = items;
    judge_call.tag = method | NU_SHAPE(count & 127, handles, items, 0) |
                     (is_inline ? NU_TAG_INLINE : 0);
}

/* The handlers judge what gets through. */
static void random_requests(void **state)
{
    static char text[6000];
    int every = 0;
    int core = 0;

    (void)state;
    memset(text, 'x', 500);
    srand(1);
    for (int i = 0; i < 300000; i++) {
        uint32_t ordinal = (uint32_t)rand() % 14;

        make_random(NU_METHOD(EVERY_CONTRACT, ordinal), &shapes[ordinal], text);
        every += judge_every() == 0;
        make_random(CORE_LOG_METHOD, &log_shape, text);
        core += judge_core() == 0;
        make_random(CORE_READ_METHOD, &read_shape, text);
        core += judge_core() == 0;
    }
    /* Not everything was refused, and handlers saw what was not. */
    assert_true(every > 10000 && core > 10000);
    assert_true(judged >= every + core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_requests, judge_setup,
                                        judge_teardown),
    };

    return cmocka_run_group_tests_name("contract_random", tests, NULL, NULL);
}
