#include "shell.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define LIST_BYTES 16384u
#define TEXT_BYTES (16384u - sizeof(struct text_block))
#define ENTRY_HEAD 10u /* inode, kind, length of the name */

/* Names, in blocks, so that they never move. */
struct text_block {
    struct text_block *next;
    size_t used;
    char text[];
};

void listing_free(struct listing *listing)
{
    while (listing->text != NULL) {
        struct text_block *next = listing->text->next;

        rt_free(listing->text);
        listing->text = next;
    }
    rt_free(listing->entries);
    *listing = (struct listing){0};
}

static char *add_text(struct listing *listing, const void *text, size_t bytes)
{
    struct text_block *block = listing->text;
    char *to;

    if (block == NULL || TEXT_BYTES - block->used < bytes + 1) {
        block = rt_alloc(sizeof(*block) + TEXT_BYTES);
        if (block == NULL)
            return NULL;
        block->next = listing->text;
        listing->text = block;
    }
    to = block->text + block->used;
    memcpy(to, text, bytes);
    to[bytes] = '\0';
    block->used += bytes + 1;
    return to;
}

static bool add_entry(struct listing *listing, const uint8_t *raw)
{
    struct entry *e;

    if (listing->count == listing->room) {
        size_t room = listing->room == 0 ? 64 : listing->room * 2;
        struct entry *more = rt_alloc(room * sizeof(*more));

        if (more == NULL)
            return false;
        if (listing->count > 0)
            memcpy(more, listing->entries, listing->count * sizeof(*more));
        rt_free(listing->entries);
        listing->entries = more;
        listing->room = room;
    }
    e = &listing->entries[listing->count];
    memcpy(&e->inode, raw, sizeof(e->inode));
    e->kind = raw[8];
    e->name = add_text(listing, raw + ENTRY_HEAD, raw[9]);
    if (e->name == NULL)
        return false;
    if (strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0)
        listing->count++;
    return true;
}

/* One answer of directory.list. */
static int add_entries(struct listing *listing, const uint8_t *raw,
                       size_t bytes)
{
    while (bytes > 0) {
        if (bytes < ENTRY_HEAD || bytes - ENTRY_HEAD < raw[9])
            return NU_PROTO;
        if (!add_entry(listing, raw))
            return NU_NOMEM;
        bytes -= ENTRY_HEAD + raw[9];
        raw += ENTRY_HEAD + raw[9];
    }
    return 0;
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry t = *a;

    *a = *b;
    *b = t;
}

/* Heap sort: no worst case, no memory. */
static void sift(struct entry *e, size_t at, size_t count)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= count)
            return;
        if (child + 1 < count && strcmp(e[child].name, e[child + 1].name) < 0)
            child++;
        if (strcmp(e[at].name, e[child].name) >= 0)
            return;
        swap(&e[at], &e[child]);
        at = child;
    }
}

static void sort(struct listing *listing)
{
    for (size_t i = listing->count / 2; i > 0; i--)
        sift(listing->entries, i - 1, listing->count);
    for (size_t i = listing->count; i > 1; i--) {
        swap(&listing->entries[0], &listing->entries[i - 1]);
        sift(listing->entries, 0, i - 1);
    }
}

int listing_read(struct listing *listing, const char *path)
{
    nu_handle_t directory;
    uint8_t *raw;
    uint64_t cursor = 0;
    int status;

    *listing = (struct listing){0};
    status = directory_open_directory(user_handle("fs"), path, strlen(path), 0,
                                      &directory, NULL);
    if (status != 0)
        return status;
    raw = rt_alloc(LIST_BYTES);
    if (raw == NULL)
        status = NU_NOMEM;
    while (status == 0) {
        uint64_t next;
        size_t bytes;

        status =
            directory_list(directory, cursor, raw, LIST_BYTES, &bytes, &next);
        if (status == 0)
            status = add_entries(listing, raw, bytes);
        if (status != 0 || next == 0)
            break;
        cursor = next;
    }
    rt_free(raw);
    (void)handle_close(directory);
    if (status == 0)
        sort(listing);
    return status;
}

/* What is below a directory: its listing and how far we are in it. */
struct level {
    struct level *up;
    struct listing listing;
    size_t next;
    size_t shown_bytes; /* of the directory's own path */
    size_t full_bytes;
};

struct walker {
    const char *command;
    struct level *level;
    char shown[PATH_BYTES];
    char full[PATH_BYTES];
    int result;
};

static void leave(struct walker *w)
{
    struct level *level = w->level;

    w->level = level->up;
    listing_free(&level->listing);
    rt_free(level);
}

static void enter(struct walker *w)
{
    struct level *level = rt_alloc(sizeof(*level));
    int status = NU_NOMEM;

    if (level != NULL) {
        level->up = w->level;
        level->shown_bytes = strlen(w->shown);
        level->full_bytes = strlen(w->full);
        w->level = level;
        status = listing_read(&level->listing, w->full);
        if (status != 0)
            leave(w);
    }
    if (status != 0)
        w->result = complain(w->command, w->shown, status);
}

/* The next entry of the innermost directory; its paths are left in (w). */
static const struct entry *next_entry(struct walker *w)
{
    struct level *level = w->level;
    const struct entry *e = &level->listing.entries[level->next++];
    static char path[PATH_BYTES];

    w->shown[level->shown_bytes] = '\0';
    w->full[level->full_bytes] = '\0';
    strlcpy(path, w->shown, sizeof(path));
    if (path_join(w->shown, path, e->name)) {
        strlcpy(path, w->full, sizeof(path));
        if (path_join(w->full, path, e->name))
            return e;
    }
    w->result = complain(w->command, e->name, NU_TOOLONG);
    return NULL;
}

int walk(const char *command, const char *shown, walk_fn visit, void *arg)
{
    static struct walker w;
    struct file_attributes a;
    int status;

    w.command = command;
    w.result = 0;
    if (strlcpy(w.shown, shown, PATH_BYTES) >= PATH_BYTES ||
        !path_resolve(shown, w.full))
        return complain(command, shown, NU_TOOLONG);
    status = directory_stat(user_handle("fs"), w.full, strlen(w.full), 0, &a);
    if (status != 0)
        return complain(command, shown, status);
    if (visit(arg, w.shown, w.full, (uint8_t)a.kind) != 0)
        w.result = 1;
    if (a.kind == FILE_KIND_DIRECTORY)
        enter(&w);
    while (w.level != NULL) {
        const struct entry *e;

        if (w.level->next == w.level->listing.count) {
            leave(&w);
            continue;
        }
        e = next_entry(&w);
        if (e == NULL)
            continue;
        if (visit(arg, w.shown, w.full, e->kind) != 0)
            w.result = 1;
        if (e->kind == FILE_KIND_DIRECTORY)
            enter(&w);
    }
    return w.result;
}
