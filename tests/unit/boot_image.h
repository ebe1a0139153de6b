/*
 * Boot information as a loader writes it, in a piece of memory that stands for
 * physical memory: for the tests of the parsers, which then damage it.
 */
#ifndef NUNCIO_TESTS_BOOT_IMAGE_H
#define NUNCIO_TESTS_BOOT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <boot/boot_info.h>
#include <xen/arch-x86/hvm/start_info.h>

#define IMAGE_PHYS  0x10000u
#define IMAGE_BYTES 0x8000u

/* Where things lie, as physical addresses. */
#define IMAGE_INFO          0x10100u
#define IMAGE_MAP           0x10400u
#define IMAGE_MODULES       0x10200u
#define IMAGE_CMDLINE       0x11000u
#define IMAGE_RSDP          0x12000u
#define IMAGE_XSDT          0x12100u
#define IMAGE_MADT          0x12200u
#define IMAGE_FADT          0x12400u
#define IMAGE_ARCHIVE       0x300000u
#define IMAGE_ARCHIVE_BYTES 5000u

#define IMAGE_CMDLINE_TEXT "log=e9 exit=0xf4 main"

struct boot_image {
    uint8_t data[IMAGE_BYTES];
    uint32_t mb2_bytes; /* of multiboot2 information so far */
};

/* What is at physical address (at). */
void *image_at(struct boot_image *image, uint64_t at);
struct boot_window image_window(const struct boot_image *image);

void image_make_pvh(struct boot_image *image);
struct hvm_start_info *image_start(struct boot_image *image);
struct hvm_memmap_table_entry *image_map(struct boot_image *image, unsigned i);

void image_make_multiboot2(struct boot_image *image);
/* Adds a tag before the end tag; returns its body. */
uint8_t *image_add_tag(struct boot_image *image, uint32_t type,
                       const void *body, uint32_t bytes);
/* The first tag of (type). */
uint32_t *image_find_tag(struct boot_image *image, uint32_t type);

/* ACPI: RSDP, XSDT, a MADT of two I/O APICs and an override, a FADT. */
void image_add_acpi(struct boot_image *image);
/* Makes the checksum of the table at (at) right. */
void image_seal_table(struct boot_image *image, uint64_t at);

#endif /* NUNCIO_TESTS_BOOT_IMAGE_H */
