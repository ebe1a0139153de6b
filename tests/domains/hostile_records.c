/* Attacks over a link that is up: entries, records, grants, floods. */
#include "hostile.h"

#include <string.h>

#include <contract/service.h>

#define READ_BYTES  65536u
#define FLOOD       40u /* batches, of 256 events each */
#define PINGS       2000u
#define OPENS       300u
#define GREEDY_MS   300
#define SPARE_REF   900u /* for grants that are made to be wrong */
#define SPARE_FRAME 480u

static uint64_t record[LINK_SLOT_BYTES / 8];

/* A good request to read, in (record); its bytes, and its slot. */
static uint32_t good(struct evil *evil, uint32_t *slot)
{
    uint32_t id =
        link_guest_begin_read(&evil->lg, hostile_pick(LINK_CALLS), evil->file,
                              0, LINK_GUEST_FRAME, READ_BYTES);

    *slot = LINK_CALL_INDEX(id);
    memset(record, 0, sizeof(record));
    return link_draft_pack(&evil->lg.draft, record);
}

static void send_as_is(struct evil *evil, uint32_t slot, uint32_t bytes)
{
    (void)link_guest_send_raw(&evil->lg, slot, record, bytes,
                              link_entry(evil->lg.given + 1, slot, bytes));
}

static bool entries(struct evil *evil, uint32_t n)
{
    static const uint32_t slots[] = {0,  15, 16,   31,     32,    33,
                                     34, 35, 0xff, 0x7fff, 0xffff};
    static const uint32_t sizes[] = {0, 31, 32, 2048, 2049, 0xffff};
    static const uint32_t numbers[] = {1, 0, 2, 65, ~0u};
    const uint32_t slot_count = sizeof(slots) / sizeof(slots[0]);
    const uint32_t size_count = sizeof(sizes) / sizeof(sizes[0]);
    uint32_t bytes = sizes[n / slot_count % size_count];
    uint32_t number = n / slot_count / size_count;
    uint32_t slot = slots[n % slot_count];
    uint32_t ignored;

    if (number >= sizeof(numbers) / sizeof(numbers[0]))
        return false;
    (void)good(evil, &ignored);
    (void)link_guest_send_raw(
        &evil->lg, slot, record, bytes <= LINK_SLOT_BYTES ? bytes : 32,
        link_entry(evil->lg.given + numbers[number], slot, bytes));
    /* One out of turn is not looked at, and its place is written again. */
    if (numbers[number] != 1)
        evil->lg.given--;
    return true;
}

/* Every field of a request, at every edge; then every bit of its tag. */
static bool fields(struct evil *evil, uint32_t n)
{
    static const struct {
        uint8_t at;
        uint8_t bytes;
    } field[] = {
        {0, 4},  {4, 4},  {8, 4},  {12, 4}, {16, 8}, {24, 2}, {26, 2}, {28, 2},
        {30, 2}, {32, 8}, {40, 4}, {44, 4}, {48, 4}, {52, 2}, {54, 2}, {56, 4},
    };
    const uint32_t edges = sizeof(field) / sizeof(field[0]) * HOSTILE_EDGES;
    uint32_t slot;
    uint32_t bytes = good(evil, &slot);

    if (n < edges)
        memcpy((uint8_t *)record + field[n / HOSTILE_EDGES].at,
               &hostile_edges[n % HOSTILE_EDGES],
               field[n / HOSTILE_EDGES].bytes);
    else if (n < edges + 64)
        record[2] ^= 1ull << (n - edges);
    else
        return false;
    send_as_is(evil, slot, bytes);
    return true;
}

static bool random_bytes(struct evil *evil, uint32_t n)
{
    uint32_t slot;
    uint32_t bytes = good(evil, &slot);

    (void)n;
    if (hostile_pick(4) == 0) {
        bytes = hostile_pick(LINK_SLOT_BYTES + 1);
        for (uint32_t i = 0; i < bytes; i++)
            ((uint8_t *)record)[i] = (uint8_t)hostile_pick(256);
    }
    for (uint32_t i = hostile_pick(8); i > 0; i--)
        ((uint8_t *)record)[hostile_pick(bytes + 1) % LINK_SLOT_BYTES] =
            (uint8_t)hostile_pick(256);
    if (hostile_pick(8) == 0)
        slot = hostile_pick(LINK_SLOTS);
    send_as_is(evil, slot, bytes);
    return true;
}

/* Grants that are none, that end, that are others', that are where they should
 * not be. */
