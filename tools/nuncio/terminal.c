#include "terminal.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_A '\x01'

static struct termios before;
static bool is_taken;

void terminal_release(void)
{
    if (!is_taken)
        return;
    is_taken = false;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

bool terminal_take(void)
{
    struct termios raw;

    /* A background job that changed the terminal would be stopped. */
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    raw = before;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP |
                               IXON | PARMRK);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (atexit(terminal_release) != 0 ||
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0)
        return false;
    is_taken = true;
    return true;
}

enum terminal_key terminal_filter(struct terminal_keys *keys, const char *in,
                                  size_t bytes, char *out, size_t *out_bytes)
{
    *out_bytes = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (!keys->escaped && in[i] == CTRL_A) {
            keys->escaped = true;
            continue;
        }
        if (keys->escaped) {
            keys->escaped = false;
            if (in[i] == 'x')
                return TERMINAL_QUIT;
            if (in[i] == 'h' || in[i] == '?')
                return TERMINAL_HELP;
            if (in[i] != CTRL_A)
                continue;
        }
        out[(*out_bytes)++] = in[i];
    }
    return TERMINAL_NONE;
}
