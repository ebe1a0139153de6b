/*
 * The user's terminal while a machine has it: every key goes to the machine,
 * but for those after Ctrl-A, as in QEMU. The output side stays as it was, so
 * that a line feed still begins a line.
 */
#ifndef NUNCIO_TOOL_TERMINAL_H
#define NUNCIO_TOOL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the terminal at standard input, if there is one and we are in its
 * foreground; it is given back by terminal_release() or when the program ends.
 * True if it was taken. */
bool terminal_take(void);
void terminal_release(void);

enum terminal_key { TERMINAL_NONE, TERMINAL_QUIT, TERMINAL_HELP };

struct terminal_keys {
    bool escaped; /* the last key was Ctrl-A */
};

/*
 * What of the (bytes) typed goes to the machine: copied to (out), which has room
 * for as many; its length to (*out_bytes). Stops at a key of ours, and drops
 * what follows. Ctrl-A Ctrl-A sends one Ctrl-A.
 */
enum terminal_key terminal_filter(struct terminal_keys *keys, const char *in,
                                  size_t bytes, char *out, size_t *out_bytes);

#endif /* NUNCIO_TOOL_TERMINAL_H */
