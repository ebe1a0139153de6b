#include "boot_image.h"

#include <string.h>

#define MIB 0x100000ull

struct map_entry {
    uint64_t begin;
    uint64_t bytes;
    uint32_t type;
    uint32_t reserved;
};

static const struct map_entry map[] = {
    {0, 0x9fc00, 1, 0},
    {0x9fc00, 0x400, 2, 0},
    {0xf0000, 0x10000, 2, 0},
    {MIB, 127 * MIB - 0x20000, 1, 0},
    {128 * MIB - 0x20000, 0x20000, 3, 0},
    {0xfffc0000, 0x40000, 2, 0},
    {0x100000000, 64 * MIB, 1, 0},
};
#define MAP_COUNT (sizeof(map) / sizeof(map[0]))

void *image_at(struct boot_image *image, uint64_t at)
{
    return image->data + (at - IMAGE_PHYS);
}

struct boot_window image_window(const struct boot_image *image)
{
    struct boot_window window = {image->data, IMAGE_PHYS, IMAGE_BYTES};

    return window;
}

struct hvm_start_info *image_start(struct boot_image *image)
{
    return image_at(image, IMAGE_INFO);
}

struct hvm_memmap_table_entry *image_map(struct boot_image *image, unsigned i)
{
    return (struct hvm_memmap_table_entry *)image_at(image, IMAGE_MAP) + i;
}

void image_make_pvh(struct boot_image *image)
{
    struct hvm_start_info *start = image_start(image);
    struct hvm_modlist_entry *module;

    memset(image, 0, sizeof(*image));
    start->magic = XEN_HVM_START_MAGIC_VALUE;
    start->version = 1;
    start->nr_modules = 1;
    start->modlist_paddr = IMAGE_MODULES;
    start->cmdline_paddr = IMAGE_CMDLINE;
    start->memmap_paddr = IMAGE_MAP;
    start->memmap_entries = MAP_COUNT;
    module = image_at(image, IMAGE_MODULES);
    module->paddr = IMAGE_ARCHIVE;
    module->size = IMAGE_ARCHIVE_BYTES;
    memcpy(image_at(image, IMAGE_MAP), map, sizeof(map));
    memcpy(image_at(image, IMAGE_CMDLINE), IMAGE_CMDLINE_TEXT,
           sizeof(IMAGE_CMDLINE_TEXT));
}

static void end_multiboot2(struct boot_image *image)
{
    uint32_t *end = image_at(image, IMAGE_INFO + image->mb2_bytes);
    uint32_t *header = image_at(image, IMAGE_INFO);

    end[0] = 0;
    end[1] = 8;
    header[0] = image->mb2_bytes + 8;
}

uint8_t *image_add_tag(struct boot_image *image, uint32_t type,
                       const void *body, uint32_t bytes)
{
    uint32_t *tag = image_at(image, IMAGE_INFO + image->mb2_bytes);

    tag[0] = type;
    tag[1] = 8 + bytes;
    memcpy(tag + 2, body, bytes);
    image->mb2_bytes += (8 + bytes + 7) & ~7u;
    end_multiboot2(image);
    return (uint8_t *)(tag + 2);
}

uint32_t *image_find_tag(struct boot_image *image, uint32_t type)
{
    uint32_t at = 8;

    while (at < image->mb2_bytes) {
        uint32_t *tag = image_at(image, IMAGE_INFO + at);

        if (tag[0] == type) {
            return tag;
        }
        at += (tag[1] + 7) & ~7u;
    }
    return NULL;
}

void image_make_multiboot2(struct boot_image *image)
{
    const uint32_t module[2] = {IMAGE_ARCHIVE,
                                IMAGE_ARCHIVE + IMAGE_ARCHIVE_BYTES};
    uint8_t memory[8 + sizeof(map)];
    const uint32_t header[2] = {sizeof(map[0]), 0};

    memset(image, 0, sizeof(*image));
    image->mb2_bytes = 8;
    image_add_tag(image, 1, IMAGE_CMDLINE_TEXT, sizeof(IMAGE_CMDLINE_TEXT));
    image_add_tag(image, 2, "loader", 7);
    image_add_tag(image, 3, module, sizeof(module));
    memcpy(memory, header, sizeof(header));
    memcpy(memory + sizeof(header), map, sizeof(map));
    image_add_tag(image, 6, memory, sizeof(memory));
}

static uint8_t sum(const uint8_t *data, uint32_t bytes)
{
    uint8_t total = 0;

    for (uint32_t i = 0; i < bytes; i++) {
        total = (uint8_t)(total + data[i]);
    }
    return total;
}

void image_seal_table(struct boot_image *image, uint64_t at)
{
    uint8_t *table = image_at(image, at);
    uint32_t bytes;

    memcpy(&bytes, table + 4, sizeof(bytes));
    table[9] = 0;
    table[9] = (uint8_t)-sum(table, bytes);
}

static uint8_t *begin_table(struct boot_image *image, uint64_t at,
                            const char *signature, uint32_t bytes)
{
    uint8_t *table = image_at(image, at);

    memset(table, 0, bytes);
    memcpy(table, signature, 4);
    memcpy(table + 4, &bytes, sizeof(bytes));
    return table;
}

static void add_madt(struct boot_image *image)
{
    static const uint8_t entries[] = {
        0, 8,  0, 0, 1, 0,    0,    0, /* local APIC */
        1, 12, 0, 0, 0, 0,    0xc0, 0xfe, 0,  0, 0, 0, /* I/O APIC */
        1, 12, 1, 0, 0, 0x10, 0xc1, 0xfe, 24, 0, 0, 0, /* another */
        2, 10, 0, 4, 9, 0,    0,    0,    15, 0, /* 4: 9, level, low */
    };
    uint8_t *table =
        begin_table(image, IMAGE_MADT, "APIC", 44 + sizeof(entries));

    memcpy(table + 44, entries, sizeof(entries));
    image_seal_table(image, IMAGE_MADT);
}

void image_add_acpi(struct boot_image *image)
{
    uint8_t *rsdp = image_at(image, IMAGE_RSDP);
    static const char signature[8] = {'R', 'S', 'D', ' ', 'P', 'T', 'R', ' '};
    const uint64_t xsdt = IMAGE_XSDT;
    const uint64_t tables[2] = {IMAGE_MADT, IMAGE_FADT};
    uint8_t *table;

    memset(rsdp, 0, 36);
    memcpy(rsdp, signature, sizeof(signature));
    rsdp[15] = 2;
    rsdp[20] = 36;
    memcpy(rsdp + 24, &xsdt, sizeof(xsdt));
    rsdp[8] = (uint8_t)-sum(rsdp, 20);
    table = begin_table(image, IMAGE_XSDT, "XSDT", 36 + sizeof(tables));
    memcpy(table + 36, tables, sizeof(tables));
    image_seal_table(image, IMAGE_XSDT);
    add_madt(image);
    table = begin_table(image, IMAGE_FADT, "FACP", 116);
    table[64] = 0x04;
    table[65] = 0x06;
    table[76] = 0x08;
    table[77] = 0x06;
    image_seal_table(image, IMAGE_FADT);
}
