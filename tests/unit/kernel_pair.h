/*
 * Two processes and a channel: (a) calls, (b) receives at a port with BADGE.
 */
#ifndef NUNCIO_TESTS_KERNEL_PAIR_H
#define NUNCIO_TESTS_KERNEL_PAIR_H

#include "kernel_fixture.h"

#define SERVICE(ordinal) NU_METHOD(35, ordinal)
#define WORDS(n)         ((uint64_t)(n) << NU_TAG_WORDS_SHIFT)
#define STRINGS(n)       ((uint64_t)(n) << NU_TAG_STRINGS_SHIFT)
#define HANDLES(n)       ((uint64_t)(n) << NU_TAG_HANDLES_SHIFT)
#define PAGES(n)         ((uint64_t)(n) << NU_TAG_PAGES_SHIFT)
#define BADGE            77

struct pair {
    struct process *a; /* client */
    struct process *b; /* server */
    struct thread *ta;
    struct thread *tb;
    nu_handle_t to_b; /* of a: its end of the channel */
    nu_handle_t port; /* of b */
};
extern struct pair pair;

int pair_setup(void **state);
int pair_teardown(void **state); /* everything must have been given back */

/* a calls with (tag) and words w0, w1, 3, 4. */
void pair_call(uint64_t tag, uint64_t w0, uint64_t w1);
/* b receives; (tag): NU_OP_RECV and perhaps more. */
void pair_receive(uint64_t tag);
/* b replies with (tag) and words w0, 6, 7, 8, and receives. */
void pair_reply(int status, uint64_t tag, uint64_t w0);

#endif /* NUNCIO_TESTS_KERNEL_PAIR_H */
