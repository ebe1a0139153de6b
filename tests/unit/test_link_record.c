/* Records: what is packed is read back; what does not hold together is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <link/record.h>

static struct link_draft draft;
static uint64_t packed[LINK_SLOT_BYTES / 8];
static uint32_t packed_bytes;
static uint64_t words[NU_WORDS_MAX];

/* A request with something of everything. */
static int setup(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < NU_WORDS_MAX; i++)
        words[i] = i * 0x0101010101010101ull;
    link_draft_begin(&draft, LINK_REQUEST, 33, nu_tag(0x230001, 6, 2, 2));
    memcpy(draft.reg_words, words, sizeof(draft.reg_words));
    draft.words = words;
    draft.head.object = 4097;
    draft.pieces[0] = (struct link_extent){5, 0, 0};
    draft.pieces[1] = (struct link_extent){6000 | LINK_MORE, 100, 2};
    draft.rx_count = 1;
    draft.rx[0] = (struct link_extent){4096, 4095, 2};
    draft.handles[0] = (struct link_handle){7, 1};
    draft.handles[1] = (struct link_handle){8, LINK_HANDLE_YOURS | 1};
    draft.release_count = 3;
    draft.ref_count = 4;
    for (uint32_t i = 0; i < 4; i++) {
        draft.releases[i] = 50 + i;
        draft.refs[i] = 60 + i;
    }
    draft.data_bytes = 5;
    memcpy(draft.data, "hello", 5);
    packed_bytes = link_draft_pack(&draft, packed);
    return 0;
}

static struct link_record *head(void)
{
    return (struct link_record *)(void *)packed;
}

static bool is_read(void)
{
    struct link_view view;

    return link_record_read(&view, packed, packed_bytes);
}

static void what_is_packed_is_read(void **state)
{
    struct link_view view;

    (void)state;
    assert_int_equal(packed_bytes, link_draft_bytes(&draft));
    assert_int_equal(packed_bytes,
                     32 + 6 * 8 + 2 * 8 + 8 + 2 * 8 + 3 * 4 + 4 * 4 + 5);
    assert_true(link_record_read(&view, packed, packed_bytes));
    assert_int_equal(view.head.object, 4097);
    assert_int_equal(view.word_count, 6);
    assert_memory_equal(view.words, words, 48);
    assert_int_equal(view.piece_count, 2);
    assert_memory_equal(view.pieces, draft.pieces, 16);
    assert_memory_equal(view.rx, draft.rx, 8);
    assert_int_equal(view.handle_count, 2);
    assert_memory_equal(view.handles, draft.handles, 16);
    assert_memory_equal(view.releases, draft.releases, 12);
    assert_memory_equal(view.refs, draft.refs, 16);
    assert_memory_equal(view.data, "hello", 5);
}

static void every_other_length_is_refused(void **state)
{
    struct link_view view;

    (void)state;
    for (uint32_t bytes = 0; bytes <= LINK_SLOT_BYTES + 8; bytes++)
        assert_int_equal(link_record_read(&view, packed, bytes),
                         bytes == packed_bytes);
}

static void too_large_a_draft_is_not_packed(void **state)
{
    (void)state;
    draft.head.tag = nu_tag(0x230001, 64, 8, 2);
    draft.ref_count = LINK_REFS_MAX;
    draft.data_bytes = 1024;
    assert_int_equal(link_draft_pack(&draft, packed), 0);
}

/* ---- each field, on its own ---- */

static void counts_out_of_range_are_refused(void **state)
{
    static const uint64_t tags[] = {
        (uint64_t)65 << NU_TAG_WORDS_SHIFT,
        (uint64_t)9 << NU_TAG_HANDLES_SHIFT,
        (uint64_t)18 << NU_TAG_STRINGS_SHIFT,
        (uint64_t)1 << NU_TAG_PAGES_SHIFT,
        NU_OP_SEND,
        NU_OP_RECV,
        1ull << 63,
    };

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        setup(state);
        head()->tag = 0x230001 | tags[i];
        assert_false(is_read());
    }
    for (uint32_t i = 0; i < 4; i++) {
        static const uint16_t limit[] = {NU_RX_MAX, LINK_RELEASES_MAX,
                                         LINK_REFS_MAX, 2000};

        setup(state);
        (&head()->rx_count)[i] = (uint16_t)(limit[i] + 1);
        packed_bytes = LINK_SLOT_BYTES;
        assert_false(is_read());
        setup(state);
        (&head()->rx_count)[i] = 0xffff;
        assert_false(is_read());
    }
}

static struct link_extent *piece(uint32_t i)
{
    return (struct link_extent *)(void *)((uint8_t *)packed + 32 + 48) + i;
}

static void extents_beyond_what_there_is_are_refused(void **state)
{
    static const struct link_extent bad[] = {
        {6000, 4096, 2}, /* offset beyond the page */
        {6000, 0xffff, 2},
        {6000, 100, 0xffff}, /* more pages than references */
        {6000, 100, 5},
        {6000, 100, 1}, /* bytes beyond the pages */
        {2 * 4096 - 99, 100, 2},
        {NU_STRING_BYTES_MAX + 1, 0, 2},
        {0x7fffffff, 0, 2},
        {1, 0, 0}, /* more data than there is */
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup(state);
        *piece(1) = bad[i];
        assert_false(is_read());
        setup(state);
        *piece(2) = bad[i]; /* the buffer for the reply */
        assert_false(is_read());
    }
    setup(state);
    *piece(1) = (struct link_extent){2 * 4096 - 100, 100, 2};
    assert_true(is_read());
}

/* A reference or a byte that nothing uses is no record of ours. */
static void what_is_left_over_is_refused(void **state)
{
    (void)state;
    piece(0)->bytes = 4;
    assert_false(is_read());
    setup(state);
    piece(1)->pages = 1;
    piece(1)->bytes = 10;
    assert_false(is_read());
}

static void every_byte_flipped_is_read_or_refused(void **state)
{
    uint32_t refused = 0;

    for (uint32_t at = 0; at < packed_bytes; at++) {
        for (uint32_t value = 1; value < 256; value++) {
            struct link_view view;
            /* Of its own size, so that reading beyond is seen. */
            uint64_t *copy;

            setup(state);
            ((uint8_t *)packed)[at] ^= (uint8_t)value;
            copy = malloc(packed_bytes);
            assert_non_null(copy);
            memcpy(copy, packed, packed_bytes);
            if (!link_record_read(&view, copy, packed_bytes)) {
                refused++;
            } else {
                assert_true((const uint8_t *)view.data + view.head.data_bytes ==
                            (uint8_t *)copy + packed_bytes);
            }
            free(copy);
        }
    }
    assert_true(refused > 1000);
}

static void entries_pack_their_fields(void **state)
{
    uint64_t entry = link_entry(0xfffffffe, 33, 2048);

    (void)state;
    assert_int_equal(link_entry_number(entry), 0xfffffffe);
    assert_int_equal(link_entry_slot(entry), 33);
    assert_int_equal(link_entry_bytes(entry), 2048);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_packed_is_read),
        TEST(every_other_length_is_refused),
        TEST(too_large_a_draft_is_not_packed),
        TEST(counts_out_of_range_are_refused),
        TEST(extents_beyond_what_there_is_are_refused),
        TEST(what_is_left_over_is_refused),
        TEST(every_byte_flipped_is_read_or_refused),
        TEST(entries_pack_their_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
