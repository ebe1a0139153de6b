/*
 * A link under a fuzzer: the input is what the peer does, record by record, mixed
 * with what clients, a server and the link's keeper do here. Nothing crashes, no
 * thread waits without a reason, and in the end everything is given back.
 */
#include "../unit/link_fixture.h"

#include <string.h>

#include <event/event.h>
#include <link/internal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define THREADS 3
#define REFS    8u

struct input {
    const uint8_t *data;
    size_t size;
};

static struct thread *threads[THREADS]; /* NULL: killed; referenced */
static uint32_t refs[REFS]; /* pages that the peer has granted */

static uint32_t take(struct input *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return *in->data++;
}

static uint32_t take2(struct input *in)
{
    uint32_t low = take(in);

    return low | take(in) << 8;
}

/* ---- the peer ---- */

static void start_peer(void)
{
    if (peer.domain != NULL)
        peer_stop();
    peer_start();
    for (uint32_t i = 0; i < REFS; i++)
        refs[i] =
            fake_peer_grant(peer.domain, FAKE_DOMID, PEER_DATA_PAGE + i, true);
}

static struct link_extent extent(struct input *in, bool inline_data)
{
    uint32_t shape = take(in);
    uint32_t bytes = shape & 1 ? take2(in) : shape >> 1;
    uint32_t pages = inline_data ? 0 : 1 + (bytes + 100) / PAGE_BYTES;

    for (uint32_t i = 0; i < pages && peer.draft.ref_count < REFS; i++)
        peer.draft.refs[peer.draft.ref_count++] = refs[i];
    if (inline_data)
        peer.draft.data_bytes += bytes % 256;
    return (struct link_extent){inline_data ? bytes % 256 : bytes,
                                inline_data ? 0 : 100, (uint16_t)pages};
}

static void add_parts(struct input *in)
{
    uint32_t shape = take(in);

    for (uint32_t i = 0; i < (shape & 3); i++)
        peer.draft.handles[i] = (struct link_handle){
            take2(in), shape & 64 ? LINK_HANDLE_YOURS | 0xf : 0xfu};
    peer.draft.head.tag |= (uint64_t)(shape & 3) << NU_TAG_HANDLES_SHIFT;
    if (peer.draft.head.kind == LINK_REQUEST) {
        for (uint32_t i = 0; i < (shape >> 2 & 3); i++)
            peer.draft.pieces[i] = extent(in, shape & 128);
        peer.draft.head.tag |= (uint64_t)(shape >> 2 & 3)
                               << NU_TAG_STRINGS_SHIFT;
    }
    for (uint32_t i = 0; i < (shape >> 4 & 3); i++)
        peer.draft.rx[peer.draft.rx_count++] = extent(in, false);
    if (shape & 32)
        peer_release(take2(in));
}

/* A record that could be right, with up to three bytes of it changed. */
static void peer_says(struct input *in, uint32_t kind)
{
    uint64_t record[LINK_SLOT_BYTES / 8];
    uint32_t what = take(in);
    uint32_t index = what % LINK_CALLS;
    uint32_t slot = kind == LINK_REQUEST ? index : LINK_CALLS + index;
    uint32_t bytes;

    if (kind == LINK_REQUEST) {
        peer_call_begin(index, what & 16 ? take2(in) : LINK_OBJECT_GATE,
                        SERVICE(1) | WORDS(what >> 5));
        if (what & 32)
            peer.draft.head.flags = LINK_FLAG_ONEWAY;
    } else {
        const struct link_call *call = world.link->call[index];

        peer_answer_begin(call == NULL ? index : call->id, WORDS(what >> 5));
        peer.draft.head.object = what & 16 ? 1 : 0;
    }
    add_parts(in);
    bytes = link_draft_pack(&peer.draft, record);
    for (uint32_t n = take(in) & 3; n > 0 && bytes > 0; n--)
        ((uint8_t *)record)[take2(in) % bytes] = (uint8_t)take(in);
    peer_write_raw(slot, record, bytes);
    peer_event();
}

static void peer_acts(struct input *in, uint32_t what)
{
    if (peer.domain == NULL || world.link->state < LINK_OFFERED)
        return;
    switch (what) {
    case 0:
        peer_serve_all();
        break;
    case 1:
    case 2:
        peer_says(in, what == 1 ? LINK_REQUEST : LINK_RESPONSE);
        break;
    case 3:
        peer_write_entry(link_entry(peer.given + (take(in) & 1),
                                    take(in) % (LINK_SLOTS + 1), take2(in)));
        peer_event();
        break;
    case 4:
        for (uint32_t n = take(in) * 2; n > 0; n--)
            peer_event();
        break;
    case 5:
        what = take(in) % LINK_SLOT_PAGES;
        fake_peer_revoke(peer.domain, peer.head->page[what]);
        break;
    case 6:
        fake_peer_revoke(peer.domain, refs[take(in) % REFS]);
        break;
    default:
        peer_stop();
        break;
    }
}

/* ---- this side ---- */

