/*
 * nuncio-broker: what the hypervisor would do between domains, for QEMU and
 * KVM. See docs/broker.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connection.h"
#include "control.h"
#include "control_socket.h"
#include "deadman.h"
#include "ready.h"
#include "rounds.h"
#include "sandbox.h"
#include "store.h"

#define EVENTS_MAX      64
#define POLL_US_DEFAULT 50u
#define POLL_US_MAX     10000u
#define NS_PER_US       1000ull
#define LOCK_NAME       "lock"

struct options {
    const char *directory;
    const char *log;
    unsigned long poll_us;
    bool open; /* no sandbox */
    const char *group; /* whose QEMUs may connect, besides our user's */
    const char *names[BROKER_DOMAINS_MAX]; /* of domains to begin with */
    size_t name_count;
};

static const char usage[] =
    "usage: nuncio-broker --system DIR [--log FILE] [--poll-max-us N]\n"
    "                     [--group GROUP] [--add NAME]... [--no-sandbox]\n"
    "  --system DIR       where the sockets are; made if it is not there\n"
    "  --log FILE         lines are added to FILE instead of standard error\n"
    "  --poll-max-us N    longest time to look for more after a batch, up to\n"
    "                     10000; 0: never (default 50)\n"
    "  --group GROUP      domains' QEMUs may be of this group (libvirt-qemu);\n"
    "                     without it, of the broker's user only\n"
    "  --add NAME         begin with this domain; may be repeated\n"
    "  --no-sandbox       keep all system calls, for a debugger\n";

static bool read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"system", required_argument, NULL, 's'},
        {"log", required_argument, NULL, 'l'},
        {"poll-max-us", required_argument, NULL, 'p'},
        {"group", required_argument, NULL, 'g'},
        {"add", required_argument, NULL, 'a'},
        {"no-sandbox", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0}};
    char *end;
    int option;

    options->poll_us = POLL_US_DEFAULT;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's') {
            options->directory = optarg;
        } else if (option == 'l') {
            options->log = optarg;
        } else if (option == 'n') {
            options->open = true;
        } else if (option == 'g') {
            options->group = optarg;
        } else if (option == 'a' && options->name_count < BROKER_DOMAINS_MAX) {
            options->names[options->name_count++] = optarg;
        } else if (option == 'p') {
            options->poll_us = strtoul(optarg, &end, 10);
            if (*optarg < '0' || *optarg > '9' || *end != '\0' ||
                options->poll_us > POLL_US_MAX)
                return false;
        } else {
            return false;
        }
    }
    return options->directory != NULL && optind == argc;
}

