#include "link_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <contract/gate.h>
#include <event/event.h>

#define PAGE 4096u

struct link_peer peer;

static _Alignas(4096) uint8_t memory[PEER_PAGES * PAGE];

void peer_start(void)
{
    memset(&peer, 0, sizeof(peer));
    memset(memory, 0, (size_t)(1 + LINK_SLOT_PAGES) * PAGE);
    peer.memory = memory;
    peer.domain = fake_peer_add(PEER_DOMID, memory, PEER_PAGES);
    peer.head = (struct link_head *)(void *)memory;
    *peer.head = (struct link_head){.magic = LINK_MAGIC,
                                    .version = LINK_VERSION,
                                    .slots = LINK_SLOTS,
                                    .slot_bytes = LINK_SLOT_BYTES,
                                    .entries = LINK_ENTRIES,
                                    .page_count = LINK_SLOT_PAGES};
    peer.head_ref = fake_peer_grant(peer.domain, FAKE_DOMID, 0, true);
    for (uint32_t i = 0; i < LINK_SLOT_PAGES; i++)
        peer.head->page[i] =
            fake_peer_grant(peer.domain, FAKE_DOMID, 1 + i, true);
}

void peer_stop(void)
{
    fake_peer_remove(peer.domain);
    peer.domain = NULL;
}

void peer_accept(uint32_t ring_ref, uint32_t port)
{
    peer.far_head = ring_ref;
    assert_int_equal(
        fake_peer_read(peer.domain, ring_ref, 0, &peer.far, sizeof(peer.far)),
        GNTST_okay);
    assert_int_equal(peer.far.magic, LINK_MAGIC);
    assert_int_equal(peer.far.page_count, LINK_SLOT_PAGES);
    peer.port = fake_peer_bind(peer.domain, port);
    assert_int_not_equal(peer.port, 0);
}

void peer_connect(struct link *link)
{
    uint32_t ring_ref;
    uint32_t port;

    assert_int_equal(link_open(link, PEER_DOMID, 0, &ring_ref, &port), 0);
    peer_accept(ring_ref, port);
    assert_int_equal(link_attach(link, peer.head_ref, 1), 0);
}

/* The next record into (copy): its bytes, and its slot; 0: there is none. */
static uint32_t take_copy(uint32_t *slot)
{
    uint64_t entry = peer.head->entry[peer.taken % LINK_ENTRIES];
    uint32_t bytes = link_entry_bytes(entry);

    if (link_entry_number(entry) != peer.taken + 1)
        return 0;
    peer.taken++;
    *slot = link_entry_slot(entry);
    assert_true(*slot < LINK_SLOTS);
    assert_true(bytes <= LINK_SLOT_BYTES);
    memcpy(peer.copy, memory + PAGE + (size_t)*slot * LINK_SLOT_BYTES, bytes);
    return bytes;
}

bool peer_take(void)
{
    uint32_t slot;
    uint32_t bytes = take_copy(&slot);

    if (bytes == 0)
        return false;
    assert_true(link_record_read(&peer.view, peer.copy, bytes));
    if (peer.view.head.kind == LINK_REQUEST)
        assert_int_equal(slot, LINK_CALL_INDEX(peer.view.head.id));
    return true;
}

/* Answers the request in (view) with whatever its method asks for. */
static void serve(void)
{
    uint64_t tag = nu_tag(0, 1, 0, 0);
    uint32_t bytes = peer.view.head.rx_count == 0 ? 0 : peer.view.rx[0].bytes;
    bool gives = peer.view.head.object == LINK_OBJECT_GATE ||
                 nu_tag_ordinal(peer.view.head.tag) == PEER_OPEN;

    if (bytes != 0 && peer_write_rx(0, 0, memory, bytes) != GNTST_okay)
        bytes = 0;
    peer_answer_begin(peer.view.head.id,
                      gives ? tag | 1ull << NU_TAG_HANDLES_SHIFT : tag);
    peer.draft.handles[0] =
        (struct link_handle){5000 + peer.given, NU_RIGHTS_ALL};
    if (bytes != 0) {
        peer.draft.head.object = 1;
        peer.draft.rx_count = 1;
        peer.draft.rx[0].bytes = bytes;
    }
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
}

