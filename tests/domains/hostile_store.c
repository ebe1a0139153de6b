/* Attacks before a link is up: in the store, on ports, on grants of others. */
#include "hostile.h"

#include <stdio.h>
#include <string.h>

#define CHURNS     50u
#define NODES      150u
#define LONG_BYTES 2000u
#define ANSWER_MS  60
#define LIE_REF    910u
#define OTHER_PORT 40u

static char long_value[LONG_BYTES + 1];

static const char *const garbage[] = {
    "",
    "0",
    "-1",
    "1",
    "00",
    "255",
    "256",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "0x10",
    " 1",
    "1 ",
    "1.",
    ".1",
    "1.1.1",
    "%s%s%n",
    "\xff\xfe",
    "offered",
    "connected",
    "a value of just sixty-three bytes, which is the longest: 0123456",
    long_value,
};
static const char *const leaves[] = {"/version", "/ring-ref", "/event-channel",
                                     "/epoch",   "/state",    ""};

static void offered(struct evil *evil)
{
    (void)link_guest_write(&evil->lg, "/state", "offered");
    (void)link_guest_attach(&evil->lg, ANSWER_MS);
}

/* An offer of which one value is nonsense. */
static bool values(struct evil *evil, uint32_t n)
{
    const uint32_t count = sizeof(garbage) / sizeof(garbage[0]);
    const char *leaf;

    memset(long_value, 'A', LONG_BYTES);
    if (n >= count * (sizeof(leaves) / sizeof(leaves[0])))
        return false;
    leaf = leaves[n / count];
    (void)link_guest_offer(&evil->lg);
    (void)link_guest_write(&evil->lg, "/state", "");
    (void)link_guest_write(&evil->lg, leaf, garbage[n % count]);
    if (strcmp(leaf, "/state") != 0)
        offered(evil);
    return true;
}

/* The head of a ring at every edge, and behind it pages that are none. */
static bool heads(struct evil *evil, uint32_t n)
{
    const uint32_t fields = 6 * HOSTILE_EDGES;
    const uint32_t pages = fields + HOSTILE_EDGES;
    struct link_guest *lg = &evil->lg;
    uint32_t edge = (uint32_t)hostile_edges[n % HOSTILE_EDGES];

    if (n == pages + 3)
        return false;
    (void)link_guest_offer(lg);
    (void)link_guest_write(lg, "/state", "");
    (void)guest_revoke(lg->guest, LIE_REF);
    if (n < fields) {
        ((uint32_t *)(void *)lg->head)[n / HOSTILE_EDGES] = edge;
    } else if (n < pages) {
        lg->head->page[n % LINK_SLOT_PAGES] = edge;
    } else if (n == pages) {
        /* All pages are one: the head itself. */
        for (uint32_t i = 0; i < LINK_SLOT_PAGES; i++)
            lg->head->page[i] = lg->head->page[0] - 1;
    } else {
        /* What comes goes over its own grants; or can not come. */
        bool is_grants = n == pages + 1;

        guest_grant(lg->guest, LIE_REF, lg->server,
                    is_grants ? GUEST_GRANTS_FRAME : GUEST_PAGES - 1,
                    is_grants ? 0 : GTF_readonly);
        for (uint32_t i = 0; i < LINK_SLOT_PAGES; i++)
            lg->head->page[i] = LIE_REF;
    }
    offered(evil);
    return true;
}

static bool churn(struct evil *evil, uint32_t n)
{
    for (uint32_t i = 0; i < CHURNS; i++) {
        (void)link_guest_offer(&evil->lg);
        if (hostile_pick(2) == 0)
            (void)link_guest_withdraw(&evil->lg);
    }
    return n < 4;
}

/* As many nodes as it may have, with long names, and its state to and fro. */
static bool nodes(struct evil *evil, uint32_t n)
{
    char leaf[64];

    for (uint32_t i = 0; i < NODES; i++) {
        (void)snprintf(leaf, sizeof(leaf), "/%032u/%u/x", i, n);
        (void)link_guest_write(&evil->lg, i % 2 == 0 ? leaf : "/state",
                               i % 4 == 1 ? "offered" : "");
    }
    (void)link_guest_withdraw(&evil->lg);
    return n < 4;
}