static int complain(const char *what)
{
    (void)fprintf(stderr, "nuncio-broker: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

/*
 * Makes the directory and goes there; nothing is named by a longer path after
 * that. The lock is held as long as the process lives.
 */
static int enter_directory(struct broker *broker, const char *directory)
{
    int lock;

    (void)umask(0077);
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return complain(directory);
    if (chdir(directory) != 0)
        return complain(directory);
    broker->directory = realpath(".", NULL);
    if (broker->directory == NULL)
        return complain(directory);
    (void)umask(0177); /* sockets have no other mode */
    lock = open(LOCK_NAME, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0)
        return complain(LOCK_NAME);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        (void)fprintf(stderr,
                      "nuncio-broker: another broker serves %s already\n",
                      broker->directory);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/*
 * From now on new files are the group's, and its members get through the
 * directory. What they may connect to is made after share_sockets().
 */
static int enter_group(const struct broker *broker, const char *name)
{
    const struct group *group = getgrnam(name);

    if (group == NULL) {
        (void)fprintf(stderr, "nuncio-broker: there is no group %s\n", name);
        return EXIT_FAILURE;
    }
    if (chown(broker->directory, (uid_t)-1, group->gr_gid) != 0 ||
        chmod(broker->directory, 0710) != 0 || setgid(group->gr_gid) != 0)
        return complain(name);
    return EXIT_SUCCESS;
}

static void share_sockets(void)
{
    (void)umask(0117);
}

static int add_domains(struct broker *broker, const struct options *options)
{
    for (size_t i = 0; i < options->name_count; i++) {
        const char *problem = control_add(broker, options->names[i], 0);

        if (problem != NULL) {
            (void)fprintf(stderr, "nuncio-broker: --add %s: %s\n",
                          options->names[i], problem);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

static int open_log(const char *path)
{
    int file;

    if (path == NULL)
        return EXIT_SUCCESS;
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return complain(path);
    log_open(file);
    return EXIT_SUCCESS;
}

/* SIGTERM and SIGINT end the loop; nobody's closed socket ends the process. */
static int open_signals(const struct broker *broker)
{
    struct epoll_event event = {.events = EPOLLIN};
    sigset_t set;
    int file;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return complain("signals");
    file = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    event.data.u64 = tag_make(TAG_SIGNAL, 0);
    if (file < 0 || epoll_ctl(broker->epoll, EPOLL_CTL_ADD, file, &event) != 0)
        return complain("signals");
    return EXIT_SUCCESS;
}

static void handle(struct broker *broker, uint64_t tag)
{
    enum tag kind = (enum tag)(tag >> 32);
    uint32_t index = (uint32_t)tag;
    struct domain *domain =
        index < BROKER_DOMAINS_MAX ? broker->domains[index] : NULL;

    if (kind == TAG_SIGNAL)
        broker->stopping = true;
    else if (kind == TAG_CONTROL_LISTENER)
        control_socket_accept(broker);
    else if (kind == TAG_CONTROL)
        control_socket_serve(broker, index);
    else if (domain == NULL)
        return; /* removed since epoll_wait() */
    else if (kind == TAG_LISTENER)
        connection_accept(broker, domain);
    else if (kind == TAG_CONNECTION)
        connection_serve(broker, domain);
    else if (kind == TAG_KICK_EVENTS)
        rounds_kick_store(domain);
    else
        rounds_kick_mailbox(domain);
}

static void run(struct broker *broker)
{
    struct epoll_event events[EVENTS_MAX];

    while (!broker->stopping) {
        int count = epoll_wait(broker->epoll, events, EVENTS_MAX,
                               rounds_sleep_ms(broker));

        if (count >= 0) /* not for its own tick */
            deadman_work();
        for (int i = 0; i < count; i++)
            handle(broker, events[i].data.u64);
        if (count == 0)
            rounds_spin(broker);
        rounds_serve(broker);
    }
}

static void stop(struct broker *broker)
{
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        struct domain *domain = broker->domains[i];

        if (domain == NULL)
            continue;
        connection_unlisten(broker, domain);
        broker_remove(broker, domain);
    }
    control_socket_close(broker);
    store_destroy(broker->store);
    log_event("event=stop");
}

static int enter_sandbox(void)
{
    bool landlock;
    const char *problem = sandbox_enter(&landlock);

    if (problem != NULL) {
        (void)fprintf(stderr, "nuncio-broker: sandbox: %s\n", problem);
        return EXIT_FAILURE;
    }
    if (!landlock)
        log_event("event=sandbox why=\"this kernel has no Landlock; seccomp "
                  "alone\"");
    return EXIT_SUCCESS;
}

/* All that comes before the loop. */
static int start(struct broker *broker, const struct options *options)
{
    const char *problem;

    broker->started_ns = log_now_ns();
    broker->poll_max_ns = options->poll_us * NS_PER_US;
    broker->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (broker->epoll < 0)
        return complain("epoll");
    if (open_log(options->log) != 0 ||
        enter_directory(broker, options->directory) != 0 ||
        open_signals(broker) != 0 ||
        (options->group != NULL && enter_group(broker, options->group) != 0))
        return EXIT_FAILURE;
    guest_memory_guard();
    deadman_start();
    broker->store = store_create(rounds_wake_store, broker);
    problem = control_socket_open(broker);
    if (problem != NULL) {
        (void)fprintf(stderr, "nuncio-broker: control socket: %s\n", problem);
        return EXIT_FAILURE;
    }
    log_event("event=start system=%s", broker->directory);
    if (options->group != NULL)
        share_sockets();
    if (add_domains(broker, options) != 0)
        return EXIT_FAILURE;
    ready_tell();
    return options->open ? EXIT_SUCCESS : enter_sandbox();
}

int main(int argc, char **argv)
{
    static struct broker broker;
    static struct options options;

    if (!read_options(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (start(&broker, &options) != 0)
        return EXIT_FAILURE;
    run(&broker);
    stop(&broker);
    return EXIT_SUCCESS;
}
