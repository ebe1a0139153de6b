/*
 * The connector: the program that joins this domain to others, in both roles at
 * once. As importer it offers a link to the domain of each imported service; as
 * exporter it answers the offers of others. The kernel moves the messages
 * (contracts/link.contract); who is connected with whom, and whether they are
 * alive, is decided here.
 *
 * main.c    arguments, start, the loop over signals and times; here.c
 * import.c  role of the importer, for each domain that we import from
 * export.c  role of the exporter, for each domain that offers
 * names.c   what peers may open
 * gate.c    the objects that peers may open, on threads of their own
 * line.c    one link while it is up: signs of life, figures for `nuncio ps`
 * handshake.c  offers and answers in the store; text.c  their form
 * nodes.c   nodes of the store
 * limit.c   how often something may happen
 *
 * One thread does all but the gates. It waits for the service `store`, and for
 * nothing that a peer could keep from it.
 *
 * Units: ns since boot.
 * Trust: a peer may write anything into its own part of the store at any time,
 *        and offer anything. What is malformed is no offer; who offers too often
 *        waits. See also text.h and limit.h.
 * Spec:  docs/links.md
 */
#ifndef NUNCIO_LINKS_LINKS_H
#define NUNCIO_LINKS_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/error.h>
#include <abi/message.h>

#include "limit.h"
#include "text.h"

#define LINKS_PEERS_MAX   62u /* that we export to */
#define LINKS_DOMAINS_MAX 8u /* that we import from */
#define LINKS_NAMES_MAX   16u /* imported; exported */

/* What a peer's link may cost: a ring (18), agents for 16 calls, and what they
 * hold for it (255 channels). Beside that each peer has a gate, of 8 pages. */
#define LINKS_PEER_PAGES 80u
/* So much of our purse no peer gets: channels pass through the gates, and gates
 * and watches are paid from it. */
#define LINKS_OWN_PAGES 256u

#define LINKS_MS    1000000ull
#define LINKS_NEVER UINT64_MAX
/* Longest wait between two attempts, and the first. */
#define LINKS_BACKOFF_MAX_MS 2000u
#define LINKS_BACKOFF_MIN_MS 20u

/* This domain, and what we were told; fixed after the start. */
struct here {
    uint32_t domid;
    uint64_t epoch;
    nu_handle_t port; /* everything that happens comes by it */
    uint64_t heartbeat_ns;
    uint64_t dead_ns;
};
extern struct here here;

/* here.c: tells in the store, once a second, what this domain has in use. Returns
 * when to come back. */
uint64_t here_run(uint64_t now);

/* Badges on the port: what happened, to which (index). */
enum happening {
    HAPPENS_TIME = 1,
    HAPPENS_IMPORT, /* look at importer (index) again */
    HAPPENS_STORE, /* a change below /local/domain */
    HAPPENS_EXPORT, /* look at the link of peer (index) */
};
static inline uint64_t badge_of(enum happening what, uint32_t index)
{
    return (uint64_t)what << 32 | index;
}

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- import.c ---- */

/* Before all others. */
void import_begin(void);
/* Service (name) is in domain (domain), by the argument. False: too many, or
 * not names. The texts last. */
bool import_add(const char *name, const char *domain);
/* Its link, for what our clients call (name) to go through. */
int import_start(void);
/* Something happened to importer (index). */
void import_happens(uint32_t index);
/* Does what is due; returns when to come back. */
uint64_t import_run(uint64_t now);
/* Do we have a link to (domid) as importer? */
bool import_has(uint32_t domid);

/* ---- names.c ---- */

/* Before all others. */
void names_begin(void);
/* Peers may open the service that we have a handle (name) on. False: there is
 * no such handle, or there are too many names. */
bool names_add(const char *name);
uint32_t names_count(void);
/* The handle of (name), NONE if it is not exported. Any thread. */
nu_handle_t names_find(const char *name, size_t bytes);

/* ---- export.c ---- */

/* Before all others. */
void export_begin(void);
void export_happens(enum happening what, uint32_t index);
uint64_t export_run(uint64_t now);

#endif /* NUNCIO_LINKS_LINKS_H */
