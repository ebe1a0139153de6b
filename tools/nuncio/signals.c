#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Those that ask us to end. */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#define ENDS_COUNT (sizeof(ends) / sizeof(ends[0]))

int signals_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < ENDS_COUNT; i++)
        sigaddset(&set, ends[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    (void)signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_read(int file)
{
    struct signalfd_siginfo info;
    int first = 0;

    while (read(file, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD && first == 0)
            first = (int)info.ssi_signo;
    }
    return first;
}

bool signals_are_pending(void)
{
    sigset_t set;
    bool are = false;

    sigpending(&set);
    for (size_t i = 0; i < ENDS_COUNT; i++)
        are |= sigismember(&set, ends[i]) == 1;
    return are;
}

void signals_reset(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
}
