#include <nlib/cpio.h>
#include <nlib/string.h>

#include <stdbool.h>

#define HEADER_BYTES 110u
#define NAME_MAX     4096u

/* Field (index) of the thirteen: eight hexadecimal digits behind the magic. */
static bool field(const uint8_t *header, unsigned index, uint32_t *value)
{
    const uint8_t *p = header + 6 + 8 * index;
    uint32_t v = 0;

    for (int i = 0; i < 8; i++) {
        uint32_t digit;

        if (p[i] >= '0' && p[i] <= '9') {
            digit = (uint32_t)(p[i] - '0');
        } else if (p[i] >= 'a' && p[i] <= 'f') {
            digit = (uint32_t)(p[i] - 'a') + 10;
        } else if (p[i] >= 'A' && p[i] <= 'F') {
            digit = (uint32_t)(p[i] - 'A') + 10;
        } else {
            return false;
        }
        v = v << 4 | digit;
    }
    *value = v;
    return true;
}

/* (at) + (add), rounded up to 4; false if that lies behind (end). */
static bool advance(size_t *at, size_t add, size_t end)
{
    if (*at > end || add > end - *at) {
        return false;
    }
    *at += add;
    if (end - *at < (0u - *at) % 4) {
        *at = end; /* the last padding may be missing */
    } else {
        *at += (0u - *at) % 4;
    }
    return true;
}

int nl_cpio_next(const void *archive, size_t bytes, size_t *at,
                 struct nl_cpio_entry *entry)
{
    const uint8_t *base = archive;
    const uint8_t *header;
    size_t pos = *at;
    uint32_t mode;
    uint32_t file_bytes;
    uint32_t name_bytes;
    size_t name_at;
    size_t data_at;

    if (pos > bytes || bytes - pos < HEADER_BYTES) {
        return -1;
    }
    header = base + pos;
    if (memcmp(header, "070701", 6) != 0 || !field(header, 1, &mode) ||
        !field(header, 6, &file_bytes) || !field(header, 11, &name_bytes)) {
        return -1;
    }
    name_at = pos + HEADER_BYTES;
    if (name_bytes == 0 || name_bytes > NAME_MAX ||
        name_bytes > bytes - name_at || base[name_at + name_bytes - 1] != 0) {
        return -1;
    }
    data_at = pos;
    if (!advance(&data_at, HEADER_BYTES + name_bytes, bytes) ||
        file_bytes > bytes - data_at) {
        return -1;
    }
    entry->name = (const char *)base + name_at;
    if (strcmp(entry->name, "TRAILER!!!") == 0) {
        return 0;
    }
    entry->data = base + data_at;
    entry->bytes = file_bytes;
    entry->mode = mode;
    *at = data_at;
    return advance(at, file_bytes, bytes) ? 1 : -1;
}

int nl_cpio_find(const void *archive, size_t bytes, const char *name,
                 struct nl_cpio_entry *entry)
{
    size_t at = 0;
    int found;

    while ((found = nl_cpio_next(archive, bytes, &at, entry)) == 1) {
        if (strcmp(entry->name, name) == 0) {
            return 1;
        }
    }
    return found;
}
