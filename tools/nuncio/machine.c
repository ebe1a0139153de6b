#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/* Channels for one life; false, and errno. */
static bool open_channels(struct machine *machine)
{
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            return false;
        machine->ours[i] = pair[0];
        machine->theirs[i] = pair[1];
        if (fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
            return false;
    }
    return true;
}

static void close_channels(struct machine *machine)
{
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        machine_close_channel(machine, (enum channel_name)i);
        if (machine->theirs[i] >= 0)
            close(machine->theirs[i]);
        machine->theirs[i] = -1;
    }
}

void machine_clear(struct machine *machine)
{
    *machine = (struct machine){.archive = -1, .code = -1};
    for (int i = 0; i < CHANNEL_COUNT; i++)
        machine->ours[i] = machine->theirs[i] = -1;
}

bool machine_open(struct machine *machine, struct report *report)
{
    machine_clear(machine);
    machine->archive = memfd_create("archive", MFD_CLOEXEC);
    if (machine->archive >= 0 && open_channels(machine))
        return true;
    report_error(report, NULL, 0, "channels to QEMU: %s", strerror(errno));
    machine_close(machine);
    return false;
}

bool machine_reopen(struct machine *machine, struct report *report)
{
    close_channels(machine);
    machine->code = -1;
    if (open_channels(machine))
        return true;
    report_error(report, NULL, 0, "channels to QEMU: %s", strerror(errno));
    return false;
}

bool machine_start(struct machine *machine, const struct strings *argv,
                   struct report *report)
{
    int keep[CHANNEL_QEMU + 1];
    struct child_plan plan = {
        .argv = argv,
        .output = machine->theirs[CHANNEL_QEMU],
        .keep = keep,
        .keep_count = CHANNEL_QEMU + 1,
    };

    memcpy(keep, machine->theirs, CHANNEL_QEMU * sizeof(*keep));
    keep[CHANNEL_QEMU] = machine->archive;
    machine->pid = child_start(&plan, report);
    if (machine->pid == 0)
        return false;
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
    machine->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

bool machine_has_ended(struct machine *machine)
{
    int status;

    if (child_has_ended(&machine->pid, &status))
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
    close_channels(machine);
    if (machine->archive >= 0)
        close(machine->archive);
    machine->archive = -1;
}
