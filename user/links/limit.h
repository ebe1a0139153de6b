/*
 * How often something may happen: a number of times at once, and then so many a
 * second. A second attempt is not lost, it is told when to come back.
 *
 * Units: ns since boot.
 */
#ifndef NUNCIO_LINKS_LIMIT_H
#define NUNCIO_LINKS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct limit {
    uint32_t burst; /* at once */
    uint64_t period_ns; /* from one to the next in the long run */
    uint64_t spent_until_ns; /* all that was taken would be paid by then */
};

static inline struct limit limit_of(uint32_t burst, uint64_t period_ns)
{
    return (struct limit){.burst = burst, .period_ns = period_ns};
}

/* When it may happen next: not later than (now_ns) if it may now. */
uint64_t limit_next(const struct limit *limit, uint64_t now_ns);

/* Takes one, if it may happen now. */
bool limit_take(struct limit *limit, uint64_t now_ns);

#endif /* NUNCIO_LINKS_LIMIT_H */
