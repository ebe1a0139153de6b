/*
 * Boot information: what a good loader writes is understood, and each thing a
 * bad one could write is refused with a message that names the field.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boot_image.h"

#include <abi/error.h>
#include <boot/boot_ranges.h>

#define MIB 0x100000ull

static struct boot_image image;
static struct boot_info info;
static struct boot_error error;

static int parse_pvh(void)
{
    struct boot_window window = image_window(&image);

    memset(&error, 0, sizeof(error));
    return boot_info_parse(&info, &window, XEN_HVM_START_MAGIC_VALUE,
                           IMAGE_INFO, &error);
}

static int parse_multiboot2(void)
{
    struct boot_window window = image_window(&image);

    memset(&error, 0, sizeof(error));
    return boot_info_parse(&info, &window, 0x36d76289, IMAGE_INFO, &error);
}

static void check_good_info(void)
{
    assert_int_equal(info.archive_begin, IMAGE_ARCHIVE);
    assert_int_equal(info.archive_bytes, IMAGE_ARCHIVE_BYTES);
    assert_string_equal(info.cmdline, IMAGE_CMDLINE_TEXT);
    assert_int_equal(
        boot_ranges_bytes(info.ranges, info.range_count, BOOT_RANGE_USABLE),
        0x9f000 + 127 * MIB - 0x20000 + 64 * MIB);
    assert_int_equal(
        boot_ranges_bytes(info.ranges, info.range_count, BOOT_RANGE_ACPI),
        0x20000);
    for (uint32_t i = 0; i < info.range_count; i++) {
        assert_int_equal(info.ranges[i].begin % 4096, 0);
        assert_int_equal(info.ranges[i].end % 4096, 0);
        assert_true(info.ranges[i].begin < info.ranges[i].end);
        assert_true(i == 0 || info.ranges[i - 1].end <= info.ranges[i].begin);
    }
}

static void pvh_is_understood(void **state)
{
    (void)state;
    image_make_pvh(&image);
    image_start(&image)->rsdp_paddr = IMAGE_RSDP;
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.protocol, BOOT_PVH);
    assert_int_equal(info.rsdp, IMAGE_RSDP);
    check_good_info();
}

static void multiboot2_is_understood(void **state)
{
    uint8_t rsdp[36] = "RSD PTR ";

    (void)state;
    image_make_multiboot2(&image);
    image_add_tag(&image, 15, rsdp, sizeof(rsdp));
    image_add_tag(&image, 14, rsdp, 20); /* the older one counts less */
    assert_int_equal(parse_multiboot2(), 0);
    assert_int_equal(info.protocol, BOOT_MULTIBOOT2);
    assert_int_equal(info.rsdp_copy_bytes, 36);
    check_good_info();
}

static void archive_and_line_are_optional(void **state)
{
    (void)state;
    image_make_pvh(&image);
    image_start(&image)->nr_modules = 0;
    image_start(&image)->cmdline_paddr = 0;
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.archive_bytes, 0);
    assert_string_equal(info.cmdline, "");
}

static void foreign_magic_is_refused(void **state)
{
    struct boot_window window = image_window(&image);

    (void)state;
    assert_int_equal(boot_info_parse(&info, &window, 0x2badb002, 0, &error),
                     NU_INVAL);
    assert_non_null(strstr(error.text, "magic 0x2badb002"));
}

/* --- hostile PVH --- */

#define DAMAGE(name, ...)  \
    static void name(void) \
    {                      \
        __VA_ARGS__;       \
    }

static struct hvm_modlist_entry *module(void)
{
    return image_at(&image, IMAGE_MODULES);
}

DAMAGE(bad_magic, image_start(&image)->magic++)
DAMAGE(old_version, image_start(&image)->version = 0)
DAMAGE(no_map, image_start(&image)->memmap_entries = 0)
DAMAGE(null_map, image_start(&image)->memmap_paddr = 0)
DAMAGE(huge_map, image_start(&image)->memmap_entries = UINT32_MAX)
DAMAGE(map_beyond, image_start(&image)->memmap_paddr = 0x17ff0)
DAMAGE(map_before, image_start(&image)->memmap_paddr = 0xfff0)
DAMAGE(map_wraps, image_start(&image)->memmap_paddr = UINT64_MAX - 30)
DAMAGE(range_wraps, image_map(&image, 3)->size = UINT64_MAX)
DAMAGE(range_beyond, image_map(&image, 3)->addr = 1ull << 52)
DAMAGE(nothing_usable,
       for (unsigned i = 0; i < 7; i++) image_map(&image, i)->type = 2)