static bool references(struct evil *evil, uint32_t n)
{
    struct guest *guest = evil->lg.guest;
    static const uint32_t refs[] = {0,    1,          SPARE_REF, 1023,
                                    1024, 0x7fffffff, 0xffffffff};
    const uint32_t ref_count = sizeof(refs) / sizeof(refs[0]);
    uint32_t slot;
    uint32_t bytes;
    uint32_t ref = n < ref_count ? refs[n] : SPARE_REF;

    (void)guest_revoke(guest, SPARE_REF);
    switch (n < ref_count ? 0 : n - ref_count) {
    case 0:
        break;
    case 1:
        guest_grant(guest, ref, evil->lg.server, SPARE_FRAME, GTF_readonly);
        break;
    case 2:
        guest_grant(guest, ref, 0, SPARE_FRAME, 0);
        break;
    case 3:
        guest_grant(guest, ref, guest->domid, SPARE_FRAME, 0);
        break;
    case 4:
        guest_grant(guest, ref, evil->lg.server, 0xffffffff, 0);
        break;
    case 5:
        guest_grant(guest, ref, evil->lg.server, GUEST_PAGES, 0);
        break;
    case 6: /* what is read goes over its own grants */
        guest_grant(guest, ref, evil->lg.server, GUEST_GRANTS_FRAME + 1, 0);
        break;
    case 7: /* and over the page of the store */
        guest_grant(guest, ref, evil->lg.server, GUEST_SHARED_FRAME + 1, 0);
        break;
    default:
        return false;
    }
    bytes = good(evil, &slot);
    memcpy((uint8_t *)record + bytes - 4 * (1 + n % 16), &ref, sizeof(ref));
    send_as_is(evil, slot, bytes);
    if (hostile_pick(2) == 0)
        link_guest_revoke(&evil->lg);
    if (n >= ref_count + 6) {
        (void)hostile_is_up(evil);
        hostile_reborn(evil);
    }
    return true;
}

static bool events(struct evil *evil, uint32_t n)
{
    static struct broker_op ops[BROKER_OPS_MAX];

    for (uint32_t i = 0; i < BROKER_OPS_MAX; i++) {
        ops[i] = guest_op_event(EVTCHNOP_send);
        ops[i].send.port = LINK_GUEST_PORT;
    }
    for (uint32_t i = 0; i < FLOOD; i++)
        (void)guest_batch(evil->lg.guest, ops, BROKER_OPS_MAX);
    return n < 4;
}

/* Without a look at the pongs. */
static bool pings(struct evil *evil, uint32_t n)
{
    for (uint32_t i = 0; i < PINGS; i++) {
        link_draft_begin(&evil->lg.draft, n % 2 == 0 ? LINK_PING : LINK_PONG, i,
                         0);
        if (link_guest_send(&evil->lg, LINK_SLOT_PING + n % 2) != 0)
            break;
    }
    return n < 4;
}

/* All that it may call, for a while; (n) odd: and more. */
static bool requests(struct evil *evil, uint32_t n)
{
    uint64_t deadline = guest_deadline_ns(GREEDY_MS);
    uint32_t index = 0;
    uint32_t slot;
    uint32_t bytes;

    for (index = 0; index < LINK_CALLS; index++) {
        (void)link_guest_begin_read(&evil->lg, index, evil->file, 0,
                                    LINK_GUEST_FRAME + 16 * index, READ_BYTES);
        (void)link_guest_send(&evil->lg, index);
    }
    while (n % 2 == 0 && guest_now_ns() < deadline) {
        if (link_guest_take(&evil->lg, GREEDY_MS) != 1)
            break;
        if (evil->lg.view.head.kind != LINK_RESPONSE)
            continue;
        index = LINK_CALL_INDEX(evil->lg.view.head.id);
        (void)link_guest_begin_read(&evil->lg, index, evil->file, 0,
                                    LINK_GUEST_FRAME + 16 * index, READ_BYTES);
        (void)link_guest_send(&evil->lg, index);
    }
    if (n % 2 == 1) {
        bytes = good(evil, &slot);
        send_as_is(evil, slot, bytes);
    }
    return n < 6;
}

/* One batch: a record, its entry, the event, and other bytes over the record. */
static bool changes(struct evil *evil, uint32_t n)
{
    struct broker_op op;
    uint32_t slot;
    uint32_t bytes = good(evil, &slot);
    uint8_t *page = guest_page(evil->lg.guest, SPARE_FRAME);

    for (uint32_t i = 0; i < LINK_SLOT_BYTES; i++)
        page[i] = (uint8_t)hostile_pick(256);
    op = link_guest_op_slot(&evil->lg, slot, SPARE_FRAME, LINK_SLOT_BYTES);
    send_as_is(evil, slot, bytes);
    guest_post(evil->lg.guest, &op, 1);
    (void)guest_finish(evil->lg.guest);
    return n < 30;
}

