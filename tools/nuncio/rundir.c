#include "rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "host.h"
#include "signals.h"

#define SHOWN_BYTES 2000
/* A socket's path has 107 bytes, and "/NAME.sock" takes up to 38. */
#define PATH_BYTES_MAX 69

/* What the keeper reads when it is not needed any more. */
#define KEEPER_QUIT 'q'

static const char *private_pattern(struct pool *pool, const char *end)
{
    const char *base = getenv("TMPDIR");

    return pool_format(pool, "%s/nuncio-%u.%s",
                       base != NULL && base[0] == '/' ? base : "/tmp",
                       (unsigned)getuid(), end);
}

bool rundir_create(struct rundir *dir, struct pool *pool, struct report *report)
{
    char *path = pool_strdup(pool, private_pattern(pool, "XXXXXX"));

    *dir = (struct rundir){.kind = RUNDIR_PRIVATE, .keeper_pipe = -1};
    if (strlen(path) > PATH_BYTES_MAX) {
        report_error(report, NULL, 0,
                     "%s: this name is too long for one with sockets in it; "
                     "set TMPDIR to another",
                     path);
        return false;
    }
    if (mkdtemp(path) == NULL) {
        report_error(report, NULL, 0, "%s: %s", path, strerror(errno));
        return false;
    }
    dir->path = path;
    return true;
}

bool rundir_open(struct rundir *dir, enum rundir_kind kind, const char *path,
                 struct pool *pool, struct report *report)
{
    char *absolute = NULL;

    *dir = (struct rundir){.kind = kind, .keeper_pipe = -1};
    if (kind != RUNDIR_SHARED || mkdir(path, 0700) == 0 || errno == EEXIST)
        absolute = realpath(path, NULL);
    if (absolute == NULL) {
        report_error(report, NULL, 0, "--system %s: %s", path, strerror(errno));
        return false;
    }
    if (strlen(absolute) > PATH_BYTES_MAX)
        report_error(report, NULL, 0,
                     "--system %s: the name of this directory is too long for "
                     "one with sockets in it",
                     path);
    else
        dir->path = pool_strdup(pool, absolute);
    free(absolute);
    return dir->path != NULL;
}

static bool has_end(const char *name, const char *end)
{
    size_t bytes = strlen(name);

    return bytes > strlen(end) && strcmp(name + bytes - strlen(end), end) == 0;
}

/* Is the file (name) of the directory to go? */
static bool goes(const struct rundir *dir, const char *name)
{
    switch (dir->kind) {
    case RUNDIR_PRIVATE:
        return true;
    case RUNDIR_SHARED:
        return strcmp(name, CONTROL_NAME) == 0 || has_end(name, ".sock") ||
               has_end(name, ".about");
    case RUNDIR_JOINED:
        return dir->name != NULL && has_end(name, ".about") &&
               strncmp(name, dir->name, strlen(dir->name)) == 0 &&
               name[strlen(dir->name)] == '.';
    }
    return false;
}

static void clean(const struct rundir *dir)
{
    DIR *entries = opendir(dir->path);
    struct control control;
    const struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.' && goes(dir, entry->d_name))
            (void)unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries != NULL)
        closedir(entries);
    if (dir->kind == RUNDIR_PRIVATE)
        (void)rmdir(dir->path);
    /* Last, for then the name is free for others. */
    if (dir->kind == RUNDIR_JOINED && dir->name != NULL &&
        control_open(&control, dir->path)) {
        (void)control_ask(&control, "remove %s", dir->name);
        control_close(&control);
    }
}

/* Waits for the other end of (pipe) to close: then nobody has cleaned up. */
static void run_keeper(const struct rundir *dir, int pipe)
{
    char word = 0;
    ssize_t got;

    signals_reset();
    (void)setsid(); /* what ends us all by group or terminal does not end it */
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_NAME, "nuncio-keeper");
    (void)dup2(pipe, STDIN_FILENO);
    (void)close_range(STDOUT_FILENO, ~0u, 0);
    do {
        got = read(STDIN_FILENO, &word, 1);
    } while (got < 0 && errno == EINTR);
    if (word != KEEPER_QUIT)
        clean(dir);
    _exit(0);
}

