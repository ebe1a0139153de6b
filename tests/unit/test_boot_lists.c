/*
 * What boot makes of what it was told: memory ranges, the command line, ACPI's
 * tables; and that the constants of two page-table modules agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot_image.h"

#include <abi/error.h>
#include <boot/acpi.h>
#include <boot/boot_ranges.h>
#include <boot/cmdline.h>
#include <boot_paging.h>
#include <mm/pagetable.h>
#include <mm/space.h>
#include <page_entry.h>

#define PAGES 64u

/* --- ranges --- */

/* The strongest kind over each page, the slow way; 0 where there is none. */
static uint32_t kind_of_page(const struct boot_range *ranges, uint32_t count,
                             uint64_t page)
{
    uint64_t begin = page * 4096;
    uint32_t kind = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct boot_range *r = &ranges[i];
        bool all = r->begin <= begin && r->end >= begin + 4096;
        bool some = r->begin < begin + 4096 && r->end > begin;

        if (r->kind == BOOT_RANGE_USABLE ? all && kind == 0 : some) {
            kind = kind == BOOT_RANGE_RESERVED ? kind : r->kind;
        }
    }
    return kind;
}

/* Usable and not a whole page of anything else: nothing may claim it. */
static void random_maps_are_resolved(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 2000; round++) {
        struct boot_range ranges[BOOT_RANGES_MAX];
        struct boot_range given[BOOT_RANGES_MAX];
        uint32_t count = (uint32_t)rand() % 12;

        for (uint32_t i = 0; i < count; i++) {
            uint64_t begin = (uint64_t)rand() % (PAGES * 4096);

            given[i].begin = begin & (rand() % 2 ? ~4095ull : ~0ull);
            given[i].end = given[i].begin + (uint64_t)rand() % 0x8000;
            given[i].kind = 1 + (uint32_t)rand() % 3;
            ranges[i] = given[i];
        }
        {
            uint32_t given_count = count;

            assert_int_equal(boot_ranges_normalise(ranges, &count), 0);
            for (uint32_t page = 0; page < PAGES + 16; page++) {
                assert_int_equal(kind_of_page(ranges, count, page),
                                 kind_of_page(given, given_count, page));
            }
        }
        for (uint32_t i = 0; i < count; i++) {
            assert_true(ranges[i].begin < ranges[i].end);
            assert_true(i == 0 || ranges[i - 1].end <= ranges[i].begin);
            assert_true(i == 0 || ranges[i - 1].end < ranges[i].begin ||
                        ranges[i - 1].kind != ranges[i].kind);
        }
    }
}

static void subtraction_leaves_the_rest(void **state)
{
    (void)state;
    srand(2);
    for (int round = 0; round < 2000; round++) {
        struct boot_range r[BOOT_RANGES_MAX] = {
            {0x1000, 0x8000, BOOT_RANGE_USABLE, 0},
            {0x8000, 0xa000, BOOT_RANGE_RESERVED, 0},
            {0x10000, 0x20000, BOOT_RANGE_USABLE, 0},
        };
        struct boot_range before[BOOT_RANGES_MAX];
        uint32_t count = 3;
        uint64_t begin = (uint64_t)rand() % 40 * 4096;
        uint64_t end = begin + (uint64_t)rand() % 12 * 4096;

        memcpy(before, r, sizeof(r));
        assert_int_equal(boot_ranges_subtract(r, &count, begin, end), 0);
        for (uint64_t page = 0; page < PAGES; page++) {
            bool gone = page * 4096 >= begin && page * 4096 < end;

            assert_int_equal(kind_of_page(r, count, page),
                             gone ? 0 : kind_of_page(before, 3, page));
        }
    }
}

