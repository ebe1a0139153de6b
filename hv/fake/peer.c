/*
 * Other domains and the event channels to them: peer.h.
 */
#include <hv/fake/peer.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

static struct fake_peer peers[FAKE_PEERS];

void fake_peers_reset(void)
{
    memset(peers, 0, sizeof(peers));
}

struct fake_peer *fake_peer_find(uint16_t domid)
{
    for (unsigned i = 0; i < FAKE_PEERS && domid != 0; i++) {
        if (peers[i].domid == domid) {
            return &peers[i];
        }
    }
    return NULL;
}

struct fake_peer *fake_peer_add(uint16_t domid, void *memory, uint64_t pages)
{
    for (unsigned i = 0; i < FAKE_PEERS; i++) {
        if (peers[i].domid == 0) {
            memset(&peers[i], 0, sizeof(peers[i]));
            peers[i].domid = domid;
            peers[i].memory = memory;
            peers[i].pages = pages;
            return &peers[i];
        }
    }
    abort(); /* FAKE_PEERS are not enough */
}

void fake_peer_remove(struct fake_peer *peer)
{
    for (uint32_t port = 1; port < FAKE_PEER_PORTS; port++) {
        fake_peer_close(peer, port);
    }
    peer->domid = 0;
}

uint32_t fake_peer_grant(struct fake_peer *peer, uint16_t domid, uint64_t frame,
                         bool writable)
{
    uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES;

    while (peer->grants[ref].flags != 0) {
        ref++;
        assert(ref < FAKE_PEER_GRANTS);
    }
    peer->grants[ref].domid = domid;
    peer->grants[ref].frame = (uint32_t)frame;
    peer->grants[ref].flags =
        (uint16_t)(GTF_permit_access | (writable ? 0 : GTF_readonly));
    return ref;
}

void fake_peer_revoke(struct fake_peer *peer, uint32_t ref)
{
    assert(!(peer->grants[ref].flags & (GTF_reading | GTF_writing)));
    peer->grants[ref].flags = 0;
}

static uint8_t *our_page(uint32_t ref)
{
    uint64_t frame = fake_hv.grants[ref].frame;

    return frame < fake_hv.ram_bytes / PAGE ? fake_hv.ram + frame * PAGE : NULL;
}

static int begin(const struct fake_peer *peer, uint32_t ref, uint32_t offset,
                 uint32_t bytes, bool write)
{
    if (offset > PAGE || bytes > PAGE - offset) {
        return GNTST_bad_copy_arg;
    }
    return fake_pin(fake_hv.grants, FAKE_GRANTS, ref, peer->domid, write);
}

int fake_peer_read(struct fake_peer *peer, uint32_t ref, uint32_t offset,
                   void *to, uint32_t bytes)
{
    int status = begin(peer, ref, offset, bytes, false);

    if (status == GNTST_okay) {
        status = our_page(ref) == NULL ? GNTST_bad_page : GNTST_okay;
        if (status == GNTST_okay) {
            memcpy(to, our_page(ref) + offset, bytes);
        }
        fake_unpin(&fake_hv.grants[ref]);
    }
    return status;
}

int fake_peer_write(struct fake_peer *peer, uint32_t ref, uint32_t offset,
                    const void *from, uint32_t bytes)
{
    int status = begin(peer, ref, offset, bytes, true);

    if (status == GNTST_okay) {
        status = our_page(ref) == NULL ? GNTST_bad_page : GNTST_okay;
        if (status == GNTST_okay) {
            memcpy(our_page(ref) + offset, from, bytes);
        }
        fake_unpin(&fake_hv.grants[ref]);
    }
    return status;
}

static uint32_t find_free(const struct fake_peer *peer)
{
    for (uint32_t port = 1; port < FAKE_PEER_PORTS; port++) {
        if (peer->ports[port].kind == FAKE_FREE) {
            return port;
        }
    }
    abort(); /* FAKE_PEER_PORTS are not enough */
}