void peer_serve_all(void)
{
    uint32_t slot;
    uint32_t bytes;

    while (peer.domain != NULL && (bytes = take_copy(&slot)) != 0) {
        /* A copy that failed leaves anything in its place. */
        if (!link_record_read(&peer.view, peer.copy, bytes))
            continue;
        if (peer.view.head.kind == LINK_REQUEST) {
            serve();
        } else if (peer.view.head.kind == LINK_PING) {
            link_draft_begin(&peer.draft, LINK_PONG, peer.view.head.id, 0);
            peer_send(LINK_SLOT_PONG);
        }
    }
}

void peer_take_request(uint32_t object, uint64_t tag)
{
    assert_true(peer_take());
    assert_int_equal(peer.view.head.kind, LINK_REQUEST);
    assert_int_equal(peer.view.head.object, object);
    assert_int_equal(peer.view.head.tag, tag);
}

void peer_take_kind(uint32_t kind)
{
    assert_true(peer_take());
    assert_int_equal(peer.view.head.kind, kind);
}

void peer_serve_gate(const char *name, uint32_t object)
{
    struct gate_open_req req;

    assert_true(peer_take());
    assert_int_equal(peer.view.head.object, LINK_OBJECT_GATE);
    assert_int_equal(nu_tag_method(peer.view.head.tag), GATE_OPEN_METHOD);
    memcpy(&req, peer.view.words, sizeof(req));
    assert_int_equal(req.name_bytes, strlen(name));
    assert_memory_equal(&peer.view.words[NU_REG_WORDS], name, strlen(name));
    peer_answer_begin(peer.view.head.id, nu_tag(0, 0, 1, 0));
    peer.draft.handles[0] = (struct link_handle){object, NU_RIGHTS_ALL};
    peer_send(LINK_CALLS + LINK_CALL_INDEX(peer.view.head.id));
}

/* ---- writing ---- */

void peer_write_entry(uint64_t entry)
{
    uint32_t offset =
        LINK_HEAD_ENTRIES + peer.given % LINK_ENTRIES * (uint32_t)sizeof(entry);

    peer.given++;
    (void)fake_peer_write(peer.domain, peer.far_head, offset, &entry,
                          sizeof(entry));
}

void peer_write_raw(uint32_t slot, const void *record, uint32_t bytes)
{
    uint32_t offset = slot * LINK_SLOT_BYTES;

    (void)fake_peer_write(peer.domain, peer.far.page[offset / PAGE],
                          offset % PAGE, record, bytes);
    peer_write_entry(link_entry(peer.given + 1, slot, bytes));
}

void peer_write(uint32_t slot)
{
    uint64_t record[LINK_SLOT_BYTES / 8];
    uint32_t bytes = link_draft_pack(&peer.draft, record);

    assert_int_not_equal(bytes, 0);
    peer_write_raw(slot, record, bytes);
}

void peer_event(void)
{
    fake_peer_send(peer.domain, peer.port);
    event_upcall();
}

void peer_send(uint32_t slot)
{
    peer_write(slot);
    peer_event();
}

static void begin(uint32_t kind, uint32_t id, uint64_t tag, uint64_t first)
{
    static uint64_t words[NU_WORDS_MAX];

    for (uint32_t i = 0; i < NU_WORDS_MAX; i++)
        words[i] = first + i;
    link_draft_begin(&peer.draft, kind, id, tag);
    memcpy(peer.draft.reg_words, words, sizeof(peer.draft.reg_words));
    peer.draft.words = words;
}

void peer_answer_begin(uint32_t id, uint64_t tag)
{
    begin(LINK_RESPONSE, id, tag, 100);
}

void peer_answer(uint32_t id, uint64_t tag)
{
    peer_answer_begin(id, tag);
    peer_send(LINK_CALLS + LINK_CALL_INDEX(id));
}

