#include <nlib/elf.h>
#include <nlib/string.h>

#include <stdbool.h>

/* Offsets and values of the specification. */
#define EHDR_BYTES 64u
#define PHDR_BYTES 56u
#define RELA_BYTES 24u
#define DYN_BYTES  16u
#define ET_DYN     3u
#define EM_X86_64  62u
#define PT_LOAD    1u
#define PT_DYNAMIC 2u
#define PT_INTERP  3u
#define PT_NOTE    4u
#define PT_TLS     7u
#define DT_NULL    0u
#define DT_NEEDED  1u
#define DT_RELA    7u
#define DT_RELASZ  8u
#define DT_RELAENT 9u
#define DT_JMPREL  23u
#define DT_TEXTREL 22u
#define DT_REL     17u
#define DT_RELR    36u
#define R_RELATIVE 8u
#define NOTE_TYPE  1u

static uint64_t get(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = bytes; i > 0; i--) {
        v = v << 8 | p[i - 1];
    }
    return v;
}

/* One program header, as it stands in the file. */
struct phdr {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t vaddr;
    uint64_t file_bytes;
    uint64_t mem_bytes;
};

static bool in_file(const struct nl_elf *elf, uint64_t offset, uint64_t bytes)
{
    return offset <= elf->file_bytes && bytes <= elf->file_bytes - offset;
}

static struct phdr phdr_at(const struct nl_elf *elf, uint64_t at)
{
    const uint8_t *p = elf->file + at;

    return (struct phdr){.type = (uint32_t)get(p, 4),
                         .flags = (uint32_t)get(p + 4, 4),
                         .offset = get(p + 8, 8),
                         .vaddr = get(p + 16, 8),
                         .file_bytes = get(p + 32, 8),
                         .mem_bytes = get(p + 40, 8)};
}

/* The segment that holds [vaddr, vaddr + bytes) in its file part, or in all of
 * it if (in_memory); NULL if there is none. */
static const struct nl_elf_segment *segment_of(const struct nl_elf *elf,
                                               uint64_t vaddr, uint64_t bytes,
                                               bool in_memory)
{
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct nl_elf_segment *s = &elf->segments[i];
        uint64_t room = in_memory ? s->mem_bytes : s->file_bytes;

        if (vaddr >= s->vaddr && vaddr - s->vaddr <= room &&
            bytes <= room - (vaddr - s->vaddr)) {
            return s;
        }
    }
    return NULL;
}

static int add_segment(struct nl_elf *elf, const struct phdr *ph)
{
    struct nl_elf_segment *s = &elf->segments[elf->segment_count];

    if (ph->mem_bytes == 0) {
        return ph->file_bytes == 0 ? NL_ELF_OK : NL_ELF_SEGMENT;
    }
    if (elf->segment_count == NL_ELF_SEGMENTS_MAX ||
        ph->vaddr % NL_ELF_PAGE != 0 || ph->vaddr < elf->span ||
        ph->vaddr > NL_ELF_SPAN_MAX ||
        ph->mem_bytes > NL_ELF_SPAN_MAX - ph->vaddr ||
        ph->file_bytes > ph->mem_bytes) {
        return NL_ELF_SEGMENT;
    }
    if ((ph->flags & NL_ELF_W) && (ph->flags & NL_ELF_X)) {
        return NL_ELF_SEGMENT;
    }
    if (!in_file(elf, ph->offset, ph->file_bytes)) {
        return NL_ELF_SHORT;
    }
    s->vaddr = ph->vaddr;
    s->mem_bytes = ph->mem_bytes;
    s->file_offset = ph->offset;
    s->file_bytes = ph->file_bytes;
    s->flags = ph->flags & (NL_ELF_R | NL_ELF_W | NL_ELF_X);
    elf->segment_count++;
    elf->span = (ph->vaddr + ph->mem_bytes + NL_ELF_PAGE - 1) &
                ~(uint64_t)(NL_ELF_PAGE - 1);
    return NL_ELF_OK;
}

static int read_dynamic(struct nl_elf *elf, const struct phdr *ph)
{
    uint64_t rela = 0;
    uint64_t bytes = 0;
    uint64_t entry_bytes = RELA_BYTES;
    const struct nl_elf_segment *s;

    if (!in_file(elf, ph->offset, ph->file_bytes)) {
        return NL_ELF_SHORT;
    }
    for (uint64_t at = 0; ph->file_bytes - at >= DYN_BYTES; at += DYN_BYTES) {
        uint64_t tag = get(elf->file + ph->offset + at, 8);
        uint64_t value = get(elf->file + ph->offset + at + 8, 8);

        if (tag == DT_NULL) {
            break;
        }
        if (tag == DT_NEEDED || tag == DT_JMPREL || tag == DT_TEXTREL ||
            tag == DT_REL || tag == DT_RELR) {
            return NL_ELF_DYNAMIC;
        }
        if (tag == DT_RELA) {
            rela = value;
        } else if (tag == DT_RELASZ) {
            bytes = value;
        } else if (tag == DT_RELAENT) {
            entry_bytes = value;
        }
    }
    if (bytes == 0) {
        return NL_ELF_OK;
    }
    s = segment_of(elf, rela, bytes, false);
    if (entry_bytes != RELA_BYTES || bytes % RELA_BYTES != 0 || s == NULL) {
        return NL_ELF_DYNAMIC;
    }
    elf->rela_offset = s->file_offset + (rela - s->vaddr);
    elf->rela_count = bytes / RELA_BYTES;
    return NL_ELF_OK;
}

