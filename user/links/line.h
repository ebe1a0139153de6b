/*
 * One link: making it, what we hear of the peer, what `nuncio ps` shows.
 *
 * Units:     ns since boot.
 * Ownership: the link is made once and serves one connection after the other.
 * Trust:     a peer that says nothing, and one that breaks the link, are lost;
 *            nothing waits for it.
 */
#ifndef NUNCIO_LINKS_LINE_H
#define NUNCIO_LINKS_LINE_H

#include "links.h"

struct line {
    nu_handle_t link;
    nu_handle_t purse; /* pays for the link, and for what the peer holds here */
    bool is_import; /* our role */
    const char *suffix; /* of its node of figures: "" or other, by the owner */
    bool is_up;
    uint32_t domid; /* of the peer; 0: not known */
    uint64_t epoch;
    uint64_t heard_ns; /* the peer's last sign of life, by the kernel's clock */
    uint64_t silence_ns; /* since then, as far as we were awake */
    uint64_t looked_ns; /* when we last looked */
    uint64_t lost_ns; /* when the last connection ended; 0: there was none */
    uint64_t told_ns; /* when the figures were last written */
    bool has_node; /* there are figures in the store */
};

/* A link that signals with (badge). As exporter we give each peer a purse of its
 * own: what one has others need not lack. NU_NOMEM: ours is empty. */
int line_create(struct line *line, bool is_import, uint64_t badge);

/* Gives up the link itself, and what it was paid from. */
void line_destroy(struct line *line);

/* Up, with ring (ring_ref) of the peer, which was started as (epoch). */
int line_attach(struct line *line, uint32_t ring_ref, uint64_t epoch,
                uint64_t now);

/* Ends the connection, whatever it is. */
void line_close(struct line *line, uint64_t now);

/* Looks at a line that is up. NULL, or why the peer is lost. */
const char *line_look(struct line *line, uint64_t now);

/* When to look next; LINKS_NEVER if it is not up. */
uint64_t line_next(const struct line *line);

/* Writes the figures if they are due: (state) is "up", "offered", ... */
void line_tell(struct line *line, const char *state, uint64_t now);
/* When they are due again. */
uint64_t line_tell_next(const struct line *line);
/* The peer is no peer any more. */
void line_untell(struct line *line);

#endif /* NUNCIO_LINKS_LINE_H */
