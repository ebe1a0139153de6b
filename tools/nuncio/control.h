/*
 * The broker's control socket, DIR/control: a line asks, lines answer, the last
 * of which is "ok[ REST]" or "error SENTENCE" (docs/broker.md).
 *
 * Trust:   the broker is ours, but what it passes on from the store is a
 *          guest's: it comes escaped, and is bounded here.
 * Context: control_ask() waits for the answer; control_send() and
 *          control_receive() never wait.
 */
#ifndef NUNCIO_TOOL_CONTROL_H
#define NUNCIO_TOOL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

#define CONTROL_NAME        "control"
#define CONTROL_ANSWER_MAX  (1u << 20)
#define CONTROL_PATIENCE_MS 10000

enum control_state {
    CONTROL_PENDING,
    CONTROL_OK,
    CONTROL_REFUSED, /* the broker says no */
    CONTROL_GONE, /* nobody is there any more, or it talks nonsense */
};

/* Begin with {.file = -1}. */
struct control {
    int file; /* for poll(): CONTROL_GONE is read from it, too */
    struct text in; /* of the answer under way */
    struct text lines; /* of the last answer, but for its last line */
    struct text rest; /* of its last line, behind "ok " or "error " */
};

/* Connects to the broker of the system in (dir). False, and errno. */
bool control_open(struct control *control, const char *dir);
void control_close(struct control *control);

/* Asks (line), which has no line end. False: the broker is gone. */
bool control_send(struct control *control, const char *line);
enum control_state control_receive(struct control *control);

/* Both, and waits; CONTROL_GONE also when there is no answer in time. */
enum control_state control_ask(struct control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first number or word behind "KEY=" among the words of (text), copied;
 * NULL if there is none. */
char *control_word(struct pool *pool, const char *text, const char *key);

#endif /* NUNCIO_TOOL_CONTROL_H */
