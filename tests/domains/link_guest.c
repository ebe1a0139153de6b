/* A client domain played by a program: link_guest.h. */
#include "link_guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/error.h>

#define HEAD_FRAME  24u
#define SEND_FRAME  60u /* the record */
#define ENTRY_FRAME 61u /* its entry */
#define FAR_FRAME   62u /* the far head, read */
#define CALL_MS     20000
#define EVENT_MS    200
#define PATH_MAX_   128

_Static_assert(HEAD_FRAME + 1 + LINK_SLOT_PAGES <= SEND_FRAME, "frames");

static int lost(int error)
{
    return LINK_GUEST_LOST + error;
}

/* (status) of the guest's functions. */
static int of_guest(int status)
{
    return status == 0 ? 0 : lost(status);
}

int link_guest_start(struct link_guest *lg, const char *path)
{
    memset(lg, 0, sizeof(*lg));
    lg->guest = guest_start(path);
    if (lg->guest == NULL)
        return lost(-errno);
    return of_guest(guest_hello(lg->guest));
}

void link_guest_die(struct link_guest *lg)
{
    guest_die(lg->guest);
    lg->guest = NULL;
}

/* ---- the handshake ---- */

/* A number in the store. */
static int read_number(struct link_guest *lg, const char *path, uint64_t *value)
{
    const char *text = guest_store_read(lg->guest, path);

    if (text == NULL)
        return lost(-errno);
    *value = strtoull(text, NULL, 10);
    return 0;
}

int link_guest_find(struct link_guest *lg, const char *name)
{
    char path[PATH_MAX_];
    uint64_t domid = 0;
    int status;

    (void)snprintf(path, sizeof(path), "/nuncio/domain/%s", name);
    status = read_number(lg, path, &domid);
    if (status != 0)
        return status;
    lg->server = (uint16_t)domid;
    (void)snprintf(path, sizeof(path), "/local/domain/%u/data/nuncio/ready",
                   lg->server);
    return read_number(lg, path, &lg->server_epoch);
}

static void path_of(char path[PATH_MAX_], unsigned of, unsigned to,
                    const char *leaf)
{
    (void)snprintf(path, PATH_MAX_, "/local/domain/%u/data/nuncio/link/%u%s",
                   of, to, leaf);
}

int link_guest_write(struct link_guest *lg, const char *leaf, const char *value)
{
    char path[PATH_MAX_];

    path_of(path, lg->guest->domid, lg->server, leaf);
    return of_guest(guest_store_write(lg->guest, path, value));
}

static int write_number(struct link_guest *lg, const char *leaf, uint32_t value)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%u", value);
    return link_guest_write(lg, leaf, text);
}

int link_guest_withdraw(struct link_guest *lg)
{
    char path[PATH_MAX_];
    int status;

    path_of(path, lg->guest->domid, lg->server, "");
    status = guest_store_ask(lg->guest, XS_RM, 0, path);
    return status == -ENOENT ? 0 : of_guest(status);
}

static void make_ring(struct link_guest *lg)
{
    lg->head = guest_page(lg->guest, HEAD_FRAME);
    memset(lg->head, 0, (1 + LINK_SLOT_PAGES) * (size_t)GUEST_PAGE_BYTES);
    *lg->head = (struct link_head){.magic = LINK_MAGIC,
                                   .version = LINK_VERSION,
                                   .slots = LINK_SLOTS,
                                   .slot_bytes = LINK_SLOT_BYTES,
                                   .entries = LINK_ENTRIES,
                                   .page_count = LINK_SLOT_PAGES};
    for (uint32_t i = 0; i <= LINK_SLOT_PAGES; i++)
        guest_grant(lg->guest, LINK_GUEST_REF + HEAD_FRAME + i, lg->server,
                    HEAD_FRAME + i, 0);
    for (uint32_t i = 0; i < LINK_SLOT_PAGES; i++)
        lg->head->page[i] = LINK_GUEST_REF + HEAD_FRAME + 1 + i;
    lg->taken = lg->given = 0;
}

/* The directory of the offer, which the server may read. */
static int share_directory(struct link_guest *lg)
{
    char path[PATH_MAX_];
    char owner[16];
    char reader[16];
    int status = link_guest_withdraw(lg);

    if (status == 0)
        status = link_guest_write(lg, "", "");
    if (status != 0)
        return status;
    path_of(path, lg->guest->domid, lg->server, "");
    (void)snprintf(owner, sizeof(owner), "n%u", lg->guest->domid);
    (void)snprintf(reader, sizeof(reader), "r%u", lg->server);
    return of_guest(
        guest_store_ask(lg->guest, XS_SET_PERMS, 0, path, owner, reader));
}

