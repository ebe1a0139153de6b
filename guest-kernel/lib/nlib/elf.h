/*
 * Reader of program images: ELF64, x86-64, static PIE.
 *
 * nl_elf_open() checks everything that nl_elf_fill() relies on, so that a
 * hostile file gives an error and never a read or write outside the buffers.
 * An image is a run of (span) bytes from address 0 up, moved to a base that the
 * loader chooses; each segment starts on a page of its own, none is writable
 * and executable, and R_X86_64_RELATIVE is the only relocation.
 *
 * Units:     bytes.
 * Ownership: the file stays the caller's and must not change while it is used.
 * Trust:     the file is hostile.
 * Blocking:  never; no memory is allocated.
 * Spec:      System V ABI, chapters 4 and 5; x86-64 supplement, 4.4 and 5.2.
 */
#ifndef NUNCIO_NLIB_ELF_H
#define NUNCIO_NLIB_ELF_H

#include <stddef.h>
#include <stdint.h>

#define NL_ELF_SEGMENTS_MAX 8
#define NL_ELF_SPAN_MAX     (256u << 20)
#define NL_ELF_PAGE         4096u

/* Bits of nl_elf_segment.flags, as in p_flags. */
#define NL_ELF_X 1u
#define NL_ELF_W 2u
#define NL_ELF_R 4u

enum nl_elf_error {
    NL_ELF_OK = 0,
    NL_ELF_SHORT = -1, /* a table or segment lies outside the file */
    NL_ELF_MAGIC = -2, /* not ELF64, little endian, x86-64 */
    NL_ELF_TYPE = -3, /* not ET_DYN */
    NL_ELF_SEGMENT = -4, /* unaligned, overlapping, too large, too many, W+X */
    NL_ELF_ENTRY = -5, /* the entry is not in executable file contents */
    NL_ELF_DYNAMIC =
        -6, /* wants a library or an interpreter, or is malformed */
    NL_ELF_RELOCATION = -7, /* of another kind, or outside a segment */
};

struct nl_elf_segment {
    uint64_t vaddr; /* page aligned, from the image's base */
    uint64_t mem_bytes; /* not rounded; at least file_bytes */
    uint64_t file_offset;
    uint64_t file_bytes;
    uint32_t flags;
};

struct nl_elf {
    const uint8_t *file;
    size_t file_bytes;
    uint64_t span; /* end of the last segment, rounded up to a page */
    uint64_t entry;
    uint64_t local_start; /* from the note "Nuncio", 0 if it has none */
    uint64_t rela_offset; /* in the file */
    uint64_t rela_count;
    uint32_t segment_count; /* ascending addresses, at least 1 */
    struct nl_elf_segment segments[NL_ELF_SEGMENTS_MAX];
};

/* Reads and checks (bytes) at (file). 0, or a negative nl_elf_error. */
int nl_elf_open(struct nl_elf *elf, const void *file, size_t bytes);

/*
 * Writes what the image, moved to (base), holds at [vaddr, vaddr + bytes) to
 * (to): file contents, relocated; the rest is not touched, so that (to) must be
 * zero before. (vaddr) and (bytes) are multiples of 8. Works page by page or
 * for the whole span at once.
 */
void nl_elf_fill(const struct nl_elf *elf, uint64_t base, uint64_t vaddr,
                 void *to, uint64_t bytes);

/* A sentence for people; never NULL. */
const char *nl_elf_error_text(int error);

#endif /* NUNCIO_NLIB_ELF_H */
