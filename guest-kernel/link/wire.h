/*
 * What two ends of a link say to each other: the receive ring and the records in
 * it. The same on Xen and on KVM.
 *
 * Each end owns one receive ring in its own memory and grants it to the other
 * for writing, so that the receiver pays. The first page of a ring is its head,
 * by whose grant reference the other finds the rest; then come pages of slots.
 *
 * A slot has one use each: slot i < LINK_CALLS takes the request that is call i
 * of the sender; slot LINK_CALLS + i the response to call i of the receiver;
 * the last two a ping and a pong. So nobody can run out of slots: who sends a
 * request has had the response to the one before it.
 *
 * To send is: copy the record into its slot, then the entry (8 bytes, aligned,
 * one store) into the head, then raise the event. Entries are numbered from 1;
 * entry n is at index (n - 1) % LINK_ENTRIES. At most LINK_SLOTS of them can be
 * unread, so none is overwritten.
 *
 * Units:     bytes; all fields little-endian.
 * Ownership: the ring is the receiver's. The peer writes slots and entries, and
 *            can write them at any time.
 * Trust:     everything in a ring is the peer's word. An entry is read by one
 *            load, a record is copied once into private memory, and only the
 *            copy is looked at (record.c). What the head says about the ring is
 *            for the peer to read; its owner does not read it back.
 */
#ifndef NUNCIO_LINK_WIRE_H
#define NUNCIO_LINK_WIRE_H

#include <abi/message.h>

#define LINK_MAGIC   0x4b4e4c4eu /* "NLNK" */
#define LINK_VERSION 1u

#define LINK_CALLS      16u /* under way at once, each way */
#define LINK_SLOT_PING  (2 * LINK_CALLS)
#define LINK_SLOT_PONG  (2 * LINK_CALLS + 1)
#define LINK_SLOTS      (2 * LINK_CALLS + 2)
#define LINK_SLOT_BYTES 2048u
#define LINK_SLOT_PAGES (LINK_SLOTS * LINK_SLOT_BYTES / NU_PAGE_BYTES)
#define LINK_ENTRIES    64u

/* Packed into one word: number, slot, bytes of the record. */
static inline uint64_t link_entry(uint32_t number, uint32_t slot,
                                  uint32_t bytes)
{
    return number | (uint64_t)slot << 32 | (uint64_t)bytes << 48;
}
static inline uint32_t link_entry_number(uint64_t entry)
{
    return (uint32_t)entry;
}
static inline uint32_t link_entry_slot(uint64_t entry)
{
    return (uint32_t)(entry >> 32) & 0xffffu;
}
static inline uint32_t link_entry_bytes(uint64_t entry)
{
    return (uint32_t)(entry >> 48);
}

/* The head's page. */
struct link_head {
    uint32_t magic;
    uint32_t version;
    uint32_t slots;
    uint32_t slot_bytes;
    uint32_t entries;
    uint32_t page_count;
    uint32_t page[LINK_SLOT_PAGES]; /* grant references, in order */
    uint32_t reserved[58 - LINK_SLOT_PAGES];
    uint64_t entry[LINK_ENTRIES]; /* at LINK_HEAD_ENTRIES */
};
#define LINK_HEAD_ENTRIES 256u
NU_CHECK_OFFSET(link_head, entry, LINK_HEAD_ENTRIES);
_Static_assert(sizeof(struct link_head) <= NU_PAGE_BYTES, "one page");
_Static_assert(LINK_SLOTS *LINK_SLOT_BYTES % NU_PAGE_BYTES == 0, "pages");

enum link_kind {
    LINK_REQUEST = 1,
    LINK_RESPONSE = 2,
    LINK_PING = 3,
    LINK_PONG = 4,
};

#define LINK_FLAG_ONEWAY 1u /* a request whose sender waits for no answer */

/* The peer's objects: numbers that it gave. 0 is its gate. */
#define LINK_OBJECT_GATE 0u

/*
 * A record. (tag) is the message's (abi/message.h) without operation bits; its
 * counts say how many words, handles and pieces follow. Behind this header, in
 * this order, each array without gaps:
 *
 *   uint64_t words[]              as the tag says
 *   struct link_extent pieces[]   request: its strings, piece by piece
 *   struct link_extent rx[rx_count]
 *                                 request: buffers for the response's strings;
 *                                 response: bytes that came into each
 *   struct link_handle handles[]  as the tag says
 *   uint32_t releases[release_count]   objects of the receiver's that the sender
 *                                 needs no more
 *   uint32_t refs[ref_count]      grant references of extents with pages
 *   uint8_t data[data_bytes]      extents without pages, one after the other
 */
struct link_record {
    uint32_t kind; /* enum link_kind */
    uint32_t id; /* of the call: its index, and above that a count */
    uint32_t object; /* request: whose */
    uint32_t flags;
    uint64_t tag;
    uint16_t rx_count;
    uint16_t release_count;
    uint16_t ref_count;
    uint16_t data_bytes;
};
_Static_assert(sizeof(struct link_record) == 32, "layout");

#define LINK_CALL_INDEX(id) ((id) % LINK_CALLS)

/* Memory: in the record's data ((pages) 0), or (pages) granted pages, the first
 * byte at (offset) in the first. */
#define LINK_MORE 0x80000000u /* in (bytes): NU_STRING_MORE */
struct link_extent {
    uint32_t bytes;
    uint16_t offset;
    uint16_t pages;
};

/* A handle that travels: the sender exports the object under (object). With
 * LINK_HANDLE_YOURS in (rights) it is one that it had from the receiver. */
#define LINK_HANDLE_YOURS 0x80000000u
struct link_handle {
    uint32_t object;
    uint32_t rights;
};

#define LINK_RELEASES_MAX 32u
#define LINK_REFS_MAX     144u /* a little over half a mebibyte */

#endif /* NUNCIO_LINK_WIRE_H */
