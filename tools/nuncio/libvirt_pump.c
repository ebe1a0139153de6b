#include "libvirt_pump.h"

#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GONE (VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP)

static void close_end(struct pump_end *end)
{
    if (end->watch >= 0)
        (void)virEventRemoveHandle(end->watch);
    if (end->fd >= 0)
        close(end->fd);
    end->watch = -1;
    end->fd = -1;
    end->bytes = 0;
    end->is_gone = true;
}

/* Without events the loop leaves the descriptor alone, even when it hangs up. */
static void choose_events(struct pump_end *end)
{
    int events = 0;

    if (end->watch < 0)
        return;
    if (end->peer->bytes < sizeof(end->peer->data))
        events |= VIR_EVENT_HANDLE_READABLE;
    if (end->bytes != 0)
        events |= VIR_EVENT_HANDLE_WRITABLE;
    virEventUpdateHandle(end->watch, events);
}

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* False when there is nothing more to come. */
static bool read_end(struct pump_end *end)
{
    struct pump_end *peer = end->peer;
    size_t room = sizeof(peer->data) - peer->bytes;
    ssize_t got;

    if (room == 0)
        return true;
    got = read(end->fd, peer->data + peer->bytes, room);
    if (got <= 0)
        return got < 0 && would_wait();
    if (!peer->is_gone)
        peer->bytes += (size_t)got;
    return true;
}

static bool write_end(struct pump_end *end)
{
    ssize_t wrote = send(end->fd, end->data, end->bytes, MSG_NOSIGNAL);

    if (wrote < 0)
        return would_wait();
    end->bytes -= (size_t)wrote;
    memmove(end->data, end->data + wrote, end->bytes);
    return true;
}

static void serve_end(int watch, int fd, int events, void *opaque)
{
    struct pump_end *end = opaque;
    struct pump_end *peer = end->peer;
    bool is_there = true;

    (void)watch;
    (void)fd;
    if (events & VIR_EVENT_HANDLE_WRITABLE)
        is_there = write_end(end);
    if (is_there && (events & (VIR_EVENT_HANDLE_READABLE | GONE)))
        is_there = read_end(end);
    if (!is_there)
        close_end(end);
    choose_events(end);
    choose_events(peer);
}

static bool watch_end(struct pump_end *end)
{
    if (fcntl(end->fd, F_SETFL, O_NONBLOCK) != 0)
        return false;
    end->watch = virEventAddHandle(end->fd, VIR_EVENT_HANDLE_READABLE,
                                   serve_end, end, NULL);
    return end->watch >= 0;
}

static void close_listener(struct pump *pump)
{
    if (pump->listener_watch >= 0)
        (void)virEventRemoveHandle(pump->listener_watch);
    if (pump->listener >= 0)
        close(pump->listener);
    pump->listener_watch = -1;
    pump->listener = -1;
}

/* One connection is QEMU's; nobody else is let in after it. */
static void accept_domain(int watch, int fd, int events, void *opaque)
{
    struct pump *pump = opaque;
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void)watch;
    (void)events;
    if (got < 0)
        return;
    close_listener(pump);
    pump->domain.fd = got;
    if (!watch_end(&pump->domain))
        close_end(&pump->domain);
    choose_events(&pump->domain);
    choose_events(&pump->launcher);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 &&
        (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
         listen(fd, 1) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool pump_open(struct pump *pump, const char *path, int fd)
{
    memset(pump, 0, sizeof(*pump));
    pump->launcher = (struct pump_end){.fd = -1, .watch = -1};
    pump->domain = (struct pump_end){.fd = -1, .watch = -1};
    pump->launcher.peer = &pump->domain;
    pump->domain.peer = &pump->launcher;
    pump->listener_watch = -1;
    pump->listener = listen_at(path);
    if (pump->listener < 0)
        return false;
    pump->listener_watch = virEventAddHandle(
        pump->listener, VIR_EVENT_HANDLE_READABLE, accept_domain, pump, NULL);
    pump->launcher.fd = fd;
    if (pump->listener_watch >= 0 && watch_end(&pump->launcher))
        return true;
    pump->launcher.fd = -1;
    pump_close(pump);
    return false;
}

bool pump_is_dry(const struct pump *pump)
{
    return pump->domain.fd < 0 &&
           (pump->launcher.fd < 0 || pump->launcher.bytes == 0);
}

void pump_close(struct pump *pump)
{
    close_listener(pump);
    close_end(&pump->domain);
    close_end(&pump->launcher);
}
