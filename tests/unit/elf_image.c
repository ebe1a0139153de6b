#include "elf_image.h"

#include <string.h>

void image_put(uint8_t *file, size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        file[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_phdr(uint8_t *file, size_t i, uint32_t type, uint32_t flags,
                     uint64_t offset, uint64_t vaddr, uint64_t filesz,
                     uint64_t memsz)
{
    image_put(file, IMAGE_PHDR(i, PH_TYPE), type, 4);
    image_put(file, IMAGE_PHDR(i, PH_FLAGS), flags, 4);
    image_put(file, IMAGE_PHDR(i, PH_OFFSET), offset, 8);
    image_put(file, IMAGE_PHDR(i, PH_VADDR), vaddr, 8);
    image_put(file, IMAGE_PHDR(i, PH_FILESZ), filesz, 8);
    image_put(file, IMAGE_PHDR(i, PH_MEMSZ), memsz, 8);
}

static void put_rela(uint8_t *file, size_t i, uint64_t where, uint64_t addend)
{
    image_put(file, IMAGE_RELA + 24 * i, where, 8);
    image_put(file, IMAGE_RELA + 24 * i + 8, 8, 8);
    image_put(file, IMAGE_RELA + 24 * i + 16, addend, 8);
}

static void put_dynamic(uint8_t *file, size_t i, uint64_t tag, uint64_t value)
{
    image_put(file, IMAGE_DYNAMIC + 16 * i, tag, 8);
    image_put(file, IMAGE_DYNAMIC + 16 * i + 8, value, 8);
}

void image_make(uint8_t *file)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    memset(file, 0, IMAGE_BYTES);
    memcpy(file, ident, sizeof(ident));
    image_put(file, IMAGE_TYPE, 3, 2);
    image_put(file, IMAGE_MACHINE, 62, 2);
    image_put(file, IMAGE_ENTRY, 0x10, 8);
    image_put(file, IMAGE_PHOFF, IMAGE_PHDRS, 8);
    image_put(file, IMAGE_PHENTSIZE, 56, 2);
    image_put(file, IMAGE_PHNUM, 5, 2);
    put_phdr(file, 0, 1, 5, IMAGE_TEXT, 0, 0x100, 0x100);
    put_phdr(file, 1, 1, 4, IMAGE_RODATA, 0x1000, 0x200, 0x200);
    put_phdr(file, 2, 1, 6, IMAGE_DATA, IMAGE_DATA_VADDR, 0x100,
             IMAGE_DATA_MEM);
    put_phdr(file, 3, 2, 4, IMAGE_DYNAMIC, 0x1100, 0x40, 0x40);
    put_phdr(file, 4, 4, 4, IMAGE_NOTE, 0x1160, 28, 28);
    for (size_t i = 0; i < 0x100; i++) {
        file[IMAGE_TEXT + i] = (uint8_t)(i + 1);
        file[IMAGE_DATA + i] = (uint8_t)(0xff - i);
    }
    /* One into rodata, one into data behind the file's part. */
    put_rela(file, 0, 0x1010, 0x20);
    put_rela(file, 1, IMAGE_DATA_VADDR + 0x208, 0x1000);
    put_dynamic(file, 0, 7, 0x1080);
    put_dynamic(file, 1, 8, 48);
    put_dynamic(file, 2, 9, 24);
    put_dynamic(file, 3, 0, 0);
    image_put(file, IMAGE_NOTE, 7, 4);
    image_put(file, IMAGE_NOTE + 4, 8, 4);
    image_put(file, IMAGE_NOTE + 8, 1, 4);
    memcpy(file + IMAGE_NOTE + 12, "Nuncio", 7);
    image_put(file, IMAGE_NOTE + 20, 0x30, 8);
}
