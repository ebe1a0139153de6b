/*
 * The shell: commands on the file system below the handle `fs` and on the
 * system. With arguments it runs them as one command and ends with its status,
 * else it reads lines from the terminal.
 *
 * Errors are told like Unix tools do: `cat: /x: no such entry`, status 1.
 */
#ifndef NUNCIO_USER_SHELL_SHELL_H
#define NUNCIO_USER_SHELL_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/message.h>

#define PATH_BYTES 4096u /* with the NUL */

struct command {
    const char *name;
    const char *usage; /* of its arguments */
    const char *help;
    int (*run)(int argc, char **argv); /* argv[0]: its name */
};

/* The commands, in the order of their names; the last has a NULL name. */
extern const struct command commands[];

/* A command's answer for wrong arguments: its usage is printed then. */
#define WRONG_USAGE (-1)

/* --- commands.c --- */
/* `exit` was asked for, with this status. */
extern bool shell_is_done;
extern int shell_status;

/* --- complain.c --- */
/* Tells that (what) failed with (status): "name: what: text". Returns 1. */
int complain(const char *name, const char *what, int status);

/* --- main.c --- */
/* Runs one command line, which is cut up in place; its status. */
int run_line(char *line);
int run_words(int argc, char **argv);

/* --- line.c --- */
/* A line from the terminal, with editing and history. False at its end. */
bool read_line(const char *prompt, char *line, size_t bytes);

/* --- path.c --- */
/* The directory that paths start from; "/" first. */
const char *path_here(void);
/* (path) from the root, without "." and ".."; false if it is too long. */
bool path_resolve(const char *path, char *full);
/* (directory) "/" (name), with one slash; false if it is too long. */
bool path_join(char *to, const char *directory, const char *name);
void path_set_here(const char *full);

/* --- listing.c --- */
struct entry {
    const char *name;
    uint64_t inode;
    uint8_t kind; /* FILE_KIND_* */
};

/* What a directory holds, by name, without "." and "..". */
struct listing {
    struct entry *entries;
    size_t count;
    size_t room;
    struct text_block *text;
};

/* 0 or an error; (listing) is to be freed in any case. */
int listing_read(struct listing *listing, const char *path);
void listing_free(struct listing *listing);

/* Calls (visit) for (shown), which is a path the user gave, and all below it,
 * directories before what is in them, by name. Links are not followed. Returns
 * 0, or 1 if something could not be looked at, which it has told. */
typedef int (*walk_fn)(void *arg, const char *shown, const char *full,
                       uint8_t kind);
int walk(const char *command, const char *shown, walk_fn visit, void *arg);

/* --- the commands --- */
int command_cat(int argc, char **argv);
int command_cd(int argc, char **argv);
int command_find(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_pwd(int argc, char **argv);
int command_services(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_sum(int argc, char **argv);
int command_trace(int argc, char **argv);

/* --- format.c --- */
/* "drwxr-xr-x" for (kind) and permission bits; 11 bytes with the NUL. */
void format_mode(char *to, uint32_t kind, uint32_t mode);
/* "2026-11-21 01:36", 17 bytes with the NUL. */
void format_time(char *to, int64_t seconds);
const char *kind_name(uint32_t kind);

#endif /* NUNCIO_USER_SHELL_SHELL_H */
