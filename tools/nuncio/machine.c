#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "status.h"

bool machine_open(struct machine *machine, struct report *report)
{
    *machine = (struct machine){.code = -1};
    for (int i = 0; i < CHANNEL_COUNT; i++)
        machine->ours[i] = machine->theirs[i] = -1;
    machine->archive = memfd_create("archive", MFD_CLOEXEC);
    if (machine->archive < 0)
        goto failed;
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            goto failed;
        machine->ours[i] = pair[0];
        machine->theirs[i] = pair[1];
        if (fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
            goto failed;
    }
    return true;
failed:
    report_error(report, NULL, 0, "channels to QEMU: %s", strerror(errno));
    machine_close(machine);
    return false;
}

static void run_child(const struct machine *machine, const struct strings *argv,
                      pid_t parent)
{
    int null = open("/dev/null", O_RDONLY);
    int messages = machine->theirs[CHANNEL_QEMU];
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Its own group: Ctrl-C is for us, and we decide when it ends. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(STATUS_LAUNCHER);
    for (int i = 0; i < CHANNEL_QEMU; i++)
        fcntl(machine->theirs[i], F_SETFD, 0);
    fcntl(machine->archive, F_SETFD, 0);
    dup2(null, STDIN_FILENO);
    dup2(messages, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    execvp(argv->items[0], argv->items);
    (void)fprintf(stderr, "%s: %s\n", argv->items[0], strerror(errno));
    _exit(1);
}

bool machine_start(struct machine *machine, const struct strings *argv,
                   struct report *report)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0)
        run_child(machine, argv, parent);
    if (pid < 0) {
        report_error(report, NULL, 0, "fork: %s", strerror(errno));
        return false;
    }
    machine->pid = pid;
    /* Ends of file are seen only once nobody but QEMU has its ends. */
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        close(machine->theirs[i]);
        machine->theirs[i] = -1;
    }
    return true;
}

void machine_signal(struct machine *machine, int signal)
{
    if (machine->pid > 0)
        kill(machine->pid, signal);
}

static void set_ended(struct machine *machine, int status)
{
    machine->pid = 0;
    machine->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool machine_has_ended(struct machine *machine)
{
    int status;

    if (machine->pid > 0 &&
        waitpid(machine->pid, &status, WNOHANG) == machine->pid)
        set_ended(machine, status);
    return machine->pid == 0;
}

void machine_close_channel(struct machine *machine, enum channel_name name)
{
    if (machine->ours[name] >= 0)
        close(machine->ours[name]);
    machine->ours[name] = -1;
}

void machine_close(struct machine *machine)
{
    int status;

    if (machine->pid > 0) {
        kill(machine->pid, SIGKILL);
        while (waitpid(machine->pid, &status, 0) < 0 && errno == EINTR)
            ;
        set_ended(machine, status);
    }
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        machine_close_channel(machine, (enum channel_name)i);
        if (machine->theirs[i] >= 0)
            close(machine->theirs[i]);
        machine->theirs[i] = -1;
    }
    if (machine->archive >= 0)
        close(machine->archive);
    machine->archive = -1;
}
