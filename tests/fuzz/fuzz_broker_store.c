/*
 * The broker's store, fed with what hostile domains could put in their pages.
 * The input is commands: raw bytes for a ring, wild indices, or requests put
 * together from short codes, so that much of it means something.
 *
 * After each command: the books are right (store_audit()), nobody has changed
 * what it might not, and none of what a domain keeps to itself has come out in
 * another's ring.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tests/unit/broker_store_guest.h"

#define HOSTILE 3u /* domains 1..3; domain 4 has a secret */
#define VICTIM  4u
#define SECRET  16u

struct input {
    const uint8_t *at;
    const uint8_t *end;
};

/* A node as it was before a command. */
struct was {
    char *path;
    char *value;
    uint32_t value_bytes;
    struct store_perms perms;
};

static struct store *fuzzed;
static struct xenstore_domain_interface pages[VICTIM + 1];
static char secret[SECRET + 1];
static struct was *before;
static size_t before_count;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

static uint8_t next(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

/* A new one for each input: the fuzzer learns what it sees compared. */
static void make_secret(void)
{
    require(getrandom(secret, SECRET, 0) == SECRET, "no random bytes");
    for (size_t i = 0; i < SECRET; i++)
        secret[i] = (char)('a' + (uint8_t)secret[i] % 26);
}

static void start(void)
{
    static const char *const names[] = {"", "a", "b", "c", "victim"};
    char path[64];

    make_secret();
    fuzzed = store_create(NULL, NULL);
    memset(pages, 0, sizeof(pages));
    for (uint16_t i = 1; i <= VICTIM; i++) {
        store_name_add(fuzzed, names[i], i);
        store_domain_up(fuzzed, i, names[i], 1);
    }
    struct store_view view = {.store = fuzzed,
                              .domain = &fuzzed->domains[VICTIM]};
    snprintf(path, sizeof(path), "/local/domain/4/data/%s/d", secret);
    require(store_write(&view, path, secret, SECRET) == 0, "no secret");
}

static void remember(void)
{
    before = calloc(fuzzed->nodes.count, sizeof(*before));
    before_count = 0;
    for (uint32_t i = 0; i < fuzzed->nodes.bucket_count; i++) {
        struct store_entry *entry = fuzzed->nodes.buckets[i];

        for (; entry != NULL; entry = entry->next) {
            const struct store_node *node = (struct store_node *)entry;
            struct was *was = &before[before_count++];

            was->path = store_copy(entry->path, strlen(entry->path) + 1);
            was->value = store_copy(node->value, node->value_bytes);
            was->value_bytes = node->value_bytes;
            was->perms = node->perms;
        }
    }
}

/* Might (domid) write (path), or something above it, when it began? */
static bool might_remove(const char *path, uint16_t domid)
{
    for (size_t i = 0; i < before_count; i++) {
        size_t bytes = strlen(before[i].path);

        if (strncmp(before[i].path, path, bytes) == 0 &&
            (path[bytes] == '/' || path[bytes] == '\0') &&
            (store_perms_of(&before[i].perms, domid) & STORE_WRITE) != 0)
            return true;
    }
    return false;
}

/* Nothing but what (domid) might change has changed; 0: all may have. */
static void check_changes(uint16_t domid)
{
    for (size_t i = 0; i < before_count; i++) {
        const struct was *was = &before[i];
        const struct store_node *now = store_find(fuzzed, was->path);
        bool is_same =
            now != NULL && now->value_bytes == was->value_bytes &&
            (was->value_bytes == 0 ||
             memcmp(now->value, was->value, was->value_bytes) == 0) &&
            memcmp(&now->perms, &was->perms, sizeof(now->perms)) == 0;

        require(is_same || domid == 0 || might_remove(was->path, domid),
                "changed without the right to");
    }
    for (size_t i = 0; i < before_count; i++) {
        free(before[i].path);
        free(before[i].value);
    }
    free(before);
}

/* What a ring has held is what its guest has seen. */
static void check_secret(void)
{
    for (unsigned i = 1; i <= HOSTILE; i++) {
        require(memmem(pages[i].rsp, sizeof(pages[i].rsp), secret,
                       SECRET / 2) == NULL,
                "a secret came out");
    }
}

static void serve(uint16_t domid)
{
    /* One of them takes what it gets, the others do not always. */
    if (domid == 1)
        pages[domid].rsp_cons = pages[domid].rsp_prod;
    store_ring_serve(fuzzed, domid, &pages[domid]);
    check_secret();
}

/* Puts bytes into the ring of requests, serving when it is full. */
static void put(uint16_t domid, const void *data, size_t bytes)
{
    struct xenstore_domain_interface *page = &pages[domid];
    const char *from = data;

    for (unsigned turns = 0; bytes > 0 && turns < 16; turns++) {
        while (bytes > 0 &&
               page->req_prod - page->req_cons < XENSTORE_RING_SIZE) {
            page->req[MASK_XENSTORE_IDX(page->req_prod)] = *from++;
            page->req_prod++;
            bytes--;
        }
        if (bytes > 0)
            serve(domid);
    }
}

/* A path in a few bytes: homes of all, short names, and now and then junk. */
static size_t put_path(struct input *in, char *to)
{
    uint8_t code = next(in);
    size_t used = 0;

    if ((code & 7) < 5)
        used = (size_t)sprintf(to, "/local/domain/%d/data", code & 7);
    else if ((code & 7) == 5)
        used = (size_t)sprintf(to, "data");
    else if ((code & 7) == 6)
        used = (size_t)sprintf(to, "%s", code & 8 ? "@releaseDomain" : "");
    for (unsigned depth = code >> 4 & 7; depth > 0; depth--)
        used += (size_t)sprintf(to + used, "/%c", 'a' + next(in) % 3);
    if ((code & 0x80) != 0)
        (void)sprintf(to + used, "%c", next(in));
    return strlen(to) + 1;
}

static void request(struct input *in, uint16_t domid)
{
    char message[sizeof(struct xsd_sockmsg) + 1024] = {0};
    struct xsd_sockmsg header = {.type = next(in) % (XS_TYPE_COUNT + 1)};
    char *payload = message + sizeof(header);
    size_t bytes = put_path(in, payload);
    unsigned more = next(in);

    header.tx_id = more >> 6;
    if (header.type == XS_TRANSACTION_END)
        bytes = (size_t)sprintf(payload, "%c", more & 1 ? 'T' : 'F') + 1;
    else if (header.type == XS_SET_PERMS)
        for (unsigned i = 1 + (more & 3); i > 0; i--) {
            uint8_t code = next(in);
            bytes += (size_t)sprintf(payload + bytes, "%c%d", "nrwb"[code & 3],
                                     code >> 2 & 7) +
                     1;
        }
    else if (header.type == XS_WRITE)
        for (unsigned i = more & 63; i > 0; i--)
            payload[bytes++] = (char)next(in);
    else if (header.type == XS_WATCH || header.type == XS_UNWATCH ||
             header.type == XS_DIRECTORY_PART)
        bytes += (size_t)sprintf(payload + bytes, "%u", more & 15) + 1;
    header.len = (uint32_t)bytes;
    memcpy(message, &header, sizeof(header));
    put(domid, message, sizeof(header) + bytes);
    serve(domid);
}

/* One command; whose doing its changes are, 0 for everybody's. */
static uint16_t command(struct input *in)
{
    uint8_t code = next(in);
    uint16_t domid = (uint16_t)(1 + code % HOSTILE);
    struct xenstore_domain_interface *page = &pages[domid];
    size_t bytes;

    switch (code >> 4) {
    case 0:
        bytes = next(in);
        bytes = bytes < (size_t)(in->end - in->at) ? bytes
                                                   : (size_t)(in->end - in->at);
        put(domid, in->at, bytes);
        in->at += bytes;
        serve(domid);
        return domid;
    case 1:
        (&page->req_cons)[next(in) & 3] += next(in) * 64u + next(in);
        serve(domid);
        return domid;
    case 2:
        page->connection = next(in) & 1;
        serve(domid);
        return domid;
    case 3:
        page->rsp_cons = page->rsp_prod;
        serve(domid);
        return domid;
    case 4:
        if ((next(in) & 3) != 0)
            return domid;
        store_domain_down(fuzzed, domid);
        memset(page, 0, sizeof(*page));
        store_domain_up(fuzzed, domid, "again", next(in));
        return 0;
    default:
        request(in, domid);
        return domid;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct input in = {data, data + bytes};

    start();
    for (unsigned i = 0; i < 200 && in.at < in.end; i++) {
        remember();
        check_changes(command(&in));
        store_audit(fuzzed);
    }
    store_destroy(fuzzed);
    return 0;
}