/* More objects than it may have, and a little of each. */
static bool objects(struct evil *evil, uint32_t n)
{
    uint32_t object;
    uint64_t bytes;
    uint32_t i;
    int status = 0;

    for (i = 0; i < OPENS && status == 0; i++) {
        if (n % 2 == 0)
            status = link_guest_open(&evil->lg, evil->root, "large/odd",
                                     &object, &bytes);
        else
            status = link_guest_call(
                &evil->lg, link_guest_begin(&evil->lg, 0, evil->root,
                                            SERVICE_CONNECT_METHOD, NULL, 0));
    }
    if (i == OPENS)
        hostile_fail("objects without end", i);
    return n < 4;
}

/* Objects that it never had, its gate, and all that it has. */
static bool releases(struct evil *evil, uint32_t n)
{
    for (uint32_t i = 0; i < 64; i++) {
        link_draft_begin(&evil->lg.draft, LINK_PING, i, 0);
        for (uint32_t k = 0; k < LINK_RELEASES_MAX; k++)
            evil->lg.draft.releases[k] =
                n % 3 == 0   ? i * LINK_RELEASES_MAX + k
                : n % 3 == 1 ? (i * LINK_RELEASES_MAX + k) % 256 + (1u << 12)
                             : hostile_pick(~0u);
        evil->lg.draft.release_count = LINK_RELEASES_MAX;
        if (link_guest_send(&evil->lg, LINK_SLOT_PING) != 0)
            break;
    }
    return n < 12;
}

/* Requests to objects that are not there, with handles that are not. */
static bool strangers(struct evil *evil, uint32_t n)
{
    uint32_t count = 1 + hostile_pick(NU_HANDLES_MAX);
    uint32_t to = n % 3 == 0 ? hostile_pick(~0u) : n % 3 == 1 ? evil->root : 0;
    uint64_t word = hostile_pick(~0u);
    uint32_t id = link_guest_begin(&evil->lg, hostile_pick(LINK_CALLS), to,
                                   hostile_pick(~0u), &word, sizeof(word));

    evil->lg.draft.head.tag |= (uint64_t)count << NU_TAG_HANDLES_SHIFT;
    for (uint32_t i = 0; i < count; i++)
        evil->lg.draft.handles[i] = (struct link_handle){
            n % 2 == 0 ? hostile_pick(300) : hostile_pick(~0u),
            hostile_pick(2) * LINK_HANDLE_YOURS | NU_RIGHTS_ALL};
    (void)link_guest_send(&evil->lg, LINK_CALL_INDEX(id));
    return n < 60;
}

static bool responses(struct evil *evil, uint32_t n)
{
    uint32_t id = n % 2 == 0 ? hostile_pick(64) : hostile_pick(~0u);

    link_draft_begin(&evil->lg.draft, LINK_RESPONSE, id, hostile_pick(2));
    (void)link_guest_send(&evil->lg, LINK_CALLS + LINK_CALL_INDEX(id));
    return n < 20;
}

/* Takes its own ring away, or writes nonsense over its head, under calls. */
static bool own_ring(struct evil *evil, uint32_t n)
{
    uint32_t slot;
    uint32_t bytes = good(evil, &slot);
    uint32_t head = evil->lg.head->page[0] - 1;

    if (n % 3 == 0)
        (void)guest_revoke(evil->lg.guest, head);
    for (uint32_t i = 0; i < LINK_SLOT_PAGES && n % 3 == 1; i++)
        (void)guest_revoke(evil->lg.guest, head + 1 + i);
    if (n % 3 == 2)
        memset(evil->lg.head, (int)hostile_pick(256), LINK_HEAD_ENTRIES);
    send_as_is(evil, slot, bytes);
    return n < 9;
}

const struct attack hostile_records[] = {
    {"entries", entries, true},
    {"fields", fields, true},
    {"random records", random_bytes, true},
    {"references", references, true},
    {"events", events, true},
    {"pings", pings, true},
    {"requests", requests, true},
    {"changes", changes, true},
    {"objects", objects, true},
    {"releases", releases, true},
    {"strangers", strangers, true},
    {"responses", responses, true},
    {"own ring", own_ring, true},
    {NULL, NULL, false},
};
