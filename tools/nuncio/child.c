#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "signals.h"
#include "status.h"

#define LOOK_AGAIN_MS 5

static void run_child(const struct child_plan *plan, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    signals_reset();
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(STATUS_LAUNCHER);
    for (size_t i = 0; i < plan->keep_count; i++)
        fcntl(plan->keep[i], F_SETFD, 0);
    dup2(null, STDIN_FILENO);
    dup2(plan->output, STDOUT_FILENO);
    dup2(plan->output, STDERR_FILENO);
    execvp(plan->argv->items[0], plan->argv->items);
    (void)fprintf(stderr, "%s: %s\n", plan->argv->items[0], strerror(errno));
    _exit(1);
}

pid_t child_start(const struct child_plan *plan, struct report *report)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0)
        run_child(plan, parent);
    if (pid < 0) {
        report_error(report, NULL, 0, "fork: %s", strerror(errno));
        return 0;
    }
    return pid;
}

bool child_has_ended(pid_t *pid, int *status)
{
    if (*pid <= 0 || waitpid(*pid, status, WNOHANG) != *pid)
        return false;
    *pid = 0;
    return true;
}

void child_stop(pid_t *pid, uint64_t patience_ms)
{
    uint64_t until = host_now_ms() + patience_ms;
    int status;

    if (*pid <= 0)
        return;
    kill(*pid, SIGTERM);
    while (!child_has_ended(pid, &status)) {
        if (host_now_ms() >= until)
            kill(*pid, SIGKILL);
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
}
