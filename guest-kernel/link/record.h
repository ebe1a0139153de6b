/*
 * Records: packing what one end says, and checking a copy of what the other
 * said. Pure: no kernel state.
 *
 * Trust: link_record_read() takes any bytes. What it accepts holds together:
 *        every count fits, every array lies within the copy. What the numbers
 *        mean (objects, references, calls) is for the caller to check.
 */
#ifndef NUNCIO_LINK_RECORD_H
#define NUNCIO_LINK_RECORD_H

#include <stdbool.h>
#include <link/wire.h>

/* A record being made. Counts and (head) are zero to begin with. */
struct link_draft {
    struct link_record head; /* its counts are filled in by packing */
    const uint64_t *words; /* as many as head.tag says, the first four from: */
    uint64_t reg_words[NU_REG_WORDS];
    uint32_t rx_count;
    uint32_t release_count;
    uint32_t ref_count;
    uint32_t data_bytes;
    struct link_extent pieces[NU_STRINGS_MAX]; /* as head.tag says */
    struct link_extent rx[NU_RX_MAX];
    struct link_handle handles[NU_HANDLES_MAX]; /* as head.tag says */
    uint32_t releases[LINK_RELEASES_MAX];
    uint32_t refs[LINK_REFS_MAX];
    uint8_t data[LINK_SLOT_BYTES];
};

/* Empties (draft) for a record of (kind). */
void link_draft_begin(struct link_draft *draft, uint32_t kind, uint32_t id,
                      uint64_t tag);

/* Bytes that the record takes. */
uint32_t link_draft_bytes(const struct link_draft *draft);

/* Writes it to (out), which has LINK_SLOT_BYTES. Returns its bytes, 0 if it does
 * not fit. */
uint32_t link_draft_pack(const struct link_draft *draft, void *out);

/* A record that has been read: pointers into the copy. */
struct link_view {
    struct link_record head;
    uint32_t word_count;
    uint32_t piece_count;
    uint32_t handle_count;
    const uint64_t *words;
    const struct link_extent *pieces;
    const struct link_extent *rx;
    const struct link_handle *handles;
    const uint32_t *releases;
    const uint32_t *refs;
    const uint8_t *data;
};

/* (copy), 8-aligned, is private. False: it is not a well-formed record. */
bool link_record_read(struct link_view *view, const void *copy, uint32_t bytes);

#endif /* NUNCIO_LINK_RECORD_H */
