/*
 * Boot information by multiboot2: Multiboot2 specification 2.0, 3.6.
 */
#include <boot/boot_internal.h>

#include <nlib/string.h>

#define INFO_BYTES_MAX 0x100000u

enum mb2_tag_type {
    MB2_TAG_END = 0,
    MB2_TAG_CMDLINE = 1,
    MB2_TAG_MODULE = 3,
    MB2_TAG_MEMORY_MAP = 6,
    MB2_TAG_ACPI_OLD = 14,
    MB2_TAG_ACPI_NEW = 15,
    MB2_TAG_EFI_RUNNING = 18,
};

struct mb2_tag {
    uint32_t type;
    uint32_t bytes; /* with this header, without the padding to 8 */
};

struct mb2_module {
    uint32_t begin;
    uint32_t end;
};

struct mb2_map_header {
    uint32_t entry_bytes;
    uint32_t entry_version;
};

struct mb2_map_entry {
    uint64_t begin;
    uint64_t bytes;
    uint32_t type;
    uint32_t reserved;
};

/* Reads (bytes) at (offset) of the tag at (at), if the tag is that long. */
static int read_in_tag(struct boot_parse *parse, uint64_t at,
                       const struct mb2_tag *tag, uint32_t offset, void *to,
                       uint32_t bytes)
{
    if (offset > tag->bytes || bytes > tag->bytes - offset ||
        boot_window_read(parse->window, at + offset, to, bytes) != 0) {
        return boot_fail(parse, "multiboot2 tag %u has bad size %u", tag->type,
                         tag->bytes);
    }
    return 0;
}

static int take_map(struct boot_parse *parse, uint64_t at,
                    const struct mb2_tag *tag)
{
    struct mb2_map_header map = {0, 0};
    struct mb2_map_entry entry = {0, 0, 0, 0};
    uint32_t offset = sizeof(*tag) + sizeof(map);
    int rc = read_in_tag(parse, at, tag, sizeof(*tag), &map, sizeof(map));

    if (rc != 0) {
        return rc;
    }
    if (map.entry_bytes < sizeof(entry) || map.entry_bytes > 4096 ||
        map.entry_bytes % 8 != 0) {
        return boot_fail(parse, "multiboot2 memory map: entry_size is %u",
                         map.entry_bytes);
    }
    if (parse->info->range_count != 0) {
        return boot_fail(parse, "multiboot2 has two memory maps");
    }
    for (uint32_t i = 0; offset < tag->bytes; i++, offset += map.entry_bytes) {
        rc = read_in_tag(parse, at, tag, offset, &entry, sizeof(entry));
        if (rc == 0) {
            rc =
                boot_take_range(parse, i, entry.begin, entry.bytes, entry.type);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* The first module is the archive. */
static int take_module(struct boot_parse *parse, uint64_t at,
                       const struct mb2_tag *tag)
{
    struct mb2_module module = {0, 0};
    int rc = read_in_tag(parse, at, tag, sizeof(*tag), &module, sizeof(module));

    if (rc != 0 || parse->info->archive_bytes != 0) {
        return rc;
    }
    if (module.end <= module.begin) {
        return boot_fail(parse, "multiboot2 module ends at 0x%x, before 0x%x",
                         module.end, module.begin);
    }
    return boot_take_archive(parse, module.begin, module.end - module.begin);
}

static int take_rsdp(struct boot_parse *parse, uint64_t at,
                     const struct mb2_tag *tag, uint32_t bytes)
{
    int rc;

    if (parse->info->rsdp_copy_bytes > bytes) {
        return 0; /* the newer one came first */
    }
    rc = read_in_tag(parse, at, tag, sizeof(*tag), parse->info->rsdp_copy,
                     bytes);
    if (rc == 0) {
        parse->info->rsdp_copy_bytes = bytes;
    }
    return rc;
}

static int take_tag(struct boot_parse *parse, uint64_t at,
                    const struct mb2_tag *tag)
{
    switch (tag->type) {
    case MB2_TAG_CMDLINE:
        return boot_take_cmdline(parse, at + sizeof(*tag), at + tag->bytes);
    case MB2_TAG_MODULE:
        return take_module(parse, at, tag);
    case MB2_TAG_MEMORY_MAP:
        return take_map(parse, at, tag);
    case MB2_TAG_ACPI_OLD:
        return take_rsdp(parse, at, tag, 20);
    case MB2_TAG_ACPI_NEW:
        return take_rsdp(parse, at, tag, BOOT_RSDP_BYTES);
    case MB2_TAG_EFI_RUNNING:
        return boot_fail(parse, "multiboot2: EFI boot services still run");
    default:
        return 0;
    }
}

static int take_tags(struct boot_parse *parse, uint64_t at, uint64_t end)
{
    struct mb2_tag tag;

    for (;;) {
        int rc;

        if (end - at < sizeof(tag) ||
            boot_window_read(parse->window, at, &tag, sizeof(tag)) != 0) {
            return boot_fail(parse, "multiboot2 tags have no end");
        }
        if (tag.bytes < sizeof(tag) || tag.bytes > end - at) {
            return boot_fail(parse, "multiboot2 tag %u has bad size %u",
                             tag.type, tag.bytes);
        }
        if (tag.type == MB2_TAG_END) {
            return 0;
        }
        rc = take_tag(parse, at, &tag);
        if (rc != 0) {
            return rc;
        }
        at += ((uint64_t)tag.bytes + 7) & ~7ull;
        if (at > end) {
            return boot_fail(parse, "multiboot2 tags have no end");
        }
    }
}

int boot_info_parse_multiboot2(struct boot_info *info,
                               const struct boot_window *window, uint64_t at,
                               struct boot_error *error)
{
    struct boot_parse parse = {info, window, error};
    uint32_t header[2]; /* total size, reserved */
    int rc;

    memset(info, 0, sizeof(*info));
    info->protocol = BOOT_MULTIBOOT2;
    if (at % 8 != 0 ||
        boot_window_read(window, at, header, sizeof(header)) != 0) {
        return boot_fail(&parse,
                         "multiboot2 information at 0x%llx is out of "
                         "reach or unaligned",
                         (unsigned long long)at);
    }
    if (header[0] < sizeof(header) || header[0] > INFO_BYTES_MAX) {
        return boot_fail(&parse, "multiboot2 total_size is %u", header[0]);
    }
    rc = take_tags(&parse, at + sizeof(header), at + header[0]);
    if (rc == 0 && info->range_count == 0) {
        return boot_fail(&parse, "multiboot2 has no memory map");
    }
    return rc == 0 ? boot_finish(&parse) : rc;
}
