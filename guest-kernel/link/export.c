/*
 * Objects that cross a link: those of ours that the peer is shown, which are
 * handles of the agents' process, and those that come with its requests.
 */
#include <link/internal.h>

#include <abi/error.h>

bool agent_export(struct link *link, struct endpoint *end, uint32_t rights,
                  struct link_handle *handle)
{
    const struct import *import = end->peer->remote;

    handle->rights = rights & CLIENT_RIGHTS;
    if (import != NULL) {
        /* One of the peer's own goes home; a third domain's goes nowhere. */
        if (import->link != link || !import->live)
            return false;
        handle->object = import->object;
        handle->rights |= LINK_HANDLE_YOURS;
        return true;
    }
    if (link->agents->handles.free_count == 0)
        return false;
    object_get(&end->object);
    handle->object = handle_put(&link->agents->handles, &end->object,
                                rights & CLIENT_RIGHTS);
    return true;
}

void agent_release(struct link *link, const uint32_t *objects, uint32_t count)
{
    struct handle_table *table = &link->agents->handles;

    for (uint32_t i = 0; i < count; i++) {
        struct handle_slot *slot = handle_find(table, objects[i]);

        if (slot != NULL && objects[i] != link->gate)
            object_put(handle_take(table, slot));
    }
}

void agent_close_handles(struct agent *agent)
{
    struct handle_table *table = &agent->link->agents->handles;

    for (uint32_t i = 0; i < agent->handle_count; i++) {
        struct handle_slot *slot = handle_find(table, agent->handles[i]);

        if (slot != NULL)
            object_put(handle_take(table, slot));
    }
    agent->handle_count = 0;
}

/* One of ours that comes home: a handle of its own, for the peer may release the
 * one that it named before this request has found its receiver. */
static int own_handle(const struct link *link, uint32_t number,
                      struct object **object, uint32_t *rights)
{
    const struct handle_slot *slot =
        handle_find(&link->agents->handles, number);

    if (slot == NULL)
        return NU_BADH;
    if (!(slot->rights & NU_RIGHT_TRANSFER))
        return NU_DENIED;
    object_get(slot->object);
    *object = slot->object;
    *rights = slot->rights;
    return 0;
}

/* One of the peer's. */
static int foreign_handle(struct link *link, uint32_t number,
                          struct object **object)
{
    struct endpoint *client;
    struct import *import = import_create(link, link->purse, &client);

    if (import == NULL)
        return NU_NOMEM;
    import_set_live(import, number);
    *object = &client->object;
    return 0;
}

/* Objects that came with the request, as handles of the agent to pass on. */
int agent_take_handles(struct agent *agent, const struct link_view *view)
{
    struct link *link = agent->link;
    struct handle_table *table = &link->agents->handles;
    struct nu_msgbuf *buf = agent->thread->buf;

    for (uint32_t i = 0; i < view->handle_count; i++) {
        const struct link_handle *item = &view->handles[i];
        struct object *object;
        uint32_t rights = CLIENT_RIGHTS;
        int status = table->free_count == 0 ? NU_NOMEM : 0;

        if (status == 0)
            status = item->rights & LINK_HANDLE_YOURS
                         ? own_handle(link, item->object, &object, &rights)
                         : foreign_handle(link, item->object, &object);
        if (status != 0)
            return status;
        buf->handles[i] = (struct nu_handle_item){
            handle_put(table, object, rights),
            (item->rights & CLIENT_RIGHTS) | NU_ITEM_MOVE, 0};
        agent->handles[agent->handle_count++] = buf->handles[i].handle;
    }
    return 0;
}
