/*
 * A line from a raw terminal: arrows, history, Home, End, the control letters
 * that Unix shells know, and Tab for names of commands and files.
 */
#include "shell.h"

#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define HISTORY_MAX 32
#define CTRL(c)     ((c) - 'A' + 1)
#define ESCAPE      0x1b
#define DELETE      0x7f

enum key {
    KEY_UP = 256,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_UNKNOWN,
    KEY_NONE /* the terminal is gone */
};

struct editor {
    const char *prompt;
    char *line;
    size_t room; /* of line, with the NUL */
    size_t length;
    size_t at; /* the cursor */
    size_t past; /* lines back in the history; 0: the one being written */
    char *kept; /* what was written before going back */
};

static char *history[HISTORY_MAX]; /* the latest first */
static size_t history_count;

static int next_byte(void)
{
    static uint8_t input[64];
    static size_t count;
    static size_t used;

    if (used == count) {
        used = 0;
        count = read_bytes(input, sizeof(input));
        if (count == 0)
            return KEY_NONE;
    }
    return input[used++];
}

/* Behind ESC [ or ESC O: numbers end with '~', others are one letter. */
static int escape_key(void)
{
    int c = next_byte();
    int number = 0;

    if (c != '[' && c != 'O')
        return c == KEY_NONE ? KEY_NONE : KEY_UNKNOWN;
    for (c = next_byte(); (c >= '0' && c <= '9') || c == ';'; c = next_byte())
        number = c == ';' ? 0 : (number * 10 + (c - '0')) % 1000;
    switch (c) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        break;
    default:
        return c == KEY_NONE ? KEY_NONE : KEY_UNKNOWN;
    }
    if (number == 1 || number == 7)
        return KEY_HOME;
    if (number == 4 || number == 8)
        return KEY_END;
    return number == 3 ? KEY_DELETE : KEY_UNKNOWN;
}

static int next_key(void)
{
    int c = next_byte();

    return c == ESCAPE ? escape_key() : c;
}

/* Writes the line anew and puts the cursor where it belongs. */
static void redraw(const struct editor *e)
{
    print("\r%s", e->prompt);
    print_bytes(e->line, e->length);
    print("\x1b[K\r\x1b[%uC", (unsigned)(strlen(e->prompt) + e->at));
}

static void insert(struct editor *e, const char *text, size_t bytes)
{
    if (bytes > e->room - 1 - e->length)
        return;
    memmove(e->line + e->at + bytes, e->line + e->at, e->length - e->at);
    memcpy(e->line + e->at, text, bytes);
    e->length += bytes;
    e->at += bytes;
    e->line[e->length] = '\0';
}

/* Takes out [from, to). */
static void cut_out(struct editor *e, size_t from, size_t to)
{
    memmove(e->line + from, e->line + to, e->length - to);
    e->length -= to - from;
    e->at = from;
    e->line[e->length] = '\0';
}

static void show(struct editor *e, const char *text)
{
    e->length = strlcpy(e->line, text, e->room);
    if (e->length >= e->room)
        e->length = e->room - 1;
    e->at = e->length;
}

static void move_in_history(struct editor *e, bool back)
{
    if (back ? e->past == history_count : e->past == 0)
        return;
    if (e->past == 0)
        strlcpy(e->kept, e->line, e->room);
    e->past += back ? 1u : SIZE_MAX;
    show(e, e->past == 0 ? e->kept : history[e->past - 1]);
}

static void remember(const char *line)
{
    char *copy;

    if (line[0] == '\0' || (history_count > 0 && strcmp(history[0], line) == 0))
        return;
    copy = rt_alloc(strlen(line) + 1);
    if (copy == NULL)
        return;
    memcpy(copy, line, strlen(line) + 1);
    if (history_count == HISTORY_MAX)
        rt_free(history[--history_count]);
    memmove(history + 1, history, history_count * sizeof(history[0]));
    history[0] = copy;
    history_count++;
}

static size_t word_begin(const struct editor *e)
{
    size_t at = e->at;

    while (at > 0 && e->line[at - 1] != ' ')
        at--;
    return at;
}

/* What all names that begin with (begin) go on with. */
struct completion {
    const char *begin;
    size_t bytes;
    char rest[256];
    size_t rest_bytes;
    uint32_t count;
    bool is_directory;
};

