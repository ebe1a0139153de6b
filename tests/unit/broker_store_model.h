/*
 * A naive store: a list of nodes, permissions as the document says them, and
 * the events that a change must cause. The test of random requests compares
 * the broker's with it.
 */
#ifndef NUNCIO_TESTS_BROKER_STORE_MODEL_H
#define NUNCIO_TESTS_BROKER_STORE_MODEL_H

#include "tests/unit/broker_store_guest.h"

#define MODEL_PATH    64u
#define MODEL_VALUE   16u
#define MODEL_WATCHES 3u /* of each guest */
#define MODEL_TOLD    256u

struct model_request {
    uint32_t type;
    char path[MODEL_PATH];
    char value[MODEL_VALUE];
    char perms[2][8];
    /* What the broker's store answered. */
    int error;
    char answer[MODEL_VALUE];
};

/* What each guest watches; the path is the token, too. Empty: nothing. */
extern char watched[GUESTS][MODEL_WATCHES][MODEL_PATH];
/* The events that each must have been told, each once. */
extern char expected[GUESTS][MODEL_TOLD][MODEL_PATH * 2];
extern unsigned expected_count[GUESTS];

/* Homes of guests 1 to 3, which random requests are about. */
void model_reset(void);
/* What the naive store answers; a read's text goes to (text). */
int model_ask(uint16_t domid, const struct model_request *request,
              char text[MODEL_VALUE]);
void model_expect(uint16_t domid, const char *path, const char *watch);

#endif /* NUNCIO_TESTS_BROKER_STORE_MODEL_H */