static void client_acts(struct input *in)
{
    uint32_t what = take(in);
    struct thread *thread = threads[what % THREADS];
    struct handle_table *table = &world.client->handles;
    uint32_t number = what & 4 ? table->slots[take(in) % 16].number : world.fs;
    struct handle_slot *slot = handle_find(table, number);
    uint64_t tag = SERVICE(what & 8 ? PEER_OPEN : 1) | WORDS(what & 3);

    if (thread == NULL || thread->state != THREAD_READY)
        return;
    if ((what & 0xf0) == 0xf0 && slot != NULL) {
        object_put(handle_take(table, slot));
        object_reap();
        return;
    }
    thread->buf->strings[0] = (struct nu_string_item){
        FIXTURE_HEAP + take2(in), what & 16 ? take2(in) : take(in)};
    thread->buf->rx[0] =
        (struct nu_string_item){FIXTURE_HEAP + 0x8000, take2(in)};
    thread->buf->rx_count = what >> 5 & 1;
    thread->buf->handles[0] =
        (struct nu_handle_item){table->slots[what & 7].number, 0xf, 0};
    if (what & 64)
        tag |= what & 128 ? HANDLES(1) : STRINGS(1);
    fixture_message(thread, (struct fixture_call){
                                number,
                                tag | (what & 16 ? NU_OP_CALL : NU_OP_SEND),
                                {what, 2, 3, 4}});
}

static void server_acts(struct input *in)
{
    uint32_t what = take(in);
    struct nu_msgbuf *buf = world.ts->buf;

    if (world.ts->state != THREAD_READY)
        return;
    buf->rx[0] = (struct nu_string_item){FIXTURE_HEAP, 20000};
    buf->rx_count = what & 1;
    buf->strings[0] = (struct nu_string_item){FIXTURE_HEAP + what, take2(in)};
    /* What came with the request may go back as well. */
    if (what & 8)
        buf->handles[0] = (struct nu_handle_item){
            world.ports, NU_RIGHTS_ALL | NU_ITEM_NEW, what};
    world_reply((what & 2 ? STRINGS(1) : 0) | (what & 4 ? HANDLES(1) : 0) |
                    (what & 16 ? (uint32_t)NU_NOENT : 0),
                what);
}

static void open_link(void)
{
    uint32_t ring_ref;
    uint32_t port;

    link_close(world.link);
    start_peer();
    if (link_open(world.link, PEER_DOMID, 0, &ring_ref, &port) != 0)
        return;
    peer_accept(ring_ref, port);
    if (link_attach(world.link, peer.head_ref, 1) == 0 &&
        world.link->state == LINK_UP)
        world_show_gate();
}

static void keeper_acts(struct input *in, uint32_t what)
{
    uint32_t ref;

    switch (what) {
    case 0:
        open_link();
        break;
    case 1:
        (void)link_probe(world.link);
        break;
    case 2:
        world_wait(take2(in) * 1000ull);
        break;
    case 3:
        ref = GNTTAB_NR_RESERVED_ENTRIES + take(in);
        if (fake_hv.grants[ref].flags != 0)
            fake_hv.grants[ref].flags |= GTF_reading;
        break;
    case 4:
        ref = take(in) % THREADS;
        if (threads[ref] != NULL)
            thread_end(threads[ref]);
        threads[ref] = NULL;
        break;
    case 5:
        link_close(world.link);
        break;
    default:
        world.keeper->purse->limit =
            world.keeper->purse->used + world.keeper->purse->lent + take(in);
        break;
    }
    object_reap();
}

/* ---- what always holds ---- */

static void check_threads(void)
{
    for (uint32_t i = 0; i < THREADS; i++) {
        const struct thread *thread = threads[i];
        const struct import *import;

        if (thread == NULL || thread->state == THREAD_READY)
            continue;
        if (thread->state == THREAD_REPLYING) {
            assert_true(thread->remote != NULL || thread->server != NULL);
            continue;
        }
        assert_int_equal(thread->state, THREAD_SENDING);
        import = thread->dest->remote;
        if (import == NULL)
            continue; /* a channel of its own, or the server's */
        /* It waits for the connection, for the object, or for a place. */
        assert_false(import->dead);
        assert_true(world.link->state != LINK_UP || !import->live ||
                    world.link->calling != 0);
    }
}

static void end_pins(void)
{
    for (uint32_t ref = 0; ref < FAKE_GRANTS; ref++)
        fake_unpin(&fake_hv.grants[ref]);
    world_wait(1000000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    void *state = NULL;
    uint64_t limit;

    fixture_ram_bytes = 5u << 20;
    link_setup(&state);
    limit = world.keeper->purse->limit;
    for (uint32_t i = 0; i < THREADS; i++)
        threads[i] = world_thread();
    open_link();
    while (in.size > 0) {
        uint32_t what = take(&in);

        if ((what & 3) < 2)
            peer_acts(&in, what >> 2 & 7);
        else if ((what & 3) == 3)
            keeper_acts(&in, what >> 2 & 7);
        else if (what & 4)
            client_acts(&in);
        else
            server_acts(&in);
        check_threads();
        fixture_check_charges();
    }
    end_pins();
    world.keeper->purse->limit = limit;
    link_teardown(&state);
    return 0;
}
