/*
 * SHA-256. Spec: FIPS 180-4.
 */
#ifndef NUNCIO_NLIB_SHA256_H
#define NUNCIO_NLIB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define NL_SHA256_BYTES 32

struct nl_sha256 {
    uint32_t state[8];
    uint64_t total; /* bytes taken so far */
    uint8_t block[64]; /* the last, incomplete one */
};

void nl_sha256_begin(struct nl_sha256 *s);
void nl_sha256_add(struct nl_sha256 *s, const void *data, size_t bytes);
void nl_sha256_end(struct nl_sha256 *s, uint8_t digest[NL_SHA256_BYTES]);

#endif /* NUNCIO_NLIB_SHA256_H */