static void must_not(int status, const char *what)
{
    if (status == 0)
        hostile_fail(what, status);
}

/* What belongs to others in the store. */
static bool others_nodes(struct evil *evil, uint32_t n)
{
    static const char *const below[] = {"/data/nuncio/ready", "/name",
                                        "/data/nuncio/link/1/state", "/domid"};
    char path[96];

    if (n >= 24)
        return false;
    if (n / 4 == 4)
        (void)snprintf(path, sizeof(path), "/nuncio/domain/driver");
    else if (n / 4 == 5)
        (void)snprintf(path, sizeof(path), "/local/domain/0");
    else
        (void)snprintf(path, sizeof(path), "/local/domain/%u%s",
                       evil->lg.server, below[n / 4]);
    switch (n % 4) {
    case 0:
        must_not(guest_store_write(evil->lg.guest, path, "1"),
                 "wrote a node of another");
        break;
    case 1:
        must_not(guest_store_ask(evil->lg.guest, XS_RM, 0, path),
                 "removed a node of another");
        break;
    case 2:
        must_not(guest_store_ask(evil->lg.guest, XS_SET_PERMS, 0, path, "b0"),
                 "opened a node of another");
        break;
    default:
        must_not(
            guest_store_ask(evil->lg.guest, XS_MKDIR, 0, strcat(path, "/mine")),
            "made a node of another");
        break;
    }
    return true;
}

/* Ports that nobody offered to it. */
static bool others_ports(struct evil *evil, uint32_t n)
{
    uint16_t domid = n == 0 ? evil->lg.server : (uint16_t)hostile_pick(70);

    for (uint32_t port = 0; port < BROKER_PORTS + 2; port++) {
        if (domid != evil->lg.guest->domid)
            must_not(guest_bind(evil->lg.guest, OTHER_PORT, domid, port),
                     "bound to another's port");
    }
    for (uint32_t port = OTHER_PORT; port < BROKER_PORTS + 2; port++)
        must_not(guest_send(evil->lg.guest, port), "an event of no port");
    (void)guest_send(evil->lg.guest, 0);
    (void)guest_send(evil->lg.guest, ~0u);
    return n < 4;
}

/* Is (ref) of the server's one that it granted to us? */
static bool is_ours(const struct evil *evil, uint32_t ref)
{
    bool ours = ref == evil->lg.far_ref;

    for (uint32_t i = 0; i < LINK_SLOT_PAGES; i++)
        ours = ours || evil->lg.far.page[i] == ref;
    return ours;
}

/* Every page that the server granted to anybody, by reading and by writing. */
static bool others_grants(struct evil *evil, uint32_t n)
{
    static struct broker_op ops[BROKER_OPS_MAX];
    uint16_t domid =
        n < 4 ? evil->lg.server : (uint16_t)hostile_pick(BROKER_DOMAINS_MAX);
    bool is_server = domid == evil->lg.server;

    if (n == 8)
        return false;
    for (uint32_t first = 0; first < 4096; first += BROKER_OPS_MAX) {
        for (uint32_t i = 0; i < BROKER_OPS_MAX; i++)
            ops[i] = n % 2 == 0 ? guest_op_read(domid, first + i, 0, 400, 4096)
                                : guest_op_write(domid, first + i, 0, 400, 0);
        if (domid == evil->lg.guest->domid ||
            guest_batch(evil->lg.guest, ops, BROKER_OPS_MAX) != 0)
            return true;
        for (uint32_t i = 0; i < BROKER_OPS_MAX && n % 2 == 0; i++) {
            if (ops[i].result == 0 && ops[i].copy.status == GNTST_okay &&
                !(is_server && is_ours(evil, first + i)))
                hostile_fail("another's page was read, reference", first + i);
        }
    }
    return true;
}

const struct attack hostile_store[] = {
    {"values", values, false},
    {"heads", heads, false},
    {"churn", churn, false},
    {"nodes", nodes, false},
    {"others' nodes", others_nodes, false},
    {"others' ports", others_ports, false},
    {"others' grants", others_grants, true},
    {NULL, NULL, false},
};