static void full_list_is_an_error(void **state)
{
    struct boot_range r[BOOT_RANGES_MAX];
    uint32_t count = BOOT_RANGES_MAX;

    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        r[i] = (struct boot_range){i * 0x10000ull, i * 0x10000ull + 0x3000,
                                   BOOT_RANGE_USABLE, 0};
    }
    assert_int_equal(boot_ranges_subtract(r, &count, 0x1000, 0x2000), NU_NOSPC);
    assert_int_equal(count, BOOT_RANGES_MAX);
    /* One long range is cut into pieces by what lies within it. */
    r[0] = (struct boot_range){0, 1ull << 40, BOOT_RANGE_USABLE, 0};
    for (uint32_t i = 1; i < count; i++) {
        r[i].kind = BOOT_RANGE_RESERVED;
    }
    assert_int_equal(boot_ranges_normalise(r, &count), NU_NOSPC);
}

/* --- command line --- */

static void words_are_found(void **state)
{
    char value[8] = "?";
    uint64_t number = 5;

    (void)state;
    cmdline_set(
        "  log=e9\tquiet d=1@2:3  d=4 logs=x big=0xffffffffffffffff "
        "over=18446744073709551616 hex=0xf4 long=12345678 no=0x bad=1z");
    assert_int_equal(cmdline_get("log", value, sizeof(value)), 2);
    assert_string_equal(value, "e9");
    assert_int_equal(cmdline_get("quiet", value, sizeof(value)), 0);
    assert_string_equal(value, "");
    assert_int_equal(cmdline_get("lo", value, sizeof(value)), NU_NOENT);
    assert_int_equal(cmdline_get("e9", value, sizeof(value)), NU_NOENT);
    assert_int_equal(cmdline_get("long", value, sizeof(value)), NU_TOOLONG);
    assert_string_equal(value, "");
    assert_int_equal(cmdline_get_nth("d", 1, value, sizeof(value)), 1);
    assert_string_equal(value, "4");
    assert_int_equal(cmdline_get_nth("d", 2, value, sizeof(value)), NU_NOENT);
    assert_true(cmdline_has("logs"));
    assert_false(cmdline_has("quie"));
    assert_int_equal(cmdline_get_u64("absent", &number), NU_NOENT);
    assert_int_equal(cmdline_get_u64("log", &number), NU_INVAL);
    assert_int_equal(cmdline_get_u64("over", &number), NU_INVAL);
    assert_int_equal(cmdline_get_u64("no", &number), NU_INVAL);
    assert_int_equal(cmdline_get_u64("bad", &number), NU_INVAL);
    assert_int_equal(cmdline_get_u64("quiet", &number), NU_INVAL);
    assert_int_equal(number, 5);
    assert_int_equal(cmdline_get_u64("hex", &number), 0);
    assert_int_equal(number, 0xf4);
    assert_int_equal(cmdline_get_u64("big", &number), 0);
    assert_true(number == UINT64_MAX);
}

/* --- ACPI --- */

static struct boot_image image;
static struct acpi_info acpi;

static const char *parse_acpi(uint64_t rsdp)
{
    struct boot_window window = image_window(&image);
    struct boot_info info = {.rsdp = rsdp};

    return acpi_parse(&acpi, &info, &window);
}

static void tables_are_understood(void **state)
{
    struct acpi_override line;

    (void)state;
    image_add_acpi(&image);
    assert_null(parse_acpi(IMAGE_RSDP));
    assert_true(acpi.found);
    assert_int_equal(acpi.ioapic_count, 2);
    assert_int_equal(acpi.ioapics[0].phys, 0xfec00000u);
    assert_int_equal(acpi.ioapics[1].phys, 0xfec11000u);
    assert_int_equal(acpi.ioapics[1].gsi_base, 24);
    assert_int_equal(acpi.pm_control_port, 0x604);
    assert_int_equal(acpi.pm_timer_port, 0x608);
    line = acpi_isa_line(&acpi, 4);
    assert_int_equal(line.gsi, 9);
    assert_true(line.level && line.low);
    line = acpi_isa_line(&acpi, 5);
    assert_int_equal(line.gsi, 5);
    assert_false(line.level || line.low);
}

static void without_tables_a_pc_is_assumed(void **state)
{
    (void)state;
    assert_null(parse_acpi(0));
    assert_false(acpi.found);
    assert_int_equal(acpi.ioapic_count, 1);
    assert_int_equal(acpi.ioapics[0].phys, 0xfec00000u);
}

