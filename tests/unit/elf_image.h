/*
 * A small program image made by hand, for tests to break.
 */
#ifndef NUNCIO_TESTS_ELF_IMAGE_H
#define NUNCIO_TESTS_ELF_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Offsets in the file of things to break. */
enum {
    IMAGE_TYPE = 16,
    IMAGE_MACHINE = 18,
    IMAGE_ENTRY = 24,
    IMAGE_PHOFF = 32,
    IMAGE_PHENTSIZE = 54,
    IMAGE_PHNUM = 56,
    IMAGE_PHDRS = 64,
    IMAGE_PHDR_BYTES = 56,
    IMAGE_TEXT = 0x200,
    IMAGE_RODATA = 0x300,
    IMAGE_DATA = 0x500,
    IMAGE_RELA = 0x380, /* two of 24 bytes, in rodata */
    IMAGE_DYNAMIC = 0x400, /* four of 16 bytes, in rodata */
    IMAGE_NOTE = 0x460, /* in rodata */
    IMAGE_BYTES = 0x600,
};

/* Program headers: text, rodata, data, dynamic, note. */
#define IMAGE_PHDR(i, member) (IMAGE_PHDRS + (i)*IMAGE_PHDR_BYTES + (member))
enum {
    PH_TYPE = 0,
    PH_FLAGS = 4,
    PH_OFFSET = 8,
    PH_VADDR = 16,
    PH_FILESZ = 32,
    PH_MEMSZ = 40
};

#define IMAGE_SPAN       0x5000u
#define IMAGE_DATA_VADDR 0x2000u
#define IMAGE_DATA_MEM   0x2100u

/* Fills (file), IMAGE_BYTES long, with a good image. */
void image_make(uint8_t *file);

void image_put(uint8_t *file, size_t at, uint64_t value, size_t bytes);

#endif /* NUNCIO_TESTS_ELF_IMAGE_H */