static void consider(struct completion *c, const char *name, bool is_directory)
{
    size_t same = 0;

    if (strncmp(name, c->begin, c->bytes) != 0)
        return;
    name += c->bytes;
    if (c->count++ == 0) {
        c->rest_bytes = strlcpy(c->rest, name, sizeof(c->rest));
        if (c->rest_bytes >= sizeof(c->rest))
            c->rest_bytes = sizeof(c->rest) - 1;
        c->is_directory = is_directory;
        return;
    }
    while (same < c->rest_bytes && name[same] == c->rest[same])
        same++;
    c->rest_bytes = same;
}

static void consider_files(struct completion *c, const char *word, size_t bytes)
{
    static char directory[PATH_BYTES];
    static char full[PATH_BYTES];
    struct listing listing;
    size_t head = bytes;

    while (head > 0 && word[head - 1] != '/')
        head--;
    if (head >= sizeof(directory))
        return;
    memcpy(directory, word, head);
    directory[head] = '\0';
    c->begin = word + head;
    c->bytes = bytes - head;
    if (!path_resolve(head == 0 ? "." : directory, full))
        return;
    if (listing_read(&listing, full) == 0) {
        for (size_t i = 0; i < listing.count; i++)
            consider(c, listing.entries[i].name,
                     listing.entries[i].kind == 2 /* directory */);
    }
    listing_free(&listing);
}

static void complete(struct editor *e)
{
    size_t from = word_begin(e);
    struct completion c = {.begin = e->line + from, .bytes = e->at - from};

    if (from == 0) {
        for (const struct command *k = commands; k->name != NULL; k++)
            consider(&c, k->name, false);
    } else {
        consider_files(&c, e->line + from, e->at - from);
    }
    if (c.count == 0)
        return;
    insert(e, c.rest, c.rest_bytes);
    if (c.count == 1)
        insert(e, c.is_directory ? "/" : " ", 1);
}

/* Keys that move and change. */
static void edit(struct editor *e, int key)
{
    char c = (char)key;

    if (key == KEY_UP || key == CTRL('P'))
        move_in_history(e, true);
    else if (key == KEY_DOWN || key == CTRL('N'))
        move_in_history(e, false);
    else if ((key == KEY_LEFT || key == CTRL('B')) && e->at > 0)
        e->at--;
    else if ((key == KEY_RIGHT || key == CTRL('F')) && e->at < e->length)
        e->at++;
    else if (key == KEY_HOME || key == CTRL('A'))
        e->at = 0;
    else if (key == KEY_END || key == CTRL('E'))
        e->at = e->length;
    else if ((key == DELETE || key == CTRL('H')) && e->at > 0)
        cut_out(e, e->at - 1, e->at);
    else if ((key == KEY_DELETE || key == CTRL('D')) && e->at < e->length)
        cut_out(e, e->at, e->at + 1);
    else if (key == CTRL('K'))
        cut_out(e, e->at, e->length);
    else if (key == CTRL('U'))
        cut_out(e, 0, e->at);
    else if (key == CTRL('W'))
        cut_out(e, word_begin(e), e->at);
    else if (key == CTRL('L'))
        print("\x1b[H\x1b[2J");
    else if (key == '\t')
        complete(e);
    else if (key >= ' ' && key < 256 && key != DELETE)
        insert(e, &c, 1);
}

bool read_line(const char *prompt, char *line, size_t bytes)
{
    static char kept[PATH_BYTES];
    struct editor e = {.prompt = prompt, .line = line, .kept = kept};

    e.room = bytes < sizeof(kept) ? bytes : sizeof(kept);
    line[0] = '\0';
    redraw(&e);
    for (;;) {
        int key = next_key();

        if (key == '\r' || key == '\n')
            break;
        if (key == KEY_NONE || (key == CTRL('D') && e.length == 0)) {
            print("\n");
            return false;
        }
        if (key == CTRL('C')) {
            print("^C\n");
            show(&e, "");
            e.past = 0;
        } else {
            size_t length = e.length;

            edit(&e, key);
            /* One more character at the end: the usual case. */
            if (key >= ' ' && key < DELETE && e.length == length + 1 &&
                e.at == e.length) {
                print_bytes(line + length, 1);
                continue;
            }
        }
        redraw(&e);
    }
    print("\n");
    remember(line);
    return true;
}