uint32_t fake_peer_alloc(struct fake_peer *peer)
{
    uint32_t port = find_free(peer);

    peer->ports[port] = (struct fake_peer_port){.kind = FAKE_UNBOUND};
    return port;
}

uint32_t fake_peer_bind(struct fake_peer *peer, uint32_t our_port)
{
    struct fake_port *ours = &fake_hv.ports[our_port % FAKE_PORTS];
    uint32_t port;

    if (ours->kind != FAKE_UNBOUND || ours->remote_domid != peer->domid) {
        return 0;
    }
    port = find_free(peer);
    peer->ports[port] =
        (struct fake_peer_port){.kind = FAKE_INTERDOMAIN, .our_port = our_port};
    ours->kind = FAKE_INTERDOMAIN;
    ours->source = port;
    return port;
}

void fake_peer_close(struct fake_peer *peer, uint32_t port)
{
    struct fake_peer_port *end = &peer->ports[port];

    if (end->kind == FAKE_INTERDOMAIN) {
        fake_hv.ports[end->our_port].kind = FAKE_UNBOUND;
    }
    end->kind = FAKE_FREE;
    end->events = 0;
}

void fake_peer_send(struct fake_peer *peer, uint32_t port)
{
    if (peer->ports[port].kind == FAKE_INTERDOMAIN) {
        fake_port_set(peer->ports[port].our_port);
    }
}

uint32_t fake_peer_take(struct fake_peer *peer, uint32_t port)
{
    uint32_t events = peer->ports[port].events;

    peer->ports[port].events = 0;
    return events;
}

long fake_evtchn_alloc(struct evtchn_alloc_unbound *op)
{
    struct fake_port entry = {.kind = FAKE_UNBOUND,
                              .remote_domid = op->remote_dom};
    uint32_t port;

    if (fake_hv.domid == 0) {
        return -XEN_ENOSYS;
    }
    if (op->dom != DOMID_SELF) {
        return -XEN_EPERM;
    }
    port = fake_port_take(&entry);
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    op->port = port;
    return 0;
}

long fake_evtchn_bind(struct evtchn_bind_interdomain *op)
{
    struct fake_port entry = {.kind = FAKE_INTERDOMAIN,
                              .source = op->remote_port,
                              .remote_domid = op->remote_dom};
    struct fake_peer *peer = fake_peer_find(op->remote_dom);
    uint32_t port;

    if (fake_hv.domid == 0) {
        return -XEN_ENOSYS;
    }
    if (peer == NULL) {
        return -XEN_ESRCH;
    }
    if (op->remote_port == 0 || op->remote_port >= FAKE_PEER_PORTS ||
        peer->ports[op->remote_port].kind != FAKE_UNBOUND) {
        return -XEN_EINVAL;
    }
    port = fake_port_take(&entry);
    if (port == 0) {
        return -XEN_ENOSPC;
    }
    peer->ports[op->remote_port] =
        (struct fake_peer_port){.kind = FAKE_INTERDOMAIN, .our_port = port};
    fake_port_set(port);
    op->local_port = port;
    return 0;
}

long fake_evtchn_send(uint32_t port)
{
    const struct fake_port *ours = &fake_hv.ports[port % FAKE_PORTS];
    struct fake_peer *peer;

    if (port >= FAKE_PORTS || ours->kind == FAKE_FREE ||
        ours->kind == FAKE_VIRQ || ours->kind == FAKE_PIRQ) {
        return -XEN_EINVAL;
    }
    peer = fake_peer_find(ours->remote_domid);
    if (ours->kind == FAKE_INTERDOMAIN && peer != NULL) {
        peer->ports[ours->source].events++;
    }
    return 0;
}

void fake_evtchn_disconnect(const struct fake_port *port)
{
    struct fake_peer *peer = fake_peer_find(port->remote_domid);

    if (port->kind == FAKE_INTERDOMAIN && peer != NULL) {
        peer->ports[port->source].kind = FAKE_UNBOUND;
    }
}
