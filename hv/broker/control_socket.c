#include "control_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "control.h"

static int listener = -1;

static struct client {
    int file; /* -1: free */
    size_t have; /* of (line) */
    char line[CONTROL_LINE_MAX];
    char *answer; /* NULL: nothing to send */
    size_t answer_bytes;
    size_t sent;
} clients[CONTROL_CLIENTS_MAX];

static bool watch(const struct broker *broker, int how, int file,
                  uint32_t events, uint64_t tag)
{
    struct epoll_event event = {.events = events};

    event.data.u64 = tag;
    return epoll_ctl(broker->epoll, how, file, &event) == 0;
}

const char *control_socket_open(struct broker *broker)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        clients[i].file = -1;
    listener = connection_socket(CONTROL_NAME);
    if (listener < 0 || !watch(broker, EPOLL_CTL_ADD, listener, EPOLLIN,
                               tag_make(TAG_CONTROL_LISTENER, 0)))
        return strerror(errno);
    return NULL;
}

static void end_client(struct client *client)
{
    free(client->answer);
    close(client->file);
    memset(client, 0, sizeof(*client));
    client->file = -1;
}

void control_socket_accept(struct broker *broker)
{
    int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (file < 0)
        return;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (clients[i].file < 0 && watch(broker, EPOLL_CTL_ADD, file, EPOLLIN,
                                         tag_make(TAG_CONTROL, i))) {
            clients[i].file = file;
            return;
        }
    }
    log_event("event=control-refused why=\"too many clients\"");
    close(file);
}

/* Sends what it takes now. False: the client is gone. */
static bool send_answer(struct client *client)
{
    while (client->sent < client->answer_bytes) {
        ssize_t bytes = send(client->file, client->answer + client->sent,
                             client->answer_bytes - client->sent,
                             MSG_DONTWAIT | MSG_NOSIGNAL);

        if (bytes < 0)
            return errno == EAGAIN;
        client->sent += (size_t)bytes;
    }
    free(client->answer);
    client->answer = NULL;
    client->answer_bytes = client->sent = 0;
    return true;
}

/* Does the first line that is complete. False: there is none. */
static bool do_line(struct broker *broker, struct client *client)
{
    static char line[CONTROL_LINE_MAX];
    char *end = memchr(client->line, '\n', client->have);
    size_t length;
    FILE *out;

    if (end == NULL)
        return false;
    *end = '\0';
    length = (size_t)(end - client->line) + 1;
    memcpy(line, client->line, length);
    client->have -= length;
    memmove(client->line, client->line + length, client->have);
    out = open_memstream(&client->answer, &client->answer_bytes);
    if (out == NULL)
        return false;
    control_do(broker, line, out);
    (void)fclose(out);
    client->sent = 0;
    return true;
}

/* Reads what there is. False: the client has closed, or its line is too long. */
static bool read_lines(struct client *client)
{
    ssize_t bytes;

    if (client->have == sizeof(client->line))
        return false;
    bytes = recv(client->file, client->line + client->have,
                 sizeof(client->line) - client->have, MSG_DONTWAIT);
    if (bytes <= 0)
        return bytes < 0 && errno == EAGAIN;
    client->have += (size_t)bytes;
    return true;
}

void control_socket_serve(struct broker *broker, uint32_t slot)
{
    struct client *client = &clients[slot];
    bool good = true;

    if (client->file < 0)
        return;
    if (client->answer == NULL)
        good = read_lines(client);
    /* One answer at a time: what waits here is bounded. */
    do {
        good = good && (client->answer == NULL || send_answer(client));
    } while (good && client->answer == NULL && do_line(broker, client));
    good = good && watch(broker, EPOLL_CTL_MOD, client->file,
                         client->answer != NULL ? EPOLLOUT : EPOLLIN,
                         tag_make(TAG_CONTROL, slot));
    if (!good)
        end_client(client);
}

void control_socket_close(struct broker *broker)
{
    (void)broker;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (clients[i].file >= 0)
            end_client(&clients[i]);
    }
    if (listener >= 0) {
        close(listener);
        (void)unlink(CONTROL_NAME);
    }
    listener = -1;
}
