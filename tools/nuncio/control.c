#include "control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"

bool control_open(struct control *control, const char *dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct text path = {0};
    bool fits;

    *control = (struct control){.file = -1};
    text_printf(&path, "%s/" CONTROL_NAME, dir);
    fits = path.bytes < sizeof(address.sun_path);
    if (fits)
        memcpy(address.sun_path, path.data, path.bytes);
    text_free(&path);
    if (!fits) {
        errno = ENAMETOOLONG;
        return false;
    }
    control->file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (control->file >= 0 &&
        connect(control->file, (struct sockaddr *)&address, sizeof(address)) ==
            0)
        return true;
    control_close(control);
    return false;
}

void control_close(struct control *control)
{
    int error = errno;

    if (control->file >= 0)
        close(control->file);
    control->file = -1;
    text_free(&control->in);
    text_free(&control->lines);
    text_free(&control->rest);
    errno = error;
}

bool control_send(struct control *control, const char *line)
{
    struct text text = {0};
    bool is_sent;

    text_printf(&text, "%s\n", line);
    text_clear(&control->lines);
    text_clear(&control->rest);
    /* A line fits the socket's buffer: it goes whole or not at all. */
    is_sent = control->file >= 0 &&
              send(control->file, text.data, text.bytes,
                   MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)text.bytes;
    text_free(&text);
    return is_sent;
}

/* Takes the last line, if it is one, and says what it is. */
static enum control_state take_last(struct control *control, const char *line,
                                    size_t bytes)
{
    static const struct {
        const char *word;
        enum control_state state;
    } words[] = {{"ok", CONTROL_OK}, {"error", CONTROL_REFUSED}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i].word);

        if (bytes < length || memcmp(line, words[i].word, length) != 0 ||
            (bytes > length && line[length] != ' '))
            continue;
        if (bytes > length)
            text_add(&control->rest, line + length + 1, bytes - length - 1);
        return words[i].state;
    }
    return CONTROL_PENDING;
}

/* Goes through the lines that are there. */
static enum control_state take_lines(struct control *control)
{
    enum control_state state = CONTROL_PENDING;
    size_t at = 0;

    while (state == CONTROL_PENDING && at < control->in.bytes) {
        const char *line = control->in.data + at;
        const char *end = memchr(line, '\n', control->in.bytes - at);
        size_t bytes;

        if (end == NULL)
            break;
        bytes = (size_t)(end - line);
        state = take_last(control, line, bytes);
        if (state == CONTROL_PENDING)
            text_add(&control->lines, line, bytes + 1);
        at += bytes + 1;
    }
    if (at != 0) {
        control->in.bytes -= at;
        memmove(control->in.data, control->in.data + at, control->in.bytes);
    }
    return state;
}

enum control_state control_receive(struct control *control)
{
    for (;;) {
        static char piece[4096];
        enum control_state state = take_lines(control);
        ssize_t got;

        if (state != CONTROL_PENDING)
            return state;
        if (control->in.bytes + control->lines.bytes > CONTROL_ANSWER_MAX)
            return CONTROL_GONE;
        got = control->file < 0
                  ? 0
                  : recv(control->file, piece, sizeof(piece), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return CONTROL_PENDING;
        if (got <= 0)
            return CONTROL_GONE;
        text_add(&control->in, piece, (size_t)got);
    }
}

enum control_state control_ask(struct control *control, const char *format, ...)
{
    uint64_t until = host_now_ms() + CONTROL_PATIENCE_MS;
    struct text line = {0};
    bool is_sent;
    va_list args;

    va_start(args, format);
    text_vprintf(&line, format, args);
    va_end(args);
    is_sent = control_send(control, text_string(&line));
    text_free(&line);
    while (is_sent) {
        enum control_state state = control_receive(control);
        struct pollfd ready = {.fd = control->file, .events = POLLIN};
        uint64_t now = host_now_ms();

        if (state != CONTROL_PENDING)
            return state;
        if (now >= until)
            break;
        (void)poll(&ready, 1, (int)(until - now));
    }
    return CONTROL_GONE;
}

char *control_word(struct pool *pool, const char *text, const char *key)
{
    size_t bytes = strlen(key);

    for (const char *p = text; *p != '\0'; p += strspn(p, " ")) {
        size_t word = strcspn(p, " ");

        if (word > bytes && strncmp(p, key, bytes) == 0 && p[bytes] == '=')
            return pool_copy(pool, p + bytes + 1, word - bytes - 1);
        p += word;
    }
    return NULL;
}