int link_guest_offer(struct link_guest *lg)
{
    int status = share_directory(lg);

    (void)guest_close(lg->guest, LINK_GUEST_PORT);
    make_ring(lg);
    if (status == 0)
        status = of_guest(guest_alloc(lg->guest, LINK_GUEST_PORT, lg->server));
    (void)snprintf(lg->word, sizeof(lg->word), "%llu.%u",
                   (unsigned long long)lg->guest->epoch, ++lg->offers);
    if (status == 0)
        status = link_guest_write(lg, "/version", "1");
    if (status == 0)
        status = write_number(lg, "/ring-ref", LINK_GUEST_REF + HEAD_FRAME);
    if (status == 0)
        status = write_number(lg, "/event-channel", LINK_GUEST_PORT);
    if (status == 0)
        status = link_guest_write(lg, "/epoch", lg->word);
    return status != 0 ? status : link_guest_write(lg, "/state", "offered");
}

/* What the server says to the last offer: 1: connected, -1: refused, 0: nothing
 * yet. */
static int find_answer(struct link_guest *lg)
{
    char path[PATH_MAX_];
    const char *text;

    path_of(path, lg->server, lg->guest->domid, "/answers");
    text = guest_store_read(lg->guest, path);
    if (text == NULL || strcmp(text, lg->word) != 0)
        return 0;
    path_of(path, lg->server, lg->guest->domid, "/state");
    text = guest_store_read(lg->guest, path);
    if (text == NULL)
        return 0;
    return strcmp(text, "connected") == 0 ? 1 : -(strcmp(text, "refused") == 0);
}

static int wait_for_answer(struct link_guest *lg, int timeout_ms)
{
    uint64_t deadline = guest_deadline_ns(timeout_ms);
    char path[PATH_MAX_];
    int answer;
    int status;

    path_of(path, lg->server, lg->guest->domid, "/state");
    status = guest_store_watch(lg->guest, path, "answer");
    if (status != 0 && status != -EEXIST)
        return lost(status);
    while ((answer = find_answer(lg)) == 0) {
        if (guest_now_ns() > deadline || guest_is_cut(lg->guest))
            return lost(-ETIMEDOUT);
        free(guest_store_event(lg->guest,
                               timeout_ms < EVENT_MS ? timeout_ms : EVENT_MS));
    }
    return answer == 1 ? 0 : lost(-ECONNREFUSED);
}

int link_guest_attach(struct link_guest *lg, int timeout_ms)
{
    char path[PATH_MAX_];
    uint64_t ref = 0;
    int status = wait_for_answer(lg, timeout_ms);

    path_of(path, lg->server, lg->guest->domid, "/ring-ref");
    if (status == 0)
        status = read_number(lg, path, &ref);
    if (status != 0)
        return status;
    lg->far_ref = (uint32_t)ref;
    status = guest_copy(lg->guest, guest_op_read(lg->server, lg->far_ref, 0,
                                                 FAR_FRAME, LINK_HEAD_ENTRIES));
    if (status != GNTST_okay)
        return lost(status);
    memcpy(&lg->far, guest_page(lg->guest, FAR_FRAME), LINK_HEAD_ENTRIES);
    return lg->far.magic == LINK_MAGIC ? 0 : lost(-EPROTO);
}

int link_guest_connect(struct link_guest *lg, const char *name)
{
    int status = link_guest_find(lg, name);

    if (status == 0)
        status = link_guest_offer(lg);
    return status != 0 ? status : link_guest_attach(lg, CALL_MS);
}

/* ---- records ---- */

struct broker_op link_guest_op_slot(const struct link_guest *lg, uint32_t slot,
                                    uint32_t frame, uint32_t bytes)
{
    uint32_t offset = slot * LINK_SLOT_BYTES;

    return guest_op_write(
        lg->server, lg->far.page[offset / GUEST_PAGE_BYTES % LINK_SLOT_PAGES],
        offset % GUEST_PAGE_BYTES, frame, bytes);
}

int link_guest_send_raw(struct link_guest *lg, uint32_t slot,
                        const void *record, uint32_t bytes, uint64_t entry)
{
    struct broker_op ops[3];
    uint32_t at = lg->given++ % LINK_ENTRIES;
    int status;

    memcpy(guest_page(lg->guest, SEND_FRAME), record, bytes);
    memcpy(guest_page(lg->guest, ENTRY_FRAME), &entry, sizeof(entry));
    ops[0] = link_guest_op_slot(lg, slot, SEND_FRAME, bytes);
    ops[1] = guest_op_write(lg->server, lg->far_ref,
                            LINK_HEAD_ENTRIES + at * (uint32_t)sizeof(entry),
                            ENTRY_FRAME, sizeof(entry));
    ops[2] = guest_op_event(EVTCHNOP_send);
    ops[2].send.port = LINK_GUEST_PORT;
    status = guest_batch(lg->guest, ops, 3);
    for (int i = 0; i < 2 && status == 0; i++)
        status = ops[i].result != 0 ? ops[i].result : ops[i].copy.status;
    return of_guest(status != 0 ? status : ops[2].result);
}

