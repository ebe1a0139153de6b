#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Calls without a condition. */
static const int allowed[] = {
    SCMP_SYS(accept4),       SCMP_SYS(bind),         SCMP_SYS(brk),
    SCMP_SYS(clock_gettime), SCMP_SYS(close),        SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),   SCMP_SYS(epoll_wait),   SCMP_SYS(exit_group),
    SCMP_SYS(fstat),         SCMP_SYS(getrandom),    SCMP_SYS(listen),
    SCMP_SYS(madvise),       SCMP_SYS(mremap),       SCMP_SYS(munmap),
    SCMP_SYS(newfstatat),    SCMP_SYS(readlink),     SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),       SCMP_SYS(rt_sigreturn), SCMP_SYS(sendto),
    SCMP_SYS(setitimer),     SCMP_SYS(unlink),       SCMP_SYS(write),
    SCMP_SYS(writev),
};

/* Calls that one argument must fit. */
static const struct {
    int call;
    struct scmp_arg_cmp argument;
} conditional[] = {
    {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_UNIX, 0}},
    {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(fcntl), {1, SCMP_CMP_EQ, F_GETFL, 0}},
    {SCMP_SYS(fcntl), {1, SCMP_CMP_EQ, F_SETFL, 0}},
    {SCMP_SYS(fcntl), {1, SCMP_CMP_EQ, F_GET_SEALS, 0}},
    /* To die of it. */
    {SCMP_SYS(rt_sigaction), {0, SCMP_CMP_EQ, SIGBUS, 0}},
};

static int fill(scmp_filter_ctx filter)
{
    int error = 0;

    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (error == 0)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    }
    for (size_t i = 0; i < sizeof(conditional) / sizeof(conditional[0]); i++) {
        if (error == 0)
            error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
                                           conditional[i].call, 1,
                                           &conditional[i].argument);
    }
    return error;
}

static const char *limit_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int error;

    if (filter == NULL)
        return "no memory for the filter of system calls";
    error = fill(filter);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error == 0 ? NULL : strerror(-error);
}

/* What Landlock's first version knows of, and what is left of it here. */
#define FILE_ACCESS                                                   \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |     \
     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |     \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
     LANDLOCK_ACCESS_FS_MAKE_SYM)
#define DIRECTORY_ACCESS \
    (LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)

static const char *limit_files(bool *landlock)
{
    struct landlock_ruleset_attr rules = {.handled_access_fs = FILE_ACCESS};
    struct landlock_path_beneath_attr here = {.allowed_access =
                                                  DIRECTORY_ACCESS};
    long set = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
    long error;

    *landlock = set >= 0;
    if (set < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP ? NULL : strerror(errno);
    here.parent_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here.parent_fd < 0)
        return strerror(errno);
    error = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
                    &here, 0);
    if (error == 0)
        error = syscall(SYS_landlock_restrict_self, set, 0);
    close(here.parent_fd);
    close((int)set);
    return error == 0 ? NULL : strerror(errno);
}

const char *sandbox_enter(bool *landlock)
{
    const char *problem;

    /* The log's times need no file of time zones later on. */
    tzset();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return strerror(errno);
    problem = limit_files(landlock);
    return problem != NULL ? problem : limit_calls();
}
