/*
 * A hostile peer of a driver domain: attacks, each with its cases. Some are
 * generated one after the other, some at random for as long as there is time.
 *
 * Units:   an attack's (n) counts its cases from 0.
 * Errors:  hostile_fail() ends the program: what must not be possible was.
 */
#ifndef NUNCIO_TESTS_HOSTILE_H
#define NUNCIO_TESTS_HOSTILE_H

#include "link_guest.h"

struct evil {
    char name[16];
    char path[128]; /* of its domain's socket */
    struct link_guest lg;
    bool is_up;
    uint32_t root; /* objects it has, if it is up */
    uint32_t file;
};

/* Begins case (n) on (evil). False: there is no such case. */
typedef bool attack_fn(struct evil *evil, uint32_t n);
struct attack {
    const char *name;
    attack_fn *act;
    bool is_connected; /* it wants a link that is up */
};
extern const struct attack hostile_records[];
extern const struct attack hostile_store[];

__attribute__((noreturn)) void hostile_fail(const char *what, long long number);
/* The next random number, below (limit). */
uint32_t hostile_pick(uint32_t limit);
/* Numbers that are at the edge of something. */
#define HOSTILE_EDGES 14u
extern const uint64_t hostile_edges[HOSTILE_EDGES];
/* The machine ends, and starts again: its memory is as new. */
void hostile_reborn(struct evil *evil);
/* Is the link up still? The answers that came meanwhile are taken. */
bool hostile_is_up(struct evil *evil);

#endif /* NUNCIO_TESTS_HOSTILE_H */
