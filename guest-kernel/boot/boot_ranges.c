/*
 * Lists of physical address ranges: boot_ranges.h.
 */
#include <boot/boot_ranges.h>

#include <stddef.h>
#include <abi/error.h>

#define PAGE 4096ull

/* Reserved wins over ACPI, ACPI over usable. */
static unsigned strength(uint32_t kind)
{
    switch (kind) {
    case BOOT_RANGE_USABLE:
        return 0;
    case BOOT_RANGE_ACPI:
        return 1;
    default:
        return 2;
    }
}

static void sort(struct boot_range *ranges, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct boot_range moving = ranges[i];
        uint32_t at = i;

        while (at > 0 && ranges[at - 1].begin > moving.begin) {
            ranges[at] = ranges[at - 1];
            at--;
        }
        ranges[at] = moving;
    }
}

static void round_to_pages(struct boot_range *range)
{
    bool usable = range->kind == BOOT_RANGE_USABLE;

    /* Addresses have at most 52 bits, so rounding up cannot wrap. */
    if (usable) {
        range->begin = (range->begin + PAGE - 1) & ~(PAGE - 1);
        range->end &= ~(PAGE - 1);
    } else {
        range->begin &= ~(PAGE - 1);
        range->end = (range->end + PAGE - 1) & ~(PAGE - 1);
    }
}

/* The strongest kind that covers (at), and in (*until) how far that holds. */
static uint32_t kind_at(const struct boot_range *ranges, uint32_t count,
                        uint64_t at, uint64_t *until)
{
    uint32_t kind = 0;

    *until = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct boot_range *r = &ranges[i];

        if (r->begin > at) {
            *until = r->begin < *until ? r->begin : *until;
        } else if (r->end > at) {
            *until = r->end < *until ? r->end : *until;
            if (kind == 0 || strength(r->kind) > strength(kind)) {
                kind = r->kind;
            }
        }
    }
    return kind;
}

static int append(struct boot_range *ranges, uint32_t *count, uint64_t begin,
                  uint64_t end, uint32_t kind)
{
    struct boot_range *last = *count > 0 ? &ranges[*count - 1] : NULL;

    if (last != NULL && last->end == begin && last->kind == kind) {
        last->end = end;
        return 0;
    }
    if (*count == BOOT_RANGES_MAX) {
        return NU_NOSPC;
    }
    ranges[*count] = (struct boot_range){begin, end, kind, 0};
    (*count)++;
    return 0;
}

int boot_ranges_normalise(struct boot_range *ranges, uint32_t *count)
{
    /* Boot runs once, on one processor: no need for this on the stack. */
    static struct boot_range in[BOOT_RANGES_MAX];
    uint32_t in_count = 0;
    uint64_t at = 0;
    uint64_t until;

    for (uint32_t i = 0; i < *count; i++) {
        round_to_pages(&ranges[i]);
        if (ranges[i].begin < ranges[i].end) {
            in[in_count++] = ranges[i];
        }
    }
    sort(in, in_count);
    *count = 0;
    for (; at != UINT64_MAX; at = until) {
        uint32_t kind = kind_at(in, in_count, at, &until);
        int rc = kind == 0 ? 0 : append(ranges, count, at, until, kind);

        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static void remove_at(struct boot_range *ranges, uint32_t *count, uint32_t at)
{
    for (uint32_t i = at + 1; i < *count; i++) {
        ranges[i - 1] = ranges[i];
    }
    (*count)--;
}

static int insert_at(struct boot_range *ranges, uint32_t *count, uint32_t at,
                     const struct boot_range *range)
{
    if (*count == BOOT_RANGES_MAX) {
        return NU_NOSPC;
    }
    for (uint32_t i = *count; i > at; i--) {
        ranges[i] = ranges[i - 1];
    }
    ranges[at] = *range;
    (*count)++;
    return 0;
}

int boot_ranges_subtract(struct boot_range *ranges, uint32_t *count,
                         uint64_t begin, uint64_t end)
{
    for (uint32_t i = 0; i < *count;) {
        struct boot_range *r = &ranges[i];
        struct boot_range above = {end, r->end, r->kind, 0};

        if (begin >= end || r->end <= begin || r->begin >= end) {
            i++;
        } else if (r->begin >= begin && r->end <= end) {
            remove_at(ranges, count, i);
        } else if (r->begin >= begin) {
            r->begin = end;
            i++;
        } else if (r->end <= end) {
            r->end = begin;
            i++;
        } else {
            int rc = insert_at(ranges, count, i + 1, &above);

            if (rc != 0) {
                return rc;
            }
            ranges[i].end = begin;
            i += 2;
        }
    }
    return 0;
}

uint64_t boot_ranges_bytes(const struct boot_range *ranges, uint32_t count,
                           uint32_t kind)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].kind == kind) {
            bytes += ranges[i].end - ranges[i].begin;
        }
    }
    return bytes;
}

bool boot_ranges_touch(const struct boot_range *ranges, uint32_t count,
                       uint32_t kind, uint64_t begin, uint64_t end)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].kind == kind && ranges[i].begin < end &&
            begin < ranges[i].end) {
            return true;
        }
    }
    return false;
}

bool boot_ranges_contain(const struct boot_range *ranges, uint32_t count,
                         uint32_t kind, uint64_t begin, uint64_t end)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].kind == kind && ranges[i].begin <= begin &&
            end <= ranges[i].end) {
            return true;
        }
    }
    return false;
}
