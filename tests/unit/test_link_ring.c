/*
 * A ring between two threads, under ThreadSanitizer: whoever sees an entry sees
 * the record, and a slot is written again only when its reader is done with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "../bench/ring_pair.h"

#define ROUNDS 20000u

static struct pair_ring there;
static struct pair_ring back;

/* Every word of the record says which it is. */
static uint32_t fill(uint64_t *record, uint32_t number)
{
    uint32_t words = 1 + number * 7 % (LINK_SLOT_BYTES / 8);

    for (uint32_t i = 0; i < words; i++)
        record[i] = (uint64_t)number << 32 | i;
    return words * 8;
}

static uint32_t wait_for(struct pair_ring *ring, uint32_t *slot, void *copy)
{
    int bytes;

    while ((bytes = pair_take(ring, slot, copy)) == 0)
        sched_yield();
    return (uint32_t)bytes;
}

/* Sends every record back, with one word changed; NULL: all were whole. */
static void *answer(void *arg)
{
    static uint64_t copy[LINK_SLOT_BYTES / 8];
    static uint64_t expected[LINK_SLOT_BYTES / 8];
    uint32_t slot;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t bytes = wait_for(&there, &slot, copy);

        if (bytes != fill(expected, i) || memcmp(copy, expected, bytes) != 0)
            arg = &there;
        copy[0] = ~copy[0];
        pair_give(&back, LINK_CALLS + slot, copy, bytes);
    }
    return arg;
}

/* Up to all of its calls are under way; each place is used again when its
 * answer has come. */
static void records_are_whole_in_both_directions(void **state)
{
    static uint64_t record[LINK_SLOT_BYTES / 8];
    static uint64_t copy[LINK_SLOT_BYTES / 8];
    uint32_t given = 0;
    pthread_t thread;
    void *result;
    uint32_t slot;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, answer, NULL), 0);
    for (uint32_t taken = 0; taken < ROUNDS; taken++) {
        for (; given < ROUNDS && given - taken < LINK_CALLS; given++)
            pair_give(&there, given % LINK_CALLS, record, fill(record, given));
        assert_int_equal(wait_for(&back, &slot, copy), fill(record, taken));
        assert_int_equal(slot, LINK_CALLS + taken % LINK_CALLS);
        assert_true(copy[0] == ~record[0]);
    }
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_whole_in_both_directions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
