/*
 * Boot information, what both protocols have in common: boot_internal.h.
 */
#include <boot/boot_internal.h>

#include <abi/error.h>
#include <boot/boot_ranges.h>
#include <nlib/printf.h>
#include <nlib/string.h>

#define PAGE             4096ull
#define PHYS_LIMIT       (1ull << 52)
#define ACPI_TYPE_RAM    1u
#define ACPI_TYPE_TABLES 3u
#define ACPI_TYPE_NVS    4u

int boot_window_read(const struct boot_window *window, uint64_t at, void *to,
                     size_t bytes)
{
    uint64_t offset = at - window->begin;

    if (at < window->begin || offset > window->bytes ||
        bytes > window->bytes - offset) {
        return NU_RANGE;
    }
    memcpy(to, window->base + offset, bytes);
    return 0;
}

int boot_fail(struct boot_parse *parse, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)nl_vsnprintf(parse->error->text, sizeof(parse->error->text), format,
                       args);
    va_end(args);
    return NU_INVAL;
}

int boot_take_cmdline(struct boot_parse *parse, uint64_t at, uint64_t limit)
{
    char *line = parse->info->cmdline;

    for (size_t i = 0; i < BOOT_CMDLINE_BYTES; i++) {
        uint8_t c;

        if (at + i >= limit ||
            boot_window_read(parse->window, at + i, &c, 1) != 0) {
            return boot_fail(parse, "command line at 0x%llx has no end",
                             (unsigned long long)at);
        }
        if ((c < ' ' && c != '\0' && c != '\t') || c == 0x7f) {
            return boot_fail(parse,
                             "command line has control character 0x%x at %zu",
                             (unsigned)c, i);
        }
        line[i] = (char)c;
        if (c == '\0') {
            return 0;
        }
    }
    return boot_fail(parse, "command line is longer than %d bytes",
                     BOOT_CMDLINE_BYTES - 1);
}

int boot_take_range(struct boot_parse *parse, uint32_t index, uint64_t begin,
                    uint64_t bytes, uint32_t type)
{
    struct boot_info *info = parse->info;
    uint32_t kind = BOOT_RANGE_RESERVED;

    if (bytes == 0) {
        return 0;
    }
    if (begin >= PHYS_LIMIT || bytes > PHYS_LIMIT - begin) {
        return boot_fail(
            parse, "memory map entry %u: 0x%llx + 0x%llx exceeds 52 bits",
            index, (unsigned long long)begin, (unsigned long long)bytes);
    }
    if (info->range_count == BOOT_RANGES_MAX) {
        return boot_fail(parse, "memory map has more than %d entries",
                         BOOT_RANGES_MAX);
    }
    if (type == ACPI_TYPE_RAM) {
        kind = BOOT_RANGE_USABLE;
    } else if (type == ACPI_TYPE_TABLES || type == ACPI_TYPE_NVS) {
        kind = BOOT_RANGE_ACPI;
    }
    info->ranges[info->range_count++] =
        (struct boot_range){begin, begin + bytes, kind, 0};
    return 0;
}

int boot_take_archive(struct boot_parse *parse, uint64_t begin, uint64_t bytes)
{
    if (begin % PAGE != 0) {
        return boot_fail(parse, "archive at 0x%llx is not page aligned",
                         (unsigned long long)begin);
    }
    if (begin == 0 || bytes == 0 || begin >= PHYS_LIMIT ||
        bytes > PHYS_LIMIT - begin) {
        return boot_fail(parse, "archive at 0x%llx has bad length 0x%llx",
                         (unsigned long long)begin, (unsigned long long)bytes);
    }
    parse->info->archive_begin = begin;
    parse->info->archive_bytes = bytes;
    return 0;
}

int boot_finish(struct boot_parse *parse)
{
    struct boot_info *info = parse->info;
    uint64_t begin = info->archive_begin;
    uint64_t end = begin + info->archive_bytes;

    if (boot_ranges_normalise(info->ranges, &info->range_count) != 0) {
        return boot_fail(parse, "memory map has more than %d pieces",
                         BOOT_RANGES_MAX);
    }
    if (boot_ranges_bytes(info->ranges, info->range_count, BOOT_RANGE_USABLE) ==
        0) {
        return boot_fail(parse, "memory map has no usable memory");
    }
    if (begin != end && !boot_ranges_contain(info->ranges, info->range_count,
                                             BOOT_RANGE_USABLE, begin, end)) {
        return boot_fail(parse,
                         "archive 0x%llx..0x%llx is not in usable memory",
                         (unsigned long long)begin, (unsigned long long)end);
    }
    return 0;
}
