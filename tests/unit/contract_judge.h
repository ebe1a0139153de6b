/*
 * Servers of the test contracts that judge what dispatch lets through: lengths
 * within their limits, no NUL in a string, enums in range, gaps 0, and every
 * byte there. A failure ends the test.
 *
 * The words of the call lie in memory of exactly their size, so that the
 * sanitizer sees a step outside.
 */
#ifndef NUNCIO_TESTS_CONTRACT_JUDGE_H
#define NUNCIO_TESTS_CONTRACT_JUDGE_H

#include <stub/serve.h>

extern struct nu_serve judge_call; /* to be sent: all but the words */
extern uint64_t judge_request[NU_WORDS_MAX]; /* its words */
extern int judged; /* strings and requests that got through */

/* A call and a request of nothing. */
void judge_clear(void);
/* The value of 32-bit word (index) of the request. */
void judge_word32(uint32_t index, uint32_t value);
/* Serve the call; the status of the reply. */
int judge_every(void);
int judge_core(void);

int judge_setup(void **state);
int judge_teardown(void **state);

#endif /* NUNCIO_TESTS_CONTRACT_JUDGE_H */
