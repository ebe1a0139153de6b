/*
 * The connector, in both roles, while other domains write anything into the
 * store at any time. Oracle: no trap; the rules of the world (links_host.h:
 * nothing is written elsewhere, links are opened when idle and attached when
 * offered, it rests); a peer whose offer is gone has no link; and in the end
 * good peers are connected.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <contract/link.h>
#include <unit/links_host.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;

static uint8_t byte(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *input++;
}

static void must(bool good)
{
    if (!good) {
        abort();
    }
}

static const char *const paths[] = {
    "/nuncio/domain/driver",
    "/local/domain/7/data/nuncio/ready",
    "/local/domain/8/data/nuncio/ready",
    "/local/domain/7/name",
    "/local/domain/7/data/nuncio/link/5/state",
    "/local/domain/7/data/nuncio/link/5/answers",
    "/local/domain/7/data/nuncio/link/5/ring-ref",
    "/local/domain/7/data/nuncio/link/5/epoch",
    "/local/domain/7/data/nuncio/link/5/event-channel",
    "/local/domain/7/data/nuncio/link/5/version",
    "/local/domain/8/data/nuncio/link/5/state",
    "/local/domain/8/data/nuncio/link/5/ring-ref",
    "/local/domain/8/data/nuncio/link/5/epoch",
    "/local/domain/8/data/nuncio/link/5/event-channel",
    "/local/domain/8/data/nuncio/link/5/version",
    "/local/domain/8/data/nuncio/link/5/answers",
    "/local/domain/7",
    "/local/domain/8",
    "/local/domain/7/data/nuncio/link/5",
    "/local/domain/31/data/nuncio/link/5/state",
    "/local/domain/31/data/nuncio/link/5/epoch",
    "/local/domain",
    "/nuncio",
    "/local/domain/0/x",
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static const char *const values[] = {
    "7",   "8",       "5",         "0",
    "1",   "2",       "3.1",       "3.2",
    "9.1", "offered", "connected", "4294967295",
    "12",  "",        "-1",        "18446744073709551615",
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static void write_raw(const char *path)
{
    char value[200];
    uint32_t bytes = byte() % 199u;

    for (uint32_t i = 0; i < bytes; i++) {
        value[i] = (char)byte();
    }
    value[bytes] = '\0';
    host_set(path, value);
}

/* The answer that our offer asks for. */
static void answer(uint8_t from)
{
    const char *word;
    char path[128];

    from = from % 2 ? 7 : 8;
    snprintf(path, sizeof(path), "/local/domain/5/data/nuncio/link/%u/epoch",
             from);
    word = host_get(path);
    if (word == NULL) {
        return;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/data/nuncio/link/5/answers",
             from);
    host_set(path, word);
}

static void trouble(uint8_t what)
{
    static const int statuses[] = {0, NU_IO, NU_NOMEM, NU_PROTO, NU_NOENT, 0};
    int status = statuses[what / 4 % 6];

    switch (what % 4) {
    case 0:
        host.store_status = status == NU_NOENT ? NU_IO : status;
        break;
    case 1:
        host.open_status = status;
        break;
    case 2:
        host.attach_status = status;
        break;
    default:
        for (uint32_t i = 0; i < host.link_count; i++) {
            host.links[i].is_dead = what & 64;
            if ((what & 128) && host.links[i].state == LINK_STATE_UP) {
                host.links[i].state = LINK_STATE_BROKEN;
                host_signal(host.links[i].badge);
            }
        }
        break;
    }
}

static void step(void)
{
    uint8_t what = byte();
    const char *path = paths[byte() % PATHS];

    switch (what % 8) {
    case 0:
    case 1:
    case 2:
        host_set(path, values[byte() % VALUES]);
        break;
    case 3:
        write_raw(path);
        break;
    case 4:
        host_remove(path);
        break;
    case 5:
        answer(what / 8);
        break;
    case 6:
        trouble(byte());
        break;
    default:
        host_pass(what < 128 ? 1 : byte() * 20u);
        break;
    }
}

static void set_for(uint32_t domid, const char *leaf, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), "/local/domain/%u/data/nuncio/%s", domid,
             leaf);
    host_set(path, value);
}

/* All is well again: it must end connected, whatever was before. */
static void recover(void)
{
    host.store_status = host.open_status = host.attach_status = 0;
    for (uint32_t i = 0; i < host.link_count; i++) {
        host.links[i].is_dead = false;
    }
    host_remove("/local/domain/7");
    host_remove("/local/domain/8");
    host_remove("/local/domain/31");
    host_remove("/nuncio");
    host_pass(10000);
    for (uint32_t i = 0; i < host.link_count; i++) {
        must(host.links[i].state == LINK_STATE_IDLE);
    }
    host_set("/nuncio/domain/driver", "7");
    set_for(7, "ready", "99");
    set_for(8, "link/5/version", "1");
    set_for(8, "link/5/ring-ref", "4");
    set_for(8, "link/5/event-channel", "4");
    set_for(8, "link/5/epoch", "98.7");
    set_for(8, "link/5/state", "offered");
    host_pass(3000);
    set_for(7, "link/5/ring-ref", "6");
    set_for(7, "link/5/epoch", "99");
    answer(1);
    set_for(7, "link/5/state", "connected");
    host_pass(3000);
    must(host_link_to(7) != NULL && host_link_to(7)->ring_ref == 6);
    must(host_link_to(8) != NULL && host_link_to(8)->ring_ref == 4);
    must(host.links[0].domid == 7 && host.links[0].state == LINK_STATE_UP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    left = size;
    host_begin();
    host_give("fs", HOST_SERVICE);
    must(names_add("fs") && import_add("block", "driver"));
    must(import_start() == 0);
    while (left > 0) {
        step();
    }
    host_pass(1);
    recover();
    return 0;
}
