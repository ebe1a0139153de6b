/*
 * Archives of any bytes. Oracle: no trap; names end, contents lie inside, the
 * walk ends and goes forward, and what it meets first can be found.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nlib/cpio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nl_cpio_entry entry;
    struct nl_cpio_entry found;
    size_t at = 0;
    size_t before = 0;

    while (nl_cpio_next(data, size, &at, &entry) == 1) {
        const uint8_t *contents = entry.data;

        must(at > before && at <= size);
        must(strlen(entry.name) < size);
        must(contents >= data && entry.bytes <= size &&
             contents + entry.bytes <= data + size);
        must(nl_cpio_find(data, size, entry.name, &found) == 1);
        must(strcmp(found.name, entry.name) == 0);
        before = at;
    }
    return 0;
}