int link_guest_send(struct link_guest *lg, uint32_t slot)
{
    static uint64_t record[LINK_SLOT_BYTES / 8];
    uint32_t bytes = link_draft_pack(&lg->draft, record);

    if (bytes == 0)
        return NU_TOOLONG;
    return link_guest_send_raw(lg, slot, record, bytes,
                               link_entry(lg->given + 1, slot, bytes));
}

static int take_one(struct link_guest *lg)
{
    uint64_t entry = __atomic_load_n(&lg->head->entry[lg->taken % LINK_ENTRIES],
                                     __ATOMIC_ACQUIRE);
    uint32_t slot = link_entry_slot(entry);
    uint32_t bytes = link_entry_bytes(entry);

    if (link_entry_number(entry) != lg->taken + 1)
        return 0;
    lg->taken++;
    if (slot >= LINK_SLOTS || bytes > LINK_SLOT_BYTES)
        return -1;
    memcpy(lg->copy,
           (const uint8_t *)guest_page(lg->guest, HEAD_FRAME + 1) +
               (size_t)slot * LINK_SLOT_BYTES,
           bytes);
    return link_record_read(&lg->view, lg->copy, bytes) ? 1 : -1;
}

static int pong(struct link_guest *lg)
{
    link_draft_begin(&lg->draft, LINK_PONG, lg->view.head.id, 0);
    return link_guest_send(lg, LINK_SLOT_PONG);
}

int link_guest_take(struct link_guest *lg, int timeout_ms)
{
    uint64_t deadline = guest_deadline_ns(timeout_ms);

    for (;;) {
        uint64_t now = guest_now_ns();
        int got = take_one(lg);
        int left = now < deadline ? (int)((deadline - now) / 1000000u) + 1 : 0;

        if (got == 1 && lg->view.head.kind == LINK_PING) {
            got = pong(lg);
            if (got != 0)
                return got;
        } else if (got != 0) {
            return got;
        } else if (left == 0) {
            return 0;
        } else if (!guest_wait(lg->guest, LINK_GUEST_PORT, left) &&
                   guest_is_cut(lg->guest)) {
            return lost(-EPIPE);
        }
    }
}

uint32_t link_guest_begin(struct link_guest *lg, uint32_t index,
                          uint32_t object, uint32_t method, const void *fixed,
                          uint32_t fixed_bytes)
{
    static uint64_t words[NU_WORDS_MAX];
    uint32_t id = ++lg->calls * LINK_CALLS + index;

    memset(words, 0, sizeof(words));
    if (fixed_bytes != 0)
        memcpy(words, fixed, fixed_bytes);
    link_draft_begin(&lg->draft, LINK_REQUEST, id,
                     nu_tag(method, (fixed_bytes + 7) / 8, 0, 0));
    lg->draft.head.object = object;
    lg->draft.words = words;
    memcpy(lg->draft.reg_words, words, sizeof(lg->draft.reg_words));
    return id;
}

void link_guest_add_rx(struct link_guest *lg, uint32_t frame, uint32_t offset,
                       uint32_t bytes)
{
    uint32_t pages = (offset + bytes + GUEST_PAGE_BYTES - 1) / GUEST_PAGE_BYTES;

    for (uint32_t i = 0; i < pages; i++) {
        guest_grant(lg->guest, LINK_GUEST_REF + frame + i, lg->server,
                    frame + i, 0);
        lg->draft.refs[lg->draft.ref_count++] = LINK_GUEST_REF + frame + i;
    }
    lg->draft.rx[lg->draft.rx_count++] =
        (struct link_extent){bytes, (uint16_t)offset, (uint16_t)pages};
}

void link_guest_revoke(struct link_guest *lg)
{
    for (uint32_t f = LINK_GUEST_FRAME; f < GUEST_PAGES; f++)
        (void)guest_revoke(lg->guest, LINK_GUEST_REF + f);
}

int link_guest_call(struct link_guest *lg, uint32_t id)
{
    int status = link_guest_send(lg, LINK_CALL_INDEX(id));

    while (status == 0) {
        int got = link_guest_take(lg, CALL_MS);

        if (got != 1)
            return got < -1 ? got : lost(got == 0 ? -ETIMEDOUT : -EPROTO);
        if (lg->view.head.kind == LINK_RESPONSE && lg->view.head.id == id)
            return nu_tag_status(lg->view.head.tag);
    }
    return status;
}
