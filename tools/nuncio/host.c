#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "status.h"

static bool is_separator(char c)
{
    return c == '\0' || c == ' ' || c == '\n' || c == '\t' || c == ':';
}

bool host_cpu_virtualizes(const char *cpuinfo)
{
    for (const char *p = cpuinfo; *p != '\0'; p++) {
        if ((p == cpuinfo || is_separator(p[-1])) &&
            (strncmp(p, "vmx", 3) == 0 || strncmp(p, "svm", 3) == 0) &&
            is_separator(p[3]))
            return true;
    }
    return false;
}

bool host_has_kvm(const char **why)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char *line = NULL;
    size_t room = 0;
    bool virtualizes = false;
    int fd;

    while (file != NULL && !virtualizes && getline(&line, &room, file) > 0)
        virtualizes = host_cpu_virtualizes(line);
    free(line);
    if (file != NULL)
        (void)fclose(file);
    if (!virtualizes) {
        *why = "the processor offers neither VT-x nor SVM";
        return false;
    }
    fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        *why = "/dev/kvm does not open";
        return false;
    }
    close(fd);
    return true;
}

char *host_build_dir(struct pool *pool)
{
    char *path = pool_alloc(pool, PATH_MAX);
    ssize_t bytes = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *slash;

    if (bytes <= 0)
        return NULL;
    slash = strrchr(path, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    return path;
}

uint64_t host_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

bool host_write_all(int fd, const char *data, size_t bytes)
{
    while (bytes != 0) {
        ssize_t wrote = write(fd, data, bytes);

        if (wrote < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};

            (void)poll(&ready, 1, -1);
        } else if (wrote < 0 && errno != EINTR) {
            return false;
        } else if (wrote > 0) {
            data += wrote;
            bytes -= (size_t)wrote;
        }
    }
    return true;
}

/* An anonymous file with (input), read from its beginning; -1 on failure. */
static int input_file(const char *input)
{
    size_t bytes = input != NULL ? strlen(input) : 0;
    int fd = memfd_create("input", MFD_CLOEXEC);

    if (fd >= 0 && (write(fd, input, bytes) != (ssize_t)bytes ||
                    lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void run_child(const struct strings *argv, int input)
{
    /* mke2fs and sfdisk are not in the PATH of every user. */
    const char *path = getenv("PATH");
    struct text longer = {0};

    text_printf(&longer, "%s:/usr/sbin:/sbin", path != NULL ? path : "/bin");
    setenv("PATH", text_string(&longer), 1);
    /* What the tools print on success is not for our standard output. */
    if (dup2(input, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(STATUS_LAUNCHER);
    execvp(argv->items[0], argv->items);
    (void)fprintf(stderr, "nuncio: %s: %s\n", argv->items[0], strerror(errno));
    _exit(STATUS_LAUNCHER);
}

bool host_run(const struct strings *argv, const char *input,
              struct report *report)
{
    int fd = input_file(input);
    int status = 0;
    pid_t child = fd >= 0 ? fork() : -1;

    if (child == 0)
        run_child(argv, fd);
    if (fd >= 0)
        close(fd);
    if (child < 0) {
        report_error(report, NULL, 0, "%s: %s", argv->items[0],
                     strerror(errno));
        return false;
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    report_error(report, NULL, 0, "%s failed (status %d)", argv->items[0],
                 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return false;
}
