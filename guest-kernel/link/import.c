/*
 * Objects of the peer that are held here. Each is a channel: its clients have
 * one end, the link serves the other. What was asked to get an object is kept,
 * so that at the next connection it can be asked again: internal.h.
 */
#include <link/internal.h>

#include <abi/error.h>
#include <boot/klog.h>
#include <contract/gate.h>
#include <ipc/answer.h>
#include <nlib/string.h>

static struct import *make(struct link *link, struct purse *purse,
                           struct endpoint *end)
{
    struct import *import = purse_object_alloc(purse, sizeof(*import));

    if (import == NULL)
        return NULL;
    import->link = link;
    import->end = end;
    end->remote = import;
    list_add_tail(&link->imports, &import->node);
    link->import_count++;
    return import;
}

struct import *import_create(struct link *link, struct purse *purse,
                             struct endpoint **client)
{
    struct channel *channel = channel_create(purse);
    struct import *import;

    if (channel == NULL)
        return NULL;
    import = make(link, purse, &channel->end[1]);
    if (import == NULL) {
        object_put(&channel->end[0].object);
        object_put(&channel->end[1].object);
        return NULL;
    }
    *client = &channel->end[0];
    return import;
}

static void drop_recipe(struct import *import)
{
    if (import->recipe != NULL)
        purse_object_free(import->recipe);
    import->recipe = NULL;
    import->recipe_bytes = 0;
}

/* The request for an object by name, as gate's stub would send it. */
static int keep_named_recipe(struct import *import, struct purse *purse,
                             const char *name, size_t bytes)
{
    uint64_t words[NU_WORDS_MAX] = {0};
    struct gate_open_req req = {.name_bytes = (uint32_t)bytes};
    uint32_t count = NU_REG_WORDS + (uint32_t)(bytes + 7) / 8;

    memcpy(words, &req, sizeof(req));
    memcpy(&words[NU_REG_WORDS], name, bytes);
    link_draft_begin(&link_draft, LINK_REQUEST, 0,
                     GATE_OPEN_METHOD | NU_TAG_INLINE |
                         (uint64_t)count << NU_TAG_WORDS_SHIFT);
    memcpy(link_draft.reg_words, words, sizeof(link_draft.reg_words));
    link_draft.words = words;
    import->recipe = purse_object_alloc(purse, link_draft_bytes(&link_draft));
    if (import->recipe == NULL)
        return NU_NOMEM;
    import->recipe_bytes = link_draft_pack(&link_draft, import->recipe);
    return 0;
}

int import_named(struct link *link, const char *name, size_t bytes,
                 struct endpoint *end)
{
    struct import *import;
    int status;

    if (!end->open)
        return NU_GONE;
    if (end->port != NULL || end->remote != NULL ||
        !list_is_empty(&end->own.receivers))
        return NU_BUSY;
    import = make(link, link->purse, end);
    if (import == NULL)
        return NU_NOMEM;
    status = keep_named_recipe(import, link->purse, name, bytes);
    if (status != 0) {
        end->remote = NULL;
        link->turn = &link->imports;
        list_del(&import->node);
        link->import_count--;
        purse_object_free(import);
        return status;
    }
    object_get(&end->object);
    if (!end->peer->open)
        import_closed(end);
    return 0;
}

void import_set_live(struct import *import, uint32_t object)
{
    import->object = object;
    import->live = true;
    import->link->has_waiting = true;
}

void import_keep_recipe(struct import *import, struct purse *purse,
                        struct import *parent, const struct link_draft *draft,
                        const struct link_view *reply, uint32_t index)
{
    uint32_t bytes = draft == NULL ? 0 : link_draft_bytes(draft);

    import->index = (uint8_t)index;
    import->word_count = (uint8_t)(reply->word_count < NU_REG_WORDS ? reply->word_count
                                   : NU_REG_WORDS);
    memcpy(import->words, reply->words, import->word_count * 8u);
    /* Without one it is gone when the connection is. */
    if (bytes == 0 || bytes > LINK_SLOT_BYTES)
        return;
    import->recipe = purse_object_alloc(purse, bytes);
    if (import->recipe == NULL)
        return;
    import->recipe_bytes = link_draft_pack(draft, import->recipe);
    import->parent = parent;
    parent->children++;
}

/* No call may name (import) any more. */
static void forget_in_calls(struct link *link, const struct import *import)
{
    for (uint32_t i = 0; i < LINK_CALLS; i++) {
        if (link->call[i] != NULL && link->call[i]->import == import)
            link->call[i]->import = NULL;
    }
}

/* Takes it out of everything but (closing). Returns its parent, which may be of
 * no use now either. */
static struct import *release_one(struct import *import)
{
    struct link *link = import->link;
    struct import *parent = import->parent;

    if (link != NULL && link->turn == &import->node)
        link->turn = import->node.prev;
    list_del(&import->node);
    if (link != NULL) {
        link->import_count--;
        forget_in_calls(link, import);
    }
    drop_recipe(import);
    import->parent = NULL;
    if (import->live)
        list_add_tail(&link->closing, &import->node);
    else
        purse_object_free(import);
    if (parent != NULL)
        parent->children--;
    return parent;
}

/* No client and no child needs it: the peer is told by the next record. */
static void release(struct import *import)
{
    while (import != NULL && import->closed && import->children == 0)
        import = release_one(import);
}

static void free_closing(struct import *import)
{
    list_del(&import->node);
    purse_object_free(import);
}

void import_closed(struct endpoint *end)
{
    struct import *import = end->remote;

    import->closed = true;
    import->end = NULL;
    end->remote = NULL;
    object_put(&end->object);
    release(import);
}

void import_die(struct import *import)
{
    import->live = false;
    import->dead = true;
    if (import->end != NULL)
        answer_fail_senders(&import->end->own, NULL, NU_GONE);
}

void import_connection_lost(struct link *link)
{
    struct list_node *n;

    while (!list_is_empty(&link->closing))
        free_closing(list_entry(link->closing.next, struct import, node));
    link->remaking = false;
    for (n = link->imports.next; n != &link->imports; n = n->next) {
        struct import *import = list_entry(n, struct import, node);

        import->live = false;
        if (import->recipe == NULL && !import->dead)
            import_die(import);
    }
}

void import_link_gone(struct link *link)
{
    import_connection_lost(link);
    while (!list_is_empty(&link->imports)) {
        struct import *import =
            list_entry(link->imports.next, struct import, node);

        link->turn = &link->imports;
        list_del(&import->node);
        list_init(&import->node);
        link->import_count--;
        import->link = NULL;
        import_die(import);
    }
}
