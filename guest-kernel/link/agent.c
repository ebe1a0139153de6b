/*
 * Calls that come: for each a thread that stands for the caller. It never runs.
 * Its registers and buffer hold the request, it waits for the reply like any
 * thread, and the reply goes back over the link. Its process's handles are what
 * the peer can name: the objects that this domain exports to it.
 */
#include <link/internal.h>

#include <abi/error.h>
#include <ipc/answer.h>
#include <ipc/carrier.h>
#include <ipc/message.h>
#include <kassert.h>
#include <nlib/printf.h>
#include <nlib/string.h>

#define SLOTS         256u
#define BUFFER_BASE   0x10000ull /* of agent 0; one page each */
#define INLINE_OFFSET 2048u /* in a buffer: strings that came in the record */

_Static_assert(sizeof(struct nu_msgbuf) <= INLINE_OFFSET, "room for strings");
_Static_assert(INLINE_OFFSET + LINK_SLOT_BYTES <= NU_PAGE_BYTES, "one page");

int agents_begin(struct link *link)
{
    char name[PROCESS_NAME_BYTES];
    int length = nl_snprintf(name, sizeof(name), "link:%u", link->domid);
    struct process_args args = {.name = name,
                                .name_bytes = (size_t)length,
                                .slots = SLOTS,
                                .purse = link->purse};

    link->agents = process_create(&args);
    return link->agents == NULL ? NU_NOMEM : 0;
}

void agents_end(struct link *link)
{
    struct process *process = link->agents;

    link->agents = NULL;
    link->gate = NU_HANDLE_NONE;
    link->serving = 0;
    if (process == NULL)
        return;
    process_end(process, NU_GONE);
    for (uint32_t i = 0; i < LINK_CALLS; i++) {
        if (link->agent[i] == NULL)
            continue;
        object_put(&link->agent[i]->thread->object);
        purse_object_free(link->agent[i]);
        link->agent[i] = NULL;
    }
    object_put(&process->object);
}

static struct agent *make_agent(struct link *link, uint32_t index)
{
    struct agent *agent = purse_object_alloc(link->purse, sizeof(*agent));
    int status;

    if (agent == NULL)
        return NULL;
    agent->thread =
        thread_create(link->agents, 0, 0, 0,
                      BUFFER_BASE + (uint64_t)index * PAGE_BYTES, &status);
    if (agent->thread == NULL) {
        purse_object_free(agent);
        return NULL;
    }
    agent->link = link;
    agent->thread->agent = agent;
    agent->thread->hooks |= THREAD_HOOK_AGENT;
    agent->thread->state = THREAD_READY;
    link->agent[index] = agent;
    return agent;
}

/* ---- the request ---- */

static void take_strings(struct agent *agent, const struct link_view *view,
                         uint32_t *next_ref)
{
    struct nu_msgbuf *buf = agent->thread->buf;
    uint32_t at = 0;

    memcpy((uint8_t *)buf + INLINE_OFFSET, view->data, view->head.data_bytes);
    for (uint32_t i = 0; i < view->piece_count; i++) {
        const struct link_extent *piece = &view->pieces[i];
        uint64_t bytes = piece->bytes & ~LINK_MORE;

        if (piece->pages != 0) {
            buf->strings[i].addr = agent_window(agent, piece, false, next_ref);
        } else {
            buf->strings[i].addr = agent->thread->gs_base + INLINE_OFFSET + at;
            at += (uint32_t)bytes;
        }
        buf->strings[i].bytes =
            bytes | (piece->bytes & LINK_MORE ? NU_STRING_MORE : 0);
    }
}

static void take_rx(struct agent *agent, const struct link_view *view,
                    uint32_t *next_ref)
{
    struct nu_msgbuf *buf = agent->thread->buf;

    for (uint32_t i = 0; i < view->head.rx_count; i++) {
        buf->rx[i].addr = agent_window(agent, &view->rx[i], true, next_ref);
        buf->rx[i].bytes = view->rx[i].bytes;
        buf->rx_bytes[i] = 0;
    }
    buf->rx_count = view->head.rx_count;
    buf->rx_page_count = 0;
}

static void take_words(struct thread *thread, const struct link_view *view)
{
    uint64_t words[NU_REG_WORDS] = {0};

    for (uint32_t i = 0; i < view->word_count; i++) {
        if (i < NU_REG_WORDS)
            words[i] = view->words[i];
        else
            thread->buf->words[i] = view->words[i];
    }
    thread->regs.rdi = 0;
    thread->regs.rsi =
        view->head.tag |
        (view->head.flags & LINK_FLAG_ONEWAY ? NU_OP_SEND : NU_OP_CALL);
    thread->regs.rdx = words[0];
    thread->regs.r10 = words[1];
    thread->regs.r8 = words[2];
    thread->regs.r9 = words[3];
}

/* Whom the request is for. */
static struct endpoint *find_object(const struct link *link, uint32_t object)
{
    const struct handle_slot *slot =
        handle_find(&link->agents->handles,
                    object == LINK_OBJECT_GATE ? link->gate : object);

    if (slot == NULL || slot->object->type != OBJECT_CHANNEL ||
        !(slot->rights & NU_RIGHT_SEND))
        return NULL;
    return (struct endpoint *)slot->object;
}

