/*
 * A broker for a test: the daemon in a directory of its own, and its control
 * socket.
 *
 * Errors:  the functions that return nothing end the program with a sentence:
 *          without a broker there is nothing to test.
 */
#ifndef NUNCIO_TESTS_SYSTEM_H
#define NUNCIO_TESTS_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct guest;

#define SYSTEM_PATH_MAX 128u

struct system {
    pid_t broker;
    char directory[64];
    char answer[65536]; /* of the last system_ask() */
};

/* Starts (binary); it listens when this returns. */
void system_start(struct system *system, const char *binary);
/* Stops the broker, which must end well, and removes the directory. */
void system_stop(struct system *system);

/* One line of the control socket; its answer, to the line with `ok` or `error`.
 */
const char *system_ask(struct system *system, const char *line);
/* Adds a domain; its socket is in (path). */
uint16_t system_add(struct system *system, const char *name,
                    char path[SYSTEM_PATH_MAX]);
/* A guest that has said hello, in a domain that is added with it. */
struct guest *system_guest(struct system *system, const char *name);
/* A number of what `list` tells of a domain; -1: it does not. */
long long system_number(struct system *system, const char *name,
                        const char *key);
/* Waits until `list` tells that state of it. */
void system_await(struct system *system, const char *name, const char *state);
/* Open files and mappings of the broker's process. */
size_t system_files(const struct system *system);
size_t system_mappings(const struct system *system);

#endif /* NUNCIO_TESTS_SYSTEM_H */
