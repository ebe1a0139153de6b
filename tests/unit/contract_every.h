/*
 * A server of tests/contracts/every.contract: each method gives back what it
 * was given, so that a test sees both ways.
 */
#ifndef NUNCIO_TESTS_CONTRACT_EVERY_H
#define NUNCIO_TESTS_CONTRACT_EVERY_H

#include <contract/every.h>

/* Where the pages of the last every.paging came from. */
extern const void *every_pages;

uint64_t every_serve(struct nu_serve *call);
/* A cmocka setup: the wire leads to every_serve(). */
int every_setup(void **state);

#endif /* NUNCIO_TESTS_CONTRACT_EVERY_H */