static void bad_checksum_loses_the_table(void **state)
{
    (void)state;
    image_add_acpi(&image);
    ((uint8_t *)image_at(&image, IMAGE_MADT))[50]++;
    assert_null(parse_acpi(IMAGE_RSDP));
    assert_int_equal(acpi.ioapic_count, 1);
    assert_int_equal(acpi.pm_timer_port, 0x608);
    ((uint8_t *)image_at(&image, IMAGE_XSDT))[10]++;
    assert_non_null(parse_acpi(IMAGE_RSDP));
    ((uint8_t *)image_at(&image, IMAGE_RSDP))[0]++;
    assert_non_null(parse_acpi(IMAGE_RSDP));
    assert_non_null(parse_acpi(0x17ff8));
    assert_int_equal(acpi.ioapic_count, 1);
}

/* Every byte of every table set to 0 and to 0xff, its checksum mended: no
 * crash, no endless walk, never more entries than there is room for. */
static void damaged_tables_are_survived(void **state)
{
    static const uint64_t tables[] = {IMAGE_XSDT, IMAGE_MADT, IMAGE_FADT};

    (void)state;
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (uint32_t i = 0; i < 120; i++) {
            for (int value = 0; value < 256; value += 255) {
                image_add_acpi(&image);
                ((uint8_t *)image_at(&image, tables[t]))[i] = (uint8_t)value;
                if (i < 4 || i > 7) { /* the length would lead astray here */
                    image_seal_table(&image, tables[t]);
                }
                assert_true(parse_acpi(IMAGE_RSDP) == NULL ||
                            tables[t] == IMAGE_XSDT);
                assert_in_range(acpi.ioapic_count, 1, HV_IOAPICS_MAX);
                assert_in_range(acpi.override_count, 0, ACPI_OVERRIDES_MAX);
            }
        }
    }
}

/* --- constants --- */

static void page_constants_agree(void **state)
{
    (void)state;
    assert_true(PAGE_ENTRY_PRESENT == PTE_PRESENT);
    assert_true(PAGE_ENTRY_WRITE == PTE_WRITE);
    assert_true(PAGE_ENTRY_USER == PTE_USER);
    assert_true(PAGE_ENTRY_UNCACHED == PTE_UNCACHED);
    assert_true(PAGE_ENTRY_LARGE == PTE_LARGE);
    assert_true(PAGE_ENTRY_GLOBAL == PTE_GLOBAL);
    assert_true(PAGE_ENTRY_NX == PTE_NX);
    assert_true(PAGE_ENTRY_ADDR == PTE_ADDR);
    assert_true(PAGE_SMALL_BYTES == PAGE_BYTES);
    assert_true(LAYOUT_SERVICE_BASE == SPACE_KERNEL_BEGIN);
    assert_int_equal(PAGE_INDEX(LAYOUT_DIRECT_BASE, 3), 256);
    assert_int_equal(PAGE_INDEX(LAYOUT_IMAGE_BASE, 3), 511);
    assert_int_equal(PAGE_INDEX(LAYOUT_IMAGE_BASE, 2), 510);
    assert_true(LAYOUT_DIRECT_BASE + LAYOUT_DIRECT_BYTES ==
                LAYOUT_SERVICE_BASE);
    /* All service memory lies under the one entry that boot makes. */
    assert_int_equal(PAGE_INDEX(SPACE_KERNEL_BEGIN, 3),
                     PAGE_INDEX(SPACE_KERNEL_BEGIN +
                                    SPACE_KERNEL_COUNT * SPACE_KERNEL_BYTES - 1,
                                3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_maps_are_resolved),
        cmocka_unit_test(subtraction_leaves_the_rest),
        cmocka_unit_test(full_list_is_an_error),
        cmocka_unit_test(words_are_found),
        cmocka_unit_test(tables_are_understood),
        cmocka_unit_test(without_tables_a_pc_is_assumed),
        cmocka_unit_test(bad_checksum_loses_the_table),
        cmocka_unit_test(damaged_tables_are_survived),
        cmocka_unit_test(page_constants_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
