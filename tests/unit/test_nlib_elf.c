#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nlib/elf.h>

#include "elf_image.h"

#define BASE 0x7000000000ull

static uint8_t file[IMAGE_BYTES];

static void good_image_is_read(void **state)
{
    struct nl_elf elf;

    (void)state;
    image_make(file);
    assert_int_equal(nl_elf_open(&elf, file, sizeof(file)), NL_ELF_OK);
    assert_int_equal(elf.segment_count, 3);
    assert_int_equal(elf.entry, 0x10);
    assert_int_equal(elf.local_start, 0x30);
    assert_int_equal(elf.span, IMAGE_SPAN);
    assert_int_equal(elf.segments[0].flags, NL_ELF_R | NL_ELF_X);
    assert_int_equal(elf.segments[2].mem_bytes, IMAGE_DATA_MEM);
    assert_int_equal(elf.rela_count, 2);
}

static uint64_t word_at(const uint8_t *image, size_t at)
{
    uint64_t v;

    memcpy(&v, image + at, sizeof(v));
    return v;
}

static void image_is_copied_and_relocated(void **state)
{
    static uint8_t image[IMAGE_SPAN];
    static uint8_t pages[IMAGE_SPAN];
    struct nl_elf elf;

    (void)state;
    image_make(file);
    memset(image, 0, sizeof(image));
    memset(pages, 0, sizeof(pages));
    assert_int_equal(nl_elf_open(&elf, file, sizeof(file)), NL_ELF_OK);
    nl_elf_fill(&elf, BASE, 0, image, IMAGE_SPAN);
    assert_memory_equal(image, file + IMAGE_TEXT, 0x100);
    assert_int_equal(word_at(image, 0x1010), BASE + 0x20);
    assert_int_equal(word_at(image, IMAGE_DATA_VADDR + 0x208), BASE + 0x1000);
    assert_int_equal(image[0x2000], 0xff);
    assert_int_equal(image[0x2100], 0); /* bss */
    /* Piece by piece, in pieces of every kind, it is the same. */
    for (size_t at = 0; at < IMAGE_SPAN; at += 264) {
        size_t bytes = IMAGE_SPAN - at < 264 ? IMAGE_SPAN - at : 264;
        uint8_t *piece = calloc(1, bytes);

        nl_elf_fill(&elf, BASE, at, piece, bytes);
        memcpy(pages + at, piece, bytes);
        free(piece);
    }
    assert_memory_equal(image, pages, IMAGE_SPAN);
}

struct damage {
    const char *what;
    size_t at;
    uint64_t value;
    size_t bytes;
    int error;
};