uint32_t peer_call_begin(uint32_t index, uint32_t object, uint64_t tag)
{
    uint32_t id = ++peer.calls * LINK_CALLS + index;

    begin(LINK_REQUEST, id, tag, 200);
    peer.draft.head.object = object;
    return id;
}

uint32_t peer_call(uint32_t index, uint32_t object, uint64_t tag)
{
    uint32_t id = peer_call_begin(index, object, tag);

    peer_send(index);
    return id;
}

void peer_take_response(uint32_t id, uint64_t tag)
{
    assert_true(peer_take());
    assert_int_equal(peer.view.head.kind, LINK_RESPONSE);
    assert_int_equal(peer.view.head.id, id);
    assert_int_equal(peer.view.head.tag, tag);
}

void peer_release(uint32_t object)
{
    peer.draft.releases[peer.draft.release_count++] = object;
}

/* ---- strings ---- */

/* The reference that extent (i) of the request in (view) begins with. */
static uint32_t first_ref(bool rx, uint32_t i)
{
    uint32_t ref = 0;

    for (uint32_t p = 0; p < (rx ? peer.view.piece_count : i); p++)
        ref += peer.view.pieces[p].pages;
    for (uint32_t r = 0; rx && r < i; r++)
        ref += peer.view.rx[r].pages;
    return ref;
}

int peer_read_piece(uint32_t i, void *to)
{
    struct link_extent piece = peer.view.pieces[i];
    uint32_t bytes = piece.bytes & ~LINK_MORE;
    uint32_t at = piece.offset;
    uint8_t *out = to;
    uint32_t inline_at = 0;

    for (uint32_t p = 0; p < i; p++)
        inline_at += peer.view.pieces[p].pages == 0
                         ? peer.view.pieces[p].bytes & ~LINK_MORE
                         : 0;
    if (piece.pages == 0) {
        memcpy(to, peer.view.data + inline_at, bytes);
        return GNTST_okay;
    }
    while (bytes > 0) {
        uint32_t some = PAGE - at % PAGE < bytes ? PAGE - at % PAGE : bytes;
        int status = fake_peer_read(
            peer.domain, peer.view.refs[first_ref(false, i) + at / PAGE],
            at % PAGE, out, some);

        if (status != GNTST_okay)
            return status;
        at += some;
        out += some;
        bytes -= some;
    }
    return GNTST_okay;
}

int peer_write_rx(uint32_t i, uint32_t at, const void *from, uint32_t bytes)
{
    const uint8_t *in = from;

    at += peer.view.rx[i].offset;
    while (bytes > 0) {
        uint32_t some = PAGE - at % PAGE < bytes ? PAGE - at % PAGE : bytes;
        int status = fake_peer_write(
            peer.domain, peer.view.refs[first_ref(true, i) + at / PAGE],
            at % PAGE, in, some);

        if (status != GNTST_okay)
            return status;
        at += some;
        in += some;
        bytes -= some;
    }
    return GNTST_okay;
}

static struct link_extent granted(uint32_t page, uint32_t offset,
                                  uint32_t bytes, bool writable)
{
    uint32_t pages = (offset + bytes + PAGE - 1) / PAGE;

    for (uint32_t i = 0; i < pages; i++)
        peer.draft.refs[peer.draft.ref_count++] =
            fake_peer_grant(peer.domain, FAKE_DOMID, page + i, writable);
    return (struct link_extent){bytes, (uint16_t)offset, (uint16_t)pages};
}

void peer_add_piece(uint32_t page, uint32_t offset, uint32_t bytes)
{
    uint32_t count = nu_tag_strings(peer.draft.head.tag);

    peer.draft.pieces[count] = granted(page, offset, bytes, false);
    peer.draft.head.tag += 1ull << NU_TAG_STRINGS_SHIFT;
}

void peer_add_rx(uint32_t page, uint32_t offset, uint32_t bytes)
{
    peer.draft.rx[peer.draft.rx_count++] = granted(page, offset, bytes, true);
}
