#include "limit.h"

uint64_t limit_next(const struct limit *limit, uint64_t now_ns)
{
    uint64_t credit = (limit->burst - 1) * limit->period_ns;

    if (limit->spent_until_ns <= now_ns)
        return now_ns;
    return limit->spent_until_ns > credit ? limit->spent_until_ns - credit : 0;
}

bool limit_take(struct limit *limit, uint64_t now_ns)
{
    if (limit_next(limit, now_ns) > now_ns)
        return false;
    if (limit->spent_until_ns < now_ns)
        limit->spent_until_ns = now_ns;
    limit->spent_until_ns += limit->period_ns;
    return true;
}