DAMAGE(many_modules, image_start(&image)->nr_modules = 1000)
DAMAGE(modules_beyond, image_start(&image)->modlist_paddr = 0x20000)
DAMAGE(archive_unaligned, module()->paddr++)
DAMAGE(archive_empty, module()->size = 0)
DAMAGE(archive_wraps, module()->size = UINT64_MAX - 0x1000)
DAMAGE(archive_null, module()->paddr = 0)
DAMAGE(archive_reserved, module()->paddr = 0xfffc0000)
DAMAGE(archive_over_edge, module()->size = 200 * MIB)
DAMAGE(line_endless, memset(image_at(&image, IMAGE_CMDLINE), 'x', 0x7000))
DAMAGE(line_beyond, image_start(&image)->cmdline_paddr = 0x18000)
DAMAGE(line_unended, image_start(&image)->cmdline_paddr = 0x17ff0;
       memset(image_at(&image, 0x17ff0), 'x', 16))
DAMAGE(line_control, memcpy(image_at(&image, IMAGE_CMDLINE), "a\033[2J", 6))

struct hostile {
    const char *name;
    void (*damage)(void);
    const char *names; /* what the message must name */
};

static const struct hostile hostile_pvh[] = {
    {"bad_magic", bad_magic, "hvm_start_info.magic"},
    {"old_version", old_version, "hvm_start_info.version"},
    {"no_map", no_map, "hvm_start_info.memmap_entries is 0"},
    {"null_map", null_map, "hvm_start_info.memmap_entries"},
    {"huge_map", huge_map, "hvm_start_info.memmap_entries is 4294967295"},
    {"map_beyond", map_beyond, "hvm_start_info.memmap_paddr 0x17ff0"},
    {"map_before", map_before, "hvm_start_info.memmap_paddr 0xfff0"},
    {"map_wraps", map_wraps, "hvm_start_info.memmap_paddr"},
    {"range_wraps", range_wraps, "memory map entry 3"},
    {"range_beyond", range_beyond, "memory map entry 3"},
    {"nothing_usable", nothing_usable, "no usable memory"},
    {"many_modules", many_modules, "hvm_start_info.nr_modules is 1000"},
    {"modules_beyond", modules_beyond, "hvm_start_info.modlist_paddr"},
    {"archive_unaligned", archive_unaligned, "archive at 0x300001"},
    {"archive_empty", archive_empty, "archive at 0x300000 has bad length"},
    {"archive_wraps", archive_wraps, "archive at 0x300000 has bad length"},
    {"archive_null", archive_null, "archive at 0x0 has bad length"},
    {"archive_reserved", archive_reserved, "archive 0xfffc0000"},
    {"archive_over_edge", archive_over_edge, "archive 0x300000"},
    {"line_endless", line_endless, "command line is longer"},
    {"line_beyond", line_beyond, "command line at 0x18000"},
    {"line_unended", line_unended, "command line at 0x17ff0"},
    {"line_control", line_control, "control character 0x1b at 1"},
};

static void hostile_pvh_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hostile_pvh) / sizeof(hostile_pvh[0]); i++) {
        image_make_pvh(&image);
        hostile_pvh[i].damage();
        if (parse_pvh() != NU_INVAL ||
            strstr(error.text, hostile_pvh[i].names) == NULL) {
            fail_msg("%s: \"%s\"", hostile_pvh[i].name, error.text);
        }
    }
}

/* Wherever memory ends, no byte behind it is read (ASan would say so). */
static void cut_memory_is_refused(void **state)
{
    (void)state;
    image_make_pvh(&image);
    for (uint64_t bytes = 0; bytes < IMAGE_BYTES; bytes += 7) {
        struct boot_window window = {image.data, IMAGE_PHYS, bytes};
        int rc = boot_info_parse_pvh(&info, &window, IMAGE_INFO, &error);

        assert_int_equal(rc, bytes <= IMAGE_CMDLINE - IMAGE_PHYS +
                                          strlen(IMAGE_CMDLINE_TEXT)
                                 ? NU_INVAL
                                 : 0);
    }
}

