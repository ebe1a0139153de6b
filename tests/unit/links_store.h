/*
 * The store of links_host.h: nodes in a flat list, and watches.
 */
#ifndef TESTS_UNIT_LINKS_STORE_H
#define TESTS_UNIT_LINKS_STORE_H

#include <stub/serve.h>

void links_store_begin(void);

/* A message to the service `store`; it answers (status) if that is not 0. Handles
 * of watches are (first) and up. */
uint64_t links_store_dispatch(struct nu_serve *call, int status,
                              nu_handle_t first);
uint64_t links_store_watch_dispatch(uint32_t watch, struct nu_serve *call);
void links_store_unwatch(uint32_t watch);

/* links_host.c */
void links_store_raise(nu_handle_t signal);

#endif /* TESTS_UNIT_LINKS_STORE_H */
