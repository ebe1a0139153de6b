#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <nlib/sha256.h>

static void sum(const void *data, size_t bytes, size_t piece, char *text)
{
    const uint8_t *from = data;
    uint8_t digest[NL_SHA256_BYTES];
    struct nl_sha256 s;

    nl_sha256_begin(&s);
    for (size_t at = 0; at < bytes; at += piece) {
        nl_sha256_add(&s, from + at, bytes - at < piece ? bytes - at : piece);
    }
    nl_sha256_end(&s, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
}

/* FIPS 180-4's examples. */
static void published_examples(void **state)
{
    static uint8_t million[1000000];
    char text[65];

    (void)state;
    sum("", 0, 1, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb924"
                              "27ae41e4649b934ca495991b7852b855");
    sum("abc", 3, 3, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223"
                              "b00361a396177a9cb410ff61f20015ad");
    sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56,
        text);
    assert_string_equal(text, "248d6a61d20638b8e5c026930c3e6039"
                              "a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof(million));
    sum(million, sizeof(million), sizeof(million), text);
    assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67"
                              "f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_make_no_difference(void **state)
{
    uint8_t data[300];
    char whole[65];
    char parts[65];

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7);
    }
    for (size_t bytes = 0; bytes <= sizeof(data); bytes++) {
        sum(data, bytes, sizeof(data), whole);
        for (size_t piece = 1; piece < 130; piece += 21) {
            sum(data, bytes, piece, parts);
            assert_string_equal(parts, whole);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples),
        cmocka_unit_test(pieces_make_no_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
