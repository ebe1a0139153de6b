/* Links: their life, and what events and records lead to. link.h, internal.h. */
#include <link/internal.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <boot/klog.h>
#include <boot/time.h>
#include <event/event.h>
#include <ipc/carrier.h>
#include <nlib/string.h>

#define EVENTS_MAX 64u /* records taken for one event */
/* So many events in a row with nothing behind them are a storm: the port keeps
 * quiet for a while, then is looked at again. */
#define STORM_EVENTS 256u
#define QUIET_NS     10000000ull

struct list_node link_all = {&link_all, &link_all};
/* A record is copied here, once, and looked at here only. */
static uint64_t record_copy[LINK_SLOT_BYTES / sizeof(uint64_t)];

/* ---- the connection ends ---- */

static void disconnect(struct link *link)
{
    struct ring *ring = link->ring;

    if (link->state == LINK_UP)
        link->stats.lost_ns = time_now_ns();
    link->state = LINK_IDLE;
    link->lost = NULL;
    if (link->port != 0)
        event_close(link->port);
    link->port = 0;
    sched_timer_cancel(&link->quiet);
    link->is_quiet = false;
    link->ping_waits = false;
    call_requeue_all(link);
    import_connection_lost(link);
    agents_end(link);
    link->ring = NULL;
    if (ring != NULL)
        ring_end(ring);
}

/* If the connection was lost meanwhile: ends it, and tells its keeper. */
static void settle(struct link *link)
{
    if (link->state != LINK_UP || link->lost == NULL)
        return;
    klog(KLOG_INFO, "link to domain %u lost: %s", link->domid, link->lost);
    disconnect(link);
    link->state = LINK_BROKEN;
    notice_post(&link->notice);
}

/* ---- what comes ---- */

static void pong(struct link *link, uint32_t id)
{
    link_draft_begin(&link_draft, LINK_PONG, id, 0);
    batch_begin();
    (void)link_send_draft(link, &link_draft, LINK_SLOT_PONG);
}

static void take_record(struct link *link, uint32_t slot, uint32_t bytes)
{
    struct link_view view;

    if (!link_record_read(&view, record_copy, bytes)) {
        link_violation(link, "a malformed record");
        return;
    }
    agent_release(link, view.releases, view.head.release_count);
    if (view.head.kind == LINK_REQUEST &&
        slot == LINK_CALL_INDEX(view.head.id)) {
        agent_request(link, &view);
    } else if (view.head.kind == LINK_RESPONSE &&
               slot == LINK_CALLS + LINK_CALL_INDEX(view.head.id)) {
        call_response(link, &view);
    } else if (view.head.kind == LINK_PING && slot == LINK_SLOT_PING) {
        pong(link, view.head.id);
    } else if (view.head.kind == LINK_PONG && slot == LINK_SLOT_PONG) {
        link->ping_waits = false;
    } else {
        link_violation(link, "a record in the wrong place");
    }
}

bool link_take(struct link *link)
{
    uint32_t count = 0;

    while (link_is_up(link) && count < EVENTS_MAX) {
        uint32_t slot;
        uint32_t bytes;
        int got = ring_take(link->ring, record_copy, &slot, &bytes);

        if (got == 0)
            break;
        if (got < 0) {
            link_violation(link, "an entry that makes no sense");
            break;
        }
        count++;
        link->stats.heard_ns = time_now_ns();
        take_record(link, slot, bytes);
    }
    settle(link);
    return count != 0;
}

static void be_quiet(struct link *link)
{
    event_mask(link->port);
    link->is_quiet = true;
    link->idle_events = 0;
    sched_timer_set(&link->quiet, time_now_ns() + QUIET_NS);
}

static void quiet_is_over(struct sched_timer *timer)
{
    struct link *link = list_entry(timer, struct link, quiet);

    link->is_quiet = false;
    event_unmask(link->port);
    (void)link_take(link);
}

/*
 * The peer's event. If it has sent so much that some is left, our own timer goes
 * on with it: others have their turn in between.
 */
static void on_event(void *arg, uint32_t port)
{
    struct link *link = arg;

    (void)port;
    link->stats.events_in++;
    link->idle_events = link_take(link) ? 0 : link->idle_events + 1;
    if (link->port != 0 &&
        (link->idle_events >= STORM_EVENTS ||
         (link->state == LINK_UP && ring_has_more(link->ring))))
        be_quiet(link);
    object_reap();
}

/* ---- life ---- */

static void link_destroy(struct object *object)
{
    struct link *link = (struct link *)object;
    struct purse *purse = link->purse;

    disconnect(link);
    import_link_gone(link);
    list_del(&link->node);
    notice_unbind(&link->notice);
    for (uint32_t i = 0; i < LINK_CALLS; i++) {
        if (link->call[i] != NULL)
            purse_object_free(link->call[i]);
    }
    purse_page_free(purse, link->page);
    purse_object_free(link);
    object_put(&purse->object);
}

