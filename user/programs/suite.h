/*
 * The client suite: what a client of the file service may rely on, wherever the
 * service is. The same program runs in every placement; its output and the
 * trace of its messages must be the same.
 */
#ifndef NUNCIO_USER_PROGRAMS_SUITE_H
#define NUNCIO_USER_PROGRAMS_SUITE_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/message.h>

/* Tells of a failed check; counts all. */
void suite_check(bool good, const char *what, int line);
#define CHECK(condition) suite_check(condition, #condition, __LINE__)
/* The status of a call is the expected one. */
void suite_status(int status, int wanted, const char *what, int line);
#define STATUS(call, wanted) suite_status(call, wanted, #call, __LINE__)

/* Prints the counts; the program's exit status. */
int suite_end(void);

/* On the tree that tests/boot/make-files makes. */
void suite_files(nu_handle_t fs);
/* Messages that no stub would send. */
void suite_raw(nu_handle_t fs);

#endif /* NUNCIO_USER_PROGRAMS_SUITE_H */