/* --- hostile multiboot2 --- */

static uint32_t *tag(uint32_t type)
{
    return image_find_tag(&image, type);
}

static uint32_t *header(void)
{
    return image_at(&image, IMAGE_INFO);
}

DAMAGE(total_small, header()[0] = 7)
DAMAGE(total_huge, header()[0] = UINT32_MAX)
DAMAGE(total_beyond, header()[0] = 0xf0000; tag(6)[1] = 0xe0000)
DAMAGE(tag_empty, tag(2)[1] = 0)
DAMAGE(tag_huge, tag(2)[1] = UINT32_MAX)
DAMAGE(tag_over_end, tag(6)[1] += 4096)
DAMAGE(no_end, header()[0] -= 8)
DAMAGE(entries_empty, tag(6)[2] = 0)
DAMAGE(entries_short, tag(6)[2] = 16)
DAMAGE(entries_odd, tag(6)[2] = 25)
DAMAGE(entries_huge, tag(6)[2] = UINT32_MAX - 7)
DAMAGE(map_short, tag(6)[1] = 12)
DAMAGE(map_cut, tag(6)[1] -= 4)
DAMAGE(map_absent, tag(6)[0] = 99)
DAMAGE(map_twice, const uint32_t none[8] = {24, 0, 0, 0, 4096};
       image_add_tag(&image, 6, none, 32))
DAMAGE(module_short, tag(3)[1] = 12)
DAMAGE(module_backwards, tag(3)[3] = 0)
DAMAGE(module_unaligned, tag(3)[2]++)
DAMAGE(module_reserved, tag(3)[2] = 0xfffc0000; tag(3)[3] = 0xfffd0000)
DAMAGE(text_unended, memset(tag(1) + 2, 'x', tag(1)[1] - 8))
DAMAGE(rsdp_short, const char *text = "RSD"; image_add_tag(&image, 15, text, 4))
DAMAGE(efi_runs, image_add_tag(&image, 18, "", 0))

static const struct hostile hostile_multiboot2[] = {
    {"total_small", total_small, "total_size is 7"},
    {"total_huge", total_huge, "total_size"},
    {"total_beyond", total_beyond, "tag 6 has bad size"},
    {"tag_empty", tag_empty, "tag 2 has bad size 0"},
    {"tag_huge", tag_huge, "tag 2 has bad size"},
    {"tag_over_end", tag_over_end, "tag 6 has bad size"},
    {"no_end", no_end, "no end"},
    {"entries_empty", entries_empty, "entry_size is 0"},
    {"entries_short", entries_short, "entry_size is 16"},
    {"entries_odd", entries_odd, "entry_size is 25"},
    {"entries_huge", entries_huge, "entry_size"},
    {"map_short", map_short, "tag 6 has bad size 12"},
    {"map_cut", map_cut, "tag 6 has bad size"},
    {"map_absent", map_absent, "no memory map"},
    {"map_twice", map_twice, "two memory maps"},
    {"module_short", module_short, "tag 3 has bad size 12"},
    {"module_backwards", module_backwards, "module ends at 0x0"},
    {"module_unaligned", module_unaligned, "not page aligned"},
    {"module_reserved", module_reserved, "archive 0xfffc0000"},
    {"text_unended", text_unended, "command line"},
    {"rsdp_short", rsdp_short, "tag 15 has bad size"},
    {"efi_runs", efi_runs, "boot services"},
};

static void hostile_multiboot2_is_refused_by_name(void **state)
{
    size_t count = sizeof(hostile_multiboot2) / sizeof(hostile_multiboot2[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        image_make_multiboot2(&image);
        hostile_multiboot2[i].damage();
        if (parse_multiboot2() != NU_INVAL ||
            strstr(error.text, hostile_multiboot2[i].names) == NULL) {
            fail_msg("%s: \"%s\"", hostile_multiboot2[i].name, error.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pvh_is_understood),
        cmocka_unit_test(multiboot2_is_understood),
        cmocka_unit_test(archive_and_line_are_optional),
        cmocka_unit_test(foreign_magic_is_refused),
        cmocka_unit_test(hostile_pvh_is_refused_by_name),
        cmocka_unit_test(cut_memory_is_refused),
        cmocka_unit_test(hostile_multiboot2_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
