/*
 * Responses: the answer to a call, with its objects, into the registers and the
 * buffer of the thread that waits for it. The strings are in its pages already.
 */
#include <link/internal.h>

#include <abi/error.h>
#include <ipc/answer.h>
#include <nlib/string.h>

/* Handles that came for nobody: the peer is told that they are not needed. */
static void give_back(struct link *link, const struct link_view *view,
                      uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        struct endpoint *client;
        struct import *import;

        if (view->handles[i].rights & LINK_HANDLE_YOURS)
            continue;
        import = import_create(link, link->purse, &client);
        if (import == NULL)
            return; /* kept there until the connection ends */
        import_set_live(import, view->handles[i].object);
        object_put(&client->object);
    }
}

static int take_handle(struct link *link, struct link_call *call,
                       const struct link_view *view, uint32_t i,
                       const struct link_draft *recipe)
{
    const struct link_handle *item = &view->handles[i];
    struct process *process = call->thread->process;
    uint32_t rights =
        item->rights & (NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY);
    struct endpoint *client;
    struct import *import;

    if (item->rights & LINK_HANDLE_YOURS) {
        struct object *own;
        int status = handle_get(&link->agents->handles, item->object,
                                OBJECT_CHANNEL, 0, &own);

        if (status != 0)
            return NU_PROTO;
        object_get(own);
        client = (struct endpoint *)own;
    } else {
        import = import_create(link, process->purse, &client);
        if (import == NULL)
            return NU_NOMEM;
        import_set_live(import, item->object);
        if (call->import != NULL)
            import_keep_recipe(import, process->purse, call->import, recipe,
                               view, i);
    }
    call->thread->buf->handles[i] = (struct nu_handle_item){
        handle_put(&process->handles, &client->object, rights), rights, 0};
    return 0;
}

/* Undoes take_handle() for the first (count). */
static void drop_handles(struct thread *client, uint32_t count)
{
    struct handle_table *table = &client->process->handles;

    for (uint32_t i = 0; i < count; i++) {
        struct handle_slot *slot =
            handle_find(table, client->buf->handles[i].handle);

        if (slot != NULL)
            object_put(handle_take(table, slot));
    }
}

static int take_handles(struct link *link, struct link_call *call,
                        const struct link_view *view)
{
    struct thread *client = call->thread;
    const struct link_draft *recipe;

    if (view->handle_count == 0)
        return 0;
    if (view->handle_count > client->process->handles.free_count) {
        give_back(link, view, 0, view->handle_count);
        return NU_NOSLOT;
    }
    recipe = request_draft_again(client);
    for (uint32_t i = 0; i < view->handle_count; i++) {
        int status = take_handle(link, call, view, i, recipe);

        if (status != 0) {
            drop_handles(client, i);
            give_back(link, view, i, view->handle_count);
            return status;
        }
    }
    return 0;
}

/* What came is what was asked for: no more buffers, no more bytes; and strings,
 * if there are any, have come into some. */
static bool fits(const struct link_call *call, const struct link_view *view)
{
    if (view->head.rx_count > call->rx_count ||
        view->head.object > NU_STRINGS_MAX || view->piece_count != 0 ||
        (view->head.object != 0 && view->head.rx_count == 0))
        return false;
    for (uint32_t i = 0; i < view->head.rx_count; i++) {
        if (view->rx[i].bytes > call->rx_bytes[i])
            return false;
    }
    return true;
}

static void set_registers(struct thread *client, const struct link_view *view)
{
    uint64_t words[NU_REG_WORDS] = {0};

    for (uint32_t i = 0; i < NU_REG_WORDS && i < view->word_count; i++)
        words[i] = view->words[i];
    client->regs.rax = (uint64_t)(int64_t)nu_tag_status(view->head.tag);
    client->regs.rsi = view->head.tag | (uint64_t)view->head.object
                                            << NU_TAG_STRINGS_SHIFT;
    client->regs.rdx = words[0];
    client->regs.r10 = words[1];
    client->regs.r8 = words[2];
    client->regs.r9 = words[3];
}

/* Everything that came; or why it cannot be had. */
static int take_all(struct link *link, struct link_call *call,
                    const struct link_view *view)
{
    struct thread *client = call->thread;
    int status = take_handles(link, call, view);
    uint32_t words = view->word_count;

    if (status != 0)
        return status;
    if (words > NU_REG_WORDS)
        memcpy(&client->buf->words[NU_REG_WORDS], &view->words[NU_REG_WORDS],
               (words - NU_REG_WORDS) * sizeof(uint64_t));
    for (uint32_t i = 0; i < view->head.rx_count; i++) {
        client->buf->rx_bytes[i] = view->rx[i].bytes;
        link->stats.bytes_in += view->rx[i].bytes;
    }
    set_registers(client, view);
    return 0;
}

/* A failure, or the answer to a message sent one way, is a status and nothing
 * else. */
static void deliver(struct link *link, struct link_call *call,
                    const struct link_view *view)
{
    struct thread *client = call->thread;
    int status = nu_tag_status(view->head.tag);
    bool all = status == 0 && (client->regs.rsi & NU_OP_RECV);

    client->remote = NULL;
    if (all)
        status = take_all(link, call, view);
    else
        give_back(link, view, 0, view->handle_count);
    if (!all || status != 0)
        answer_status(client, status);
    answer_done(client);
    sched_ready(client);
}

/* The answer to a call of the link's own. */
static void take_remade(struct link *link, struct import *import,
                        const struct link_view *view)
{
    uint32_t own = view->handle_count;

    if (import != NULL) {
        import_remade(import, view);
        if (import->live)
            own = import->index;
    }
    /* Of a reply with several the others are asked for by themselves. */
    give_back(link, view, 0, own);
    give_back(link, view, own + 1, view->handle_count);
}

void call_response(struct link *link, const struct link_view *view)
{
    struct link_call *call = link->call[LINK_CALL_INDEX(view->head.id)];
    bool is_remake;

    if (call == NULL || !call->is_active || call->id != view->head.id) {
        link_violation(link, "a response to no call");
        return;
    }
    if (!fits(call, view)) {
        link_violation(link, "a response larger than its buffers");
        return;
    }
    is_remake = call->is_remake;
    if (call->thread != NULL)
        deliver(link, call, view);
    else if (is_remake)
        take_remade(link, call->import, view);
    else
        give_back(link, view, 0, view->handle_count);
    call_end(link, call);
    if (is_remake) {
        link->remaking = false;
        import_remake_next(link);
    }
    call_pump(link);
}
