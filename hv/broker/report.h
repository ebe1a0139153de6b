/*
 * What the broker tells of its domains: one JSON object a line.
 */
#ifndef NUNCIO_BROKER_REPORT_H
#define NUNCIO_BROKER_REPORT_H

#include <stdio.h>

#include "domain.h"

/* "absent", "connected", "running" or "hung". */
const char *report_state(const struct domain *domain, uint64_t now_ns);

void report_domain(FILE *out, const struct broker *broker,
                   const struct domain *domain, uint64_t now_ns);

#endif /* NUNCIO_BROKER_REPORT_H */