static const struct damage damages[] = {
    {"magic", 0, 'X', 1, NL_ELF_MAGIC},
    {"32 bits", 4, 1, 1, NL_ELF_MAGIC},
    {"big endian", 5, 2, 1, NL_ELF_MAGIC},
    {"machine", IMAGE_MACHINE, 183, 2, NL_ELF_MAGIC},
    {"fixed address", IMAGE_TYPE, 2, 2, NL_ELF_TYPE},
    {"headers outside", IMAGE_PHOFF, 0x5f0, 8, NL_ELF_SHORT},
    {"headers wrap", IMAGE_PHOFF, UINT64_MAX - 8, 8, NL_ELF_SHORT},
    {"many headers", IMAGE_PHNUM, 0xffff, 2, NL_ELF_SHORT},
    {"no headers", IMAGE_PHNUM, 0, 2, NL_ELF_SEGMENT},
    {"header size", IMAGE_PHENTSIZE, 32, 2, NL_ELF_SHORT},
    {"entry in data", IMAGE_ENTRY, 0x2000, 8, NL_ELF_ENTRY},
    {"entry nowhere", IMAGE_ENTRY, 0x100, 8, NL_ELF_ENTRY},
    {"writable code", IMAGE_PHDR(0, PH_FLAGS), 7, 4, NL_ELF_SEGMENT},
    {"unaligned", IMAGE_PHDR(1, PH_VADDR), 0x1800, 8, NL_ELF_SEGMENT},
    {"overlap", IMAGE_PHDR(1, PH_VADDR), 0, 8, NL_ELF_SEGMENT},
    {"huge address", IMAGE_PHDR(2, PH_VADDR), 1ull << 40, 8, NL_ELF_SEGMENT},
    {"huge size", IMAGE_PHDR(2, PH_MEMSZ), 1ull << 40, 8, NL_ELF_SEGMENT},
    {"wraps", IMAGE_PHDR(2, PH_MEMSZ), UINT64_MAX, 8, NL_ELF_SEGMENT},
    {"file over memory", IMAGE_PHDR(1, PH_FILESZ), 0x201, 8, NL_ELF_SEGMENT},
    {"contents outside", IMAGE_PHDR(2, PH_OFFSET), 0x580, 8, NL_ELF_SHORT},
    {"contents wrap", IMAGE_PHDR(2, PH_OFFSET), UINT64_MAX, 8, NL_ELF_SHORT},
    {"interpreter", IMAGE_PHDR(4, PH_TYPE), 3, 4, NL_ELF_DYNAMIC},
    {"thread storage", IMAGE_PHDR(4, PH_TYPE), 7, 4, NL_ELF_DYNAMIC},
    {"library", IMAGE_DYNAMIC, 1, 8, NL_ELF_DYNAMIC},
    {"lazy binding", IMAGE_DYNAMIC + 32, 23, 8, NL_ELF_DYNAMIC},
    {"dynamic outside", IMAGE_PHDR(3, PH_OFFSET), 0x5f0, 8, NL_ELF_SHORT},
    {"table outside", IMAGE_DYNAMIC + 8, 0x11f0, 8, NL_ELF_DYNAMIC},
    {"table odd", IMAGE_DYNAMIC + 24, 47, 8, NL_ELF_DYNAMIC},
    {"table huge", IMAGE_DYNAMIC + 24, 24ull << 50, 8, NL_ELF_DYNAMIC},
    {"entry size", IMAGE_DYNAMIC + 40, 16, 8, NL_ELF_DYNAMIC},
    {"kind", IMAGE_RELA + 8, 1, 8, NL_ELF_RELOCATION},
    {"symbol", IMAGE_RELA + 12, 1, 4, NL_ELF_RELOCATION},
    {"target outside", IMAGE_RELA, 0x1200, 8, NL_ELF_RELOCATION},
    {"target on the edge", IMAGE_RELA + 24,
     IMAGE_DATA_VADDR + IMAGE_DATA_MEM - 0, 8, NL_ELF_RELOCATION},
    {"target wraps", IMAGE_RELA, UINT64_MAX - 7, 8, NL_ELF_RELOCATION},
    {"target odd", IMAGE_RELA, 0x1011, 8, NL_ELF_RELOCATION},
    {"local start in data", IMAGE_NOTE + 20, 0x2000, 8, NL_ELF_ENTRY},
    {"note outside", IMAGE_PHDR(4, PH_OFFSET), 0x5f8, 8, NL_ELF_SHORT},
};

static void damaged_images_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const struct damage *d = &damages[i];
        struct nl_elf elf;
        int error;

        image_make(file);
        image_put(file, d->at, d->value, d->bytes);
        error = nl_elf_open(&elf, file, sizeof(file));
        if (error != d->error) {
            fail_msg("%s: %d, not %d", d->what, error, d->error);
        }
        assert_string_not_equal(nl_elf_error_text(error), "unknown error");
    }
}

static void truncated_images_are_never_read_beyond(void **state)
{
    (void)state;
    image_make(file);
    for (size_t bytes = 0; bytes < IMAGE_BYTES; bytes++) {
        uint8_t *part = malloc(bytes == 0 ? 1 : bytes);
        struct nl_elf elf;

        memcpy(part, file, bytes);
        assert_int_not_equal(nl_elf_open(&elf, part, bytes), NL_ELF_OK);
        free(part);
    }
}

static void foreign_notes_are_passed_over(void **state)
{
    struct nl_elf elf;

    (void)state;
    image_make(file);
    file[IMAGE_NOTE + 12] = 'X';
    assert_int_equal(nl_elf_open(&elf, file, sizeof(file)), NL_ELF_OK);
    assert_int_equal(elf.local_start, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_image_is_read),
        cmocka_unit_test(image_is_copied_and_relocated),
        cmocka_unit_test(damaged_images_are_refused_by_name),
        cmocka_unit_test(truncated_images_are_never_read_beyond),
        cmocka_unit_test(foreign_notes_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