struct object *link_create(struct purse *purse, struct port *port,
                           uint64_t badge)
{
    struct link *link = purse_object_alloc(purse, sizeof(*link));

    if (link == NULL)
        return NULL;
    link->page = purse_page_alloc(purse);
    if (link->page == FRAME_NONE) {
        purse_object_free(link);
        return NULL;
    }
    object_init(&link->object, OBJECT_LINK);
    object_get(&purse->object);
    link->purse = purse;
    link->state = LINK_IDLE;
    list_init(&link->imports);
    link->turn = &link->imports;
    list_init(&link->closing);
    list_add_tail(&link_all, &link->node);
    link->quiet.fire = quiet_is_over;
    notice_bind(&link->notice, NU_EVENT_SIGNAL, port, badge);
    return &link->object;
}

int link_open(struct link *link, uint32_t domid, uint32_t remote_port,
              uint32_t *ring_ref, uint32_t *port)
{
    int status;

    if (link->state != LINK_IDLE)
        return NU_BUSY;
    if (domid > UINT16_MAX)
        return NU_RANGE;
    link->domid = (uint16_t)domid;
    link->ring = ring_create(link->purse, link->domid);
    status = link->ring == NULL ? NU_NOMEM : agents_begin(link);
    if (status == 0)
        status =
            remote_port != 0
                ? event_bind_interdomain(link->domid, remote_port, on_event,
                                         link, &link->port)
                : event_alloc_unbound(link->domid, on_event, link, &link->port);
    if (status != 0) {
        disconnect(link);
        return status;
    }
    link->state = LINK_OFFERED;
    link->idle_events = 0;
    *ring_ref = link->ring->refs[0];
    *port = link->port;
    return 0;
}

static void connected(struct link *link, uint64_t epoch)
{
    struct link_stats *stats = &link->stats;
    uint64_t now = time_now_ns();

    link->state = LINK_UP;
    link->has_failed_strings = false;
    link->epoch = epoch;
    stats->connections++;
    stats->heard_ns = now;
    if (stats->lost_ns != 0 && now - stats->lost_ns > stats->outage_ns)
        stats->outage_ns = now - stats->lost_ns;
}

int link_attach(struct link *link, uint32_t ring_ref, uint64_t epoch)
{
    int status;

    if (link->state != LINK_OFFERED)
        return NU_INVAL;
    status = far_ring_attach(&link->far, link->domid, ring_ref, link->page);
    if (status != 0)
        return status;
    connected(link, epoch);
    import_remake_all(link);
    /* What the peer sent before we looked. */
    (void)link_take(link);
    settle(link);
    return link->state == LINK_UP ? 0 : NU_GONE;
}

void link_close(struct link *link)
{
    disconnect(link);
}

int link_import(struct link *link, const char *name, size_t bytes,
                struct endpoint *end)
{
    int status = import_named(link, name, bytes, end);

    if (status == 0 && link_is_up(link) && !link->remaking)
        import_remake_next(link);
    settle(link);
    return status;
}

int link_set_gate(struct link *link, struct endpoint *gate)
{
    struct handle_table *table;

    if (link->agents == NULL)
        return NU_INVAL;
    table = &link->agents->handles;
    if (link->gate != NU_HANDLE_NONE)
        return NU_BUSY;
    if (table->free_count == 0)
        return NU_NOSLOT;
    object_get(&gate->object);
    link->gate = handle_put(table, &gate->object, NU_RIGHT_SEND);
    return 0;
}

int link_probe(struct link *link)
{
    if (link->state != LINK_UP)
        return NU_GONE;
    /* What could not be had again, and who found all calls taken. */
    import_remake_all(link);
    call_pump(link);
    if (!link_is_up(link) || link->ping_waits) {
        settle(link);
        return 0;
    }
    link->ping_waits = true;
    link_draft_begin(&link_draft, LINK_PING, (uint32_t)link->stats.connections,
                     0);
    batch_begin();
    (void)link_send_draft(link, &link_draft, LINK_SLOT_PING);
    settle(link);
    return 0;
}

/* Sending may show that the connection is lost; who cannot be served ever again
 * then is told at once. */
static bool carrier_send(struct endpoint *end, struct thread *sender)
{
    struct import *import = end->remote;
    struct link *link = import->link;
    bool is_taken = call_send(end, sender);

    if (link != NULL)
        settle(link);
    return is_taken || (import->dead && call_send(end, sender));
}

static void carrier_answered(struct thread *agent)
{
    struct link *link = agent->agent->link;

    agent_answered(agent);
    settle(link);
}

static const struct carrier_ops link_carrier = {
    .send = carrier_send,
    .abandon = call_abandon,
    .closed = import_closed,
    .answered = carrier_answered,
    .reaches = agent_reaches,
    .pull = agent_pull,
    .pulled = agent_pulled,
    .push = agent_push,
};

void link_init(void)
{
    object_set_destroy(OBJECT_LINK, link_destroy);
    carrier_set(&link_carrier);
}
