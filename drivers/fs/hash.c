/*
 * Hashes of names in directory trees. The result's lowest bit is 0, and it is
 * never the greatest even number, which stands for the end.
 *
 * Spec: Linux Documentation/filesystems/ext4, "Hash Tree Directories"; half MD4
 *       is the first half of RFC 1320's rounds, TEA is Wheeler and Needham's.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

#define HASH_END  0xfffffffeu
#define WORDS_MAX 8u

/* Character (i) as the kernel that made the file system saw it. */
static uint32_t character(const char *name, size_t i, bool is_unsigned)
{
    uint8_t c = (uint8_t)name[i];

    return is_unsigned || c < 0x80 ? c : 0xffffff00u | c;
}

/* The first (words) words' worth of a name, filled up with its length. */
static void to_words(const char *name, size_t bytes, bool is_unsigned,
                     uint32_t *to, uint32_t words)
{
    uint32_t filler = (uint32_t)bytes & 0xff;

    filler |= filler << 8;
    filler |= filler << 16;
    for (uint32_t w = 0; w < words; w++) {
        to[w] = filler;
        for (size_t i = 4 * w; i < 4 * w + 4 && i < bytes; i++)
            to[w] = character(name, i, is_unsigned) + (to[w] << 8);
    }
}

static uint32_t rotate(uint32_t x, uint32_t by)
{
    return x << by | x >> (32 - by);
}

static uint32_t md4_mix(uint32_t round, uint32_t x, uint32_t y, uint32_t z)
{
    switch (round) {
    case 0:
        return (x & y) | (~x & z);
    case 1:
        return (x & y) | (x & z) | (y & z);
    default:
        return x ^ y ^ z;
    }
}

static void half_md4(uint32_t state[4], const uint32_t in[WORDS_MAX])
{
    static const uint32_t constant[3] = {0, 0x5a827999, 0x6ed9eba1};
    static const uint8_t order[3][WORDS_MAX] = {
        {0, 1, 2, 3, 4, 5, 6, 7},
        {1, 3, 5, 7, 0, 2, 4, 6},
        {3, 7, 2, 6, 1, 5, 0, 4},
    };
    static const uint8_t turn[3][4] = {
        {3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
    uint32_t s[4] = {state[0], state[1], state[2], state[3]};

    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t step = 0; step < WORDS_MAX; step++) {
            /* The state turns by one place at each step: a, d, c, b. */
            uint32_t at = (4 - step % 4) % 4;
            uint32_t sum = s[at] + in[order[round][step]] + constant[round];

            sum += md4_mix(round, s[(at + 1) % 4], s[(at + 2) % 4],
                           s[(at + 3) % 4]);
            s[at] = rotate(sum, turn[round][step % 4]);
        }
    }
    for (uint32_t i = 0; i < 4; i++)
        state[i] += s[i];
}

static void tea(uint32_t state[4], const uint32_t key[4])
{
    uint32_t left = state[0];
    uint32_t right = state[1];
    uint32_t sum = 0;

    for (uint32_t round = 0; round < 16; round++) {
        sum += 0x9e3779b9;
        left +=
            ((right << 4) + key[0]) ^ (right + sum) ^ ((right >> 5) + key[1]);
        right += ((left << 4) + key[2]) ^ (left + sum) ^ ((left >> 5) + key[3]);
    }
    state[0] += left;
    state[1] += right;
}

static uint32_t legacy(const char *name, size_t bytes, bool is_unsigned)
{
    uint32_t last = 0x12a3fe2d;
    uint32_t before = 0x37abe8f9;

    for (size_t i = 0; i < bytes; i++) {
        uint32_t next =
            before + (last ^ (character(name, i, is_unsigned) * 7152373u));

        if ((next & 0x80000000u) != 0)
            next -= 0x7fffffff;
        before = last;
        last = next;
    }
    return last << 1;
}

bool fs_hash(const uint32_t seed[4], uint32_t version, const char *name,
             size_t bytes, uint32_t *hash)
{
    bool is_unsigned = version >= EXT4_HASH_UNSIGNED;
    uint32_t kind = version % EXT4_HASH_UNSIGNED;
    uint32_t words = kind == EXT4_HASH_TEA ? 4 : 8;
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    uint32_t in[WORDS_MAX];
    uint32_t result;

    if (version >= EXT4_HASH_COUNT)
        return false;
    if ((seed[0] | seed[1] | seed[2] | seed[3]) != 0)
        memcpy(state, seed, sizeof(state));
    if (kind == EXT4_HASH_LEGACY) {
        result = legacy(name, bytes, is_unsigned);
    } else {
        for (size_t at = 0; at < bytes; at += 4 * (size_t)words) {
            to_words(name + at, bytes - at, is_unsigned, in, words);
            if (kind == EXT4_HASH_TEA)
                tea(state, in);
            else
                half_md4(state, in);
        }
        result = kind == EXT4_HASH_TEA ? state[0] : state[1];
    }
    result &= ~1u;
    *hash = result == HASH_END ? HASH_END - 2 : result;
    return true;
}
