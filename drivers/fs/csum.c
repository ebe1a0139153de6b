/*
 * Checksums of metadata: crc32c (Castagnoli, reflected, no final inversion),
 * eight bytes at a time with tables made at mount; crc16 for group descriptors
 * of file systems from before metadata_csum.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u
#define CRC16_POLYNOMIAL  0xa001u

void fs_crc32c_init(struct fs *fs)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (CRC32C_POLYNOMIAL & (0u - (crc & 1u)));
        fs->crc_table[0][i] = crc;
    }
    /* Table k moves a byte's contribution over k more bytes. */
    for (uint32_t i = 0; i < 256; i++) {
        for (uint32_t k = 1; k < 8; k++) {
            uint32_t crc = fs->crc_table[k - 1][i];

            fs->crc_table[k][i] = crc >> 8 ^ fs->crc_table[0][crc & 0xff];
        }
    }
}

uint32_t fs_crc32c(const struct fs *fs, uint32_t crc, const void *data,
                   size_t bytes)
{
    const uint32_t(*t)[256] = fs->crc_table;
    const uint8_t *p = data;

    for (; bytes >= 8; bytes -= 8, p += 8) {
        uint32_t low;
        uint32_t high;

        memcpy(&low, p, 4);
        memcpy(&high, p + 4, 4);
        low ^= crc;
        crc = t[7][low & 0xff] ^ t[6][low >> 8 & 0xff] ^
              t[5][low >> 16 & 0xff] ^ t[4][low >> 24] ^ t[3][high & 0xff] ^
              t[2][high >> 8 & 0xff] ^ t[1][high >> 16 & 0xff] ^
              t[0][high >> 24];
    }
    for (; bytes > 0; bytes--, p++)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 0xff];
    return crc;
}

uint16_t fs_crc16(uint16_t crc, const void *data, size_t bytes)
{
    const uint8_t *p = data;
    uint32_t c = crc;

    for (size_t i = 0; i < bytes; i++) {
        c ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (CRC16_POLYNOMIAL & (0u - (c & 1u)));
    }
    return (uint16_t)c;
}

uint32_t fs_super_csum(const struct fs *fs, const struct ext4_super *s)
{
    return fs_crc32c(fs, ~0u, s, offsetof(struct ext4_super, checksum));
}

uint16_t fs_group_csum(const struct fs *fs, uint64_t group, const void *desc)
{
    static const uint8_t zero[2];
    uint32_t number = (uint32_t)group;
    const size_t at = offsetof(struct ext4_group, checksum);
    const void *rest = fs_at(desc, at + 2);
    size_t rest_bytes = fs->desc_bytes - (at + 2);
    uint32_t crc;
    uint16_t crc16;

    if (fs->has_csum) {
        crc = fs_crc32c(fs, fs->csum_seed, &number, 4);
        crc = fs_crc32c(fs, crc, desc, at);
        crc = fs_crc32c(fs, crc, zero, 2);
        return (uint16_t)fs_crc32c(fs, crc, rest, rest_bytes);
    }
    /* The older sum leaves its own field out. */
    crc16 = fs_crc16(0xffff, fs->uuid, sizeof(fs->uuid));
    crc16 = fs_crc16(crc16, &number, 4);
    crc16 = fs_crc16(crc16, desc, at);
    return fs_crc16(crc16, rest, rest_bytes);
}

uint32_t fs_inode_csum(const struct fs *fs, uint32_t seed, const void *raw,
                       bool *has_upper)
{
    static const uint8_t zero[2];
    const struct ext4_inode *i = raw;
    const size_t low = offsetof(struct ext4_inode, checksum_lo);
    const size_t high = offsetof(struct ext4_inode, checksum_hi);
    uint32_t crc = fs_crc32c(fs, seed, raw, low);
    size_t at = low + 2;

    crc = fs_crc32c(fs, crc, zero, 2);
    *has_upper = fs->inode_bytes > EXT4_INODE_BASE_BYTES &&
                 i->extra_isize >= high + 2 - EXT4_INODE_BASE_BYTES;
    if (*has_upper) {
        crc = fs_crc32c(fs, crc, fs_at(raw, at), high - at);
        crc = fs_crc32c(fs, crc, zero, 2);
        at = high + 2;
    }
    return fs_crc32c(fs, crc, fs_at(raw, at), fs->inode_bytes - at);
}
