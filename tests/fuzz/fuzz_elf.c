/*
 * Program images of any bytes. Oracle: no trap; what is accepted keeps the
 * promises of nlib/elf.h, and filling it page by page or in one piece is the
 * same and stays inside the buffer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nlib/elf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SPAN_TRIED (1u << 20)
#define BASE       0x1234567000ull

static void must(int good)
{
    if (!good) {
        abort();
    }
}

static void check(const struct nl_elf *elf)
{
    uint64_t end = 0;

    must(elf->segment_count >= 1 && elf->segment_count <= NL_ELF_SEGMENTS_MAX);
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct nl_elf_segment *s = &elf->segments[i];

        must(s->vaddr % NL_ELF_PAGE == 0 && s->vaddr >= end);
        must(s->file_bytes <= s->mem_bytes && s->mem_bytes > 0);
        must(s->file_offset <= elf->file_bytes &&
             s->file_bytes <= elf->file_bytes - s->file_offset);
        must((s->flags & (NL_ELF_W | NL_ELF_X)) != (NL_ELF_W | NL_ELF_X));
        end = s->vaddr + s->mem_bytes;
    }
    must(end <= elf->span && elf->span <= NL_ELF_SPAN_MAX);
    must(elf->entry < end && elf->local_start < end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nl_elf elf;
    uint8_t *whole;

    if (nl_elf_open(&elf, data, size) != NL_ELF_OK) {
        return 0;
    }
    check(&elf);
    if (elf.span > SPAN_TRIED) {
        return 0;
    }
    whole = calloc(1, elf.span);
    nl_elf_fill(&elf, BASE, 0, whole, elf.span);
    for (uint64_t at = 0; at < elf.span; at += NL_ELF_PAGE) {
        uint8_t *page = calloc(1, NL_ELF_PAGE);

        nl_elf_fill(&elf, BASE, at, page, NL_ELF_PAGE);
        must(memcmp(page, whole + at, NL_ELF_PAGE) == 0);
        free(page);
    }
    free(whole);
    return 0;
}