/* The note that drivers/rt/image.ld writes: where local_start is. */
static int read_note(struct nl_elf *elf, const struct phdr *ph)
{
    const uint8_t *p;

    if (!in_file(elf, ph->offset, ph->file_bytes)) {
        return NL_ELF_SHORT;
    }
    p = elf->file + ph->offset;
    if (ph->file_bytes < 28 || get(p, 4) != 7 || get(p + 4, 4) != 8 ||
        get(p + 8, 4) != NOTE_TYPE || memcmp(p + 12, "Nuncio", 7) != 0) {
        return NL_ELF_OK; /* another's note */
    }
    elf->local_start = get(p + 20, 8);
    return NL_ELF_OK;
}

static int check_relocations(const struct nl_elf *elf)
{
    for (uint64_t i = 0; i < elf->rela_count; i++) {
        const uint8_t *p = elf->file + elf->rela_offset + i * RELA_BYTES;
        uint64_t where = get(p, 8);

        if (get(p + 8, 8) != R_RELATIVE || where % 8 != 0 ||
            segment_of(elf, where, 8, true) == NULL) {
            return NL_ELF_RELOCATION;
        }
    }
    return NL_ELF_OK;
}

static bool is_code(const struct nl_elf *elf, uint64_t vaddr)
{
    const struct nl_elf_segment *s = segment_of(elf, vaddr, 1, false);

    return s != NULL && (s->flags & NL_ELF_X);
}

static int check_header(const struct nl_elf *elf)
{
    static const uint8_t magic[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    if (elf->file_bytes < EHDR_BYTES) {
        return NL_ELF_SHORT;
    }
    if (memcmp(elf->file, magic, sizeof(magic)) != 0 ||
        get(elf->file + 18, 2) != EM_X86_64) {
        return NL_ELF_MAGIC;
    }
    return get(elf->file + 16, 2) == ET_DYN ? NL_ELF_OK : NL_ELF_TYPE;
}

/* Program headers of type (type): loads first, the others look into them. */
static int read_headers(struct nl_elf *elf, uint64_t phoff, uint32_t count,
                        uint32_t type)
{
    for (uint32_t i = 0; i < count; i++) {
        struct phdr ph = phdr_at(elf, phoff + (uint64_t)i * PHDR_BYTES);
        int error = NL_ELF_OK;

        if (ph.type == PT_INTERP || ph.type == PT_TLS) {
            return NL_ELF_DYNAMIC;
        }
        if (ph.type != type) {
            continue;
        }
        if (type == PT_LOAD) {
            error = add_segment(elf, &ph);
        } else if (type == PT_DYNAMIC) {
            error = read_dynamic(elf, &ph);
        } else {
            error = read_note(elf, &ph);
        }
        if (error != NL_ELF_OK) {
            return error;
        }
    }
    return NL_ELF_OK;
}

int nl_elf_open(struct nl_elf *elf, const void *file, size_t bytes)
{
    static const uint32_t order[] = {PT_LOAD, PT_DYNAMIC, PT_NOTE};
    uint64_t phoff;
    uint32_t count;
    int error;

    memset(elf, 0, sizeof(*elf));
    elf->file = file;
    elf->file_bytes = bytes;
    error = check_header(elf);
    if (error != NL_ELF_OK) {
        return error;
    }
    elf->entry = get(elf->file + 24, 8);
    phoff = get(elf->file + 32, 8);
    count = (uint32_t)get(elf->file + 56, 2);
    if (get(elf->file + 54, 2) != PHDR_BYTES ||
        !in_file(elf, phoff, (uint64_t)count * PHDR_BYTES)) {
        return NL_ELF_SHORT;
    }
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        error = read_headers(elf, phoff, count, order[i]);
        if (error != NL_ELF_OK) {
            return error;
        }
    }
    if (elf->segment_count == 0) {
        return NL_ELF_SEGMENT;
    }
    if (!is_code(elf, elf->entry) ||
        (elf->local_start != 0 && !is_code(elf, elf->local_start))) {
        return NL_ELF_ENTRY;
    }
    return check_relocations(elf);
}

void nl_elf_fill(const struct nl_elf *elf, uint64_t base, uint64_t vaddr,
                 void *to, uint64_t bytes)
{
    uint8_t *out = to;

    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct nl_elf_segment *s = &elf->segments[i];
        uint64_t from = s->vaddr > vaddr ? s->vaddr : vaddr;
        uint64_t end = s->vaddr + s->file_bytes;

        if (end > vaddr + bytes) {
            end = vaddr + bytes;
        }
        if (from < end) {
            memcpy(out + (from - vaddr),
                   elf->file + s->file_offset + (from - s->vaddr), end - from);
        }
    }
    for (uint64_t i = 0; i < elf->rela_count; i++) {
        const uint8_t *p = elf->file + elf->rela_offset + i * RELA_BYTES;
        uint64_t where = get(p, 8);
        uint64_t value = base + get(p + 16, 8);

        if (where >= vaddr && where - vaddr < bytes) {
            memcpy(out + (where - vaddr), &value, sizeof(value));
        }
    }
}

const char *nl_elf_error_text(int error)
{
    switch (error) {
    case NL_ELF_OK:
        return "ok";
    case NL_ELF_SHORT:
        return "a table or segment lies outside the file";
    case NL_ELF_MAGIC:
        return "not an ELF64 file for x86-64";
    case NL_ELF_TYPE:
        return "not position independent";
    case NL_ELF_SEGMENT:
        return "segments overlap, are unaligned, or writable and executable";
    case NL_ELF_ENTRY:
        return "the entry is not code";
    case NL_ELF_DYNAMIC:
        return "needs dynamic linking";
    case NL_ELF_RELOCATION:
        return "a relocation of an unknown kind or outside the image";
    default:
        return "unknown error";
    }
}
