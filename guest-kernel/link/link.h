/*
 * Links: what joins this domain to others (docs/links.md). A link connects to
 * one domain at a time; what was imported through it outlives connections.
 *
 * Ownership: a link is an object; its purse pays for its rings, its agents and
 *            what it serves. What a client imports by a call, the client pays.
 * Trust:     the peer is hostile: wire.h. What it may do at worst is break its
 *            own link.
 * Errors:    negative nu_error values, as contracts/link.contract says.
 * Context:   kernel, interrupts off; waits for hypercalls, for nothing else.
 */
#ifndef NUNCIO_LINK_LINK_H
#define NUNCIO_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;
struct link;
struct object;
struct port;
struct purse;

/* The numbers of contracts/link.contract. */
enum link_phase {
    LINK_IDLE = 1,
    LINK_OFFERED = 2,
    LINK_UP = 3,
    LINK_BROKEN = 4,
};

/* Once. */
void link_init(void);
/* The longest time to look for messages before the machine waits for an
 * interrupt; 0, as at the start: never. */
void link_set_poll(uint64_t limit_ns);

/* One reference; signals (port) with (badge) when it breaks. */
struct object *link_create(struct purse *purse, struct port *port,
                           uint64_t badge);

int link_open(struct link *link, uint32_t domid, uint32_t remote_port,
              uint32_t *ring_ref, uint32_t *port);
int link_attach(struct link *link, uint32_t ring_ref, uint64_t epoch);
void link_close(struct link *link);
int link_import(struct link *link, const char *name, size_t bytes,
                struct endpoint *end);
int link_set_gate(struct link *link, struct endpoint *gate);
int link_probe(struct link *link);

struct link_info {
    uint32_t state; /* enum link_phase */
    uint32_t domid;
    uint64_t epoch;
    uint64_t connections;
    uint32_t imports;
    uint32_t exports;
    uint32_t waiting;
    uint32_t served;
    uint32_t zombies;
    uint64_t heard_ns;
    uint64_t outage_ns;
    uint64_t calls;
    uint64_t calls_served;
    uint64_t replayed;
    uint64_t bytes_out;
    uint64_t bytes_in;
    uint64_t events_out;
    uint64_t events_in;
    uint64_t polled;
    uint64_t violations;
    uint64_t wait_ticks;
};
/* Links that there are; sets of grants that could not be ended yet. */
uint32_t link_count(void);
uint32_t link_held_grants(void);
void link_info_get(const struct link *link, struct link_info *info);

#endif /* NUNCIO_LINK_LINK_H */
