/*
 * Boot information of any bytes: the first chooses the protocol, the rest is
 * physical memory. Then ACPI's tables and the command line of what was found.
 *
 * Oracle: no trap; what is accepted is sorted, disjoint, whole pages, and the
 * archive lies in usable memory.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot_image.h"

#include <boot/acpi.h>
#include <boot/boot_ranges.h>
#include <boot/cmdline.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good) {
        abort();
    }
}

static void check(const struct boot_info *info)
{
    const struct boot_range *r = info->ranges;

    must(info->range_count <= BOOT_RANGES_MAX);
    for (uint32_t i = 0; i < info->range_count; i++) {
        must(r[i].begin % 4096 == 0 && r[i].end % 4096 == 0);
        must(r[i].begin < r[i].end);
        must(i == 0 || r[i - 1].end <= r[i].begin);
    }
    must(memchr(info->cmdline, '\0', sizeof(info->cmdline)) != NULL);
    must(info->archive_bytes == 0 ||
         boot_ranges_contain(r, info->range_count, BOOT_RANGE_USABLE,
                             info->archive_begin,
                             info->archive_begin + info->archive_bytes));
}

static void use(const struct boot_info *info, const struct boot_window *window)
{
    struct acpi_info acpi;
    char value[16];
    uint64_t number;

    (void)acpi_parse(&acpi, info, window);
    must(acpi.ioapic_count <= HV_IOAPICS_MAX && acpi.ioapic_count > 0);
    must(acpi.override_count <= ACPI_OVERRIDES_MAX);
    cmdline_set(info->cmdline);
    (void)cmdline_get("log", value, sizeof(value));
    (void)cmdline_get_u64("exit", &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_info info;
    struct boot_error error = {{0}};
    struct boot_window window = {data + 1, IMAGE_PHYS, size - 1};
    int rc;

    if (size < 2) {
        return 0;
    }
    if (data[0] & 1) {
        rc = boot_info_parse_multiboot2(&info, &window, IMAGE_INFO, &error);
    } else {
        rc = boot_info_parse_pvh(&info, &window, IMAGE_INFO, &error);
    }
    if (rc == 0) {
        check(&info);
        use(&info, &window);
    } else {
        must(error.text[0] != '\0');
        must(memchr(error.text, '\0', sizeof(error.text)) != NULL);
    }
    return 0;
}
