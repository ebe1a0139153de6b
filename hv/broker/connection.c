#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "life.h"
#include "mailbox.h"

#define BACKLOG 4

bool connection_path(const struct broker *broker, const char *name,
                     char path[CONNECTION_PATH_MAX])
{
    int length = snprintf(path, CONNECTION_PATH_MAX, "%s/%s.sock",
                          broker->directory, name);

    return length > 0 && (size_t)length < CONNECTION_PATH_MAX;
}

static void file_name(const struct domain *domain, char *name, size_t room)
{
    (void)snprintf(name, room, "%s.sock", domain->name);
}

int connection_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (file < 0)
        return -1;
    (void)strncpy(address.sun_path, name, sizeof(address.sun_path) - 1);
    /* What an earlier broker left: this one holds the directory's lock. */
    (void)unlink(name);
    /* The process's umask makes it 0600. */
    if (bind(file, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(file, BACKLOG) != 0) {
        int error = errno;

        close(file);
        errno = error;
        return -1;
    }
    return file;
}

static bool watch(const struct broker *broker, int file, enum tag kind,
                  const struct domain *domain)
{
    struct epoll_event event = {.events = EPOLLIN};

    event.data.u64 = tag_make(kind, domain->domid);
    return epoll_ctl(broker->epoll, EPOLL_CTL_ADD, file, &event) == 0;
}

const char *connection_listen(struct broker *broker, struct domain *domain)
{
    char name[CONNECTION_PATH_MAX];

    file_name(domain, name, sizeof(name));
    domain->listener = connection_socket(name);
    if (domain->listener < 0)
        return strerror(errno);
    if (!watch(broker, domain->listener, TAG_LISTENER, domain)) {
        const char *problem = strerror(errno);

        connection_unlisten(broker, domain);
        return problem;
    }
    return NULL;
}

void connection_unlisten(struct broker *broker, struct domain *domain)
{
    char name[CONNECTION_PATH_MAX];

    connection_end(broker, domain, "the domain is removed");
    file_name(domain, name, sizeof(name));
    if (domain->listener >= 0) {
        close(domain->listener);
        (void)unlink(name);
    }
    domain->listener = -1;
}

void connection_accept(struct broker *broker, struct domain *domain)
{
    uint64_t tags[VHOST_QUEUES];
    int file;

    if (domain->connection >= 0)
        return;
    file = accept4(domain->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (file < 0)
        return;
    if (!watch(broker, file, TAG_CONNECTION, domain)) {
        close(file);
        return;
    }
    (void)epoll_ctl(broker->epoll, EPOLL_CTL_DEL, domain->listener, NULL);
    tags[BROKER_QUEUE_EVENTS] = tag_make(TAG_KICK_EVENTS, domain->domid);
    tags[BROKER_QUEUE_MAILBOX] = tag_make(TAG_KICK_MAILBOX, domain->domid);
    vhost_open(&domain->vhost, broker->epoll, tags);
    memset(&domain->wire, 0, sizeof(domain->wire));
    domain->connection = file;
    domain_log(domain, "event=connect domid=%u", domain->domid);
}

static void obey(struct broker *broker, struct domain *domain)
{
    bool was_live = vhost_is_live(&domain->vhost);
    struct vhost_message reply;
    const char *problem =
        vhost_handle(&domain->vhost, &domain->wire.message, &reply);

    if (problem == NULL)
        problem = life_refresh(broker, domain);
    if (problem == NULL && reply.header.size > 0 &&
        !wire_reply(domain->connection, &reply))
        problem = "the front-end does not take an answer";
    if (problem != NULL) {
        domain->counts.bad_messages++;
        domain_log(domain, "event=bad-message request=%u size=%u",
                   domain->wire.message.header.request,
                   domain->wire.message.header.size);
        connection_end(broker, domain, problem);
        return;
    }
    if (!was_live && vhost_is_live(&domain->vhost))
        mailbox_open(domain);
    wire_reset(&domain->wire);
}

void connection_serve(struct broker *broker, struct domain *domain)
{
    const char *problem = NULL;

    if (domain->connection < 0)
        return;
    switch (wire_read(&domain->wire, domain->connection, &problem)) {
    case WIRE_MESSAGE:
        obey(broker, domain);
        break;
    case WIRE_WAIT:
        break;
    case WIRE_END:
        connection_end(broker, domain, "the front-end has closed");
        break;
    case WIRE_BAD:
        domain->counts.bad_messages++;
        domain_log(domain, "event=bad-message request=%u size=%u",
                   domain->wire.message.header.request,
                   domain->wire.message.header.size);
        connection_end(broker, domain, problem);
        break;
    }
}

void connection_end(struct broker *broker, struct domain *domain,
                    const char *why)
{
    if (domain->connection < 0)
        return;
    /* First: who sees the end may look for the reason at once. */
    domain_log(domain, "event=disconnect domid=%u why=\"%s\"", domain->domid,
               why);
    life_end(broker, domain, "disconnect");
    vhost_close(&domain->vhost);
    wire_reset(&domain->wire);
    close(domain->connection);
    domain->connection = -1;
    domain->polled = domain->mailbox_due = domain->call_due = false;
    if (!watch(broker, domain->listener, TAG_LISTENER, domain))
        domain_log(domain, "event=listen-failed");
}
