#include <nlib/sha256.h>
#include <nlib/string.h>

static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t ror(uint32_t v, int n)
{
    return v >> n | v << (32 - n);
}

static uint32_t load(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* FIPS 180-4, 6.2.2, for one block. */
static void block(uint32_t state[8], const uint8_t *p)
{
    uint32_t w[64];
    uint32_t h[8];

    for (int i = 0; i < 16; i++) {
        w[i] = load(p + 4 * i);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15];
        uint32_t b = w[i - 2];

        w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
               (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
    }
    memcpy(h, state, sizeof(h));
    for (int i = 0; i < 64; i++) {
        uint32_t e = h[4];
        uint32_t a = h[0];
        uint32_t t1 = h[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
                      ((e & h[5]) ^ (~e & h[6])) + k[i] + w[i];
        uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
                      ((a & h[1]) ^ (a & h[2]) ^ (h[1] & h[2]));

        h[7] = h[6];
        h[6] = h[5];
        h[5] = e;
        h[4] = h[3] + t1;
        h[3] = h[2];
        h[2] = h[1];
        h[1] = a;
        h[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) {
        state[i] += h[i];
    }
}

void nl_sha256_begin(struct nl_sha256 *s)
{
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                      0xa54ff53a, 0x510e527f, 0x9b05688c,
                                      0x1f83d9ab, 0x5be0cd19};

    memcpy(s->state, first, sizeof(first));
    s->total = 0;
}

void nl_sha256_add(struct nl_sha256 *s, const void *data, size_t bytes)
{
    const uint8_t *p = data;
    size_t have = s->total % 64;

    s->total += bytes;
    if (have != 0) {
        size_t take = bytes < 64 - have ? bytes : 64 - have;

        memcpy(s->block + have, p, take);
        if (have + take < 64) {
            return;
        }
        block(s->state, s->block);
        p += take;
        bytes -= take;
    }
    for (; bytes >= 64; p += 64, bytes -= 64) {
        block(s->state, p);
    }
    memcpy(s->block, p, bytes);
}

void nl_sha256_end(struct nl_sha256 *s, uint8_t digest[NL_SHA256_BYTES])
{
    static const uint8_t pad[64] = {0x80};
    uint64_t bits = s->total * 8;
    uint8_t length[8];
    size_t have = s->total % 64;

    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    nl_sha256_add(s, pad, have < 56 ? 56 - have : 120 - have);
    nl_sha256_add(s, length, sizeof(length));
    for (int i = 0; i < 32; i++) {
        digest[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