bool rundir_keep(struct rundir *dir, struct report *report)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        report_error(report, NULL, 0, "pipe: %s", strerror(errno));
        return false;
    }
    dir->keeper = fork();
    if (dir->keeper == 0)
        run_keeper(dir, ends[0]);
    close(ends[0]);
    if (dir->keeper < 0) {
        close(ends[1]);
        report_error(report, NULL, 0, "fork: %s", strerror(errno));
        return false;
    }
    dir->keeper_pipe = ends[1];
    return true;
}

void rundir_close(struct rundir *dir)
{
    static const char quit = KEEPER_QUIT;

    if (dir->path == NULL)
        return;
    clean(dir);
    dir->path = NULL;
    if (dir->keeper_pipe < 0)
        return;
    /* Should the word not arrive, it cleans what is clean. */
    if (write(dir->keeper_pipe, &quit, 1) != 1)
        perror("nuncio: keeper");
    close(dir->keeper_pipe);
    dir->keeper_pipe = -1;
    while (waitpid(dir->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void file_path(struct text *path, const char *dir, const char *name,
                      const char *end)
{
    text_clear(path);
    text_printf(path, "%s/%s%s", dir, name, end);
}

int rundir_open_log(const struct rundir *dir, const char *name,
                    struct report *report)
{
    struct text path = {0};
    int fd;

    file_path(&path, dir->path, name, ".log");
    fd =
        open(text_string(&path), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        report_error(report, NULL, 0, "%s: %s", text_string(&path),
                     strerror(errno));
    text_free(&path);
    return fd;
}

static void read_end(const char *path, off_t most, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t bytes = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    static char piece[4096];
    ssize_t got;

    if (bytes > most)
        (void)lseek(fd, -most, SEEK_END);
    else
        (void)lseek(fd, 0, SEEK_SET);
    while (fd >= 0 && (got = read(fd, piece, sizeof(piece))) > 0)
        text_add(out, piece, (size_t)got);
    if (fd >= 0)
        close(fd);
}

void rundir_show_log(const struct rundir *dir, const char *name,
                     struct text *out)
{
    struct text path = {0};
    struct text end = {0};
    char *rest;

    file_path(&path, dir->path, name, ".log");
    read_end(text_string(&path), SHOWN_BYTES, &end);
    if (dir->kind != RUNDIR_PRIVATE)
        text_printf(out, "nuncio: %s ends:\n", text_string(&path));
    if (end.bytes != 0) {
        char *line = strtok_r(end.data, "\n", &rest);

        /* The first is cut off in its middle. */
        if (end.bytes >= SHOWN_BYTES && line != NULL)
            line = strtok_r(NULL, "\n", &rest);
        for (; line != NULL; line = strtok_r(NULL, "\n", &rest))
            text_printf(out, "%s: %s\n", name, line);
    }
    text_free(&end);
    text_free(&path);
}

void rundir_write_about(const struct rundir *dir, const char *name,
                        const struct text *about)
{
    struct text path = {0};
    struct text part = {0};
    int fd;

    file_path(&path, dir->path, name, ".about");
    file_path(&part, dir->path, name, ".new.about");
    fd = open(text_string(&part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              0600);
    if (fd >= 0 && host_write_all(fd, text_string(about), about->bytes))
        (void)rename(text_string(&part), text_string(&path));
    if (fd >= 0)
        close(fd);
    text_free(&part);
    text_free(&path);
}

void rundir_read_about(const char *path, const char *name, struct text *about)
{
    struct text file = {0};

    file_path(&file, path, name, ".about");
    text_clear(about);
    read_end(text_string(&file), 1 << 16, about);
    text_free(&file);
}

void rundir_find_all(struct pool *pool, struct strings *paths)
{
    glob_t found;

    if (glob(private_pattern(pool, "*"), 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            struct stat st;

            if (lstat(found.gl_pathv[i], &st) == 0 && S_ISDIR(st.st_mode) &&
                st.st_uid == getuid())
                strings_add(pool, paths, found.gl_pathv[i]);
        }
    }
    globfree(&found);
}
