/* Reply objects: ipc/reply.h. */
#include <ipc/reply.h>

#include <abi/error.h>
#include <ipc/answer.h>
#include <proc/thread.h>

static void reply_destroy(struct object *object)
{
    struct reply *reply = (struct reply *)object;

    if (reply->client != NULL)
        answer_fail(reply->client, NU_GONE);
    purse_object_free(reply);
}

void reply_init(void)
{
    object_set_destroy(OBJECT_REPLY, reply_destroy);
}

struct reply *reply_create(struct purse *purse)
{
    struct reply *reply = purse_object_alloc(purse, sizeof(*reply));

    if (reply != NULL)
        object_init(&reply->object, OBJECT_REPLY);
    return reply;
}

int reply_save(struct reply *reply, struct thread *server)
{
    struct thread *client = server->client;

    if (reply->client != NULL)
        return NU_BUSY;
    if (client == NULL)
        return NU_NOENT;
    server->client = NULL;
    client->server = NULL;
    client->saved = reply;
    reply->client = client;
    return 0;
}
