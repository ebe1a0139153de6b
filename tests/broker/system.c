/* A broker for a test. See system.h. */
#include "system.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define WAIT_STEPS 2000 /* of 5 ms */

__attribute__((format(printf, 1, 2), noreturn)) static void
die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, " (%s)\n", strerror(errno));
    exit(1);
}

static void path_in(const struct system *system, const char *name, char *path)
{
    (void)snprintf(path, SYSTEM_PATH_MAX, "%s/%s", system->directory, name);
}

static int connect_control(const struct system *system)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/control",
                   system->directory);
    if (file >= 0 && connect(file, (const struct sockaddr *)&address,
                             sizeof(address)) != 0) {
        close(file);
        file = -1;
    }
    return file;
}

void system_start(struct system *system, const char *binary)
{
    char log[SYSTEM_PATH_MAX];
    int file = -1;

    (void)snprintf(system->directory, sizeof(system->directory),
                   "/tmp/nuncio-broker-XXXXXX");
    if (mkdtemp(system->directory) == NULL)
        die("no directory");
    path_in(system, "log", log);
    system->broker = fork();
    if (system->broker == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execl(binary, binary, "--system", system->directory, "--log", log,
                    (char *)NULL);
        die("%s", binary);
    }
    for (int i = 0; i < WAIT_STEPS && file < 0; i++) {
        (void)usleep(5000);
        file = connect_control(system);
    }
    if (file < 0)
        die("the broker does not listen");
    close(file);
}

static void remove_directory(const struct system *system)
{
    DIR *directory = opendir(system->directory);
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL)
        (void)unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory != NULL)
        (void)closedir(directory);
    (void)rmdir(system->directory);
}

void system_stop(struct system *system)
{
    int status;

    if (strcmp(system_ask(system, "stop"), "ok\n") != 0)
        die("the broker does not stop: %s", system->answer);
    if (waitpid(system->broker, &status, 0) != system->broker || status != 0)
        die("the broker ended with status %x", (unsigned)status);
    remove_directory(system);
}

/* Is the last line of (text) complete, and the last of an answer? */
static int is_whole(const char *text, size_t bytes)
{
    const char *line;

    if (bytes == 0 || text[bytes - 1] != '\n')
        return 0;
    line = text + bytes - 1;
    while (line > text && line[-1] != '\n')
        line--;
    return strncmp(line, "ok", 2) == 0 || strncmp(line, "error", 5) == 0;
}

const char *system_ask(struct system *system, const char *line)
{
    int file = connect_control(system);
    size_t have = 0;
    ssize_t got = 1;

    if (file < 0 || dprintf(file, "%s\n", line) < 0)
        die("the broker cannot be asked");
    while (got > 0 && !is_whole(system->answer, have) &&
           have < sizeof(system->answer) - 1) {
        got = read(file, system->answer + have,
                   sizeof(system->answer) - 1 - have);
        have += got > 0 ? (size_t)got : 0;
    }
    system->answer[have] = '\0';
    close(file);
    return system->answer;
}

uint16_t system_add(struct system *system, const char *name,
                    char path[SYSTEM_PATH_MAX])
{
    static const char before_domid[] = "ok domid=";
    static const char before_path[] = " socket=";
    char line[80];
    char *end;
    unsigned long domid;

    (void)snprintf(line, sizeof(line), "add %s", name);
    (void)system_ask(system, line);
    if (strncmp(system->answer, before_domid, sizeof(before_domid) - 1) != 0)
        die("%s: %s", line, system->answer);
    domid = strtoul(system->answer + sizeof(before_domid) - 1, &end, 10);
    if (strncmp(end, before_path, sizeof(before_path) - 1) != 0)
        die("%s: %s", line, system->answer);
    end += sizeof(before_path) - 1;
    end[strcspn(end, "\n")] = '\0';
    (void)snprintf(path, SYSTEM_PATH_MAX, "%s", end);
    return (uint16_t)domid;
}

struct guest *system_guest(struct system *system, const char *name)
{
    char path[SYSTEM_PATH_MAX];
    uint16_t domid = system_add(system, name, path);
    struct guest *guest = guest_start(path);

    if (guest == NULL)
        die("%s does not start", name);
    if (guest_hello(guest) != 0 || guest->domid != domid)
        die("%s cannot say hello", name);
    return guest;
}

/* What follows "key": in the line of (name), or NULL. */
static const char *find_value(struct system *system, const char *name,
                              const char *key)
{
    char wanted[80];
    char *line;
    char *end;
    const char *value;

    (void)system_ask(system, "list");
    (void)snprintf(wanted, sizeof(wanted), "{\"name\":\"%s\",", name);
    line = strstr(system->answer, wanted);
    if (line == NULL)
        return NULL;
    end = strchr(line, '\n');
    if (end != NULL)
        *end = '\0';
    (void)snprintf(wanted, sizeof(wanted), "\"%s\":", key);
    value = strstr(line, wanted);
    return value == NULL ? NULL : value + strlen(wanted);
}

long long system_number(struct system *system, const char *name,
                        const char *key)
{
    const char *value = find_value(system, name, key);

    return value == NULL ? -1 : strtoll(value, NULL, 10);
}

void system_await(struct system *system, const char *name, const char *state)
{
    for (int i = 0; i < WAIT_STEPS; i++) {
        const char *value = find_value(system, name, "state");

        if (value != NULL && strncmp(value + 1, state, strlen(state)) == 0)
            return;
        (void)usleep(i < 50 ? 100 : 5000);
    }
    die("%s does not become %s", name, state);
}

static size_t count_entries(const struct system *system, const char *what)
{
    char path[SYSTEM_PATH_MAX];
    size_t count = 0;
    DIR *directory;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)system->broker,
                   what);
    directory = opendir(path);
    if (directory == NULL)
        die("%s", path);
    while (readdir(directory) != NULL)
        count++;
    (void)closedir(directory);
    return count;
}

size_t system_files(const struct system *system)
{
    return count_entries(system, "fd");
}

size_t system_mappings(const struct system *system)
{
    return count_entries(system, "map_files");
}