static void answer(struct agent *agent, int status)
{
    answer_status(agent->thread, status);
    agent_answered(agent->thread);
}

static void serve(struct agent *agent, const struct link_view *view)
{
    struct thread *thread = agent->thread;
    struct endpoint *end = find_object(agent->link, view->head.object);
    uint32_t next_ref = 0;
    int status;

    take_words(thread, view);
    agent->window_count = 0;
    memcpy(agent->refs, view->refs, view->head.ref_count * sizeof(uint32_t));
    take_strings(agent, view, &next_ref);
    take_rx(agent, view, &next_ref);
    status = agent_take_handles(agent, view);
    if (status == 0 && end == NULL)
        status = NU_GONE;
    if (status != 0) {
        answer(agent, status);
        return;
    }
    message_send_as(thread, end);
    /* It has its answer, or the message is on its way. */
    if (thread->state == THREAD_READY)
        agent_answered(thread);
}

/* There is not even memory for an agent: the peer is told so. */
static void refuse(struct link *link, uint32_t id, int status)
{
    link_draft_begin(&link_draft, LINK_RESPONSE, id, (uint32_t)status);
    batch_begin();
    (void)link_send_draft(link, &link_draft, LINK_CALLS + LINK_CALL_INDEX(id));
}

void agent_request(struct link *link, const struct link_view *view)
{
    uint32_t index = LINK_CALL_INDEX(view->head.id);
    struct agent *agent = link->agent[index];

    if (nu_tag_contract(view->head.tag) == 0) {
        link_violation(link, "a request for a handle");
        return;
    }
    if (agent != NULL && agent->busy) {
        link_violation(link, "a request in place of one that waits");
        return;
    }
    link->stats.calls_served++;
    if (agent == NULL)
        agent = make_agent(link, index);
    if (agent == NULL) {
        refuse(link, view->head.id, NU_NOMEM);
        return;
    }
    agent->busy = true;
    agent->id = view->head.id;
    agent->is_oneway = (view->head.flags & LINK_FLAG_ONEWAY) != 0;
    agent->handle_count = 0;
    link->serving++;
    batch_begin();
    serve(agent, view);
}

/* ---- the response ---- */

/* Handles that the server gave are the agents' now, and so exported: all but
 * those that cannot be shown to the peer. */
static int draft_handles(struct agent *agent, uint32_t count)
{
    struct handle_table *table = &agent->link->agents->handles;
    int status = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct nu_handle_item item = agent->thread->buf->handles[i];
        struct handle_slot *slot = handle_find(table, item.handle);
        const struct endpoint *end = (struct endpoint *)slot->object;

        link_draft.handles[i] =
            (struct link_handle){item.handle, item.rights & CLIENT_RIGHTS};
        if (slot->object->type != OBJECT_CHANNEL) {
            status = NU_UNSUP;
        } else if (end->peer->remote != NULL) {
            if (!agent_export(agent->link, (struct endpoint *)slot->object,
                              item.rights, &link_draft.handles[i]))
                status = NU_UNSUP;
            object_put(handle_take(table, slot));
        }
    }
    if (status == 0)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        agent_release(agent->link, &agent->thread->buf->handles[i].handle, 1);
    return status;
}

static void draft_response(struct agent *agent)
{
    const struct thread *thread = agent->thread;
    const struct nu_msgbuf *buf = thread->buf;
    uint64_t tag = thread->regs.rsi & ~NU_OP_MASK;
    uint64_t strings = (uint64_t)nu_tag_strings(tag) << NU_TAG_STRINGS_SHIFT;
    int status;

    link_draft_begin(&link_draft, LINK_RESPONSE, agent->id, tag & ~strings);
    link_draft.head.object = nu_tag_strings(tag);
    link_draft.reg_words[0] = thread->regs.rdx;
    link_draft.reg_words[1] = thread->regs.r10;
    link_draft.reg_words[2] = thread->regs.r8;
    link_draft.reg_words[3] = thread->regs.r9;
    link_draft.words = buf->words;
    if (strings != 0) {
        link_draft.rx_count = buf->rx_count;
        for (uint32_t i = 0; i < buf->rx_count; i++)
            link_draft.rx[i] =
                (struct link_extent){.bytes = (uint32_t)buf->rx_bytes[i]};
    }
    status = draft_handles(agent, nu_tag_handles(tag));
    if (status != 0)
        link_draft_begin(&link_draft, LINK_RESPONSE, agent->id,
                         (uint32_t)status);
}

void agent_answered(struct thread *thread)
{
    struct agent *agent = thread->agent;
    struct link *link = agent->link;

    list_init(&thread->link);
    thread->state = THREAD_READY;
    agent_close_handles(agent);
    agent->busy = false;
    link->serving--;
    if (agent->is_oneway) {
        int status = (int)(int64_t)thread->regs.rax;

        link_draft_begin(&link_draft, LINK_RESPONSE, agent->id,
                         (uint32_t)status);
    } else {
        draft_response(agent);
    }
    (void)link_send_draft(link, &link_draft,
                          LINK_CALLS + LINK_CALL_INDEX(agent->id));
}
